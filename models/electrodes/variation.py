"""How well the second moments of a whole recording, and of each part of its mean beat, go with each
arrangement.

Covariances of leads and steps in time differ from person to person around a usual one; with an inverse
Wishart prior around it, second moments under an arrangement have a matrix t density (Dawid, Biometrika 1981,
doi:10.1093/biomet/68.1.265), whose logarithm is two determinants. The whole recording adds to the mean beat
how beats differ, how leads move with the breath, and what little each lead has of its own; P wave, QRS, ST
and T wave by themselves, that leads go together in another way in each: what looks usual over all may be
unusual in one. How much each of these terms weighs is learned from the recordings that teach
(``models.electrodes.calibration``). The usual moments are taken twice: as the mean of recordings, and as
those taught, from which an arrangement is told best (``models.electrodes.training``). What a person's leads
have in common whatever the person, a small network learns from ``moment_features``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ecgcore.lead_algebra import observation
from ecgcore.leads import LeadSet
from models.electrodes.candidates import RIDGE, STEPS, N, candidates, lagged
from models.electrodes.features import BEFORE, LENGTH

WEIGHT = 30.0
"""How much a recording's own moments count beside the usual ones; of 3, 10, 30, 100 and 300 the best on
PTB-XL fold 9."""
WINDOWS = {
    "P wave": slice(1, BEFORE - 8),
    "to the R point": slice(BEFORE - 8, BEFORE + 1),
    "from the R point": slice(BEFORE, BEFORE + 12),
    "ST": slice(BEFORE + 12, BEFORE + 25),
    "T wave": slice(BEFORE + 22, LENGTH - 1),
}
"""Samples of a mean beat."""
WINDOW_WEIGHT = 10.0
"""The same as ``WEIGHT`` in each of these."""
LEAST = 1e-5
"""mV², added to the diagonal of a window's moments: nothing is known better."""
N_PARTS = 1 + len(WINDOWS)
WEIGHTS = np.array([WEIGHT, *[WINDOW_WEIGHT] * len(WINDOWS)])
N_TERMS = N_PARTS + 1
N_FEATURES = 3 * N + 3 * N * (N - 1) // 2
"""What a network sees of second moments."""
FARTHEST = 8.0
"""Spreads from its mean at which such a feature is cut off."""


class Moments(NamedTuple):
    """What the terms stand on. usual: (N_PARTS, n_steps * 8, n_steps * 8) moments of recordings and of the
    parts of their beats; weights: (N_PARTS,) how much a recording's own count beside them; slopes: (7,
    n_groups, N_TERMS) what each term weighs, by number of chest leads."""

    usual: np.ndarray
    weights: np.ndarray
    slopes: np.ndarray


class Usual(NamedTuple):
    """What is usual of one set of leads. covariances: (N_PARTS, n, d, d) under each candidate, d = n_steps *
    n_leads, in units of the part's power. logs: (n,) logarithms of the first part's determinants. weights:
    (N_PARTS,) as in ``Moments``."""

    covariances: np.ndarray
    logs: np.ndarray
    weights: np.ndarray


def parts_of(signals: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(..., N_PARTS, d, d) mV²: second moments of the whole recording (..., d, d), then those of its mean
    beat (..., n_leads, LENGTH) mV in each of ``WINDOWS``."""
    of_windows = [
        lagged(signals[..., window.start - 1 : window.stop + 1].astype(np.float64), STEPS)
        for window in WINDOWS.values()
    ]
    moments = [rows @ rows.swapaxes(-1, -2) / rows.shape[-1] for rows in of_windows]
    return np.stack([second, *(own + LEAST * np.eye(own.shape[-1]) for own in moments)], axis=-3)


def usual_of(leads: LeadSet, moments: np.ndarray, weights: np.ndarray = WEIGHTS) -> Usual:
    """moments: (N_PARTS, n_steps * 8, n_steps * 8) of true leads, as ``mean_moments`` gives them. weights:
    (N_PARTS,)."""
    see = observation(leads)
    wide = np.stack([np.kron(np.eye(len(STEPS)), see @ way.matrix) for way in candidates(leads).arrangements])
    covariances = wide @ moments[:, None] @ wide.transpose(0, 2, 1)
    d = covariances.shape[-1]
    size = np.trace(covariances[:, 0], axis1=-2, axis2=-1) / d
    covariances += RIDGE * size[:, None, None, None] * np.eye(d)
    return Usual(covariances, _log_determinants(covariances[0]), weights)


def terms(parts: np.ndarray, usual: Usual) -> np.ndarray:
    """(n, N_TERMS) of ``parts_of`` one recording (N_PARTS, d, d): of each part minus the logarithm of the
    determinant that is the narrower the better it goes with each candidate; last how wide the candidate is by
    itself."""
    own, most = np.trace(parts, axis1=-2, axis2=-1), np.trace(usual.covariances[:, 0], axis1=-2, axis2=-1)
    share = usual.weights / np.maximum(own / most, 1e-9)
    together = _log_determinants((share[:, None, None] * parts)[:, None] + usual.covariances)
    return np.concatenate([-together, usual.logs[None]]).T


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
    """The usual moments: the mean of (n, ..., d, d), each divided by its power."""
    power = np.maximum(np.trace(second, axis1=-2, axis2=-1) / second.shape[-1], 1e-9)
    return np.asarray(np.average(second / power[..., None, None], axis=0, weights=weights))


def _log_determinants(matrices: np.ndarray) -> np.ndarray:
    factors = np.linalg.cholesky(matrices)
    return np.asarray(2 * np.log(np.diagonal(factors, axis1=-2, axis2=-1)).sum(-1))
