"""From the factors and slopes of several hospitals to those of one that was never seen, and to a site's own.

A hospital's factor q_k is the one that would hold 90 % of the errors there. Over hospitals ln q is taken as
normal (random effects): of a new hospital it is expected at m with a variance sd^2 (1 + 1/K), so exp(m + z
sd sqrt(1 + 1/K)) is large enough with the probability that belongs to z. A site's n recordings move that
expectation: their ln q has the variance within / n, and both are weighted by what they are worth (normal
prior and likelihood). For any hospital the committed calibration takes the largest of the hospitals'
factors, each at its upper limit of 90 %: left out in turn, that held where random effects did not (``rlecg
study hospitals``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.sites.material import SHAPE, Material

Z = 0.94
"""Quantile of the normal distribution for a hospital that was never seen: enough in 83 of 100."""
Z_LIMIT = 1.28
"""The same for what is left unknown of a hospital with recordings of its own: enough in 90 of 100."""
Z_SITE = 0.5
"""The same for what is left unknown of a site with recordings of its own."""
RESAMPLES = 20
LEAST_SD = 0.02
"""Of ln q between hospitals: a few hospitals that agree by chance do not make the next one certain."""


@dataclass(frozen=True, eq=False)
class Spread:
    """The logarithm of a quantity over hospitals, by size of set and lead, (9, 8) each.

    mean, sd: between hospitals. within: variance of one hospital's times its number of recordings.
    hospitals: how many."""

    mean: np.ndarray
    sd: np.ndarray
    within: np.ndarray
    hospitals: int

    def tables(self) -> dict[str, Any]:
        """What a site needs, in JSON types; NaN is kept as null."""
        rows = {name: getattr(self, name) for name in ("mean", "sd", "within")}
        lists = {
            name: np.where(np.isfinite(values), values.round(4), None).tolist()
            for name, values in rows.items()
        }
        return lists | {"hospitals": self.hospitals}

    @property
    def unseen(self) -> np.ndarray:
        """SD of what is expected of a hospital that was never seen."""
        return self.sd * np.sqrt(1 + 1 / self.hospitals)

    def of_unseen(self, z: float) -> np.ndarray:
        """(9, 8) for a hospital never seen, z standard deviations above what is expected."""
        return np.exp(self.mean + z * self.unseen)

    def of_site(self, values: np.ndarray, n: int, z: float) -> np.ndarray:
        """(9, 8) for a site whose n recordings have these values; where they have none, as for one never
        seen."""
        prior, own = 1 / np.square(self.unseen), n / np.maximum(self.within, 1e-6)
        seen = np.isfinite(values) & (values > 0)
        logs = np.log(np.where(seen, values, 1.0))
        own = np.where(seen, own, 0.0)
        mean = (prior * self.mean + own * logs) / (prior + own)
        return np.exp(mean + z / np.sqrt(prior + own))


def spread(logs: Sequence[np.ndarray], within: Sequence[np.ndarray]) -> Spread:
    """(9, 8) logarithms of each hospital's values, and variances within hospitals times their recordings."""
    sd = np.maximum(np.std(logs, 0, ddof=1), LEAST_SD)
    return Spread(np.mean(logs, 0), sd, np.mean(within, 0), len(logs))


def resampled(material: Material, gain: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(9, 8) variance of ln factor and of the slope, times the number of recordings, by resampling those."""
    rng, n = np.random.default_rng(seed), len(material)
    factors, slopes = np.full((2, RESAMPLES, *SHAPE), np.nan)
    draws = [rng.integers(0, n, n) for _ in range(RESAMPLES)]
    for cell, ratios in material.ratios(gain).items():
        for number, draw in enumerate(draws):
            factors[number][cell] = np.log(np.nanquantile(ratios[draw], 0.9))
    for cell, sums in material.powers().items():
        for number, draw in enumerate(draws):
            product, power = sums[draw].sum(0)
            slopes[number][cell] = np.log(max(product / power, 0.05)) if power > 0 else np.nan
    return n * factors.var(0, ddof=1), n * slopes.var(0, ddof=1)


def pooled(materials: Sequence[Material], gain: np.ndarray, nominal: float = 0.9) -> np.ndarray:
    """(9, 8): the quantile over all samples of all hospitals."""
    return _over_hospitals(materials, gain, lambda parts: np.nanquantile(np.concatenate(parts), nominal))


def pooled_alike(materials: Sequence[Material], gain: np.ndarray, nominal: float = 0.9) -> np.ndarray:
    """(9, 8): the quantile of the mean of the hospitals' distributions, each counting alike."""

    def quantile(parts: list[np.ndarray]) -> float:
        values = np.concatenate(parts)
        weights = np.concatenate([np.full(len(part), 1 / len(part)) for part in parts])
        order = np.argsort(values)
        share = np.cumsum(weights[order]) / len(parts)
        return float(values[order][np.searchsorted(share, nominal)])

    return _over_hospitals(materials, gain, quantile)


def _over_hospitals(materials, gain, quantile) -> np.ndarray:
    table = np.full(SHAPE, np.nan)
    each = [material.ratios(gain) for material in materials]
    for cell in each[0]:
        parts = [ratios[cell][np.isfinite(ratios[cell])] for ratios in each if cell in ratios]
        table[cell] = quantile(parts)
    return table
