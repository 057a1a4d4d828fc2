"""What a reference recording of the same person adds: generic and personal estimate, scored on the same
samples.

A row per estimated lead of a recording, input set, use and estimate. Use "session": the first ``seconds``
of the recording, with all leads, are the reference; the rest is scored. Use "visit": another recording of
the same patient is. Use "page": a 3x4 page whose leads are known for 2.5 s each and lead II throughout;
what is scored was not printed, and generic is without the leads' own beats. Passband: 0.5 Hz high-pass on
inputs, reference and truth. ``change_product`` and ``change_power`` (uV^2, visits only): of the change of
the estimate with the true change since the reference, and of the true change with itself, over the median
beats; their ratio is the part of a change that an estimate shows. ``st_*_uv`` (visits only): ST level at
J + 60 ms of the truth, of the reference and of the estimate, read at the truth's J point; ``stemi``, 1 or 0
for the whole recording: whether the ST criterion is met at J."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.evaluation.statistics import Interval, bootstrap_mean, bootstrap_means, bootstrap_ratio
from ecgcore.evaluation.tables import Table
from ecgcore.leads import INDEPENDENT

if TYPE_CHECKING:
    import pandas as pd

CONDITIONS = ("use", "database", "split", "inputs", "seconds")
KEYS = ("weights", "use", "database", "record", "reference", "seconds")
ST_NUMBERS = ("st_true_uv", "st_before_uv", "st_uv", "stemi_true", "stemi")
NUMBERS = (
    *("days", "used", "r", "rmse_uv", "coverage", "width_uv", "change_product", "change_power"),
    *ST_NUMBERS,
)
TABLE = Table(
    "reference recordings",
    (
        "model",
        "weights",
        *CONDITIONS,
        "record",
        "reference",
        "patient",
        "changed",
        "lead",
        "estimate",
        *NUMBERS,
    ),
    KEYS,
    dict.fromkeys(NUMBERS, "float32"),
    earlier=dict.fromkeys(ST_NUMBERS, "nan"),
    categories=True,
    digits="%.5g",
)
ESTIMATES = ("generic", "personal")
DAYS = {"within 30 days": (0, 30), "31 to 365 days": (30, 365), "more than a year": (365, float("inf"))}
"""Groups of visits by the days between them, beyond the first number up to the second; the first group holds
its lower end."""
METRICS = ("r", "rmse_uv", "coverage", "width_uv")
FILE = "reference.parquet"


@dataclass(frozen=True)
class Gain:
    """Both estimates under one condition, means over the learned leads of each record. gain: personal minus
    generic, paired. used: share of the records in which the reference was used. change: part of the true
    change that either estimate shows, visits only. st: of either estimate, visits only."""

    condition: tuple[str, ...]
    values: dict[tuple[str, str], Interval]
    gain: dict[str, Interval]
    used: Interval
    change: dict[str, Interval]
    st: dict[str, StLevels]


@dataclass(frozen=True)
class StLevels:
    """ST at J + 60 ms of one estimate. error_uv: mean over estimated leads of |estimate - truth|. change:
    part of the true change since the reference that it shows, None where there is none. criterion: recordings
    that meet the ST criterion in truth and estimate, in truth alone, in the estimate alone, in neither."""

    error_uv: Interval
    change: Interval | None
    criterion: tuple[int, int, int, int]


def summary(table: pd.DataFrame, resamples: int = 2000) -> Iterator[Gain]:
    """One for each condition of the table, in its order."""
    rows = table.loc[table["lead"].isin(INDEPENDENT), list(_SUMMED)]
    keys = list(CONDITIONS)
    means = rows.groupby(
        [*keys, "record", "reference", "patient", "estimate"], sort=False, dropna=False, observed=True
    )[[*METRICS, "used"]].mean()
    parts = dict(iter(means.unstack("estimate").groupby(level=keys, dropna=False, observed=True)))
    for condition, part in rows.groupby(keys, sort=False, dropna=False, observed=True):
        wide = parts[condition]
        columns = {(estimate, metric): wide[metric, estimate] for estimate in ESTIMATES for metric in METRICS}
        gained = {metric: wide[metric, "personal"] - wide[metric, "generic"] for metric in ("r", "rmse_uv")}
        values = [*columns.values(), *gained.values(), wide["used", "personal"]]
        intervals = bootstrap_means(
            np.column_stack(values), wide.index.get_level_values("patient").to_numpy(), resamples
        )
        first, second = len(columns), len(columns) + len(gained)
        yield Gain(
            condition,
            dict(zip(columns, intervals[:first], strict=True)),
            dict(zip(gained, intervals[first:second], strict=True)),
            intervals[second],
            _change(part, resamples),
            _st_levels(part, resamples),
        )


_SUMMED = (*CONDITIONS, "record", "reference", "patient", "estimate", *NUMBERS)
"""The columns that ``summary`` reads."""


def _st_levels(part: pd.DataFrame, resamples: int) -> dict[str, StLevels]:
    """By estimate; empty where no other visit is the reference."""
    seen = part[part["st_uv"].notna() & part["st_true_uv"].notna()]
    levels = {}
    for estimate, rows in seen.groupby("estimate", sort=False, observed=True):
        patients = rows["patient"].to_numpy()
        true, before, shown = (rows[name].to_numpy() for name in ("st_true_uv", "st_before_uv", "st_uv"))
        error = bootstrap_mean(np.abs(shown - true), patients, resamples)
        since = ~np.isnan(before)
        real = (true - before)[since]
        change = None
        if since.any():
            change = bootstrap_ratio((shown - before)[since] * real, real**2, patients[since], resamples)
        each = ~rows.duplicated(["record", "reference"]).to_numpy()
        recorded, estimated = (rows[name].to_numpy()[each] for name in ("stemi_true", "stemi"))
        counts = tuple(
            int(((recorded == first) & (estimated == second)).sum())
            for first, second in ((1, 1), (1, 0), (0, 1), (0, 0))
        )
        levels[str(estimate)] = StLevels(error, change, counts)  # type: ignore[arg-type]
    return levels


@dataclass(frozen=True)
class LeadGain:
    """One estimated lead under one condition: means over recordings of either estimate, and the paired
    difference."""

    condition: tuple[str, ...]
    lead: str
    values: dict[tuple[str, str], float]
    gain: Interval


def by_lead(table: pd.DataFrame, use: str, resamples: int = 2000) -> Iterator[LeadGain]:
    """What the reference adds to each lead, in r and RMSE, for one use."""
    rows = table[(table["use"] == use) & table["lead"].isin(INDEPENDENT)]
    if rows.empty:
        return
    keys = [*CONDITIONS, "lead"]
    every = rows.set_index([*keys, "record", "reference", "patient", "estimate"])[["r", "rmse_uv"]]
    every = every.unstack("estimate")
    every = every[every["r"].notna().all(axis=1)]
    parts = dict(iter(every.groupby(level=keys, dropna=False, observed=True)))
    for key in rows[keys].drop_duplicates().itertuples(index=False, name=None):
        if key not in parts:
            continue
        wide = parts[key]
        values = {
            (estimate, metric): float(wide[metric, estimate].mean())
            for estimate in ESTIMATES
            for metric in ("r", "rmse_uv")
        }
        difference = (wide["r", "personal"] - wide["r", "generic"]).to_numpy()
        patients = wide.index.get_level_values("patient").to_numpy()
        *condition, lead = key
        yield LeadGain(tuple(condition), lead, values, bootstrap_mean(difference, patients, resamples))


def groups_of_visits(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The visits by days between them, by whether a superclass changed and by whether the reference was used,
    each group with its name."""
    visits = table[table["use"] == "visit"]
    days = visits["days"].abs()
    for name, (above, most) in DAYS.items():
        yield name, visits[(days > above if above else days >= 0) & (days <= most)]
    changed = visits["changed"].astype(str)
    yield "superclass unchanged", visits[changed == "no"]
    yield "superclass changed", visits[changed == "yes"]
    yield "reference used", visits[visits["used"] > 0]
    yield "reference refused", visits[visits["used"] == 0]


