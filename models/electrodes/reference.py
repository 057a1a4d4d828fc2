"""An earlier recording of the same person as witness: second moments are compared with the person's own
beside those of all, and today's beat with the earlier one.

Between two visits a person's mean beat changes by a little in every lead; how much, and in which leads and
shapes together, is learned from people with several recordings. How far a beat is from the earlier one is
measured in that change, for limb and chest leads apart: where an infarction changed the chest leads, the
limb leads can still tell whether their electrodes are in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import INDEPENDENT, LeadSet
from models.electrodes.candidates import Candidates, N, candidates
from models.electrodes.features import FLOOR, Beat, mean_beat
from models.electrodes.variation import Usual, mean_moments, parts_of, usual_of

SHARE = 1.0
"""Weight of the earlier recording's moments beside the usual ones."""
REACH = 3
"""Samples by which R points of two recordings may differ."""
OWN = 0.02
"""What is added to a diagonal of mean 1, so that little material makes no direction free of change."""
ROUNDS = 10
BLOCKS = {"limb": slice(0, 2), "chest": slice(2, N)}
"""Of the eight leads, by the electrodes that they hang on."""


class Change(NamedTuple):
    """How mean beats change between visits. basis: (LENGTH, n_basis) shapes; leads: (8, 8) covariance of mean
    diagonal 1, shapes: (n_basis, n_basis) the same; size: (n_blocks,) usual mean square in those units."""

    basis: np.ndarray
    leads: np.ndarray
    shapes: np.ndarray
    size: np.ndarray


def usual_of_person(leads: LeadSet, moments: np.ndarray, earlier: Beat) -> Usual | None:
    """What is usual of this person's leads; None where the earlier recording lacks one of the eight.

    moments: the usual ones of all people."""
    if len(earlier.leads) < len(INDEPENDENT):
        return None
    own = parts_of(earlier.signals, earlier.moments)
    return usual_of(leads, mean_moments(np.stack([moments, own]), np.array([1.0, SHARE])))


def beat_of(reference: Ecg) -> Beat:
    """The earlier recording's beat. Raises UnusableEcg where there is none."""
    earlier = mean_beat(reference)
    if earlier is None:
        raise UnusableEcg("No heartbeat is seen in the reference recording.")
    return earlier


def nearness(beat: Beat, ways: Candidates, earlier: Beat, change: Change) -> np.ndarray:
    """(n, n_blocks) how near each arrangement's beat comes to the earlier one, by ``BLOCKS``.

    Minus the logarithm of one plus its mean square distance in units of the usual change, times the share of
    the block's leads that both have."""
    own = candidates(earlier.leads)
    both = (ways.state[:, :N] > 0.99) & (own.state[0, :N] > 0.99)
    apart = differences(ways.back @ beat.signals, own.back[0] @ earlier.signals, change.basis, both)
    out = np.zeros((len(both), len(BLOCKS)))
    for shared in np.unique(both[both.any(1)], axis=0):
        rows = (both == shared).all(1)
        for number, block in enumerate(_leads_of(BLOCKS)):
            leads = block & shared
            if leads.any():
                square = _squares(apart[rows], leads, change.leads, change.shapes) / change.size[number]
                out[rows, number] = -leads.sum() / block.sum() * np.log1p(square)
    return out


def _leads_of(blocks: Mapping[str, slice]) -> Iterator[np.ndarray]:
    """(8,) booleans of each block."""
    for block in blocks.values():
        leads = np.zeros(N, bool)
        leads[block] = True
        yield leads


def _squares(apart: np.ndarray, some: np.ndarray, leads: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """(n,) mean squares of ``differences`` (n, 8, n_basis) in some of the leads (8,), in units of their
    covariances."""
    of_leads, of_shapes = np.linalg.inv(leads[np.ix_(some, some)]), np.linalg.inv(shapes)
    square = np.einsum("nib,bc,njc,ij->n", apart[:, some], of_shapes, apart[:, some], of_leads, optimize=True)
    return np.asarray(square / (some.sum() * len(shapes)))


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
    leads, shapes, every = np.eye(n_leads), np.eye(n_shapes), np.ones(n_leads, bool)
    for _ in range(ROUNDS):
        weight = weights / (_squares(apart, every, leads, shapes) + 0.1)
        leads = np.einsum("n,nib,bc,njc->ij", weight, apart, np.linalg.inv(shapes), apart, optimize=True)
        leads = leads / np.trace(leads) * n_leads + OWN * np.eye(n_leads)
        shapes = np.einsum("n,nib,ij,njc->bc", weight, apart, np.linalg.inv(leads), apart, optimize=True)
        shapes = shapes / np.trace(shapes) * n_shapes + OWN * np.eye(n_shapes)
    logs = [np.log(_squares(apart, block, leads, shapes)) for block in _leads_of(BLOCKS)]
    return Change(basis, leads, shapes, np.exp(np.average(logs, axis=1, weights=weights)))
