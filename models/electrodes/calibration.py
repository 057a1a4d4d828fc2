"""Slope, offset and alarm of the check by number of chest leads, from recordings that taught nothing.

Slope and offset minimise the prior-weighted cross-entropy over recordings as they are and under drawn
arrangements; the alarm is the probability of a mix-up that ``FALSE_ALARMS`` of the recordings as they are
exceed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import logsumexp

from ecgcore.leads import LeadSet
from models.electrodes.network import Energy
from models.electrodes.scores import Prior
from models.electrodes.ways import Ways

FALSE_ALARMS = 0.0075
SETS: dict[int, tuple[str, ...]] = {
    1: ("I II V1", "I II V2", "I II V3", "I II V4", "I II V5", "I II V6"),
    2: ("I II V2 V4", "I II V1 V5", "I II V2 V5", "II V1 V5"),
    3: ("I II V1 V3 V5", "I II V2 V4 V6"),
    4: ("I II V1 V2 V4 V5", "I II V2 V3 V5 V6"),
    5: ("I II V1 V2 V3 V5 V6",),
    6: ("I II V1 V2 V3 V4 V5 V6",),
}
PUT_UPON = 3
"""Arrangements drawn for each recording."""


class Drawn(NamedTuple):
    """Energies (n, k) of recordings as they are; (m, k) under arrangements drawn from the prior, which
    ``true`` are; and the (k,) logarithm of the prior. Without the right leg, whose evidence is no
    network's."""

    as_they_are: np.ndarray
    moved: np.ndarray
    true: np.ndarray
    prior: np.ndarray


def calibrate(
    nets: list[Energy], covariance: np.ndarray, signals: np.ndarray, rr: np.ndarray
) -> dict[str, np.ndarray]:
    """Slopes, offsets and alarms, (7,) each, from mean beats (n, 8, LENGTH) in mV and RR (n,) of recordings
    that the networks have not seen."""
    slopes, offsets, alarms = np.ones(7), np.zeros(7), np.full(7, 0.5)
    for size, sets in SETS.items():
        parts = [_drawn(nets, signals, rr, Ways(LeadSet(text), covariance)) for text in sets]
        slopes[size], offsets[size] = _fitted(parts)
        wrong = [_wrong(part.as_they_are * slopes[size], part.prior, offsets[size]) for part in parts]
        alarms[size] = np.clip(np.quantile(np.concatenate(wrong), 1 - FALSE_ALARMS), 0.05, 0.9)
    return {"slopes": slopes, "offsets": offsets, "alarms": alarms}


def _drawn(nets: list[Energy], signals: np.ndarray, rr: np.ndarray, ways: Ways) -> Drawn:
    rng, every = np.random.default_rng(0), np.arange(len(ways.arrangements))
    prior = Prior().log_of(ways.arrangements)
    weights = np.exp(prior[1:]) / np.exp(prior[1:]).sum()
    matrices = np.stack([ways.see @ arrangement.matrix for arrangement in ways.arrangements])
    intervals = torch.from_numpy(rr[:, None].astype(np.float32)).clamp_min(0.3)

    def energies(numbers: np.ndarray) -> np.ndarray:
        seen = (matrices[numbers] @ signals).astype(np.float32)
        with torch.inference_mode():
            return np.mean([ways.energies(net, seen, intervals, every).numpy() for net in nets], axis=0)

    drawn = [1 + rng.choice(len(weights), len(signals), p=weights) for _ in range(PUT_UPON)]
    moved = np.concatenate([energies(numbers) for numbers in drawn])
    return Drawn(energies(np.zeros(len(signals), int)), moved, np.concatenate(drawn), prior)


def _logits(values: np.ndarray, prior: np.ndarray, offset: float) -> np.ndarray:
    return values + prior + offset * (np.arange(len(prior)) > 0)


def _wrong(values: np.ndarray, prior: np.ndarray, offset: float) -> np.ndarray:
    """(n,) probability of any mix-up."""
    logits = _logits(values, prior, offset)
    return 1 - np.exp(logits[:, 0] - logsumexp(logits, axis=1))


def _fitted(parts: list[Drawn]) -> tuple[float, float]:
    rate = Prior().rate

    def loss(free: np.ndarray) -> float:
        total = 0.0
        for as_they_are, moved, true, prior in parts:
            right = _logits(np.exp(free[0]) * as_they_are, prior, free[1])
            other = _logits(np.exp(free[0]) * moved, prior, free[1])
            total += (1 - rate) * np.mean(logsumexp(right, axis=1) - right[:, 0])
            total += rate * np.mean(logsumexp(other, axis=1) - other[np.arange(len(true)), true])
        return total / len(parts)

    free = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-6}).x
    return float(np.exp(free[0])), float(free[1])
