"""From a recording's beats to marks: for all leads together, for each lead, and for each beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecgcore.features.beats import RATE, Beats
from ecgcore.features.marks import LEAST_SLOPE, Marks, hump, joint_slope, p_edges, qrs_edges, t_edges
from ecgcore.features.medians import MedianBeat

P_ALIKE, P_ALIKE_IRREGULAR = 0.80, 0.95
"""How well the stretch before the QRS of single beats must agree with their median for a P wave, in a regular and an irregular rhythm."""
P_LEAST_UV = 8.0
"""Least joint height of the hump-filtered P wave, about 20 uV of P wave in the root mean square over leads."""


def joint_marks(beat: MedianBeat, rr_s: float) -> Marks:
    """Global marks on a median beat of all usable leads: earliest onset and latest offset. P is not yet believed."""
    qrs = qrs_edges(beat.signals, beat.r)
    if qrs is None:
        return Marks(r=float(beat.r))
    room = beat.r + RATE * min(0.5 * np.sqrt(rr_s) + 0.06, rr_s - 0.2 if rr_s > 0.5 else 0.6 * rr_s)
    t = t_edges(beat.signals, qrs[1], int(min(beat.last - 2, room)))
    first = max(beat.first + 5, (t[2] if t else 0) - rr_s * RATE + 5)
    p = p_edges(beat.signals, qrs[0], first)
    if p is not None and p[2] > qrs[0]:
        p = (p[0], p[1], int(qrs[0]))
    p, t = p or (None, None, None), t or (None, None, None)
    return Marks(*p, qrs[0], float(beat.r), qrs[1], *t)


def p_is_real(rows: np.ndarray, beat: MedianBeat, marks: Marks, irregular: bool) -> bool:
    """Whether single beats show the same hump before the QRS as their median does: not so in atrial fibrillation.

    rows: (n_leads, n_samples) mV, baseline removed. The median over beats of the correlation, all leads together, within
    44 ms around the P wave counts; a median that stands out of nothing is as small as its noise.
    """
    if marks.p is None:
        return False
    window = np.arange(int(marks.p) - 22, int(marks.p) + 23)
    humps = hump(beat.signals)[:, np.clip(window, 0, beat.signals.shape[1] - 1)]
    if 1000 * np.sqrt((humps**2).mean(0)).max() < P_LEAST_UV:
        return False
    offsets = window - beat.r
    mine = beat.beats[(beat.beats + offsets[0] >= 0) & (beat.beats + offsets[-1] < rows.shape[1])]
    if len(mine) < 3:
        return not irregular
    single = hump(rows)[:, mine[:, None] + offsets].transpose(1, 0, 2).reshape(len(mine), -1)
    joint = humps.reshape(-1)
    match = single @ joint / np.maximum(np.linalg.norm(single, axis=1) * np.linalg.norm(joint), 1e-12)
    share = (joint @ joint) / max(float((single**2).sum(1).mean()), 1e-12)
    return bool(np.median(match) >= (P_ALIKE_IRREGULAR if irregular else P_ALIKE) and share >= 0.4)


@dataclass(frozen=True)
class _Room:
    """How far a single lead's mark may lie outside the global one, seconds."""

    qrs: float = 0.006
    wave: float = 0.02


def lead_marks(row: np.ndarray, beat: MedianBeat, joint: Marks) -> Marks:
    """Marks of one lead (n,) mV, searched within the global ones; None where this lead does not show the wave."""
    alone = row[None]
    marks = Marks(r=joint.r)
    qrs = qrs_edges(alone, beat.r)
    if qrs is None or joint.qrs_on is None or joint.qrs_off is None:
        return marks
    room = _Room()
    on = float(np.clip(qrs[0], joint.qrs_on - room.qrs * RATE, beat.r))
    off = float(np.clip(qrs[1], beat.r, joint.qrs_off + room.qrs * RATE))
    p: tuple = (None, None, None)
    if joint.p_on is not None and joint.p_off is not None:
        p = _p_of_lead(alone, joint) or p
    t: tuple = (None, None, None)
    if joint.t_off is not None:
        found = t_edges(alone, joint.qrs_off, int(joint.t_off))
        if found and joint_slope(alone, 0.062)[int(joint.qrs_off + 0.06 * RATE) : int(joint.t_off)].max() > LEAST_SLOPE:
            t = (found[0], found[1], min(found[2], joint.t_off + room.wave * RATE))
    return Marks(*p, on, joint.r, off, *t)


def _p_of_lead(alone: np.ndarray, joint: Marks) -> tuple[float, float, float] | None:
    start = max(0, int(joint.p_on - 0.02 * RATE))
    found = p_edges(alone, joint.qrs_on, start)
    if found is None or not joint.p_on <= found[1] <= joint.p_off:
        return None
    if 1000 * np.abs(hump(alone)[0, found[1]]) < 0.5 * P_LEAST_UV:
        return None
    return found[0], found[1], min(found[2], joint.qrs_on)


def fiducials(beats: Beats, per_kind: dict[int, Marks], n_samples: int) -> dict[str, list[float | None]]:
    """Seconds of every mark at every beat: the marks of the beat's kind laid at its R point; None outside the recording."""
    names = ("p_on", "p", "p_off", "qrs_on", "r", "qrs_off", "t_on", "t", "t_off")
    out: dict[str, list[float | None]] = {name: [] for name in names}
    for at, kind in zip(beats.at, beats.kind, strict=True):
        marks = per_kind.get(int(kind), Marks())
        for name in names:
            mark = getattr(marks, name)
            time = None if mark is None or marks.r is None else float(at + mark - marks.r)
            out[name].append(time / RATE if time is not None and 0 <= time < n_samples else None)
    return out
