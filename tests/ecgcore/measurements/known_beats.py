"""Recordings whose every wave edge is known: waves of finite length laid at known times on a level line."""

from __future__ import annotations

import numpy as np

from ecgcore.ecg import Ecg
from ecgcore.lead_algebra import LIMB_FROM_I_II
from ecgcore.leads import LeadSet

P_ON, P_OFF, QRS_ON, QRS_OFF, T_ON, T_OFF = -0.200, -0.100, -0.044, 0.046, 0.12, 0.36
TRUTH = {"pr_ms": 156.0, "qrs_ms": 90.0, "qt_ms": 404.0}
# uV of P, Q, R, S, T per lead
HEIGHTS = {
    "I": (80, -60, 700, -100, 220),
    "II": (140, -50, 1100, -120, 320),
    "V1": (60, 0, 250, -1100, 90),
    "V2": (70, 0, 400, -1600, 500),
    "V3": (70, 0, 700, -1000, 550),
    "V4": (70, -60, 1500, -500, 480),
    "V5": (70, -90, 1400, -250, 380),
    "V6": (70, -90, 1100, -120, 280),
}
ALL = "I II III aVR aVL aVF V1 V2 V3 V4 V5 V6"


def arch(time: np.ndarray, start: float, stop: float) -> np.ndarray:
    """One half period of a sine between start and stop, 0 elsewhere."""
    inside = (time >= start) & (time <= stop)
    return np.where(inside, np.sin(np.pi * (time - start) / (stop - start)), 0.0)


def bump(time: np.ndarray, start: float, stop: float) -> np.ndarray:
    """A raised cosine between start and stop, 0 elsewhere."""
    inside = (time >= start) & (time <= stop)
    return np.where(inside, 0.5 - 0.5 * np.cos(2 * np.pi * (time - start) / (stop - start)), 0.0)


def beat(time: np.ndarray, heights: tuple[float, ...], p: bool = True) -> np.ndarray:
    """mV of one beat with R at time 0."""
    hp, hq, hr, hs, ht = heights
    wave = hq * arch(time, QRS_ON, -0.02) + hr * arch(time, -0.02, 0.02) + hs * arch(time, 0.02, QRS_OFF)
    if not hq:
        wave = wave + 0.12 * hr * arch(time, QRS_ON, -0.02)
    return (wave + ht * bump(time, T_ON, T_OFF) + (hp * bump(time, P_ON, P_OFF) if p else 0.0)) / 1000


def known_ecg(
    hr: float = 66,
    rate: float = 500,
    seconds: float = 10,
    leads: str = ALL,
    noise_uv: float = 4,
    rr: list[float] | None = None,
    p: bool = True,
):
    """An Ecg and the seconds of its R points. rr: intervals in s in place of a steady rate."""
    time = np.arange(int(seconds * rate)) / rate
    steps = np.array(rr) if rr is not None else np.full(int(seconds * hr / 60) + 2, 60 / hr)
    at = 0.5 + np.concatenate([[0.0], np.cumsum(steps)])
    at = at[at < seconds - 0.45]
    eight = {lead: sum(beat(time - start, heights, p) for start in at) for lead, heights in HEIGHTS.items()}
    rng = np.random.default_rng(3)
    eight = {lead: row + rng.normal(0, noise_uv / 1000, len(time)) for lead, row in eight.items()}
    rows = {}
    for lead in LeadSet(leads):
        rows[lead] = (
            eight[lead]
            if lead in eight
            else LIMB_FROM_I_II[lead][0] * eight["I"] + LIMB_FROM_I_II[lead][1] * eight["II"]
        )
    return Ecg.from_leads(rows, rate), at
