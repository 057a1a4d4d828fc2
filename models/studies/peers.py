"""Published systems at full width beside ours (``rlecg study published --peers``): the test fold from the
tables of the benchmark, and every database that ours has scores of a training for that left it out.

Conditions: 0.5 Hz high-pass on inputs and truth, 100 Hz, means over the leads that both estimate."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.datasets import databases, open_database, records_of
from ecgcore.evaluation.scoring import SCORES
from ecgcore.evaluation.tables import read_json
from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.studies import scores as results
from ecgcore.studies.published import OWN_SPLIT
from ecgcore.studies.published.benchmark import FILE, FOLD
from ecgcore.studies.published.peers import (
    AWAY,
    COSTS_FILE,
    HOME,
    METRICS,
    TABLE,
    Beside,
    Cost,
    beside,
    standings,
)
from ecgcore.studies.published.peers import FILE as PEERS_FILE
from models.progress import progress
from models.reconstruct import ModelInfo, in_tables, of_role, trained, weights_in_tables, weights_of
from models.studies.scores import Task, rows_of

if TYPE_CHECKING:
    import pandas as pd

PASSES = 15
Means = dict[str, dict[str, dict[str, float]]]
"""Record -> lead -> metric -> value."""


def full_width() -> list[ModelInfo]:
    """Published networks at their papers' full width that learned from the recordings all models here learned
    from and need nothing else of a person; each has one set of inputs."""
    published = [info for info in in_tables() if info.card and info.family.role == "published"]
    return [
        info
        for info in published
        if info.card
        and not info.card.reduced
        and not info.card.config.get("calibrated")
        and OWN_SPLIT not in info.name
    ]


def run(names: list[str], root: Path, folder: Path) -> None:
    """Write or continue the table for these networks, whose weights must be here, and what they cost."""
    ours = of_role("ours")[0].name
    with TABLE.appending(folder / PEERS_FILE) as (done, write):
        for name in names:
            for database in (HOME, *AWAY):
                for row in _rows(name, ours, database, root, folder, done):
                    write([row])
    current = {info.name: weights_of(info.name) for info in full_width()}
    TABLE.keep(folder / PEERS_FILE, lambda table: table["weights"] == table["model"].map(current))
    TABLE.write(renewed(TABLE.read(folder / PEERS_FILE), ours, folder), folder / PEERS_FILE)
    path = folder / COSTS_FILE
    costs = read_json(path) if path.is_file() else {}
    costs |= {name: asdict(cost_of(name, folder)) for name in names}
    path.write_text(
        json.dumps({name: costs[name] for name in sorted(costs) if name in current}, indent=1) + "\n"
    )


def _rows(
    name: str, ours: str, database: str, root: Path, folder: Path, done: frozenset[tuple[str, ...]]
) -> Iterator[tuple]:
    """Rows of one network on one database that are not done yet."""
    card = trained(name).card
    inputs, weights = LeadSet(card.inputs[0]), weights_of(name)
    own = _ours(folder, ours, inputs, database)
    if own.empty:
        return
    mean_of_ours, by_record = _means(own), own.groupby("record", observed=True)["weights"].first()
    base = open_database(database, root)
    of_peer = (
        _means(_stored(folder / name / f"{FILE}.parquet", name, inputs, database)) if database == HOME else {}
    )
    task = Task((name,), root, database, "test" if database == HOME else None, (inputs,), only=METRICS)
    for record in progress(records_of(base, task.split), about=f"{name}, {database}"):
        if (name, weights, database, record) in done or record not in mean_of_ours:
            continue
        scored = of_peer.get(record) or _scored(rows_of(task, record))
        both = scored, mean_of_ours[record]
        leads = LeadSet(
            lead for lead in INDEPENDENT if all(set(METRICS) <= set(rows.get(lead, ())) for rows in both)
        )
        if not leads:
            continue
        info = base.info(record)
        pair_of_means = [
            [f"{statistics.fmean(rows[lead][metric] for lead in leads):.5g}" for metric in METRICS]
            for rows in both
        ]
        yield (
            *(name, weights, str(inputs), str(leads), database, record, info["patient"] or record),
            " ".join(info.get("superclasses") or ()),
            *pair_of_means[0],
            *(ours, by_record[record]),
            *pair_of_means[1],
        )


def renewed(table: pd.DataFrame, ours: str, folder: Path) -> pd.DataFrame:
    """The table with today's scores of ours where it holds those of weights that nothing rests on any more:
    the networks beside ours need not be here for that. Rows of recordings without such scores go."""
    table = table.copy()
    lacking = []
    for (database, inputs), part in table.groupby(["database", "inputs"]):
        own = _ours(folder, ours, LeadSet(inputs), database)
        old = part[~part["ours_weights"].isin(own["weights"].unique())]
        means, weights = _means(own), own.groupby("record")["weights"].first()
        for place, row in old.iterrows():
            rows = means.get(row["record"], {})
            if not set(LeadSet(row["leads"])) <= set(rows):
                lacking.append(place)
                continue
            table.loc[place, "ours_weights"] = weights[row["record"]]
            for metric in METRICS:
                values = [rows[lead][metric] for lead in LeadSet(row["leads"])]
                table.loc[place, f"ours_{metric}"] = statistics.fmean(values)
    return table.drop(index=lacking)


def _ours(folder: Path, ours: str, inputs: LeadSet, database: str) -> pd.DataFrame:
    """Stored scores of ours: in the test fold, or of the training that left a database out."""
    file = f"{FILE if database == HOME else 'scores-unseen'}.parquet"
    return _stored(folder / ours / file, ours, inputs, database)


def _stored(path: Path, name: str, inputs: LeadSet, database: str) -> pd.DataFrame:
    """Rows of a table of scores of current weights under the study's conditions, of estimated leads."""
    table = SCORES.read(path)
    keep = (
        (table["database"] == database) & (table["inputs"] == str(inputs)) & (table["source"] == "estimated")
    )
    keep &= (table["passband"] == FOLD.passband) & (table["rate"] == FOLD.rate)
    keep &= table["metric"].isin(METRICS) & table["weights"].isin(list(weights_in_tables(name)))
    if database == HOME:
        keep &= table["split"] == FOLD.split
    return table[keep].astype({"record": str, "lead": str, "metric": str, "weights": str})


