"""Score a model on a database: one long table, a row per record, input set, lead and metric, and a printed summary.

    python -m models.evaluate any-subset --data ROOT --database ptb-xl --split test --inputs "I II V4" --out scores.csv

Conditions are columns of the table (``ecgcore.evaluation``). Stopping and starting again continues: records that the
table already holds for a model, its weights, inputs and band are not computed again. ``--inputs named`` takes all named
clinical sets.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ecgcore.datasets import data_root, open_database
from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation import BANDS, COLUMNS, prepare, score, summary, usual_inputs, zones
from ecgcore.leads import NAMED_SETS, STANDARD, LeadSet

SUMMARISED = ("r", "rmse_uv", "coverage")


@dataclass(frozen=True)
class Task:
    """What is asked: models on the records of a part of a database, under stated conditions."""

    models: tuple[str, ...]
    root: Path
    database: str
    split: str | None
    inputs: tuple[LeadSet, ...]
    band: str = "high-pass"
    rate: float | None = 100.0
    by_zone: bool = False

    def key(self, model: str, weights: str, inputs: LeadSet, record: str) -> tuple[str, ...]:
        return model, weights, str(inputs), self.database, record, self.band, _text(self.rate)


def _text(rate: float | None) -> str:
    return "native" if rate is None else f"{rate:g}"


def rows_of(task: Task, record: str, done: frozenset[tuple[str, ...]] = frozenset()) -> list[tuple]:
    """All rows of one record that are not done yet. Records a model cannot work with give none."""
    import torch

    from models.reconstruct import reconstruct, weights_of

    torch.set_num_threads(1)
    base = open_database(task.database, task.root)
    info = base.info(record)
    try:
        truth = prepare(base.read(record, task.rate), task.band, task.rate)
    except UnusableEcg:
        return []
    zone = _zones(truth) if task.by_zone else None
    rows = []
    for model in task.models:
        weights = weights_of(model)
        for inputs in task.inputs:
            if set(inputs) - set(truth.leads) or task.key(model, weights, inputs, record) in done:
                continue
            try:
                made = reconstruct(truth, inputs, model)
            except UnusableEcg:
                continue
            fixed = (model, weights, str(inputs), task.database, task.split or "all", record, info["patient"] or record)
            rows += [
                (*fixed, task.band, _text(task.rate), lead, made.source[lead], metric, f"{value:.6g}")
                for lead, metric, value in score(truth, made, zone)
                if np.isfinite(value)
            ]
    return rows


def _zones(truth) -> np.ndarray:
    from ecgcore.features.beats import RATE, find_beats
    from ecgcore.signals import resample_array

    beats = find_beats(resample_array(truth.signals, truth.rate, RATE))
    return zones(beats.at / RATE, truth.n_samples, truth.rate)


def evaluate(task: Task, out: Path, executor: Executor | None = None) -> None:
    """Append what is missing to the table at out (``.csv`` or ``.csv.gz``), record by record, with a progress bar."""
    base = open_database(task.database, task.root)
    records = base.records(split=task.split)
    plain = out.with_suffix("") if out.suffix == ".gz" else out
    plain.parent.mkdir(parents=True, exist_ok=True)
    if out.is_file() and not plain.is_file():
        plain.write_bytes(gzip.decompress(out.read_bytes()))
    done = frozenset(_done(plain))
    with plain.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if file.tell() == 0:
            writer.writerow(COLUMNS)
        for rows in tqdm(_each(task, records, done, executor), total=len(records), unit="record", disable=None):
            writer.writerows(rows)
            file.flush()
    if plain != out:
        out.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
        plain.unlink()


def _each(task: Task, records: list[str], done: frozenset, executor: Executor | None) -> Iterable[list[tuple]]:
    if executor is None:
        return (rows_of(task, record, done) for record in records)
    return executor.map(rows_of, [task] * len(records), records, [done] * len(records), chunksize=8)


def _done(table: Path) -> Iterator[tuple[str, ...]]:
    """Keys of the records in the table, after the last record is cut off: a run that was killed may have left half of it."""
    if not table.is_file():
        return
    lines = table.read_text().splitlines(keepends=True)
    rows = list(csv.DictReader(lines))
    whole = [row for row in rows if row["value"]]
    last = (rows[-1]["database"], rows[-1]["record"]) if rows else None
    while whole and (whole[-1]["database"], whole[-1]["record"]) == last:
        whole.pop()
    table.write_text("".join(lines[: len(whole) + 1]))
    for row in whole:
        yield row["model"], row["weights"], row["inputs"], row["database"], row["record"], row["band"], row["rate"]


def print_summary(out: Path) -> None:
    """Means over records of the learned-lead means, with n and 95 % intervals by patient."""
    import pandas as pd

    table = pd.read_csv(out)
    for metric in SUMMARISED:
        for (model, inputs, database, band), value in summary(table, metric).items():
            digits = 1 if metric == "rmse_uv" else 3
            interval = f"{value.value:.{digits}f} [{value.low:.{digits}f}, {value.high:.{digits}f}]"
            n = f"n = {value.n_records} records of {value.n_patients} patients"
            print(f"{model:24} {inputs:14} {database:14} {band:12} {metric:9} {interval:28} {n}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="+", help="models (see python -m models.reconstruct --list)")
    parser.add_argument("--data", type=Path, default=data_root(), help="data root with the databases (default: $ECG_DATA)")
    parser.add_argument("--database", default="ptb-xl")
    parser.add_argument("--split", default="test", choices=("train", "val", "test", "all"), help="all for databases without folds")
    parser.add_argument("--inputs", action="append", required=True, help=f'leads, as "I II V4", or "named"; repeat. {" ".join(STANDARD)}')
    parser.add_argument("--band", default="high-pass", choices=BANDS, help="0.5 Hz high-pass on inputs and truth, or as recorded")
    parser.add_argument("--rate", type=float, default=100.0, help="Hz at which is compared; 0 for each recording's own")
    parser.add_argument("--zones", action="store_true", help="coverage of the band also by zone (QRS, ST-T, rest)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, required=True, help="table to write or continue, .csv or .csv.gz")
    chosen = parser.parse_args(arguments)
    if chosen.data is None:
        parser.error("give --data ROOT or set ECG_DATA")
    try:
        named = [inputs for text in chosen.inputs for inputs in (NAMED_SETS.values() if text == "named" else [text])]
        split = None if chosen.split == "all" else chosen.split
        wanted = tuple(usual_inputs(named))
        task = Task(tuple(chosen.name), chosen.data, chosen.database, split, wanted, chosen.band, chosen.rate or None, chosen.zones)
        from models.reconstruct import weights_of

        for name in chosen.name:
            weights_of(name)
        if chosen.jobs > 1:
            with ProcessPoolExecutor(chosen.jobs) as executor:
                evaluate(task, chosen.out, executor)
        else:
            evaluate(task, chosen.out)
        print_summary(chosen.out)
    except (UnusableEcg, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
