"""What chance makes of a share: its distribution under random importance and under shifted signals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ecgcore.leads import LeadSet
from ecgcore.studies.significance.contributions import explained_power, shapley, shapley_weights, subsets


@dataclass(frozen=True)
class Null:
    """What chance gives: observed amount, mean and 95th percentile under the null, and the one-sided p value,
    by lead."""

    observed: Mapping[str, float]
    mean: Mapping[str, float]
    high: Mapping[str, float]
    p: Mapping[str, float]


def permutation_null(observed: Mapping[str, float], drawn: Mapping[str, np.ndarray]) -> Null:
    """Compare each lead's amount with (n_draws,) amounts under the null; p = (1 + draws at least as large) /
    (1 + draws)."""
    p = {
        lead: float((1 + np.sum(drawn[lead] >= amount)) / (1 + len(drawn[lead])))
        for lead, amount in observed.items()
    }
    mean = {lead: float(np.mean(values)) for lead, values in drawn.items()}
    high = {lead: float(np.quantile(values, 0.95)) for lead, values in drawn.items()}
    return Null(dict(observed), mean, high, p)


def shift_null(
    leads: LeadSet,
    truth: np.ndarray,
    estimates: Mapping[LeadSet, np.ndarray],
    window: np.ndarray,
    draws: int = 200,
    seed: int = 0,
) -> Null:
    """Shapley values of the same estimates for a target that has been moved in time, round the end, by a
    random amount.

    The leads keep their amplitude and rhythm; that they belong to this target's moments is what is destroyed.
    uV^2.
    """
    rng = np.random.default_rng(seed)
    n = len(truth)
    weights = shapley_weights(leads)[:, 1:]
    rows = np.stack([estimates[subset] for subset in subsets(leads)[1:]])
    inside = np.flatnonzero(window)
    true = truth[inside]
    observed = shapley(leads, explained_power(truth, estimates, window))
    drawn = np.empty((draws, len(leads)))
    least = max(1, n // 20)
    for number, shift in enumerate(rng.integers(least, n - least + 1, draws)):
        moved = rows[:, (inside + shift) % n]
        drawn[number] = weights @ (
            1e6 * (2 * moved @ true - np.einsum("st,st->s", moved, moved)) / len(inside)
        )
    return permutation_null(observed, dict(zip(leads, drawn.T, strict=True)))
