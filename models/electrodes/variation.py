"""How well the second moments of a whole recording go with each arrangement.

Covariances of leads and steps in time differ from person to person around a usual one; with an inverse
Wishart prior around it, second moments under an arrangement have a matrix t density (Dawid, Biometrika 1981,
doi:10.1093/biomet/68.1.265), whose logarithm is two determinants. A mean beat does not show what this adds:
how beats differ, how leads move with the breath, and what little each lead has of its own. What of them a
person's leads have in common whatever the person, a small network learns from ``moment_features``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ecgcore.lead_algebra import observation
from ecgcore.leads import LeadSet
from models.electrodes.candidates import RIDGE, STEPS, N, candidates

WEIGHT = 30.0
"""How much a recording's own moments count beside the usual ones; of 3, 10, 30, 100 and 300 the best on
PTB-XL fold 9."""
N_TERMS = 2
N_FEATURES = 3 * N + 3 * N * (N - 1) // 2
"""What a network sees of second moments."""
FARTHEST = 8.0
"""Spreads from its mean at which such a feature is cut off."""


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


def moment_features(true: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """(..., N_FEATURES) of second moments (..., d, d) of true leads, zero where nothing is known.

    Of each lead how much of it the usual relation to the others leaves, how much their best one does, and its
    size; of each pair of leads their correlation, that beside all others, and whether the first is earlier.

    usual: (d, d) as ``mean_moments`` gives them.
    """
    d = usual.shape[0]
    now = slice(N * (len(STEPS) // 2), N * (len(STEPS) // 2 + 1))
    later = slice(now.stop, now.stop + N)
    first, other = np.triu_indices(N, 1)
    power = np.maximum(np.trace(true, axis1=-2, axis2=-1)[..., None, None] / d, 1e-9)
    moments = true / power
    inverse = np.linalg.inv(usual + RIDGE * np.trace(usual) / d * np.eye(d))[now]
    rows = inverse / np.sqrt(np.diagonal(inverse[:, now]))[:, None]
    left = np.log(((rows @ moments) * rows).sum(-1) + 0.02)
    precision = np.linalg.inv(moments + 2 * RIDGE * np.eye(d))[..., now, now]
    own = np.diagonal(precision, axis1=-2, axis2=-1)
    size = np.diagonal(moments, axis1=-2, axis2=-1)[..., now]
    pairs = np.sqrt(size + 1e-3)[..., first] * np.sqrt(size + 1e-3)[..., other]
    beside = precision[..., first, other] / np.sqrt(own[..., first] * own[..., other])
    ahead = moments[..., now, later]
    turned = ahead[..., first, other] - ahead[..., other, first]
    parts = [left, -np.log(own + 1e-9), np.log(size + 1e-2)]
    parts += [moments[..., now, now][..., first, other] / pairs, beside, turned / pairs]
    return np.concatenate(parts, axis=-1)


def mean_moments(second: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """The usual moments: the mean of (n, d, d), each divided by its power."""
    power = np.maximum(np.trace(second, axis1=1, axis2=2) / second.shape[1], 1e-9)
    return np.asarray(np.average(second / power[:, None, None], axis=0, weights=weights))


def _log_determinants(matrices: np.ndarray) -> np.ndarray:
    factors = np.linalg.cholesky(matrices)
    return np.asarray(2 * np.log(np.diagonal(factors, axis1=-2, axis2=-1)).sum(-1))