def _means(rows: pd.DataFrame) -> Means:
    values: Means = {}
    for record, lead, metric, value in rows[["record", "lead", "metric", "value"]].itertuples(index=False):
        values.setdefault(record, {}).setdefault(lead, {})[metric] = float(value)
    return values


def _scored(rows: list[tuple]) -> dict[str, dict[str, float]]:
    values: dict[str, dict[str, float]] = {}
    places = [SCORES.columns.index(column) for column in ("lead", "metric", "value")]
    for row in rows:
        lead, metric, value = (row[place] for place in places)
        values.setdefault(lead, {})[metric] = float(value)
    return values


def cost_of(name: str, folder: Path) -> Cost:
    """Of a network whose weights are here; one core, float32, the median of ``PASSES`` windows."""
    import torch

    torch.set_num_threads(1)
    chosen = trained(name)
    once, times = chosen.model.network_pass(), []
    with torch.inference_mode():
        for _ in range(PASSES):
            began = time.perf_counter()
            once()
            times.append(time.perf_counter() - began)
    rows = results.history(folder / name / "history.csv")
    best = min(rows, key=lambda row: row.get("validation_loss", float("inf")))
    return Cost(
        parameters=sum(value.numel() for value in chosen.model.parameters()),
        epochs=len(rows),
        best_epoch=int(best["epoch"]),
        hours=round(sum(row.get("seconds", 0.0) for row in rows) / 3600, 3),
        ms=round(1000 * statistics.median(times), 1),
        window_s=float(chosen.card.window_s or 0),
    )


def read(folder: Path) -> tuple[list[Beside], dict[str, Cost]]:
    """What the stored table says, and what each network costs; nothing where it was not made."""
    path = folder / PEERS_FILE
    if not path.is_file():
        return [], {}
    titles = {name: kind.title for name, kind in databases().items()}
    costs = read_json(folder / COSTS_FILE)
    rows = beside(TABLE.read(path), [info.name for info in full_width()], titles)
    return rows, {name: Cost(**values) for name, values in costs.items()}


def lines(rows: list[Beside]) -> Iterator[str]:
    """A line per network and place, and who is ahead how often."""
    for row in rows:
        r, rmse = (
            f"{row.ours[metric].value:{digits}} ours, {row.peer[metric].value:{digits}} theirs, "
            f"{value.value:+{digits}} [{value.low:+{digits}}, {value.high:+{digits}}]"
            for metric, value, digits in (
                ("r", row.difference["r"], ".3f"),
                ("rmse_uv", row.difference["rmse_uv"], ".1f"),
            )
        )
        n = row.difference["r"].n_records
        yield f"{row.model:26} {row.place[:34]:34} r {r}   RMSE, uV: {rmse}   n = {n}   {row.standing}"
    for standing, several in standings(rows).items():
        yield f"{standing}: {len(several)} of {len(rows)}"
