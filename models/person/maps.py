"""Linear maps from some leads to others: of a population, of a person from a few seconds with all leads, and
both mixed. (k, 3) for three input leads; no intercept, for signals above 0.5 Hz.

The part of the person's map in the mixed one, where CaLiNet's description is silent: the share of its error,
e_p^-2 / (e_p^-2 + e_w^-2), with the RMS errors of both maps on the second half of those seconds, the person's
fitted on the first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

RIDGE = 1e-3
"""In parts of the mean power of the inputs."""


class Moments(NamedTuple):
    """Sums over samples: inputs with inputs, (3, 3), and with outputs, (3, k)."""

    inputs: np.ndarray
    cross: np.ndarray

    def solved(self) -> np.ndarray:
        """(k, 3): the map."""
        penalty = RIDGE * np.trace(self.inputs) / len(self.inputs) + 1e-9
        return np.linalg.solve(self.inputs + penalty * np.eye(len(self.inputs)), self.cross).T


def moments_of(x: np.ndarray, y: np.ndarray, weight: float = 1.0) -> Moments:
    """x: (3, n), y: (k, n) mV."""
    return Moments(weight * x @ x.T, weight * x @ y.T)


def person_map(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(k, 3) from the seconds with all leads; x: (3, n), y: (k, n) mV."""
    return moments_of(x, y).solved()


def mixed_map(x: np.ndarray, y: np.ndarray, of_population: np.ndarray) -> np.ndarray:
    """(k, 3): the person's and the population's, each by its quality; x: (3, n), y: (k, n) mV."""
    half = x.shape[1] // 2
    errors = [
        max(float(np.mean(np.square(y[:, half:] - each @ x[:, half:]))), 1e-12)
        for each in (person_map(x[:, :half], y[:, :half]), of_population)
    ]
    part = errors[1] / (errors[0] + errors[1])
    return part * person_map(x, y) + (1 - part) * of_population
