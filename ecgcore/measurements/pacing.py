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
    lead, at, jump = _jumps(rows)
    if not len(at):
        return np.zeros(0, int)
    n, width = rows.shape[1], FOOT[1] - FOOT[0] + 1
    foot = np.ptp(_around(rows, width // 2)[lead, (at + (FOOT[0] + FOOT[1]) // 2) % n], axis=-1)
    back = np.abs(rows[lead, (at - BACK) % n] - rows[lead, (at + BACK) % n])
    alone = (foot < 0.25 * jump) & (back < 0.5 * jump)
    if not alone.any():
        return np.zeros(0, int)
    spiky = np.zeros(n, rows.dtype)
    np.maximum.at(spiky, at[alone], jump[alone])
    top = ndimage.maximum_filter1d(spiky, TOP)
    return np.flatnonzero((spiky > 0) & (spiky == top))


def _jumps(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lead, sample and height in mV of all samples that are farther than ``SPIKE_MV`` from the median of the
    17 ms around them."""
    size = 2 * HALF + 1
    held = _held(rows, HALF)
    lead, at = np.nonzero(_range(held, size) > SPIKE_MV)
    around = np.lib.stride_tricks.sliding_window_view(held, size, axis=-1)
    middle = np.partition(around[lead, at], HALF, axis=-1)[:, HALF]
    jump = np.abs(rows[lead, at] - middle)
    high = jump > SPIKE_MV
    return lead[high], at[high], jump[high]


def _held(rows: np.ndarray, half: int) -> np.ndarray:
    """(n_leads, n + 2 half): mirrored at the ends."""
    return np.pad(rows, ((0, 0), (half, half)), mode="symmetric")


def _around(rows: np.ndarray, half: int) -> np.ndarray:
    """(n_leads, n, 2 half + 1): the samples around each."""
    return np.lib.stride_tricks.sliding_window_view(_held(rows, half), 2 * half + 1, axis=-1)


def _range(rows: np.ndarray, size: int) -> np.ndarray:
    """(n_leads, n - size + 1): highest less lowest of every ``size`` samples side by side, from stretches
    that double in length."""
    high = low = rows
    length = 1
    while length < size:
        step = min(length, size - length)
        high = np.maximum(high[:, :-step], high[:, step:])
        low = np.minimum(low[:, :-step], low[:, step:])
        length += step
    return np.asarray(high - low)


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
