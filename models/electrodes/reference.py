"""An earlier recording of the same person as witness: second moments are compared with the person's own
beside those of all, and today's beat with the earlier one."""

from __future__ import annotations

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import INDEPENDENT, LeadSet
from models.electrodes.candidates import Candidates, candidates
from models.electrodes.features import QRS, Beat, mean_beat
from models.electrodes.variation import Usual, mean_moments, usual_of

WEIGHT = 3.0
"""How much half the squared distance counts, in units of the logarithm of a likelihood; with SHARE and
STEEPER chosen on 85 pairs of PTB-XL folds 1-8."""
SHARE = 1.0
"""Weight of the earlier recording's moments beside the usual ones."""
STEEPER = 1.3
"""By what the slopes of variation grow then."""
LEAST = 0.02
"""Squared distance, relative to the beat's size, below which nearer means nothing: two recordings of one
person on one day."""
REACH = 3


def usual_of_person(leads: LeadSet, moments: np.ndarray, earlier: Beat) -> Usual | None:
    """What is usual of this person's leads; None where the earlier recording lacks one of the eight.

    moments: the usual ones of all people."""
    if len(earlier.leads) < len(INDEPENDENT):
        return None
    return usual_of(leads, mean_moments(np.stack([moments, earlier.moments]), np.array([1.0, SHARE])))


def beat_of(reference: Ecg) -> Beat:
    """The earlier recording's beat. Raises UnusableEcg where there is none."""
    earlier = mean_beat(reference)
    if earlier is None:
        raise UnusableEcg("No heartbeat is seen in the reference recording.")
    return earlier


def nearness(beat: Beat, ways: Candidates, earlier: Beat) -> np.ndarray:
    """(n,) logarithm of how near each arrangement's beat comes to the earlier one."""
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
