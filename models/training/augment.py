"""Training windows that could be other hearts in other chests: stretched in time, turned, electrodes a little
elsewhere.

All leads of a window are changed together, so what comes out is again twelve leads of one heart:
- time: resampled by a factor within exp(+-stretch), by Catmull-Rom interpolation (heart rate, conduction);
- turn: the part of the signal a dipole explains (Dower) is rotated by a random small angle about a random
  axis;
- electrodes: each chest lead moves a fraction of the way to a neighbour; each lead's gain differs a little;
- amplitude: all leads by one factor.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.spatial.transform import Rotation

from ecgcore.heart_vector import dower, inverse_dower
from ecgcore.leads import INDEPENDENT
from models.training.batches import Dataset

STRETCH, TURN_RAD, SHIFT, GAIN, AMPLITUDE = 0.15, 0.15, 0.12, 0.04, 0.15
STRETCHED, TURNED, SHIFTED = 0.6, 0.7, 0.7
"""Sizes (SD, but STRETCH is a bound) and the share of windows each is applied to."""

_CHEST = slice(2, len(INDEPENDENT))


def augmented_windows(
    dataset: Dataset, batch: int, n_samples: int, rng: np.random.Generator, augment: bool = True
) -> Iterator[np.ndarray]:
    """One epoch of (batch, 8, n_samples) float32 mV windows in random order; with ``augment`` off, plain
    windows."""
    order = rng.permutation(np.flatnonzero(dataset.lengths >= n_samples))
    for first in range(0, len(order) - batch + 1, batch):
        windows = np.stack(
            [
                _window(dataset.read(number), n_samples, rng, augment)
                for number in order[first : first + batch]
            ]
        )
        yield chests(batch, rng) @ windows if augment else windows


def _window(signals: np.ndarray, n: int, rng: np.random.Generator, augment: bool) -> np.ndarray:
    length = signals.shape[1]
    factor = np.exp(rng.uniform(-STRETCH, STRETCH)) if augment and rng.random() < STRETCHED else 1.0
    if factor == 1.0:
        start = int(rng.integers(0, length - n + 1))
        return signals[:, start : start + n]
    factor = min(factor, (length - 2) / n)
    return stretched(signals, rng.uniform(0, length - 2 - n * factor + 1e-6) + np.arange(n) * factor)


def stretched(signals: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """(8, n) values at fractional sample positions, Catmull-Rom."""
    left = positions.astype(int)
    a = (positions - left).astype(np.float32)
    last = signals.shape[1] - 1
    p0, p1, p2, p3 = (signals[:, np.clip(left + step, 0, last)] for step in (-1, 0, 1, 2))
    return p1 + 0.5 * a * (p2 - p0 + a * (2 * p0 - 5 * p1 + 4 * p2 - p3 + a * (3 * (p1 - p2) + p3 - p0)))


def chests(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 8, 8) float32: random turns, electrode shifts and gains as maps of the eight independent
    leads."""
    n = len(INDEPENDENT)
    angles = rng.normal(0, TURN_RAD, (count, 3)) * (rng.random((count, 1)) < TURNED)
    turn = np.eye(n) + dower() @ (Rotation.from_rotvec(angles).as_matrix() - np.eye(3)) @ inverse_dower()
    moves = rng.normal(0, SHIFT, (count, 6)) * (rng.random((count, 1)) < SHIFTED)
    shift = np.tile(np.eye(n), (count, 1, 1))
    for lead in range(6):
        for neighbour, fraction in (
            (lead + 1, np.maximum(moves[:, lead], 0)),
            (lead - 1, np.maximum(-moves[:, lead], 0)),
        ):
            if 0 <= neighbour < 6:
                shift[:, _CHEST.start + lead, _CHEST.start + lead] -= fraction
                shift[:, _CHEST.start + lead, _CHEST.start + neighbour] += fraction
    gain = np.exp(rng.normal(0, GAIN, (count, n, 1))) * np.exp(rng.normal(0, AMPLITUDE, (count, 1, 1)))
    return (gain * (shift @ turn)).astype(np.float32)
