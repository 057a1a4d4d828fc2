"""An earlier recording of the same person as witness: second moments are compared with the person's own
beside those of all, and today's beat with the earlier one.

Between two visits a person's mean beat changes by a little in every lead; how much, and in which leads and
shapes together, is learned from people with several recordings. How far a beat is from the earlier one is
measured in that change.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import INDEPENDENT, LeadSet
from models.electrodes.candidates import Candidates, candidates
from models.electrodes.features import FLOOR, Beat, mean_beat
from models.electrodes.variation import Usual, mean_moments, usual_of

SHARE = 1.0
"""Weight of the earlier recording's moments beside the usual ones."""
REACH = 3
"""Samples by which R points of two recordings may differ."""
OWN = 0.02
"""What is added to a diagonal of mean 1, so that little material makes no direction free of change."""
ROUNDS = 10


class Change(NamedTuple):
    """How mean beats change between visits. basis: (LENGTH, n_basis) shapes; leads: (8, 8) covariance of mean
    diagonal 1, shapes: (n_basis, n_basis) the same; size: usual mean square in those units."""

    basis: np.ndarray
    leads: np.ndarray
    shapes: np.ndarray
    size: float


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


def nearness(beat: Beat, ways: Candidates, earlier: Beat, change: Change) -> np.ndarray:
    """(n,) how near each arrangement's beat comes to the earlier one.

    Minus the logarithm of one plus its mean square distance in units of the usual change, times the share of
    the leads that both have."""
    own = candidates(earlier.leads)
    both = (ways.state[:, : len(INDEPENDENT)] > 0.99) & (own.state[0, : len(INDEPENDENT)] > 0.99)
    apart = differences(ways.back @ beat.signals, own.back[0] @ earlier.signals, change.basis, both)
    out = np.zeros(len(both))
    inverse_shapes = np.linalg.inv(change.shapes)
    for shared in np.unique(both[both.any(1)], axis=0):
        rows = (both == shared).all(1)
        z = apart[rows][:, shared]
        inverse = np.linalg.inv(change.leads[np.ix_(shared, shared)])
        square = np.einsum("kib,bc,kjc,ij->k", z, inverse_shapes, z, inverse, optimize=True)
        square /= shared.sum() * len(inverse_shapes) * change.size
        out[rows] = -shared.mean() * np.log1p(square)
    return out


def differences(beats: np.ndarray, earlier: np.ndarray, basis: np.ndarray, both: np.ndarray) -> np.ndarray:
    """(n, 8, n_basis) of beats (n, 8, LENGTH) mV from the earlier one (8, LENGTH), in units of its size, at
    the shift that brings one with most leads nearest; zero in leads that not ``both`` (n, 8) have."""
    size = max(float(np.sqrt(np.square(earlier).mean())), FLOOR)
    own = beats @ basis
    steps, most = range(-REACH, REACH + 1), both.sum(1) == both.sum(1).max()
    apart = [(own - np.roll(earlier, step, -1) @ basis) / size * both[..., None] for step in steps]
    return min(apart, key=lambda step: float(np.square(step[most]).sum((1, 2)).min()))


def change_of(apart: np.ndarray, weights: np.ndarray, basis: np.ndarray) -> Change:
    """From ``differences`` (n, 8, n_basis) of pairs of recordings and their weights: the covariance of leads
    and that of shapes in turn until they agree, pairs that changed much counting less (a matrix t; Dutilleul
    1999, doi:10.1080/00949659908811970)."""
    n_leads, n_shapes = apart.shape[1:]
    leads, shapes = np.eye(n_leads), np.eye(n_shapes)

    def squares() -> np.ndarray:
        of_leads, of_shapes = np.linalg.inv(leads), np.linalg.inv(shapes)
        square = np.einsum("ij,njb,bc,nic->n", of_leads, apart, of_shapes, apart, optimize=True)
        return np.asarray(square / (n_leads * n_shapes))

    for _ in range(ROUNDS):
        weight = weights / (squares() + 0.1)
        leads = np.einsum("n,nib,bc,njc->ij", weight, apart, np.linalg.inv(shapes), apart, optimize=True)
        leads = leads / np.trace(leads) * n_leads + OWN * np.eye(n_leads)
        shapes = np.einsum("n,nib,ij,njc->bc", weight, apart, np.linalg.inv(leads), apart, optimize=True)
        shapes = shapes / np.trace(shapes) * n_shapes + OWN * np.eye(n_shapes)
    return Change(basis, leads, shapes, float(np.exp(np.average(np.log(squares()), weights=weights))))
