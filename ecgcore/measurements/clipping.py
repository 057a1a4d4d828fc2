"""Clipped leads: a signal that stands still at its own extreme, beat after beat, has heights nobody knows."""

from __future__ import annotations

import numpy as np

STAND_S = 0.008
"""Seconds at the very extreme value that the tip of no wave stands still; three samples at least."""
LEAST_STANDS = 3
LEAST_MV, LEAST_SHARE = 0.1, 0.3
"""Distance of the extreme from the median, in mV and as a part of the whole range: a level line between beats
is no clipping."""


def clipped(row: np.ndarray, rate: float) -> bool:
    """Whether a lead (n,) mV as recorded stands still at its highest or lowest value at least three times,
    away from its level."""
    span = float(np.ptp(row))
    for extreme in (row.min(), row.max()):
        if abs(extreme - np.median(row)) < max(LEAST_MV, LEAST_SHARE * span):
            continue
        at = np.abs(row - extreme) <= 1e-6 * max(span, 1e-9)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], at.astype(np.int8), [0]])))
        if ((edges[1::2] - edges[::2]) >= max(3, STAND_S * rate)).sum() >= LEAST_STANDS:
            return True
    return False
