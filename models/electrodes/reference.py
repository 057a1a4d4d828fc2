"""An earlier recording of the same person as witness: which arrangement brings today's beat nearest to it."""

from __future__ import annotations

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import INDEPENDENT
from models.electrodes.candidates import Candidates, candidates
from models.electrodes.features import QRS, Beat, mean_beat

WEIGHT = 12.0
"""How much half the squared distance counts, in units of the logarithm of a likelihood: a guess that no
recordings have been used to choose or check."""
LEAST = 0.02
"""Squared distance, relative to the beat's size, below which nearer means nothing: two recordings of one
person on one day."""
REACH = 3


def nearness(beat: Beat, ways: Candidates, reference: Ecg) -> np.ndarray:
    """(n,) logarithm of how near each arrangement's beat comes to the reference's. Raises UnusableEcg for a
    reference without a beat."""
    earlier = mean_beat(reference)
    if earlier is None:
        raise UnusableEcg("No heartbeat is seen in the reference recording.")
    own = candidates(earlier.leads)
    return nearness_of(ways.back @ beat.signals, ways.state, own.back[0] @ earlier.signals, own.state[0])


def nearness_of(
    beats: np.ndarray, state: np.ndarray, earlier: np.ndarray, earlier_state: np.ndarray
) -> np.ndarray:
    """(n,) from beats (n, 8, LENGTH) mV and (n, 9) what is known of them, and the same of the earlier
    beat."""
    both = (state[:, :8] > 0.99) & (earlier_state[:8] > 0.99)
    distances = np.stack(
        [_distance(beats, np.roll(earlier, step, -1), both) for step in range(-REACH, REACH + 1)]
    )
    best = distances[distances.min(1).argmin()]
    n = both.sum(1) / len(INDEPENDENT)
    return -WEIGHT * n * np.log(best + LEAST)


def _distance(beats: np.ndarray, earlier: np.ndarray, both: np.ndarray) -> np.ndarray:
    """(n,) squared distance relative to the size of both, over shared leads, the QRS as heavy as the rest."""
    apart, size = np.zeros(len(beats)), np.zeros(len(beats))
    rest = np.r_[0 : QRS.start, QRS.stop : beats.shape[-1]]
    for part in (np.arange(QRS.start, QRS.stop), rest):
        own, other = beats[..., part], earlier[None, :, part]
        scale = np.square(other).mean() + 1e-4
        apart += (np.square(own - other).mean(-1) * both).sum(1) / scale
        size += ((np.square(own) + np.square(other)).mean(-1) * both).sum(1) / scale
    return np.where(both.any(1), apart / np.maximum(size, 1e-9), 1.0)
