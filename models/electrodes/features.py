"""What a recording shows of its electrodes: the mean beat of its main kind, and how all of it varies.

Everything here commutes with a change of the leads: beats are sought in all leads together; the mean of beats
and the second moments under another arrangement are that arrangement of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import i_and_ii
from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.measurements.beats import find_complexes
from ecgcore.measurements.detector import RATE as BEAT_RATE
from ecgcore.signals import HIGH_PASS_HZ, filter_array, resample_array
from models.electrodes.candidates import STEPS, lagged

RATE = 100.0
BEFORE, AFTER = 30, 46
"""Samples at RATE of a beat before and from its R point on: 300 ms of P wave, 450 ms of ST and T."""
LENGTH = BEFORE + AFTER
SHIFTS = np.arange(-3, 4)
ALIKE = 0.8
"""Correlation of a beat's QRS with the median beat from which on it counts for the mean."""
QRS = slice(BEFORE - 8, BEFORE + 10)
FLOOR = 0.02
"""The least size a beat is divided by, mV."""
INNER = 6
"""Samples that lags take from either end of a beat."""
ZONES = (
    (0, BEFORE - 8 - INNER, 0.002),
    (BEFORE - 8 - INNER, BEFORE + 12 - INNER, 0.02),
    (BEFORE + 12 - INNER, None, 0.005),
)
"""P wave, QRS and ST-T among the samples of a residual, with the power below which nothing is smaller."""
EDGE = 30
"""Samples at RATE left out at either end of a recording, where its filter has not settled."""
FLAT_MV = 0.005
"""A chest lead that moves less in all was not recorded. A flat limb lead may be an exchange with the right
leg."""
LONGEST_S = 60.0
"""Of a long recording the middle minute is looked at."""


@dataclass(frozen=True, eq=False)
class Beat:
    """The mean beat. signals: (n_leads, LENGTH) mV at RATE above 0.5 Hz; leads: those observed, see
    ``seen_leads``; n: beats in it; rr: median RR in s, of one beat 1. moments: (n_steps * n_leads,) squared,
    second moments of the whole recording at these ``STEPS``, mV², by step then lead."""

    signals: np.ndarray
    leads: LeadSet
    n: int
    rr: float
    moments: np.ndarray

    def through(self, matrix: np.ndarray, leads: LeadSet) -> Beat:
        """The same heart seen through other leads. matrix: (n_other, n_leads), the other leads from these."""
        wide = np.kron(np.eye(len(STEPS)), matrix)
        return Beat(matrix @ self.signals, leads, self.n, self.rr, wide @ self.moments @ wide.T)


def seen_leads(leads: LeadSet) -> LeadSet:
    """I and II once two limb leads are there, a single limb lead as it is, and the chest leads."""
    return leads.determined & INDEPENDENT if len(leads.limb) != 1 else leads


def recorded(ecg: Ecg) -> Ecg:
    """The recording without flat chest leads. Raises UnusableEcg where no lead is left."""
    flat = [lead for lead in ecg.leads.chest if np.ptp(ecg[lead]) < FLAT_MV]
    if not flat:
        return ecg
    left = [lead for lead in ecg.leads if lead not in flat]
    if not left:
        raise UnusableEcg("All leads of the recording are flat.")
    return ecg.pick(left)


def seen_signals(ecg: Ecg) -> np.ndarray:
    """(n_seen, n_samples) mV of ``seen_leads``."""
    two = i_and_ii(ecg)
    limb = {} if two is None else dict(zip(("I", "II"), two, strict=True))
    return np.stack([limb[lead] if lead in limb else ecg[lead] for lead in seen_leads(ecg.leads)])


def mean_beat(ecg: Ecg) -> Beat | None:
    """The mean beat of a recording's main kind; None where no beat is seen."""
    middle = ecg.duration / 2
    part = ecg if ecg.duration <= LONGEST_S else ecg.cut(middle - LONGEST_S / 2, middle + LONGEST_S / 2)
    rate = min(part.rate, BEAT_RATE)
    heart = filter_array(resample_array(seen_signals(part), part.rate, rate), rate, HIGH_PASS_HZ)
    at = find_complexes(resample_array(heart, rate, BEAT_RATE), both=False) / BEAT_RATE
    return beat_at(resample_array(heart, rate, RATE), at, seen_leads(ecg.leads))


def beat_at(heart: np.ndarray, at: np.ndarray, leads: LeadSet) -> Beat | None:
    """The mean beat of (n_leads, n) mV at RATE with complexes at these seconds."""
    reach = int(SHIFTS[-1])
    centres = np.round(at * RATE).astype(int)
    centres = centres[(centres >= BEFORE + reach) & (centres < heart.shape[1] - AFTER - reach)]
    if not len(centres):
        return None
    window = np.arange(-BEFORE - reach, AFTER + reach)
    wide = heart[:, centres[:, None] + window].transpose(1, 0, 2).astype(np.float64)
    shift, alike = _aligned(wide, reach)
    shift, alike = _aligned(wide, reach, shift, alike)
    index = (shift + reach)[:, None] + np.arange(LENGTH)
    cut = np.take_along_axis(wide, index[:, None, :].repeat(len(heart), 1), axis=2)[alike]
    rr = float(np.median(np.diff(at))) if len(at) > 1 else 1.0
    return Beat(cut.mean(0), leads, int(alike.sum()), rr, second_moments(heart))


def second_moments(heart: np.ndarray) -> np.ndarray:
    """(n_steps * n_leads,) squared, of (n_leads, n) mV at RATE without its ends."""
    rows = lagged(heart[:, EDGE : heart.shape[1] - EDGE].astype(np.float64), STEPS)
    return rows @ rows.T / max(rows.shape[1], 1)


def _aligned(
    wide: np.ndarray, reach: int, shift: np.ndarray | None = None, alike: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Per beat of (n, n_leads, LENGTH + 2 reach) the shift that fits the median of the others best, and
    whether it is like it."""
    n = len(wide)
    shift = np.zeros(n, int) if shift is None else shift
    alike = np.ones(n, bool) if alike is None else alike
    span = np.arange(QRS.start, QRS.stop)
    shapes = np.stack([wide[:, :, span + reach + step] for step in SHIFTS])  # (shifts, n, leads, qrs)
    shapes = shapes - shapes.mean(-1, keepdims=True)
    now = shapes[shift + reach, np.arange(n)][alike]
    template = np.median(now, axis=0)
    match = np.einsum("snlt,lt->sn", shapes, template)
    match /= np.linalg.norm(shapes, axis=(2, 3)) * np.linalg.norm(template) + 1e-12
    best = match.argmax(0)
    like = match[best, np.arange(n)] >= ALIKE
    return SHIFTS[best], like if like.any() else np.ones(n, bool)
