"""Noise ceilings and r on median beats (``rlecg study noise-ceiling``): see ``ecgcore.studies.noise``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ecgcore.datasets import open_database
from ecgcore.ecg import Ecg
from ecgcore.evaluation.noise import correlations, median_beat_r, noise_ceiling
from ecgcore.evaluation.scoring import prepare
from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.measurements.beats import find_beats
from ecgcore.measurements.detector import RATE
from ecgcore.signals import resample_array
from ecgcore.studies.noise import CEILING, ITSELF, MEDIAN, TABLE, WHOLE
from models.progress import progress
from models.reconstruct import reconstruct, weights_of


def rows_of(truth: Ecg, name: str, sets: Sequence[LeadSet]) -> Iterator[tuple[str, str, str, str]]:
    """(inputs, lead, what, value) of a recording at 100 Hz above 0.5 Hz; what cannot be had is left empty."""
    rows = resample_array(truth.signals, truth.rate, RATE)
    beats = find_beats(rows)
    for what, leave_out in ((CEILING, True), (ITSELF, False)):
        yield from _of_leads("", what, INDEPENDENT, noise_ceiling(rows, beats, leave_out))
    for inputs in sets:
        estimate = reconstruct(truth, inputs, name).ecg.pick(INDEPENDENT)
        fine = resample_array(estimate.signals, estimate.rate, RATE)
        learned = [lead for lead in inputs.missing if lead in INDEPENDENT]
        at = [INDEPENDENT.index(lead) for lead in learned]
        yield from _of_leads(str(inputs), WHOLE, learned, correlations(rows, fine)[at])
        yield from _of_leads(str(inputs), MEDIAN, learned, median_beat_r(rows, fine, beats)[at])


def _of_leads(
    inputs: str, what: str, leads: Sequence[str], values: np.ndarray
) -> Iterator[tuple[str, str, str, str]]:
    for lead, value in zip(leads, values, strict=True):
        yield inputs, lead, what, f"{value:.4f}" if np.isfinite(value) else ""


def write(name: str, root: Path, sets: Sequence[LeadSet], out: Path) -> None:
    """Append what is missing to the table at out: every recording of the PTB-XL test fold."""
    base, weights = open_database("ptb-xl", root), weights_of(name)
    with TABLE.appending(out) as (done, append):
        for record in progress(base.records(split="test"), unit="recording"):
            if (name, weights, record) in done:
                continue
            truth = prepare(base.read(record, 100.0), "high-pass", 100.0).pick(INDEPENDENT)
            patient = base.info(record)["patient"] or record
            append((name, weights, record, patient, *row) for row in rows_of(truth, name, sets))
