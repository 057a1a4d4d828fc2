"""Pacemaker spikes: found, counted and taken out, so that they are neither beats nor the onset of one."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ecgcore.measurements.detector import RATE

SPIKE_MV = 0.25
"""Height above its surroundings, in any lead, from which a deflection can be a spike."""
HALF = int(0.008 * RATE)
FOOT = (-int(0.032 * RATE), -int(0.008 * RATE))
BACK = -FOOT[1]
TOP = 2 * int(0.02 * RATE) + 1
"""In samples: half of what a spike is narrower than, where its foot is sought, where it is back, and within
what one spike is counted."""


def find_spikes(rows: np.ndarray) -> np.ndarray:
    """Samples at which some lead jumps away and back within 8 ms from a quiet line; rows (n_leads, n) mV at
    RATE.

    The tip of a steep R wave is as narrow but its foot is not quiet.
    """
    jump = _jump(rows)
    width = FOOT[1] - FOOT[0] + 1
    span = ndimage.maximum_filter1d(rows, width) - ndimage.minimum_filter1d(rows, width)
    foot = np.roll(span, -(FOOT[0] + FOOT[1]) // 2, axis=-1)
    back = np.abs(np.roll(rows, BACK, axis=-1) - np.roll(rows, -BACK, axis=-1))
    spiky = np.where((jump > SPIKE_MV) & (foot < 0.25 * jump) & (back < 0.5 * jump), jump, 0.0).max(0)
    top = ndimage.maximum_filter1d(spiky, TOP)
    return np.flatnonzero((spiky > 0) & (spiky == top))


def _jump(rows: np.ndarray) -> np.ndarray:
    """How far each sample is from the median of the 17 ms around it, mV; 0 where all of these are within
    ``SPIKE_MV``, which is most of a recording."""
    size = 2 * HALF + 1
    steep = ndimage.maximum_filter1d(rows, size) - ndimage.minimum_filter1d(rows, size) > SPIKE_MV
    held = np.pad(rows, ((0, 0), (HALF, HALF)), mode="symmetric")
    around = np.lib.stride_tricks.sliding_window_view(held, size, axis=-1)[steep]
    jump = np.zeros_like(rows)
    jump[steep] = np.abs(rows[steep] - np.partition(around, HALF, axis=-1)[:, HALF])
    return jump


def without_spikes(rows: np.ndarray, spikes: np.ndarray) -> np.ndarray:
    """The rows with a straight line from 6 ms before to 10 ms after each spike; everything else as it was."""
    if not len(spikes):
        return rows
    out = rows.copy()
    before, after = int(0.006 * RATE), int(0.010 * RATE)
    for spike in spikes:
        a, b = max(0, spike - before), min(rows.shape[1] - 1, spike + after)
        share = np.linspace(0.0, 1.0, b - a + 1)
        out[:, a : b + 1] = rows[:, a, None] * (1 - share) + rows[:, b, None] * share
    return out


def is_paced(spikes: np.ndarray, beats: np.ndarray) -> bool:
    """Whether at least half of the beats, and two, have a spike within the 0.3 s before or 0.05 s after their
    R point."""
    if not len(spikes) or not len(beats):
        return False
    lag = spikes[None, :] - beats[:, None]
    led = ((lag > -0.3 * RATE) & (lag < 0.05 * RATE)).any(1)
    return bool(led.sum() >= max(2, 0.5 * len(beats)))
