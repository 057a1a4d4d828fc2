"""Slopes, offsets and alarm of the check by number of chest leads, from recordings that taught nothing.

Slopes and offsets by kind minimise the prior-weighted cross-entropy over recordings as they are and under
drawn arrangements; the alarm is the probability of a mix-up that ``FALSE_ALARMS`` of the recordings as they
are exceed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from ecgcore.electrodes.arrangements import KINDS
from ecgcore.leads import LeadSet
from models.electrodes.network import Energy
from models.electrodes.scores import GROUPS, MOVED, Prior, numbers_of_kinds, weighed
from models.electrodes.variation import N_TERMS, terms, usual_of
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
LIKELY = 0.2
"""Share of recordings with a mix-up in the fit, and its prior there; the usual prior's would leave little to
fit."""
SHRINK = 1e-3
"""How strongly offsets are drawn to zero: their square times this is added to the cross-entropy. A tenth of
it for slopes of the last term in units of its spread: moves of electrodes hardly change that term."""


class HeldOut(NamedTuple):
    """What calibrates. signals: mean beats (n, 8, LENGTH) mV; rr: (n,) s; second: (n, d, d) second moments of
    the recordings."""

    signals: np.ndarray
    rr: np.ndarray
    second: np.ndarray


class Drawn(NamedTuple):
    """Evidence (n, k, 1 + N_TERMS), energies first, of recordings as they are; (m, k, ...) under arrangements
    drawn from the prior, which ``true`` are; the (k,) logarithm of the usual prior and of that in the fit,
    and kinds of the arrangements. Without the right leg, whose evidence is no network's."""

    as_they_are: np.ndarray
    moved: np.ndarray
    true: np.ndarray
    prior: np.ndarray
    prior_in_fit: np.ndarray
    kinds: np.ndarray


def calibrate(
    nets: Sequence[Energy], covariance: np.ndarray, moments: np.ndarray, held_out: HeldOut
) -> dict[str, np.ndarray]:
    """Slopes (7, n_groups, 1 + N_TERMS), offsets (7, n_kinds) and alarms (7,)."""
    slopes, offsets = np.zeros((7, len(MOVED) + 1, 1 + N_TERMS)), np.zeros((7, len(KINDS)))
    slopes[0, :, 0], alarms = 1.0, np.full(7, 0.5)
    for size, sets in SETS.items():
        parts = [drawn(nets, covariance, moments, held_out, LeadSet(text)) for text in sets]
        slopes[size], offsets[size] = fitted(parts)
        wrong = [wrong_of(part.as_they_are, part, slopes[size], offsets[size]) for part in parts]
        alarms[size] = np.clip(np.quantile(np.concatenate(wrong), 1 - FALSE_ALARMS), 0.05, 0.9)
    return {"slopes": slopes, "offsets": offsets, "alarms": alarms}


def drawn(
    nets: Sequence[Energy], covariance: np.ndarray, moments: np.ndarray, held_out: HeldOut, leads: LeadSet
) -> Drawn:
    """The evidence of recordings as they are and with drawn arrangements put upon them, through these
    leads."""
    ways = Ways(leads, covariance)
    usual, size = usual_of(leads, moments), len(held_out.signals)
    rng, every = np.random.default_rng(0), np.arange(len(ways.arrangements))
    prior = Prior().log_of(ways.arrangements)
    weights = np.exp(prior[1:]) / np.exp(prior[1:]).sum()
    matrices = np.stack([ways.see @ arrangement.matrix for arrangement in ways.arrangements])
    intervals = torch.from_numpy(held_out.rr[:, None].astype(np.float32)).clamp_min(0.3)

    def evidence(numbers: np.ndarray) -> np.ndarray:
        seen = (matrices[numbers] @ held_out.signals).astype(np.float32)
        with torch.inference_mode():
            values = np.mean([ways.energies(net, seen, intervals, every).numpy() for net in nets], axis=0)
        n_steps = held_out.second.shape[1] // matrices.shape[2]
        wide = [np.kron(np.eye(n_steps), matrices[number]) for number in numbers]
        varied = [
            terms(row @ moments @ row.T, usual)[ways.places]
            for row, moments in zip(wide, held_out.second, strict=True)
        ]
        return np.concatenate([values[..., None], np.stack(varied)], axis=-1)

    true = [1 + rng.choice(len(weights), size, p=weights) for _ in range(PUT_UPON)]
    moved = np.concatenate([evidence(numbers) for numbers in true])
    as_they_are = evidence(np.zeros(size, int))
    in_fit, kinds = Prior(LIKELY).log_of(ways.arrangements), numbers_of_kinds(ways.arrangements)
    return Drawn(as_they_are, moved, np.concatenate(true), prior, in_fit, kinds)


def wrong_of(values: np.ndarray, part: Drawn, slopes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """(n,) probability of any mix-up."""
    logits = weighed(values, slopes, part.kinds) + offsets[part.kinds] + part.prior
    return np.asarray(1 - np.exp(logits[:, 0] - logsumexp(logits, axis=1)))


def fitted(parts: Sequence[Drawn]) -> tuple[np.ndarray, np.ndarray]:
    """Slopes (n_groups, n_parts) and offsets (n_kinds,)."""
    n_slopes = parts[0].moved.shape[-1]
    shape = (len(MOVED) + 1, n_slopes)
    wide = np.concatenate([(part.moved - part.moved[:, :1]).reshape(-1, n_slopes) for part in parts])
    size = np.tile(wide.std(0) + 1e-9, (shape[0], 1))

    def loss(free: np.ndarray) -> tuple[float, np.ndarray]:
        slopes, offsets = free[: size.size].reshape(shape) / size, np.append(0.0, free[size.size :])
        total, steep, lift = 0.0, np.zeros(shape), np.zeros(len(KINDS))
        for part in parts:
            as_true = np.zeros(len(part.as_they_are), int)
            for share, values, true in (
                (1 - LIKELY, part.as_they_are, as_true),
                (LIKELY, part.moved, part.true),
            ):
                logits = weighed(values, slopes, part.kinds) + offsets[part.kinds] + part.prior_in_fit
                rows = np.arange(len(true))
                total += share * np.mean(logsumexp(logits, axis=1) - logits[rows, true])
                residual = softmax(logits, axis=1)
                residual[rows, true] -= 1
                residual *= share / len(true)
                by_way = np.einsum("nk,nkf->kf", residual, values - values[:, :1])
                np.add.at(steep, GROUPS[part.kinds], by_way)
                np.add.at(lift, part.kinds, residual.sum(0))
        slope = np.append((steep / size).ravel(), lift[1:]) / len(parts)
        slope[size.size :] += 2 * SHRINK * offsets[1:]
        last = free[: size.size].reshape(shape)[:, -1]
        slope[n_slopes - 1 : size.size : n_slopes] += 0.2 * SHRINK * last
        penalty = SHRINK * (np.square(offsets).sum() + 0.1 * np.square(last).sum())
        return total / len(parts) + penalty, slope

    start = np.zeros(size.size + len(KINDS) - 1)
    start[: size.size : n_slopes] = size[:, 0]
    free = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return free[: size.size].reshape(shape) / size, np.append(0.0, free[size.size :])
