"""Where P, QRS and T begin and end on a median beat.

One rule for one lead and for twelve: the slopes of all given leads are joined to one non-negative signal, the
root mean square over leads, and a wave ends where that signal has fallen to a small share of the wave's
steepest part or to the level of the quiet stretch beside it. Leads that see a wave end-on are steep later or
earlier than others; the joint slope keeps going as long as any lead does, which is what "earliest onset to
latest offset in any lead" asks for.

The shares and the two shifts were fitted on the odd-numbered records of LUDB
(doi:10.1109/ACCESS.2020.3029211); ``ecgcore.studies.delineation`` prints odd and even ones apart and says
what else was set on all of them. Shifts are constant: eyes place an onset where the line first leaves the
level, a slope needs a few milliseconds to grow above its threshold.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache

import numpy as np
from scipy import ndimage, signal

from ecgcore.measurements.detector import RATE

QRS_ON_SHARE, QRS_ON_SHIFT_S = 0.08, -0.013
QRS_OFF_SHARE, QRS_OFF_SHIFT_S = 0.03, 0.004
P_SHARE, P_OFF_SHARE = 0.25, 0.5
T_SHARE, T_ON_SHARE = 0.20, 0.30
LEAST_SLOPE = 0.6
"""mV/s: what is flatter is level, in any lead (0.6 mV/s is 24 uV over 40 ms)."""


def longest_qt(rr_s: float) -> float:
    """Seconds after R within which a T wave must end at this RR interval: well beyond a long QT, short of the
    next P wave."""
    value: float = min(0.5 * rr_s**0.5 + 0.06, rr_s - 0.2 if rr_s > 0.5 else 0.6 * rr_s)
    return value


@dataclass(frozen=True)
class Marks:
    """Samples of a median beat at RATE, None where the wave is not there or cannot be told."""

    p_on: float | None = None
    p: float | None = None
    p_off: float | None = None
    qrs_on: float | None = None
    r: float | None = None
    qrs_off: float | None = None
    t_on: float | None = None
    t: float | None = None
    t_off: float | None = None

    def seconds(self, origin: float = 0.0) -> dict[str, float | None]:
        """Each mark in seconds from origin (a sample)."""
        times = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: None if time is None else float((time - origin) / RATE) for name, time in times.items()}

    def without(self, *names: str) -> Marks:
        """The same marks without some."""
        return replace(self, **dict.fromkeys(names))


def joint_slope(rows: np.ndarray, window_s: float, even: float = 0.0) -> np.ndarray:
    """(n,) mV/s: root mean square over leads of the Savitzky-Golay slope; even=0.5 damps tall leads by their
    square root."""
    width = max(3, int(window_s * RATE) // 2 * 2 + 1)
    slope = _slope(np.asarray(rows, np.float64), width)
    if even:
        slope = slope / np.maximum(np.abs(slope).max(-1, keepdims=True), 5.0) ** even
    values: np.ndarray = np.sqrt((slope**2).mean(0))
    return values


@cache
def _slope_matrix(width: int) -> np.ndarray:
    """(width, width): the Savitzky-Golay slope of width samples; its middle row is the filter, the others
    serve the ends."""
    values: np.ndarray = signal.savgol_filter(np.eye(width), width, 2, deriv=1, delta=1 / RATE, axis=0)
    return values


def _slope(rows: np.ndarray, width: int) -> np.ndarray:
    """``scipy.signal.savgol_filter(rows, width, 2, deriv=1)``, several times faster for many short rows."""
    half, matrix = width // 2, _slope_matrix(width)
    out = ndimage.correlate1d(rows, matrix[half], axis=-1)
    out[..., :half] = rows[..., :width] @ matrix[:half].T
    out[..., -half:] = rows[..., -width:] @ matrix[half + 1 :].T
    values: np.ndarray = out
    return values


def quietest(values: np.ndarray, width_s: float) -> float:
    """The level of the quiet stretch of some values: nearly the smallest running mean; 0 of nothing."""
    if len(values) < 4:
        return 0.0
    means = np.sort(ndimage.uniform_filter1d(values, max(1, int(width_s * RATE))))
    return float(means[min(2, len(means) - 1)])


def _walk(low: np.ndarray, start: int, step: int, stop: int, run: int) -> int:
    """First sample from start, going by step, from which run samples are low; stop where there is none."""
    at = start
    while at != stop:
        stretch = low[at : at + run] if step > 0 else low[max(at - run + 1, 0) : at + 1]
        if len(stretch) and stretch.all():
            return at
        at += step
    return stop


def qrs_edges(rows: np.ndarray, r: int) -> tuple[float, float] | None:
    """QRS onset and offset in samples of a median beat (n_leads, n) mV with R at r; None where nothing is
    steep."""
    before, after = int(0.16 * RATE), int(0.22 * RATE)
    onset_slope = ndimage.uniform_filter1d(joint_slope(rows, 0.014), 3)
    near = slice(max(0, r - int(0.08 * RATE)), r + int(0.10 * RATE))
    peak = near.start + int(onset_slope[near].argmax())
    if onset_slope[peak] < 2.0:
        return None
    quiet = quietest(onset_slope[max(0, r - int(0.2 * RATE)) : r - int(0.04 * RATE)], 0.02)
    level = max(QRS_ON_SHARE * onset_slope[peak], 2.0 * quiet)
    on = _walk(onset_slope < level, peak, -1, max(0, r - before), 4)
    offset_slope = ndimage.uniform_filter1d(joint_slope(rows, 0.014, even=0.5), 3)
    peak = near.start + int(offset_slope[near].argmax())
    st = np.sort(
        ndimage.uniform_filter1d(offset_slope[r + int(0.05 * RATE) : r + int(0.26 * RATE)], int(0.03 * RATE))
    )
    level = max(QRS_OFF_SHARE * offset_slope[peak], 3.0 * float(st[min(5, len(st) - 1)]) if len(st) else 0.0)
    off = _walk(offset_slope < level, peak, 1, min(rows.shape[1] - 1, r + after), 8)
    return on + QRS_ON_SHIFT_S * RATE, off + QRS_OFF_SHIFT_S * RATE


def hump(rows: np.ndarray) -> np.ndarray:
    """(n_leads, n) mV: each lead through a Mexican hat of 24 ms, which answers to P waves and little to T
    waves or wander."""
    time = np.arange(-36, 37) / 12.0
    hat = (1 - time**2) * np.exp(-(time**2) / 2)
    values: np.ndarray = ndimage.convolve1d(rows, hat / np.abs(hat).sum(), axis=-1)
    return values


def held(rows: np.ndarray, qrs_on: float) -> np.ndarray:
    """The rows (..., n), from the QRS onset on kept at the value they have there: without a QRS whose foot
    looks like a hump."""
    out = np.array(rows, dtype=np.float64)
    at = int(np.clip(qrs_on, 0, out.shape[-1] - 1))
    out[..., at:] = out[..., [at]]
    return out


def p_edges(rows: np.ndarray, qrs_on: float, first: float) -> tuple[int, int, int] | None:
    """P onset, peak and offset in samples, searched from first to the QRS, 260 ms at most; None where no hump
    stands there.

    Humps half as large as the largest and at most 70 ms from it belong to the same, notched P wave and put
    off its end.
    """
    size = np.sqrt((hump(rows) ** 2).mean(0))
    first = int(max(first, 0))
    start, stop = max(first, int(qrs_on - 0.26 * RATE)), int(qrs_on - 0.028 * RATE)
    if stop - start < 5:
        return None
    peaks, _ = signal.find_peaks(size[start:stop])
    if not len(peaks):
        return None
    peaks = peaks + start
    peak = int(peaks[np.argmax(size[peaks])])
    part = peaks[(size[peaks] >= 0.5 * size[peak]) & (np.abs(peaks - peak) <= int(0.07 * RATE))]
    slope = joint_slope(rows, 0.042)
    left = max(first, peak - int(0.09 * RATE))
    steep = left + int(slope[left : peak + 1].argmax())
    on = _walk(slope < P_SHARE * slope[steep], steep, -1, max(first, steep - int(0.08 * RATE)), 1)
    right = min(int(qrs_on), int(part[-1]) + int(0.05 * RATE))
    fine = joint_slope(rows, 0.03)
    steep = int(part[-1]) + int(fine[part[-1] : right].argmax())
    off = _walk(fine < P_OFF_SHARE * fine[steep], steep, 1, int(qrs_on), 1)
    return on, peak, off


def t_edges(rows: np.ndarray, qrs_off: float, last: int) -> tuple[int, int, int] | None:
    """T onset, peak and offset in samples between 60 ms after the QRS and last; None where nothing rises
    there.

    The offset belongs to the last slope that is at least 0.6 of the steepest, so a biphasic T ends after its
    second part.
    """
    slope = joint_slope(rows, 0.062)
    start = int(qrs_off + 0.06 * RATE)
    if last - start < int(0.06 * RATE):
        return None
    peaks, _ = signal.find_peaks(slope[start:last])
    if not len(peaks):
        return None
    peaks = peaks + start
    large = peaks[slope[peaks] >= 0.6 * slope[peaks].max()]
    falling = int(large[-1])
    reach = min(rows.shape[1] - 1, last + int(0.08 * RATE))
    off = _walk(slope < T_SHARE * slope[falling], falling, 1, reach, 1)
    if off == reach:
        off = falling + int(slope[falling:reach].argmin())
    size = np.sqrt(((rows - rows[:, [off]]) ** 2).mean(0))
    top = start + int(size[start:falling].argmax()) if falling > start else falling
    rising = start + int(slope[start : max(top, start + 1)].argmax())
    on = _walk(slope < T_ON_SHARE * slope[rising], rising, -1, int(qrs_off), 1)
    return on, top, off
