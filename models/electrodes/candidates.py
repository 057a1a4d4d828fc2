"""What the heart would have given under each arrangement that a set of leads can tell apart, and what of
each lead the others leave unexplained then."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from ecgcore.electrodes.arrangements import Arrangement, distinct
from ecgcore.lead_algebra import observation
from ecgcore.leads import CHEST, INDEPENDENT, LeadSet

N = len(INDEPENDENT)
LAGS = np.array([-6, -4, -2, -1, 0, 1, 2, 4, 6])
"""Samples at 100 Hz; those of the linear estimator."""
STEPS = np.array([-1, 0, 1])
"""Those for the second moments of a whole recording: three do better on PTB-XL fold 9 than five or nine."""
RIDGE = 1e-3


class Candidates(NamedTuple):
    """The arrangements for one set of leads seen.

    back: (n, 8, n_leads), true I, II, V1-V6 from the recorded leads, zero where nothing is known; wide: the
    same for all ``STEPS``. state:
    (n, 9) how far each of the eight is known, 0 to 1, and how I and II are tied where one limb lead is.
    """

    arrangements: tuple[Arrangement, ...]
    back: np.ndarray
    wide: np.ndarray
    state: np.ndarray


@cache
def candidates(leads: LeadSet) -> Candidates:
    """leads: as ``features.seen_leads`` gives them."""
    ways = distinct(leads)
    see = observation(leads)
    back = np.stack([np.linalg.pinv(see @ way.matrix, rcond=1e-6) for way in ways])
    resolved = back @ np.stack([see @ way.matrix for way in ways])
    state = np.concatenate([np.diagonal(resolved, axis1=1, axis2=2), resolved[:, :1, 1]], axis=1)
    return Candidates(ways, back, np.kron(np.eye(len(STEPS)), back), state)


def residual_taps(leads: LeadSet, covariance: np.ndarray) -> np.ndarray:
    """(n, 8, n_lags * n_leads): from recorded leads with their lags, what the other leads with all lags
    leave of each true one, in units of what they usually leave; zero rows for leads that are not known.

    The residual of one lead given all others is its row of the inverse covariance (Whittaker, Graphical
    Models, 1990, ch. 5). covariance: (n_lags * 8, n_lags * 8) of true leads, by lag then lead.
    """
    ways = candidates(leads)
    out = np.zeros((len(ways.arrangements), N, len(LAGS) * len(leads)))
    for number, (back, state) in enumerate(zip(ways.back, ways.state, strict=True)):
        trusted = _known(leads, state)
        rows, slots = _residuals(trusted, covariance)
        seen = observation(trusted) @ back  # (n_known, n_leads)
        mixed = rows.reshape(len(trusted), len(LAGS), len(trusted)) @ seen
        out[number, slots] = mixed.reshape(len(trusted), -1)
    return out


def _known(leads: LeadSet, state: np.ndarray) -> LeadSet:
    """The true leads that are known under an arrangement."""
    return leads.limb | (lead for lead, value in zip(CHEST, state[2:8], strict=True) if value > 0.99)


def _residuals(trusted: LeadSet, covariance: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """(n_known, n_lags * n_known) rows of the inverse covariance at lag 0, each divided by its residual's
    SD times its diagonal, and their places among the eight. A single limb lead stands in the place of I."""
    see = np.kron(np.eye(len(LAGS)), observation(trusted))
    own = see @ covariance @ see.T
    inverse = np.linalg.inv(own + RIDGE * np.trace(own) / len(own) * np.eye(len(own)))
    now = list(LAGS).index(0) * len(trusted) + np.arange(len(trusted))
    rows = inverse[now] / np.sqrt(np.diag(inverse)[now])[:, None]
    slots = [0] if len(trusted.limb) == 1 else list(range(len(trusted.limb)))
    return rows, slots + [INDEPENDENT.index(lead) for lead in trusted.chest]


def lagged(beats: np.ndarray, lags: np.ndarray = LAGS) -> np.ndarray:
    """(..., n_lags * n_leads, LENGTH - 2 reach) from beats (..., n_leads, LENGTH); reach: the last lag."""
    reach = int(lags[-1])
    inner = beats.shape[-1] - 2 * reach
    return np.concatenate([beats[..., reach + lag : reach + lag + inner] for lag in lags], axis=-2)
