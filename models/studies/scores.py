"""Scores of models on a database: one long table, a row per record, input set, lead and metric, and a printed
summary (``rlecg score``).

Conditions are columns of the table (``ecgcore.evaluation.scoring``). Stopping and starting again continues:
records that the table already holds for a model, its weights, inputs and passband are not computed again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.datasets import Database, database_of, open_database, records_of
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.evaluation import people
from ecgcore.evaluation.scaled_metrics import scaled_scores
from ecgcore.evaluation.scoring import (
    SCORES,
    ZONES,
    pooled_slopes,
    prepare,
    score,
    summary,
    zones,
)
from ecgcore.evaluation.statistics import Interval
from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.studies.scores import GROUPS, OF_GROUPS, by_group
from models.progress import progress

if TYPE_CHECKING:
    import pandas as pd

SUMMARISED = ("r", "rmse_uv", "coverage", *(f"coverage_{zone}" for zone in ZONES), "width_uv")


@dataclass(frozen=True)
class Task:
    """What is asked: models on the records of a part of a database, under stated conditions.

    scaled: also the errors of ``ecgcore.evaluation.scaled_metrics`` and those in a system's own units. only:
    metrics to keep, all if empty.
    """

    models: tuple[str, ...]
    root: Path
    database: str
    split: str | None
    inputs: tuple[LeadSet, ...]
    passband: str = "high-pass"
    rate: float | None = 100.0
    by_zone: bool = False
    scaled: bool = False
    only: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """What the table calls the database."""
        return open_database(self.database, self.root).identity

    def key(self, model: str, weights: str, inputs: LeadSet, record: str) -> tuple[str, ...]:
        """Of the rows of one record (see ``SCORES``)."""
        return model, weights, str(inputs), self.identity, record, self.passband, _text(self.rate)


def _text(rate: float | None) -> str:
    return "native" if rate is None else f"{rate:g}"


def rows_of(task: Task, record: str, done: frozenset[tuple[str, ...]] = frozenset()) -> list[tuple]:
    """All rows of one record that are not done yet. Records a model cannot work with give none, nor do leads
    that the fallback filled in for it."""
    import torch

    from models.reconstruct import estimated_by, reconstruct, weights_of

    torch.set_num_threads(1)
    base = open_database(task.database, task.root)
    info = base.info(record)
    try:
        truth = prepare(base.read(record, task.rate), task.passband, task.rate)
    except UnusableEcg:
        return []
    zone = beat_zones(truth) if task.by_zone else None
    rows = []
    for model in task.models:
        weights, own = weights_of(model), estimated_by(model)
        for inputs in task.inputs:
            if set(inputs) - set(truth.leads) or task.key(model, weights, inputs, record) in done:
                continue
            try:
                result = reconstruct(truth, inputs, model)
            except UnusableEcg:
                continue
            fixed = (
                model,
                weights,
                str(inputs),
                base.identity,
                task.split or "all",
                record,
                info["patient"] or record,
            )
            scores = [*score(truth, result, zone), *(scaled_scores(truth, result) if task.scaled else ())]
            if task.scaled and weights:
                scores += own_scores(model, base, record)
            rows += [
                (*fixed, task.passband, _text(task.rate), lead, result.source[lead], metric, f"{value:.4g}")
                for lead, metric, value in scores
                if np.isfinite(value) and lead in own and (not task.only or metric in task.only)
            ]
    return rows


def own_scores(model: str, base: Database, record: str) -> list[tuple[str, str, float]]:
    """What a system scores in units of its own by its paper's protocol; nothing for systems that answer in
    mV."""
    from models.reconstruct import trained

    system = trained(model).model
    if system.own_rate is None:
        return []
    return list(system.own_scores(base.read(record, system.own_rate)))


def beat_zones(truth: Ecg) -> np.ndarray:
    """(n_samples,) zones about the beats found in a recording."""
    from ecgcore.measurements.beats import RATE, find_beats
    from ecgcore.signals import resample_array

    beats = find_beats(resample_array(truth.signals, truth.rate, RATE))
    return zones(beats.at / RATE, truth.n_samples, truth.rate)


def evaluate(task: Task, out: Path, executor: Executor | None = None) -> None:
    """Append what is missing to the table at out (``.parquet``, ``.csv`` or ``.csv.gz``), record by record,
    with a progress bar.

    Raises UnusableEcg where there is no recording, or none that any of the models can reconstruct.
    """
    records = records_of(open_database(task.database, task.root), task.split)
    began, count = time.monotonic(), 0
    with SCORES.appending(out) as (done, write):
        for rows in progress(_each(task, records, done, executor), len(records)):
            write(rows)
            count += len({tuple(row[SCORES.columns.index(name)] for name in SCORES.keys) for row in rows})
        if not count and not _any_done(task, records, done):
            raise UnusableEcg(_why_nothing(task, records))
    if count:
        spent = time.monotonic() - began
        print(f"{count:,} reconstructions scored in {spent:.0f} s, {count / spent:.0f} a second")


def _any_done(task: Task, records: list[str], done: frozenset[tuple[str, ...]]) -> bool:
    from models.reconstruct import weights_of

    models = [(model, weights_of(model)) for model in task.models]
    return any(
        task.key(*model, inputs, record) in done
        for model in models
        for inputs in task.inputs
        for record in records
    )


def _why_nothing(task: Task, records: list[str]) -> str:
    """A sentence for an evaluation in which no recording could be scored, with what stands against the
    first."""
    from models.reconstruct import reconstruct

    base = open_database(task.database, task.root)
    why = "every lead is an input"
    try:
        truth = prepare(base.read(records[0], task.rate), task.passband, task.rate)
        for model in task.models:
            for inputs in task.inputs:
                if lacking := [lead for lead in inputs if lead not in truth.leads]:
                    why = f"it has no {', '.join(lacking)}"
                    continue
                reconstruct(truth, inputs, model)
    except UnusableEcg as error:
        why = str(error).rstrip(".")
    return f"None of the {len(records):,} recordings of {base.title} could be scored; the first: {why}."


def _each(
    task: Task, records: list[str], done: frozenset, executor: Executor | None
) -> Iterable[list[tuple]]:
    if executor is None:
        return (rows_of(task, record, done) for record in records)
    return executor.map(rows_of, [task] * len(records), records, [done] * len(records), chunksize=8)


def print_summary(out: Path) -> None:
    """Means over records of the learned-lead means, with n and 95 % intervals by patient."""
    table = SCORES.read(out)
    for metric in SUMMARISED:
        for (model, inputs, database, passband), value in summary(table, metric).items():
            print(f"{model:24} {inputs:14} {database:14} {passband:12} {metric:13} {_with_n(metric, value)}")
    for (model, inputs, database, passband), rows in table.groupby(
        ["model", "inputs", "database", "passband"], observed=True, sort=False
    ):
        slopes = pooled_slopes(rows)
        leads = [slope.value for lead, slope in slopes.items() if lead in INDEPENDENT]
        if leads:
            spread = f"by lead {min(leads):.2f} to {max(leads):.2f}"
            print(
                f"{model:24} {inputs:14} {database:14} {passband:12} {'slope':13} {slopes['learned']!s:28} "
                f"pooled over samples; {spread}"
            )


def print_groups(
    out: Path, root: Path, kinds: Sequence[str] = ("superclass",), keep: Path | None = None
) -> None:
    """The same by groups of ``ecgcore.evaluation.people``, where the database knows them, and the slope of
    truth on estimate; a record may belong to several superclasses. keep: a table of ``GROUPS`` to write."""
    import pandas as pd

    table, rows = SCORES.read(out), []
    for key, part in table.groupby(list(OF_GROUPS), observed=True, sort=False):
        condition = dict(zip(OF_GROUPS, map(str, key), strict=True))
        base = database_of(condition["database"], root)
        if base is None:
            continue
        for kind in kinds:
            of_kind = _of_groups(part, people.groups(base.index, kind), people.KINDS[kind])
            for (group, metric), value in of_kind.items():
                print(
                    f"{condition['model']:24} {condition['inputs']:14} {condition['database']:14} "
                    f"{condition['passband']:12} {metric:13} {group:11} {_with_n(metric, value)}"
                )
                rows.append(condition | {"kind": kind, "group": group, "metric": metric} | asdict(value))
    if keep is not None:
        GROUPS.write(pd.DataFrame(rows), keep)


def _of_groups(
    rows: pd.DataFrame, records_of: Mapping[str, Sequence[str]], order: Sequence[str]
) -> dict[tuple[str, str], Interval]:
    """By group and metric, the slope among them, of one model."""
    means = {
        (group, metric): value
        for metric in ("r", "rmse_uv", "coverage")
        for (_, group), value in by_group(rows, metric, records_of, order).items()
    }
    for group in order:
        inside = rows[[group in records_of.get(record, ()) for record in rows["record"]]]
        if len(inside) and (slopes := pooled_slopes(inside)):
            means[group, "slope"] = slopes["learned"]
    return means


def _with_n(metric: str, value: Interval) -> str:
    digits = 1 if metric.endswith("_uv") else 3
    interval = f"{value.value:.{digits}f} [{value.low:.{digits}f}, {value.high:.{digits}f}]"
    return f"{interval:28} n = {value.n_records} records of {value.n_patients} patients"


def write_on_card(name: str, out: Path) -> None:
    """Put the headline of a table onto the model's card: one sentence an input set and passband, with n and
    interval.

    The weights' hash does not cover it, so tables stay bound. Only for tables of the weights that are there.
    """
    from dataclasses import replace

    from models.checkpoint import WEIGHTS_FILE, rewrite_card
    from models.reconstruct import TRAINED, weights_of

    table = SCORES.read(out)
    table = table[(table["model"] == name) & (table["weights"] == weights_of(name))]
    correlations, errors = summary(table, "r"), summary(table, "rmse_uv")
    lines = {
        f"{database}, {inputs}, {passband}": f"r {value} / RMSE {errors[key].value:.1f} uV "
        f"[{errors[key].low:.1f}, {errors[key].high:.1f}], "
        f"mean over learned leads and records, n = {value.n_records} records of {value.n_patients} "
        f"patients, split {table['split'].iloc[0]}"
        for key, value in correlations.items()
        for _, inputs, database, passband in [key]
    }
    rewrite_card(TRAINED / name / WEIGHTS_FILE, lambda card: replace(card, metrics=lines))
