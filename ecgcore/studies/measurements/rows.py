"""Measurements of one recording of a cohort: true, reconstructed and true with a little noise, on the
estimated leads.

Beats are found once, on all true leads, and used for all three versions. The heart rate alone is the one of
beats found on the version itself, on its estimated leads, since the shared beats would make it exact.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ecgcore.ecg import Ecg
from ecgcore.leads import LeadSet
from ecgcore.measurements.beats import Beats, find_beats
from ecgcore.measurements.detector import RATE
from ecgcore.measurements.measurement import measure
from ecgcore.measurements.values import Measurements
from ecgcore.signals import filter_array, resample_array

NOISE_UV = 20.0
GLOBAL = ("hr_bpm", "pr_ms", "qrs_ms", "qt_ms")
PER_LEAD = ("pr_ms", "qrs_ms", "qt_ms", "r_uv", "s_uv", "t_uv", "st_j_uv", "st_j60_uv")
Row = tuple[str, str, float | None]


def with_noise(ecg: Ecg, seed: int, noise_uv: float = NOISE_UV) -> Ecg:
    """The recording with white noise of noise_uv RMS on every lead."""
    noise = np.random.default_rng(seed).normal(0.0, noise_uv / 1000, ecg.signals.shape)
    return ecg.replace(signals=ecg.signals + noise)


def rate_by_itself(ecg: Ecg) -> float | None:
    """bpm from beats found on these leads alone; None for fewer than two beats."""
    rows = filter_array(resample_array(ecg.signals, ecg.rate, RATE).astype(np.float64), RATE, 0.5).astype(
        np.float64
    )
    at = find_beats(rows, both=True).at
    return float(60 * RATE / np.diff(at).mean()) if len(at) > 1 else None


def values_of(ecg: Ecg, leads: LeadSet, beats: Beats) -> list[Row]:
    """(lead or "global", name, value) of these leads, None where not measurable, always in the same order."""
    part = ecg.pick(leads)
    measured = measure(part, beats, spread=False)
    rows: list[Row] = [("global", name, _global(measured, name, part)) for name in GLOBAL]
    return rows + [(lead, name, measured.leads[lead][name].value) for lead in leads for name in PER_LEAD]


def _global(measured: Measurements, name: str, part: Ecg) -> float | None:
    return rate_by_itself(part) if name == "hr_bpm" else measured[name].value


def beside(*versions: list[Row]) -> Iterator[tuple[str, str, tuple[float | None, ...]]]:
    """(lead, name, values of all versions) of tables that ``values_of`` made for the same leads."""
    for rows in zip(*versions, strict=True):
        lead, name, _ = rows[0]
        yield lead, name, tuple(row[2] for row in rows)
