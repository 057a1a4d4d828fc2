"""How well a score tells those who have something from those who have not: AUROC, its intervals by patient,
non-inferiority.

AUROC is the chance that one who has it scores higher than one who has not, ties counting half (Mann and
Whitney; Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747). Intervals resample whole patients;
scores that are compared are resampled together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ecgcore.evaluation.statistics import Interval

MARGINS = (0.05, 0.02)
"""Losses of AUROC that non-inferiority is asked at, the wide one first."""
LEVEL = 0.95


def auroc(scores: np.ndarray, positive: np.ndarray) -> float:
    """(n,) scores, (n,) bool -> 0-1; NaN unless both kinds are there."""
    return float(weighted_auroc(scores, positive, np.ones((1, len(scores))))[0])


def weighted_auroc(scores: np.ndarray, positive: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n,) scores, (n,) bool, (n_draws, n) how often each record counts -> (n_draws,); NaN where one kind is
    absent."""
    scores, positive = np.asarray(scores, np.float64), np.asarray(positive, bool)
    with_it, without = scores[positive][:, None], scores[~positive][None]
    higher = (with_it > without).astype(np.float32) + np.float32(0.5) * (with_it == without)
    of_it, of_others = (np.asarray(weights, np.float32)[:, chosen] for chosen in (positive, ~positive))
    pairs = of_it.sum(1) * of_others.sum(1)
    won = np.einsum("ij,ij->i", of_it @ higher, of_others)
    with np.errstate(invalid="ignore"):
        values: np.ndarray = won / np.where(pairs > 0, pairs, np.nan)
        return values


def draws(patients: np.ndarray, resamples: int, seed: int = 0) -> np.ndarray:
    """(n_records,) patients -> (resamples, n_records) how often each record counts when whole patients are
    drawn with replacement."""
    names, codes = np.unique(np.asarray(patients, str), return_inverse=True)
    return _drawn(len(names), resamples, seed)[:, codes]


@lru_cache(maxsize=4)
def _drawn(n: int, resamples: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float32)


def interval(
    value: float, drawn: np.ndarray, n_records: int, n_patients: int, level: float = LEVEL
) -> Interval:
    """A value with the percentiles of its resampled ones; draws without an answer are left out."""
    tail = (1 - level) / 2
    drawn = drawn[np.isfinite(drawn)]
    low, high = np.quantile(drawn, (tail, 1 - tail)) if len(drawn) else (np.nan, np.nan)
    return Interval(float(value), float(low), float(high), n_records, n_patients)


@dataclass(frozen=True)
class Difference:
    """Of AUROC, a new way minus the reference, on the same records.

    reference, new: each with its interval; difference: with the interval of the paired resampling. positives:
    records that have it.
    """

    reference: Interval
    new: Interval
    difference: Interval
    positives: int

    def within(self, margin: float) -> bool:
        """Non-inferior at a margin: the lower end of the two-sided 95 % interval of the difference, which is
        a one-sided limit of 97.5 %, lies above minus the margin."""
        return self.difference.low > -margin

    @property
    def lower(self) -> bool:
        """Whether the new way is worse beyond chance: the whole interval lies below zero."""
        return self.difference.high < 0

    @property
    def verdict(self) -> str:
        """In words, against MARGINS."""
        held = [margin for margin in MARGINS if self.within(margin)]
        missed = [margin for margin in MARGINS if margin not in held]
        if not held:
            return f"not shown to be non-inferior at {margin_text(missed[0])}"
        return f"non-inferior at {margin_text(held[-1])}" + (
            f", not at {margin_text(missed[0])}" if missed else ""
        )


def margin_text(margin: float) -> str:
    """A margin without the zero before the point."""
    return f"{margin:g}".removeprefix("0")
