"""From a recording's beats to marks: for all leads together, for each lead, and for each beat, by NeuroKit2
and the slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecgcore.measurements.beats import Beats
from ecgcore.measurements.delineation.marks import (
    LEAST_SLOPE,
    Marks,
    held,
    hump,
    joint_slope,
    longest_qt,
    p_edges,
    qrs_edges,
    t_edges,
)
from ecgcore.measurements.delineation.neurokit import wave_marks
from ecgcore.measurements.delineation.vote import Apart, in_a_lead, joined
from ecgcore.measurements.detector import RATE
from ecgcore.measurements.median_beats import MedianBeat

P_ALIKE, P_ALIKE_IRREGULAR = 0.80, 0.95
"""How well the stretch before the QRS of single beats must agree with their median for a P wave, in a regular
and an irregular rhythm."""
P_LEAST_ALIKE = 0.70
"""Four beats of five must agree at least so well: in a complete block P waves stand before some beats only.
"""
P_DRIFT, P_STEADY_MS = int(0.05 * RATE), 14.0
"""Samples by which the P wave of a beat may be early or late, and the standard deviation in ms up to which it
is steady."""
_P_HALF, _HAT = 22, 36
P_LEAST_UV = 8.0
"""Least joint height of the hump-filtered P wave, about 20 uV of P wave in the root mean square over leads.
"""


Edges = tuple[float, float, float]
"""Onset, peak and offset of a wave, samples of a median beat."""


@dataclass(frozen=True)
class Together:
    """Of one kind of beat, all leads together. joint: global marks. apart: ms between the two opinions on
    each. other: NeuroKit2's marks of each lead."""

    joint: Marks
    apart: Apart
    other: list[Marks]


@dataclass(frozen=True)
class Delineation:
    """Of one kind of beat. leads: marks of each lead; leads_apart: ms between the two opinions on each."""

    together: Together
    leads: tuple[Marks, ...]
    leads_apart: tuple[Apart, ...]

    @property
    def joint(self) -> Marks:
        """Global marks."""
        return self.together.joint

    @property
    def apart(self) -> Apart:
        """ms between the two opinions on each global mark."""
        return self.together.apart


def delineate(
    rows: np.ndarray, beat: MedianBeat, rr_s: float, irregular: bool, both: bool = True
) -> Delineation:
    """Marks of a median beat of usable leads; rows: (n_leads, n_samples) mV they were taken from, baseline
    removed.

    both=False: by the slope alone, without NeuroKit2's opinion.
    """
    together = delineate_together(rows, beat, rr_s, irregular, both)
    by_lead = [
        in_a_lead(lead_marks(row, beat, together.joint), other)
        for row, other in zip(beat.signals, together.other, strict=True)
    ]
    return Delineation(together, tuple(marks for marks, _ in by_lead), tuple(far for _, far in by_lead))


def delineate_together(
    rows: np.ndarray, beat: MedianBeat, rr_s: float, irregular: bool, both: bool = True
) -> Together:
    """``delineate`` without the marks of single leads."""
    slope = slope_marks(beat, rr_s)
    if not p_is_real(rows, beat, slope, irregular):
        slope = slope.without("p_on", "p", "p_off")
    other = wave_marks(beat, rr_s, slope.p) if both else [Marks() for _ in beat.signals]
    return Together(*joined(slope, other), other)


def joint_marks(beat: MedianBeat, rr_s: float) -> Marks:
    """Global marks on a median beat of all usable leads, by both opinions. P is not yet believed."""
    slope = slope_marks(beat, rr_s)
    return joined(slope, wave_marks(beat, rr_s, slope.p))[0]


def slope_marks(beat: MedianBeat, rr_s: float) -> Marks:
    """Global marks by the joined slope of all leads: earliest onset and latest offset. P is not yet
    believed."""
    qrs = qrs_edges(beat.signals, beat.r)
    if qrs is None:
        return Marks(r=float(beat.r))
    t = t_edges(beat.signals, qrs[1], int(min(beat.last - 2, beat.r + RATE * longest_qt(rr_s))))
    first = max(beat.first + 5, (t[2] if t else 0) - rr_s * RATE + 5)
    p = p_edges(beat.signals, qrs[0], first)
    if p is not None and p[2] > qrs[0]:
        p = (p[0], p[1], int(qrs[0]))
    return _marks(p, (qrs[0], float(beat.r), qrs[1]), t)


def _marks(p: Edges | None, qrs: tuple[float, float | None, float], t: Edges | None) -> Marks:
    """Marks from onset, peak and offset of each wave."""
    (p_on, p_at, p_off), (t_on, t_at, t_off) = p or (None, None, None), t or (None, None, None)
    return Marks(p_on, p_at, p_off, qrs[0], qrs[1], qrs[2], t_on, t_at, t_off)


