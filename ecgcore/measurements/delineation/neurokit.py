"""NeuroKit2 as the first of the two opinions: where each lead's waves begin and end.

NeuroKit2 (doi:10.3758/s13428-020-01516-y) is built for one lead with many beats. Here it gets what it is good
at: the median beat of each lead, three times in a row, its middle copy read. Its "prominence" delineation
(Emrich et al., EUSIPCO 2024, pp. 1402-1406) has the smallest errors of its four on LUDB and costs a tenth. It
looks for an upright QRS and an upright P wave, so a lead is given as it is and, where a wave is inverted,
upside down. It cuts halfway between two beats, where a long QT has not ended yet; the copies therefore stand
far enough apart. Marks are paired with their beat by time, never by their place in a list.
"""

from __future__ import annotations

import warnings

import numpy as np

from ecgcore.measurements.delineation.marks import Marks
from ecgcore.measurements.detector import RATE
from ecgcore.measurements.median_beats import MedianBeat

NEAR_P = 0.08 * RATE
_NAMES = {
    "p_on": "ECG_P_Onsets",
    "p": "ECG_P_Peaks",
    "p_off": "ECG_P_Offsets",
    "qrs_on": "ECG_R_Onsets",
    "qrs_off": "ECG_R_Offsets",
    "t_on": "ECG_T_Onsets",
    "t": "ECG_T_Peaks",
    "t_off": "ECG_T_Offsets",
}
_BEFORE = ("p_on", "p", "p_off", "qrs_on")


def wave_marks(beat: MedianBeat, rr_s: float, p_at: float | None) -> list[Marks]:
    """Marks of every lead of a median beat, samples as in the beat; None where NeuroKit2 shows none.

    p_at: where the P wave is. A P wave counts if its peak lies within 80 ms of that, the upright one first;
    none without p_at.
    """
    import neurokit2 as nk

    start, stop, before, length = _room(beat, rr_s)
    cut = beat.signals[:, start:stop]
    ramp = np.linspace(0.0, 1.0, stop - start)
    cut = cut - (cut[:, [0]] * (1 - ramp) + cut[:, [-1]] * ramp)
    cut = np.pad(cut, ((0, 0), (before, length - before - (stop - start))))
    centre, start = beat.r - start + before, start - before
    near = slice(max(0, centre - int(0.05 * RATE)), centre + int(0.05 * RATE))
    signs = [1 if row[near].max() >= -row[near].min() else -1 for row in cut]
    jobs = [
        (lead, sign) for lead in range(len(cut)) for sign in ((1, -1) if p_at is not None else (signs[lead],))
    ]
    if len(jobs) == 1:  # NeuroKit2 wants an interval between two beats
        jobs *= 2
    tips = [near.start + int((sign * cut[lead, near]).argmax()) for lead, sign in jobs]
    half = length // 2
    line = np.concatenate(
        [np.roll(sign * cut[lead], half - tip) for (lead, sign), tip in zip(jobs, tips, strict=True)]
    )
    peaks = [place * length + half for place in range(len(jobs))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            waves = nk.ecg_delineate(line, peaks, sampling_rate=int(RATE), method="prominence", check=False)[
                1
            ]
        except (ValueError, IndexError, ZeroDivisionError):
            return [Marks(r=float(beat.r)) for _ in cut]
    marks = [_of_beat(waves, peak, length, tip + start) for peak, tip in zip(peaks, tips, strict=True)]
    read = dict(zip(jobs, marks, strict=True))
    out = []
    for lead, sign in enumerate(signs):
        p = next(
            (
                read[lead, up]
                for up in (1, -1)
                if p_at is not None and abs(read[lead, up].get("p", np.inf) - p_at) <= NEAR_P
            ),
            {},
        )
        main = {name: read[lead, sign].get(name) for name in ("qrs_on", "qrs_off", "t_on", "t", "t_off")}
        out.append(Marks(p.get("p_on"), p.get("p"), p.get("p_off"), r=float(beat.r), **main))
    return out


def _room(beat: MedianBeat, rr_s: float) -> tuple[int, int, int, int]:
    """First and last sample to be cut, level samples to be put before them, and the length of a copy with R
    in its middle.

    Half the RR interval after R is all NeuroKit2 looks at by itself; at fast rates that is too short for a T
    wave.
    """
    before = min(beat.r - beat.first, int(min(0.40, 0.5 * rr_s) * RATE))
    after = min(beat.last - beat.r, int(max(0.5 * rr_s, 0.42 * rr_s**0.5) * RATE))
    half = max(before, after) + 5
    return beat.r - before, beat.r + after, half - before, 2 * half


def _of_beat(waves: dict[str, list[float]], peak: int, length: int, at: int) -> dict[str, float]:
    """Of each kind the mark nearest to the QRS at peak on its proper side; at: the sample of that QRS in the
    median beat."""
    out = {}
    for name, column in _NAMES.items():
        lag = np.asarray(waves.get(column, []), dtype=float) - peak
        lag = (
            lag[(lag > -length // 2) & (lag <= 0)]
            if name in _BEFORE
            else lag[(lag >= 0) & (lag < length // 2)]
        )
        if len(lag):
            out[name] = float(at + lag[np.abs(lag).argmin()])
    return out
