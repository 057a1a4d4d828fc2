"""Median beats: what the beats of one kind have in common, lead by lead, with the noise averaged out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ecgcore.measurements.detector import RATE

BEFORE_S, AFTER_S = 0.50, 0.75
"""Seconds of a median beat before and after its R point, as far as neighbouring beats leave room."""
_GUARD_S = 0.09


@dataclass(frozen=True)
class MedianBeat:
    """(n_leads, n) mV at RATE; r is the sample of the R point; noise (n_leads,) mV is the standard error of
    the median.

    beats: the R points it was made of. Samples outside ``first``..``last`` had no beat free of its
    neighbours.
    """

    signals: np.ndarray
    r: int
    beats: np.ndarray
    noise: np.ndarray
    first: int
    last: int

    @property
    def n(self) -> int:
        """How many beats are in it."""
        return len(self.beats)


def median_beat(rows: np.ndarray, chosen: np.ndarray, every_beat: np.ndarray) -> MedianBeat:
    """Median over the ``chosen`` beats of (n_leads, n_samples) rows; samples near another beat's R point are
    left out.

    chosen, every_beat: R points at RATE; the chosen ones are among every beat's.
    """
    window = np.arange(-int(BEFORE_S * RATE), int(AFTER_S * RATE) + 1)
    index = chosen[:, None] + window
    before, after = _neighbours(chosen, every_beat)
    guard = int(_GUARD_S * RATE)
    free = (
        (index >= 0)
        & (index < rows.shape[1])
        & (index > before[:, None] + guard)
        & (index < after[:, None] - guard)
    )
    enough = free.sum(0) >= max(1, 0.5 * free.sum(0).max())
    first, last = int(enough.argmax()), int(len(window) - 1 - enough[::-1].argmax())
    cut = rows[:, np.clip(index, 0, rows.shape[1] - 1)].astype(np.float64)
    cut[:, ~free] = np.nan
    out = np.zeros((rows.shape[0], len(window)))
    out[:, first : last + 1] = _median(cut[:, :, first : last + 1], free[:, first : last + 1].sum(0))
    out[:, :first], out[:, last + 1 :] = out[:, [first]], out[:, [last]]
    spread = (
        np.nanmedian(np.abs(cut[:, :, first : last + 1] - out[:, None, first : last + 1]), axis=(1, 2))
        if len(chosen) > 1
        else None
    )
    noise = 1.25 * 1.48 * spread / np.sqrt(len(chosen)) if spread is not None else _roughness(out)
    return MedianBeat(out, int(BEFORE_S * RATE), chosen, noise, first, last)


def _median(cut: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(n_leads, n): the median over (n_leads, n_beats, n) of what is not NaN, counts (n,) of it:
    ``np.nanmedian`` in a tenth of its time."""
    in_order = np.sort(cut, axis=1)
    low, high = (
        np.take_along_axis(in_order, np.maximum(place, 0)[None, None], axis=1)[:, 0]
        for place in ((counts - 1) // 2, counts // 2)
    )
    values: np.ndarray = (low + high) / 2
    return values


def _neighbours(chosen: np.ndarray, every_beat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The R points just before and just after each of the chosen; far away where there is none."""
    place = np.searchsorted(every_beat, chosen)
    padded = np.concatenate([[-(10**9)], every_beat, [10**9]])
    return padded[place], padded[place + 2]


def _roughness(rows: np.ndarray) -> np.ndarray:
    """(n_leads,) mV: noise of a single beat from its second differences."""
    values: np.ndarray = np.median(np.abs(np.diff(rows, 2, axis=-1)), axis=-1) * 1.48 / np.sqrt(6)
    return values


def baseline(rows: np.ndarray, knots: np.ndarray, half: int) -> np.ndarray:
    """(n_leads, n_samples): straight lines through the mean of +-half samples around each knot, level beyond
    the outer ones."""
    if not len(knots):
        values: np.ndarray = np.zeros_like(rows) + np.median(rows, axis=-1, keepdims=True)
        return values
    smooth = ndimage.uniform_filter1d(rows, 2 * half + 1, axis=-1)
    time = np.arange(rows.shape[1])
    return np.stack([np.interp(time, knots, row[knots]) for row in smooth])