def summary_of_visits(table: pd.DataFrame, resamples: int = 2000) -> Iterator[tuple[str, Gain]]:
    """``summary`` of each group of visits."""
    for name, rows in groups_of_visits(table):
        yield from ((name, gain) for gain in summary(rows, resamples))


def _change(part: pd.DataFrame, resamples: int) -> dict[str, Interval]:
    """By estimate; empty where nothing changed or no other visit is the reference."""
    if part["change_power"].isna().all():
        return {}
    return {
        estimate: bootstrap_ratio(
            rows["change_product"].to_numpy(),
            rows["change_power"].to_numpy(),
            rows["patient"].to_numpy(),
            resamples,
        )
        for estimate, rows in part.groupby("estimate", sort=False, observed=True)
    }


def lines(table: pd.DataFrame) -> Iterator[str]:
    """A line per condition, then per group of visits."""
    for gain in summary(table):
        yield _line(gain, "")
    for name, gain in summary_of_visits(table):
        yield _line(gain, name)


def _line(gain: Gain, group: str) -> str:
    use, database, split, inputs, seconds = gain.condition
    place = f"{use:8}{database:16}{split:8}{inputs:12}" + (f"{seconds:>4} s" if seconds else "      ")
    both = "  ".join(
        f"{estimate} {gain.values[estimate, 'r'].value:.3f} / "
        f"{gain.values[estimate, 'rmse_uv'].value:.0f} uV "
        f"(interval {100 * gain.values[estimate, 'coverage'].value:.0f} %)"
        for estimate in ESTIMATES
    )
    change = "".join(f"; change shown, {name} {value}" for name, value in gain.change.items())
    n = f"n = {gain.used.n_records} of {gain.used.n_patients} patients"
    name = f"{group}: " if group else ""
    st = "".join(
        f"; ST J+60 {estimate} error {levels.error_uv.value:.0f} uV"
        + (f", change shown {levels.change}" if levels.change else "")
        + f", criterion both/missed/added/neither {'/'.join(map(str, levels.criterion))}"
        for estimate, levels in gain.st.items()
    )
    return f"{place}  {name}{both}  r {gain.gain['r']}; used {100 * gain.used.value:.0f} %; {n}{change}{st}"
