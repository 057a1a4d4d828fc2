"""What a step of training looks at: recordings drawn, changed a little, under arrangements and through leads
drawn at random.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ecgcore.leads import CHEST, INDEPENDENT, LIMB, LeadSet
from models.electrodes.candidates import N
from models.electrodes.features import LENGTH
from models.electrodes.scores import numbers_of_kinds
from models.electrodes.ways import Ways

FULL = LeadSet(INDEPENDENT)
DRAWN = {
    "chest exchange": 1.0, "chest rotation": 0.6, "chest reversed": 1.0, "limb exchange": 1.5,
    "polarity": 0.5, "gain": 0.25, "lead order": 0.4, "one space high": 1.0,
}  # fmt: skip
"""How often an arrangement of each kind is among those drawn for a batch; an exchange with the right leg,
which leaves a flat lead, is not learned."""
AS_RECORDED_SHARE = 0.4


@dataclass(frozen=True)
class Plan:
    """width: of the hidden layers. candidates: arrangements that a beat is compared with in a step. rate: of
    learning."""

    width: int = 128
    epochs: int = 70
    batch: int = 96
    candidates: int = 20
    rate: float = 3e-3
    weight_decay: float = 0.02
    dropout: float = 0.1
    seed: int = 0


def other_chests(n: int, rng: np.random.Generator) -> np.ndarray:
    """(n, 8, 8) leads of other chests and amplifiers from those recorded."""
    sizes = np.exp(rng.normal(0, 0.02, (n, N)))
    sizes[:, 2:] *= np.exp(rng.normal(0, 0.2, (n, 1)))
    share = rng.normal(0, 0.02, (n, len(CHEST)))
    out = np.tile(np.eye(N), (n, 1, 1))
    for number in range(len(CHEST)):
        lead, right, left = (2 + min(max(number + step, 0), len(CHEST) - 1) for step in (0, 1, -1))
        beside = np.where(share[:, number] > 0, right, left)
        out[:, lead, lead] -= np.abs(share[:, number])
        out[np.arange(n), lead, beside] += np.abs(share[:, number])
    return out * sizes[:, None]


def changed(signals: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, 8, LENGTH) mV of other chests and amplifiers than those recorded, with noise."""
    out = other_chests(len(signals), rng) @ signals
    offset, slope = rng.normal(0, 0.005, (2, len(signals), N, 1))
    out += offset + slope * np.linspace(-1, 1, LENGTH)
    out += rng.normal(0, 1, out.shape) * noise(len(signals), rng)
    return out.astype(np.float32)


def changed_moments(second: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, d, d) second moments of other chests and amplifiers, with noise that no two samples share."""
    n, d = len(second), second.shape[1]
    other = np.zeros((n, d, d))
    matrices = other_chests(n, rng)
    for start in range(0, d, N):
        other[:, start : start + N, start : start + N] = matrices
    return other @ second @ other.transpose(0, 2, 1) + np.square(noise(n, rng)) * np.eye(d)


def noise(n: int, rng: np.random.Generator) -> np.ndarray:
    """(n, 1, 1) mV RMS."""
    return np.exp(rng.normal(np.log(0.002), 0.6, (n, 1, 1)))


def draw_leads(rng: np.random.Generator) -> LeadSet:
    """All eight in half of the batches, else any chest leads with both, one or no limb lead."""
    if rng.random() < 0.5:
        return FULL
    chest = rng.choice(CHEST, rng.integers(1, 7), replace=False)
    limb = ("I", "II") if rng.random() < 0.8 or len(chest) < 2 else rng.choice(LIMB, rng.integers(0, 2))
    return LeadSet([*limb, *chest])


def draw_three_more(rng: np.random.Generator) -> LeadSet:
    """All eight in half of the batches, I, II and one chest lead in three of ten, else ``draw_leads``."""
    share = rng.random()
    if share < 0.5:
        return FULL
    return LeadSet(("I", "II", rng.choice(CHEST))) if share < 0.8 else draw_leads(rng)


def drawn(ways: Ways, count: int, rng: np.random.Generator) -> np.ndarray:
    """Numbers of the arrangements of a batch, as recorded first."""
    weight = np.array([DRAWN.get(arrangement.kind, 0.0) for arrangement in ways.arrangements])
    count = min(count, int((weight > 0).sum()))
    return np.concatenate(
        [[0], np.sort(rng.choice(len(weight), count, replace=False, p=weight / weight.sum()))]
    )


class Batch(NamedTuple):
    """What a step of training looks at. rows: of the recordings. some: numbers of the arrangements compared;
    prior: (len(some),) theirs; true: (n,) place among them of each recording's."""

    rows: np.ndarray
    ways: Ways
    some: np.ndarray
    prior: np.ndarray
    true: np.ndarray

    def matrices(self) -> np.ndarray:
        """(n, n_leads, 8) leads seen from true ones."""
        return self.see()[self.true]

    def see(self) -> np.ndarray:
        """(len(some), n_leads, 8) the same of each arrangement compared."""
        return np.stack([self.ways.see @ self.ways.arrangements[number].matrix for number in self.some])

    def kinds(self) -> np.ndarray:
        """(len(some),) those of the arrangements compared."""
        return numbers_of_kinds(tuple(self.ways.arrangements[number] for number in self.some))

    def loss(self, energies: Tensor) -> Tensor:
        """Cross-entropy of (n, len(some)) energies."""
        logits = energies + torch.from_numpy(np.log(self.prior)).float()
        return F.cross_entropy(logits, torch.from_numpy(self.true))


def batches(
    count: int,
    covariance: np.ndarray,
    plan: Plan,
    rng: np.random.Generator,
    draw: Callable[[np.random.Generator], LeadSet] = draw_leads,
) -> Iterator[Batch]:
    """Those of all epochs over so many recordings. draw: leads of a batch."""
    stored: dict[LeadSet, Ways] = {}
    for _ in range(plan.epochs):
        order = rng.permutation(count)
        for rows in order[: count // plan.batch * plan.batch].reshape(-1, plan.batch):
            leads = draw(rng)
            ways = stored.setdefault(leads, stored.get(leads) or Ways(leads, covariance))
            some = drawn(ways, plan.candidates, rng)
            others = (1 - AS_RECORDED_SHARE) / (len(some) - 1)
            prior = np.append(AS_RECORDED_SHARE, np.full(len(some) - 1, others))
            yield Batch(rows, ways, some, prior, rng.choice(len(some), plan.batch, p=prior))
