"""How far measurements on estimated leads agree with those on the true leads, over many recordings.

The table has a row per recording, input set, lead and name (``models.studies.measurements`` makes it):
"true", "other" (reconstructed) and "noisy" (the true lead with 20 uV of noise), empty where not measurable.
Every failure rate is over the recordings in which the true value is measurable; every error over those in
which both are. Intervals are 95 %, from a bootstrap over patients.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.evaluation.scoring import OF_RECORDING
from ecgcore.evaluation.statistics import Interval, bootstrap_mean, proportion
from ecgcore.evaluation.tables import Table
from ecgcore.measurements.st.criteria import Sex, stemi

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("model", "weights", "inputs", "database", "record", "passband", "measuring")
COLUMNS = (*OF_RECORDING, "measuring", "rate", "lead", "name", "true", "other", "noisy")
TABLE = Table(
    "measurements",
    COLUMNS,
    KEYS,
    dict.fromkeys(("rate", "true", "other", "noisy"), "float64"),
    earlier={"measuring": "1"},
)
ST_LIMIT_UV = 100.0
_RESAMPLES = 1000


def choose(table: pd.DataFrame, inputs: str, name: str, leads: Sequence[str]) -> pd.DataFrame:
    """The rows of an input set and a name on these leads (or ["global"])."""
    return table[(table["inputs"] == inputs) & (table["name"] == name) & table["lead"].isin(list(leads))]


@dataclass(frozen=True)
class Errors:
    """Of one name on one or several leads. n: values whose true one is measurable; failed, failed_noisy: the
    part of them without the other one. mae, bias: reconstructed against true. floor_mae: of the true lead
    with noise against true. median: of the absolute errors, which a few waves taken for another do not move.
    """

    n: int
    failed: float
    failed_noisy: float
    mae: Interval
    bias: Interval
    floor_mae: Interval
    median: float


def errors(rows: pd.DataFrame) -> Errors:
    """Raises ValueError where no true value is measurable."""
    rows = rows[rows["true"].notna()]
    if rows.empty:
        raise ValueError("nothing was measurable on the true leads")
    difference, floor = rows["other"] - rows["true"], rows["noisy"] - rows["true"]
    patients = rows["patient"].to_numpy()
    mae, bias, floor_mae = (
        bootstrap_mean(values.to_numpy(), patients, _RESAMPLES)
        for values in (difference.abs(), difference, floor.abs())
    )
    median = float(difference.abs().median())
    return Errors(
        len(rows), float(difference.isna().mean()), float(floor.isna().mean()), mae, bias, floor_mae, median
    )


@dataclass(frozen=True)
class Agreement:
    """Bland and Altman (doi:10.1016/S0140-6736(86)90837-8) and regression to the mean, each with its
    interval.

    bias and limits: mean difference and mean -+1.96 SD. proportional: slope of the difference on the mean of
    both (0 without proportional bias). truth_slope: of truth on prediction (1 for an honest predictor).
    sd_ratio: SD predicted / SD true.
    """

    bias: Interval
    lower: Interval
    upper: Interval
    proportional: Interval
    truth_slope: Interval
    sd_ratio: Interval
    r: Interval
    n: int


def agreement(rows: pd.DataFrame, other: str = "other", seed: int = 0) -> Agreement | None:
    """Of all values in which both are measurable; None for fewer than three."""
    rows = rows[rows["true"].notna() & rows[other].notna()]
    if len(rows) < 3:
        return None
    true, predicted = rows["true"].to_numpy(float), rows[other].to_numpy(float)
    names, codes = np.unique(rows["patient"].astype(str).to_numpy(), return_inverse=True)
    moments = np.stack([np.bincount(codes, values, len(names)) for values in _moments(true, predicted)], 1)
    draws = np.random.default_rng(seed).multinomial(
        len(names), np.full(len(names), 1 / len(names)), size=_RESAMPLES
    )
    drawn, whole = _statistics(draws @ moments), _statistics(moments.sum(0)[None])
    low, high = np.nanquantile(drawn, (0.025, 0.975), axis=1)
    bias, lower, upper, proportional, truth_slope, sd_ratio, r = (
        Interval(float(v), float(a), float(b), len(rows), len(names))
        for v, a, b in zip(whole[:, 0], low, high, strict=True)
    )
    return Agreement(bias, lower, upper, proportional, truth_slope, sd_ratio, r, len(rows))


def _moments(true: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, ...]:
    t, p = true - true.mean(), predicted - true.mean()
    return np.ones_like(t), t, p, t * t, p * p, t * p


def _statistics(sums: np.ndarray) -> np.ndarray:
    """(7, n): bias, limits, slopes, SD ratio and r from (n, 6) sums of 1, t, p, tt, pp, tp."""
    n, t, p, tt, pp, tp = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        t, p = t / n, p / n
        vt, vp, c = np.maximum(tt / n - t * t, 0), np.maximum(pp / n - p * p, 0), tp / n - t * p
        half = 1.96 * np.sqrt(np.maximum(vp + vt - 2 * c, 0) * n / np.maximum(n - 1, 1))
        bias = p - t
        slope = 2 * (vp - vt) / (vp + vt + 2 * c)
        return np.stack(
            [bias, bias - half, bias + half, slope, c / vp, np.sqrt(vp / vt), c / np.sqrt(vp * vt)]
        )


@dataclass(frozen=True)
class TwoByTwo:
    """The STEMI criterion on true against reconstructed ST levels; unknown: recordings in which it could not
    be judged.

    sensitivity, specificity, agreement: with Wilson's intervals over recordings; NaN where no recording
    counts.
    """

    both: int
    only_true: int
    only_other: int
    neither: int
    unknown: int
    sensitivity: Interval
    specificity: Interval
    agreement: Interval


def criterion(
    table: pd.DataFrame, inputs: str, people: dict[str, tuple[float | None, Sex | None]]
) -> TwoByTwo:
    """At the J point of the estimated leads alone. people: age and sex per record; without them the highest
    thresholds hold."""
    rows = table[(table["inputs"] == inputs) & (table["name"] == "st_j_uv")]
    judged = []
    for record, part in rows.groupby("record", sort=False):
        age, sex = people.get(str(record), (None, None))
        answers = [
            stemi(
                {
                    lead: None if np.isnan(level) else level
                    for lead, level in zip(part["lead"], part[column], strict=True)
                },
                age,
                sex,
            ).met
            for column in ("true", "other")
        ]
        judged.append(tuple(answers))
    whole = [(true, other) for true, other in judged if true is not None and other is not None]
    true, other = (np.array([row[place] for row in whole], bool) for place in (0, 1))
    return TwoByTwo(
        both=int(np.sum(true & other)),
        only_true=int(np.sum(true & ~other)),
        only_other=int(np.sum(~true & other)),
        neither=int(np.sum(~true & ~other)),
        unknown=len(judged) - len(whole),
        sensitivity=proportion(other[true]),
        specificity=proportion(~other[~true]),
        agreement=proportion(true == other),
    )


def st_beyond(rows: pd.DataFrame, limit_uv: float = ST_LIMIT_UV) -> Interval:
    """Part of the recordings in which ST of any of these leads is off by more than the limit; one that is
    lost counts as off."""
    rows = rows[rows["true"].notna()]
    off = ~((rows["other"] - rows["true"]).abs() <= limit_uv)
    worst = off.groupby(rows["record"], sort=False).max()
    patients = rows.groupby("record", sort=False)["patient"].first()
    return bootstrap_mean(worst.to_numpy(float), patients.to_numpy(), _RESAMPLES)


def worst(rows: pd.DataFrame, count: int = 10) -> pd.DataFrame:
    """The values furthest off: record, lead, true, other, difference; one per recording."""
    rows = (
        rows.assign(difference=rows["other"] - rows["true"])
        .dropna(subset=["difference"])
        .reset_index(drop=True)
    )
    order = rows["difference"].abs().sort_values(ascending=False, kind="stable").index
    return (
        rows.loc[order]
        .drop_duplicates("record")
        .head(count)[["record", "lead", "true", "other", "difference"]]
    )


@dataclass(frozen=True)
class Goal:
    """What one number should reach: inputs, the question as a label, the bound, whether less is better."""

    inputs: str
    question: str
    name: str
    leads: tuple[str, ...]
    bound: float
    published: str = ""


_CHEST = ("V1", "V2", "V3", "V4", "V5", "V6")
GOALS = (
    Goal("I+II+V4", "QRS error on estimated V1-V3, ms", "qrs_ms", ("V1", "V2", "V3"), 10.0, "12-24"),
    Goal("I+II+V4", "QT error on estimated V1-V3, ms", "qt_ms", ("V1", "V2", "V3"), 25.0, "37-43"),
    Goal("I+II+V4", "PR error joined over estimated V1-V6, ms", "pr_ms", ("global",), 8.0),
    Goal("I+II+V4", "PR error in each of the estimated V1-V6, ms", "pr_ms", _CHEST, 8.0),
    Goal("I+II+V4", "T amplitude, r on estimated V1-V6", "t_uv", _CHEST, 0.80, ".32-.56"),
    Goal("I+II+V2", "recordings with an ST error above 100 µV, %", "st_j60_uv", _CHEST, 10.0),
)


@dataclass(frozen=True)
class Reached:
    """A goal, the value with its interval, the same of the noise floor, and the values behind it.

    of: values the true leads have; failed, failed_noisy: parts of them that the reconstruction and the noisy
    truth have not.
    median: of the absolute errors, None where the value is no mean of such.
    """

    goal: Goal
    value: Interval
    floor: float | None
    n: int
    of: int
    failed: float
    failed_noisy: float
    median: float | None = None

    @property
    def met(self) -> bool:
        """Whether the value reaches its goal."""
        return (
            self.value.value >= self.goal.bound
            if self.goal.name == "t_uv"
            else self.value.value <= self.goal.bound
        )


def reached(table: pd.DataFrame) -> Iterator[Reached]:
    """Each goal whose input set the table holds; r of the T amplitude is the mean over leads, and so are its
    interval's ends."""
    for goal in GOALS:
        rows = choose(table, goal.inputs, goal.name, goal.leads)
        if rows["true"].notna().sum() < 3:
            continue
        all_in = errors(rows)
        lost = (all_in.n, all_in.failed, all_in.failed_noisy)
        if goal.name == "t_uv":
            yield _mean_r(goal, rows, lost)
        elif goal.name == "st_j60_uv":
            part, floor = st_beyond(rows), st_beyond(rows.assign(other=rows["noisy"]))
            scaled = Interval(
                100 * part.value, 100 * part.low, 100 * part.high, part.n_records, part.n_patients
            )
            yield Reached(goal, scaled, 100 * floor.value, part.n_records, *lost)
        else:
            yield Reached(
                goal, all_in.mae, all_in.floor_mae.value, all_in.mae.n_records, *lost, all_in.median
            )


