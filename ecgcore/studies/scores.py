"""Scores of models on databases, summed up: means with intervals by model, input set, lead, zone and group,
and paired comparisons.

A folder holds ``<model>/scores*.parquet``, tables of ``ecgcore.evaluation.scoring.SCORES``. Tables of one
file name are read together. Means are over records, of learned leads alone unless a function says otherwise;
intervals resample patients.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.evaluation.metrics import METRICS, Metric
from ecgcore.evaluation.scoring import COLUMNS, SCORES, ZONES, learned, per_record
from ecgcore.evaluation.statistics import RESAMPLES, Interval, PairedTest, bootstrap_mean, paired
from ecgcore.evaluation.tables import Table
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet

if TYPE_CHECKING:
    import pandas as pd

PATTERN = "*/scores*.parquet"
TOGETHER = "mean of independent"
"""What stands in place of a lead where learned leads are taken together."""
GROUPS_FILE = "groups.csv.gz"
OF_GROUPS = ("model", "weights", "inputs", "database", "split", "passband", "rate")
GROUPS = Table(
    "scores of groups",
    (*OF_GROUPS, "kind", "group", "metric", "value", "low", "high", "n_records", "n_patients"),
    OF_GROUPS,
    dict.fromkeys(("value", "low", "high"), "float64") | dict.fromkeys(("n_records", "n_patients"), "int64"),
    digits="%.5g",
)
"""Means over the records of a group (``ecgcore.evaluation.people``) with their 95 % interval by patient."""


@dataclass(frozen=True)
class Condition:
    """What a number was measured on: database, split, passband and rate (Hz, or "native")."""

    database: str
    split: str
    passband: str
    rate: str


TEST_FOLD = Condition("ptb-xl", "test", "high-pass", "100")


def files(folder: Path) -> dict[str, tuple[Path, ...]]:
    """Tables below a folder by file name without suffix ("scores", "scores-unseen"), "scores" first."""
    by_name: dict[str, list[Path]] = {}
    for path in sorted(folder.glob(PATTERN)):
        by_name.setdefault(path.name.removesuffix(".parquet"), []).append(path)
    return {name: tuple(by_name[name]) for name in sorted(by_name)}


def together(tables: Sequence[pd.DataFrame], weights: Mapping[str, Collection[str]]) -> pd.DataFrame:
    """Tables as one, with a column "current": whether the rows belong to the weights on disk. weights: the
    hashes that belong to each model there (its own, and of trainings that stand for it where it would have
    seen the recordings).

    Of a model with such rows the others are left out; of one without, those of the weights that come last
    stay.
    """
    import pandas as pd
    from pandas.api.types import union_categoricals

    columns = {
        column: np.concatenate([table[column].to_numpy() for table in tables])
        if column == "value"
        else union_categoricals([table[column] for table in tables], sort_categories=True)
        for column in COLUMNS
        if tables
    }
    table = pd.DataFrame(columns) if tables else pd.DataFrame(columns=list(COLUMNS)).astype(SCORES.types)
    pairs = table[["model", "weights"]].drop_duplicates().itertuples(index=False, name=None)
    own, latest = set[tuple[str, str]](), dict[str, tuple[str, str]]()
    for model, used in pairs:
        latest[model] = (model, used)
        if used in weights.get(model, {""}):
            own.add((model, used))
    old = latest.keys() - {model for model, _ in own}
    shown = own | {latest[model] for model in old}
    kept = np.zeros(len(table), bool)
    for model, used in shown:
        kept |= ((table["model"] == model) & (table["weights"] == used)).to_numpy()
    table = table[kept]
    table = table.assign(current=~table["model"].isin(old))
    return table.assign(model=table["model"].cat.remove_unused_categories())


def stale(table: pd.DataFrame) -> list[str]:
    """Models of the table whose rows belong to other weights than those on disk."""
    return sorted(table.loc[~table["current"], "model"].astype(str).unique())


def conditions(table: pd.DataFrame) -> list[Condition]:
    """Every condition the table has rows for."""
    rows = table[["database", "split", "passband", "rate"]].drop_duplicates().astype(str)
    order = {"high-pass": 0, "as-recorded": 1}
    every = (Condition(*row) for row in rows.itertuples(index=False))
    return sorted(
        every,
        key=lambda condition: (
            condition.database != "ptb-xl",
            condition.database,
            condition.split,
            order.get(condition.passband, 2),
            condition.rate,
        ),
    )


def under(table: pd.DataFrame, condition: Condition) -> pd.DataFrame:
    """The rows of one condition."""
    keep = np.ones(len(table), bool)
    for column in ("database", "split", "passband", "rate"):
        keep &= (table[column] == getattr(condition, column)).to_numpy()
    return table[keep]


def input_sets(table: pd.DataFrame) -> list[str]:
    """Input sets of the table, by number of leads, then in the standard order."""
    return sorted(
        table["inputs"].unique(),
        key=lambda text: (len(LeadSet(text)), [STANDARD.index(lead) for lead in LeadSet(text)]),
    )


def common_targets(inputs: Collection[str]) -> LeadSet:
    """Learned leads that every one of these input sets leaves to be estimated."""
    left = set(INDEPENDENT)
    for text in inputs:
        left &= set(LeadSet(text).missing)
    return LeadSet(left)


def overview(
    table: pd.DataFrame, metric: str, targets: Collection[str] | None = None, resamples: int = 2000
) -> dict[tuple[str, str], Interval]:
    """(model, inputs) -> mean over records of the mean over learned leads (over targets alone, if given). For
    rows of one condition."""
    rows = table if targets is None else table[table["lead"].isin(list(targets))]
    means = per_record(rows[rows["metric"] == metric], metric)
    groups = means.groupby(["model", "inputs"], observed=True, sort=False)
    return {
        key: bootstrap_mean(part["value"].to_numpy(), part["patient"].to_numpy(), resamples)
        for key, part in groups
    }


@dataclass(frozen=True)
class LeadScores:
    """One lead over records: mean with interval, median and the 5th and 95th percentile."""

    lead: str
    mean: Interval
    median: float
    p05: float
    p95: float

    def tail(self, metric: Metric) -> float:
        """The percentile at the bad end of a metric."""
        return self.p95 if metric.tail == 95 else self.p05


def by_lead(table: pd.DataFrame, metric: str, resamples: int = 2000) -> list[LeadScores]:
    """Estimated leads in the standard order, for rows of one condition, model and input set."""
    rows = table[(table["metric"] == metric) & (table["source"] == "estimated")]
    parts = ((lead, rows[rows["lead"] == lead]) for lead in STANDARD)
    return [_scores(lead, part, resamples) for lead, part in parts if len(part)]


def mean_of_learned(table: pd.DataFrame, metric: str, resamples: int = 2000) -> LeadScores | None:
    """The mean over the learned leads of each record, over records, for rows of one condition, model and
    input set."""
    means = per_record(table, metric)
    return _scores(TOGETHER, means, resamples) if len(means) else None


def _scores(lead: str, rows: pd.DataFrame, resamples: int) -> LeadScores:
    values = rows["value"].to_numpy(np.float64)
    p05, median, p95 = np.nanquantile(values, (0.05, 0.5, 0.95))
    return LeadScores(
        lead,
        bootstrap_mean(values, rows["patient"].to_numpy(), resamples),
        float(median),
        float(p05),
        float(p95),
    )


def lead_means(table: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float]]:
    """(lead, metric) -> mean and median over records, for rows of one condition, model and input set."""
    rows = table[table["source"] == "estimated"]
    means = rows.groupby(["lead", "metric"], observed=True)["value"].agg(["mean", "median"])
    return {key: (float(mean), float(median)) for key, mean, median in means.itertuples()}


def by_zone(table: pd.DataFrame, metric: str) -> dict[str, dict[str, float]]:
    """lead -> {"all": .., "qrs": .., "st-t": .., "rest": ..}: mean over records of "coverage" or "width_uv";
    what is absent is left out."""
    names = {metric: "all"} | {f"{metric}_{zone}": zone for zone in ZONES}
    rows = table[table["metric"].isin(list(names)) & (table["source"] == "estimated")]
    means = rows.groupby(["lead", "metric"], observed=True)["value"].mean()
    by_lead: dict[str, dict[str, float]] = {}
    for lead in STANDARD:
        here = {
            zone: float(means[(lead, name)]) for name, zone in names.items() if (lead, name) in means.index
        }
        if here:
            by_lead[lead] = here
    return by_lead


def by_group(
    table: pd.DataFrame,
    metric: str,
    groups: Mapping[str, Collection[str]],
    order: Sequence[str],
    resamples: int = 2000,
) -> dict[tuple[str, str], Interval]:
    """(model, group) -> mean of the learned-lead mean over the group's records. groups: of each record; one
    may be in several."""
    means = per_record(table[table["metric"] == metric], metric)
    group_means = {}
    for model, part in means.groupby("model", observed=True, sort=False):
        for group in order:
            inside = part[[group in groups.get(record, ()) for record in part["record"]]]
            if len(inside):
                group_means[(str(model), group)] = bootstrap_mean(
                    inside["value"].to_numpy(), inside["patient"].to_numpy(), resamples
                )
    return group_means


def compare(
    table: pd.DataFrame, metric: str, first: str, second: str, resamples: int = RESAMPLES
) -> dict[str, PairedTest]:
    """Mean of the learned leads ("mean") and each learned lead -> first minus second on the records both
    have; rows of one input set.

    p values are multiplied by the number of comparisons in the answer.
    """
    rows = learned(table)
    rows = rows[rows["metric"] == metric]
    wide = rows[rows["model"].isin([first, second])].astype(
        {"model": str, "lead": str, "record": str, "patient": str}
    )
    wide = wide.pivot_table(
        index=["record", "patient"], columns=["lead", "model"], values="value", aggfunc="first", observed=True
    )
    leads = [lead for lead in STANDARD if (lead, first) in wide.columns and (lead, second) in wide.columns]
    if not leads:
        return {}
    a, b = (wide[[(lead, model) for lead in leads]].to_numpy(np.float64) for model in (first, second))
    patients = wide.index.get_level_values("patient").to_numpy()
    n = len(leads) + 1
    whole = np.isfinite(a).all(1) & np.isfinite(b).all(1)
    tests = (
        {"mean": paired(a[whole].mean(1), b[whole].mean(1), patients[whole], n, resamples)}
        if whole.any()
        else {}
    )
    return tests | {
        lead: paired(a[:, column], b[:, column], patients, n, resamples) for column, lead in enumerate(leads)
    }


def worst(table: pd.DataFrame, metric: str, count: int = 10) -> list[tuple[str, float, str]]:
    """(record, learned-lead mean, worst lead) of the records with the worst means; rows of one condition,
    model and input set."""
    rows = learned(table)
    rows = rows[rows["metric"] == metric].dropna(subset="value").astype({"record": str, "lead": str})
    rows = rows.assign(bad=rows["value"].map(METRICS[metric].distance))
    means = (
        rows.groupby("record")[["value", "bad"]]
        .mean()
        .sort_values("bad", ascending=False, kind="stable")
        .head(count)
    )
    leads = rows.loc[rows.groupby("record")["bad"].idxmax()].set_index("record")["lead"]
    return [
        (record, float(row.value), leads[record])
        for record, row in zip(means.index, means.itertuples(), strict=True)
    ]


def history(path: Path) -> list[dict[str, float]]:
    """Rows of a training's ``history.csv``; what a row lacks is left out."""
    with path.open(newline="") as file:
        return [
            {name: float(value) for name, value in row.items() if name and value}
            for row in csv.DictReader(file)
        ]
