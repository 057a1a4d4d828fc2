"""Intervals that hold: scale a model's own idea of its error so that the nominal 90 % interval covers 90 % on
held-out recordings. And estimates that do not shrink: the slope of truth on estimate, by which they are
multiplied.

Split-conformal (Vovk, Gammerman, Shafer 2005): the factor is a quantile of |error| / predicted size over the
samples of the calibration fold, per lead and number of observed leads. Recordings share their samples' fate,
so coverage is over samples pooled over recordings, not a promise for each recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from ecgcore.leads import INDEPENDENT, NAMED_SETS, LeadSet, all_states

NOMINAL = 0.90
N = len(INDEPENDENT)
GAUSSIAN = 1.645
"""Half width of the central 90 % of a normal distribution, in SD; stands where nothing was calibrated."""


def calibration_sets(seen_as, per_size: int = 6, seed: int = 0) -> list[LeadSet]:
    """Input sets to calibrate on: the named ones and a fixed random choice of each size."""
    rng = np.random.default_rng(seed)
    by_size: dict[int, list[LeadSet]] = {}
    for state in all_states():
        by_size.setdefault(len(seen_as(state)), []).append(state)
    drawn = [
        states[number]
        for _, states in sorted(by_size.items())
        for number in rng.permutation(len(states))[:per_size]
    ]
    return list(dict.fromkeys([*NAMED_SETS.values(), *drawn]))


def counted(sets: Sequence[LeadSet], what: str) -> Iterator[LeadSet]:
    """The sets, with a line of progress each tenth of them: this takes minutes."""
    every = max(1, len(sets) // 10)
    for number, leads in enumerate(sets):
        if number % every == 0:
            print(f"calibrating the {what}: {number} of {len(sets)} sets of leads", flush=True)
        yield leads


class Ratios:
    """Collects |error| / predicted size per number of observed leads and lead, thinned to keep memory
    small."""

    def __init__(self, thin: int = 7) -> None:
        self.thin = thin
        self.cells: dict[tuple[int, int], list[np.ndarray]] = {}

    def add(self, n_observed: int, error: np.ndarray, size: np.ndarray, missing: Iterable[int]) -> None:
        """error, size: (8, n) mV; missing: rows that were estimated."""
        for row in missing:
            ratio = np.abs(error[row, :: self.thin]) / np.maximum(size[row, :: self.thin], 1e-6)
            self.cells.setdefault((n_observed, row), []).append(ratio.astype(np.float32))

    def factors(self, nominal: float = NOMINAL) -> np.ndarray:
        """(9, 8) by number of observed leads and lead; cells without data take the lead's largest factor, or
        ``GAUSSIAN``."""
        table = np.full((N + 1, N), np.nan)
        for (n_observed, row), ratios in self.cells.items():
            table[n_observed, row] = np.quantile(np.concatenate(ratios), nominal)
        worst = np.where(
            np.isnan(table).all(axis=0), GAUSSIAN, np.nanmax(np.nan_to_num(table, nan=0.0), axis=0)
        )
        return np.where(np.isfinite(table), table, worst).astype(np.float32)


class Slopes:
    """Collects the slope of truth on estimate of each lead, through the origin and over all samples of all
    recordings."""

    def __init__(self) -> None:
        self.products, self.powers = np.zeros(N), np.zeros(N)

    def add(self, truth: np.ndarray, estimate: np.ndarray) -> None:
        """(8, n) mV each, projected on what was not observed: of one limb lead I and II then move on a line
        and have one slope."""
        self.products += (truth * estimate).sum(1, dtype=np.float64)
        self.powers += np.square(estimate).sum(1, dtype=np.float64)

    def gains(self) -> np.ndarray:
        """(8,); 1 where there was nothing to estimate."""
        return np.divide(self.products, self.powers, out=np.ones(N), where=self.powers > 1e-12).astype(
            np.float32
        )