def _mean_r(goal: Goal, rows: pd.DataFrame, lost: tuple[int, float, float]) -> Reached:
    parts = [part for _, part in rows.groupby("lead", sort=False)]
    by_lead = [both.r for part in parts if (both := agreement(part)) is not None]
    floors = [both.r.value for part in parts if (both := agreement(part, "noisy")) is not None]
    value, low, high = (
        float(np.mean([getattr(r, name) for r in by_lead])) for name in ("value", "low", "high")
    )
    mean = Interval(value, low, high, len(rows), by_lead[0].n_patients)
    return Reached(goal, mean, float(np.mean(floors)), sum(r.n_records for r in by_lead), *lost)


def _lost(outcome: Reached) -> str:
    median = "" if outcome.median is None else f"median {outcome.median:.1f}; "
    noisy = f"with noise {100 * outcome.failed_noisy:.1f} %"
    return f"{median}not measurable {100 * outcome.failed:.1f} % ({noisy}) of {outcome.of}"


def in_words(table: pd.DataFrame, model: str, weights: str) -> str:
    """A line per goal and, per input set, the errors of the global values."""
    table = table[(table["model"] == model) & (table["weights"] == weights)]
    table = table[table["measuring"] == table["measuring"].max()]
    lines = [
        f"{model} {weights}: {table['record'].nunique()} recordings of {table['patient'].nunique()} patients"
    ]
    for outcome in reached(table):
        verdict = "reached" if outcome.met else "not reached"
        floor = "" if outcome.floor is None else f"; noise floor {outcome.floor:.2f}"
        goal = outcome.goal
        value = f"{outcome.value.value:.2f} [{outcome.value.low:.2f}, {outcome.value.high:.2f}]"
        lines.append(
            f"{goal.inputs:12} {goal.question:48} {value:24} goal {goal.bound:g}: {verdict}; n = "
            f"{outcome.n}{floor}; {_lost(outcome)}"
        )
    for inputs in table["inputs"].unique():
        for name in ("hr_bpm", "pr_ms", "qrs_ms", "qt_ms"):
            rows = choose(table, inputs, name, ["global"])
            if rows["true"].notna().any():
                error = errors(rows)
                verdict = (
                    f"MAE {error.mae.value:6.2f}  bias {error.bias.value:6.2f}  not measurable "
                    f"{100 * error.failed:4.1f} % of {error.n}"
                )
                lines.append(
                    f"{inputs:12} global {name:8} {verdict}; noise floor {error.floor_mae.value:.2f}"
                )
    return "\n".join(lines)
