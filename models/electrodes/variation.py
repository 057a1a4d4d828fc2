"""How well the second moments of a whole recording go with each arrangement.

Covariances of leads and steps in time differ from person to person around a usual one; with an inverse
Wishart prior around it, second moments under an arrangement have a matrix t density (Dawid, Biometrika 1981,
doi:10.1093/biomet/68.1.265), whose logarithm is two determinants. A mean beat does not show what this adds:
how beats differ, how leads move with the breath, and what little each lead has of its own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ecgcore.lead_algebra import observation
from ecgcore.leads import LeadSet
from models.electrodes.candidates import RIDGE, STEPS, candidates

WEIGHT = 30.0
"""How much a recording's own moments count beside the usual ones; of 3, 10, 30, 100 and 300 the best on
PTB-XL fold 9."""
N_TERMS = 2


class Usual(NamedTuple):
    """What is usual of one set of leads. covariances: (n, d, d) under each candidate, d = n_steps * n_leads,
    in units of the recording's power. logs: (n,) logarithms of their determinants."""

    covariances: np.ndarray
    logs: np.ndarray


def usual_of(leads: LeadSet, moments: np.ndarray) -> Usual:
    """moments: (n_steps * 8,) squared of true leads, as ``mean_moments`` gives them."""
    see = observation(leads)
    wide = np.stack([np.kron(np.eye(len(STEPS)), see @ way.matrix) for way in candidates(leads).arrangements])
    covariances = wide @ moments @ wide.transpose(0, 2, 1)
    covariances += RIDGE * np.trace(covariances[0]) / covariances.shape[1] * np.eye(covariances.shape[1])
    return Usual(covariances, _log_determinants(covariances))


def terms(second: np.ndarray, usual: Usual) -> np.ndarray:
    """(n, N_TERMS) of second moments (d, d): minus the logarithm of the determinant that is the narrower the
    better they go with each candidate, and how wide the candidate is by itself."""
    power = max(np.trace(second) / np.trace(usual.covariances[0]), 1e-9)
    together = _log_determinants(WEIGHT / power * second + usual.covariances)
    return np.stack([-together, usual.logs], axis=-1)


def mean_moments(second: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """The usual moments: the mean of (n, d, d), each divided by its power."""
    power = np.maximum(np.trace(second, axis1=1, axis2=2) / second.shape[1], 1e-9)
    return np.asarray(np.average(second / power[:, None, None], axis=0, weights=weights))


def _log_determinants(matrices: np.ndarray) -> np.ndarray:
    factors = np.linalg.cholesky(matrices)
    return np.asarray(2 * np.log(np.diagonal(factors, axis1=-2, axis2=-1)).sum(-1))
