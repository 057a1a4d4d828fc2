"""Clipped leads: a signal that stands still at its own extreme has heights nobody knows. The one rule for all
pages and commands."""

from __future__ import annotations

import numpy as np

STAND_S = 0.008
"""Seconds at the very extreme value that the tip of no wave stands still; three samples at least."""
STANDS = 3
"""As many stands, beat after beat, are clipping at any height."""
LONGER = ((1, 0.1), (2, 0.02))
"""Fewer suffice for an extreme FAR_MV off the level where the longest lasts: how many, seconds."""
FAR_MV = 1.0
LEAST_MV, LEAST_SHARE = 0.1, 0.3
"""Distance of the extreme from the median, in mV and as a part of the whole range: a level line between beats
is no clipping."""


def clipped_s(row: np.ndarray, rate: float) -> float:
    """The longest stand in seconds of a lead (n,) mV as recorded, sampled at rate Hz; 0 where that is no
    clipping."""
    row = np.asarray(row, np.float64)
    span, level = float(np.ptp(row)), float(np.median(row))
    longest = 0.0
    for extreme in (row.min(), row.max()):
        away = abs(extreme - level)
        stands = _stands(row, extreme, span, rate)
        if away >= max(LEAST_MV, LEAST_SHARE * span) and _is_clipping(stands, away):
            longest = max(longest, float(stands.max()))
    return longest


def _stands(row: np.ndarray, extreme: float, span: float, rate: float) -> np.ndarray:
    """Durations in seconds of the stands at one extreme that no wave makes."""
    at = np.abs(row - extreme) <= 1e-6 * max(span, 1e-9)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], at.astype(np.int8), [0]])))
    lengths = edges[1::2] - edges[::2]
    return lengths[lengths >= max(3, STAND_S * rate)] / rate


def _is_clipping(stands: np.ndarray, away_mv: float) -> bool:
    if len(stands) >= STANDS:
        return True
    longest = stands.max(initial=0.0)
    return away_mv >= FAR_MV and any(len(stands) >= count and longest >= seconds for count, seconds in LONGER)
