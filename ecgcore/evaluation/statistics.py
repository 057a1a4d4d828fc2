"""Intervals and tests over patients: bootstrap by patient, and the paired statistics Olaiya and Manivannan
offer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

RESAMPLES = 10_000
ALPHA = 0.05


@dataclass(frozen=True)
class Interval:
    """A statistic with its bootstrap interval and how many records and patients stand behind it."""

    value: float
    low: float
    high: float
    n_records: int
    n_patients: int

    def __str__(self) -> str:
        return self.to(3)

    def to(self, digits: int) -> str:
        """With so many digits behind the point."""
        return f"{self.value:.{digits}f} [{self.low:.{digits}f}, {self.high:.{digits}f}]"


def patient_sums(values: ArrayLike, patients: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Sum and count of the finite values of each patient: (n_patients,), (n_patients,)."""
    (sums, counts), *_ = _patient_sums(np.asarray(values, np.float64)[:, None], patients)
    return sums, counts


def _patient_sums(columns: np.ndarray, patients: ArrayLike) -> list[tuple[np.ndarray, np.ndarray]]:
    """``patient_sums`` of each column."""
    _, codes = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    n = codes.max(initial=-1) + 1
    good = np.isfinite(columns)
    return [
        (
            np.bincount(codes[finite], column[finite], minlength=n),
            np.bincount(codes[finite], minlength=n),
        )
        for column, finite in zip(columns.T, good.T, strict=True)
    ]


def bootstrap_mean(
    values: ArrayLike, patients: ArrayLike, resamples: int = 2000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Mean over records with a percentile interval from resampling whole patients. NaN values are left out
    and not counted."""
    column = np.asarray(values, np.float64)[:, None]
    return bootstrap_means(column, patients, resamples, level, seed)[0]


def bootstrap_means(
    columns: ArrayLike, patients: ArrayLike, resamples: int = 2000, level: float = 0.95, seed: int = 0
) -> list[Interval]:
    """``bootstrap_mean`` of each column of (n_records, n_columns)."""
    tail = (1 - level) / 2
    intervals = []
    for sums, counts in _patient_sums(np.asarray(columns, np.float64), patients):
        there = counts > 0
        n = int(there.sum())
        if n == 0:
            intervals.append(Interval(float("nan"), float("nan"), float("nan"), 0, 0))
            continue
        drawn = draws(n, resamples, seed)
        means = (drawn @ sums[there]) / (drawn @ counts[there])
        low, high = np.quantile(means, (tail, 1 - tail))
        value = float(sums.sum() / counts.sum())
        intervals.append(Interval(value, float(low), float(high), int(counts.sum()), n))
    return intervals


def bootstrap_ratio(
    tops: ArrayLike,
    bottoms: ArrayLike,
    patients: ArrayLike,
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Sum of tops over sum of bottoms, one each a record, with a percentile interval from resampling whole
    patients."""
    over, under = np.asarray(tops, np.float64), np.asarray(bottoms, np.float64)
    whole = np.isfinite(over) & np.isfinite(under)
    top, counts = patient_sums(over[whole], np.asarray(patients)[whole])
    bottom, _ = patient_sums(under[whole], np.asarray(patients)[whole])
    if len(counts) == 0 or not bottom.sum():
        return Interval(float("nan"), float("nan"), float("nan"), 0, 0)
    drawn = draws(len(counts), resamples, seed)
    tail = (1 - level) / 2
    low, high = np.quantile((drawn @ top) / (drawn @ bottom), (tail, 1 - tail))
    return Interval(float(top.sum() / bottom.sum()), float(low), float(high), int(counts.sum()), len(counts))


def proportion(hits: np.ndarray, level: float = 0.95) -> Interval:
    """Part of the hits, one bool a record, with Wilson's interval (doi:10.1080/01621459.1927.10502953), which
    holds for few records too."""
    from scipy.stats import binomtest

    n, k = len(hits), int(np.sum(hits))
    if n == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0, 0)
    ends = binomtest(k, n).proportion_ci(level, method="wilson")
    return Interval(k / n, float(ends.low), float(ends.high), n, n)


@lru_cache(maxsize=4)
def draws(n: int, resamples: int, seed: int = 0) -> np.ndarray:
    """(resamples, n) how often each of n patients is drawn; kept, since tables ask for the same again and
    again."""
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64)
    drawn.flags.writeable = False
    return drawn


@dataclass(frozen=True)
class PairedTest:
    """Two models on the same patients. p values are multiplied by the number of comparisons (Bonferroni) and
    capped at 1.

    difference: mean of a - b, with its bootstrap interval. cohens_d: mean difference / SD of the differences.
    median: of the differences, which has the sign that signed ranks are about. comparisons: their number.
    """

    difference: Interval
    t_p: float
    wilcoxon_p: float
    cohens_d: float
    median: float
    comparisons: int = 1

    @property
    def by_interval(self) -> int:
        """Sign of the mean difference, 0 where its interval holds zero: that of this comparison alone,
        however many there are."""
        return int(self.difference.low > 0) - int(self.difference.high < 0)

    @property
    def by_ranks(self) -> int:
        """Sign of the median difference, 0 where signed ranks leave it open (p of ALPHA or more). A few
        recordings with large errors, which move the mean, do not decide it."""
        return int(np.sign(self.median)) if self.wilcoxon_p < ALPHA else 0


def paired(
    a: ArrayLike, b: ArrayLike, patients: ArrayLike, comparisons: int = 1, resamples: int = RESAMPLES
) -> PairedTest:
    """Compare paired values (n_records,) of two models, averaged within each patient first."""
    from scipy import stats

    by_record = np.asarray(a, np.float64) - np.asarray(b, np.float64)
    sums, counts = patient_sums(by_record, patients)
    n_records = int(np.isfinite(by_record).sum())
    differences = sums[counts > 0] / counts[counts > 0]
    spread = differences.std(ddof=1) if len(differences) > 1 else 0.0
    same = spread == 0.0
    return PairedTest(
        replace(bootstrap_mean(differences, np.arange(len(differences)), resamples), n_records=n_records),
        1.0 if same else min(1.0, comparisons * float(stats.ttest_1samp(differences, 0.0).pvalue)),
        1.0 if same else min(1.0, comparisons * float(stats.wilcoxon(differences).pvalue)),
        0.0 if same else float(differences.mean() / spread),
        float(np.median(differences)) if len(differences) else float("nan"),
        comparisons,
    )