def p_is_real(rows: np.ndarray, beat: MedianBeat, marks: Marks, irregular: bool) -> bool:
    """Whether single beats show the same hump before the QRS as their median does: not so in atrial
    fibrillation and complete block.

    rows: (n_leads, n_samples) mV, baseline removed. The median over beats of the correlation, all leads
    together, within 44 ms around the P wave counts; a median that stands out of nothing is as small as its
    noise.
    """
    if marks.p is None:
        return False
    joint = _p_stretches(beat.signals, np.array([beat.r]), beat.r, marks)[0, 0]
    if 1000 * np.sqrt((joint.reshape(len(rows), -1) ** 2).mean(0)).max() < P_LEAST_UV:
        return False
    reach = beat.r - int(marks.p) + _P_HALF + _HAT + P_DRIFT
    at = beat.beats[(beat.beats >= reach) & (beat.beats + P_DRIFT + _HAT < rows.shape[1])]
    if len(at) < 3:
        return not irregular
    lags = np.arange(-P_DRIFT, P_DRIFT + 1, 2)
    moved = _p_stretches(rows, at, beat.r, marks, P_DRIFT)
    single = moved[P_DRIFT]
    match = _alike(single, joint)
    share = (joint @ joint) / max(float((single**2).sum(1).mean()), 1e-12)
    if (
        np.median(match) < (P_ALIKE_IRREGULAR if irregular else P_ALIKE)
        or np.quantile(match, 0.2) < P_LEAST_ALIKE
        or share < 0.4
    ):
        return False
    best = lags[np.stack([_alike(each, joint) for each in moved[lags + P_DRIFT]]).argmax(0)]
    return bool(np.std(best) <= P_STEADY_MS * RATE / 1000)


def _p_stretches(rows: np.ndarray, at: np.ndarray, r: int, marks: Marks, drift: int = 0) -> np.ndarray:
    """(2 drift + 1, n_beats, n_leads * n): the hump-filtered stretches around the P waves of beats whose R
    points lie at ``at``, moved by -drift to drift samples.

    rows: (n_leads, n) mV; r: R in the median beat that marks belong to. The QRS is held off as in
    ``p_edges``.
    """
    peak, reach = int(marks.p or 0), _P_HALF + _HAT + drift
    window = np.arange(peak - reach, peak + reach + 1) - r
    cut = rows[:, np.clip(at[:, None] + window, 0, rows.shape[1] - 1)]
    onset = int(marks.qrs_on or 0) - r - int(window[0])
    if onset < len(window):
        cut = held(cut, onset)
    views = np.lib.stride_tricks.sliding_window_view(hump(cut)[..., _HAT:-_HAT], 2 * _P_HALF + 1, axis=-1)
    return views.transpose(2, 1, 0, 3).reshape(2 * drift + 1, len(at), -1)


def _alike(single: np.ndarray, joint: np.ndarray) -> np.ndarray:
    """Correlation of each row with the joint one."""
    values: np.ndarray = (
        single @ joint / np.maximum(np.linalg.norm(single, axis=1) * np.linalg.norm(joint), 1e-12)
    )
    return values


@dataclass(frozen=True)
class _Room:
    """How far a single lead's mark may lie outside the global one, seconds."""

    qrs: float = 0.006
    wave: float = 0.02


def lead_marks(row: np.ndarray, beat: MedianBeat, joint: Marks) -> Marks:
    """Marks of one lead (n,) mV by its slope, searched within the global ones; None where this lead does not
    show the wave."""
    alone = row[None]
    marks = Marks(r=joint.r)
    qrs = qrs_edges(alone, beat.r)
    if qrs is None or joint.qrs_on is None or joint.qrs_off is None:
        return marks
    room = _Room()
    on = float(np.clip(qrs[0], joint.qrs_on - room.qrs * RATE, beat.r))
    off = float(np.clip(qrs[1], beat.r, joint.qrs_off + room.qrs * RATE))
    p = t = None
    if joint.p_on is not None and joint.p_off is not None:
        p = _p_of_lead(alone, joint.p_on, joint.p_off, joint.qrs_on)
    if joint.t_off is not None:
        t = _t_of_lead(alone, joint.qrs_off, joint.t_off, joint.t_off + room.wave * RATE)
    return _marks(p, (on, joint.r, off), t)


def _p_of_lead(alone: np.ndarray, p_on: float, p_off: float, qrs_on: float) -> Edges | None:
    edges = p_edges(alone, qrs_on, max(0, int(p_on - 0.02 * RATE)))
    if edges is None or not p_on <= edges[1] <= p_off:
        return None
    if 1000 * np.abs(hump(held(alone, qrs_on))[0, edges[1]]) < 0.5 * P_LEAST_UV:
        return None
    return edges[0], edges[1], min(edges[2], qrs_on)


def _t_of_lead(alone: np.ndarray, qrs_off: float, t_off: float, last: float) -> Edges | None:
    edges = t_edges(alone, qrs_off, int(t_off))
    steep = joint_slope(alone, 0.062)[int(qrs_off + 0.06 * RATE) : int(t_off)]
    if not edges or steep.max() <= LEAST_SLOPE:
        return None
    return edges[0], edges[1], min(edges[2], last)


def fiducials(beats: Beats, per_kind: dict[int, Marks], n_samples: int) -> dict[str, list[float | None]]:
    """Seconds of every mark at every beat: the marks of the beat's kind laid at its R point; None outside the
    recording."""
    names = ("p_on", "p", "p_off", "qrs_on", "r", "qrs_off", "t_on", "t", "t_off")
    out: dict[str, list[float | None]] = {name: [] for name in names}
    for at, kind in zip(beats.at, beats.kind, strict=True):
        marks = per_kind.get(int(kind), Marks())
        for name in names:
            mark = getattr(marks, name)
            time = None if mark is None or marks.r is None else float(at + mark - marks.r)
            out[name].append(time / RATE if time is not None and 0 <= time < n_samples else None)
    return out
