"""Trainings of one family compared: what more recordings bring, and what one network for all sets costs
(``rlecg study trainings``).

Every checkpoint is scored for the named input sets it was trained for, recording by recording, under the
conditions of ``models.studies.scores`` (0.5 Hz high-pass on inputs and truth, 100 Hz)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np

from ecgcore.datasets import open_database, records_of
from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.scoring import prepare, score
from ecgcore.leads import INDEPENDENT, NAMED_SETS, LeadSet
from ecgcore.studies.trainings import AVERAGED, TABLE, ablations, alone, gains, learning, seen
from models.checkpoint import Trained, load
from models.progress import progress
from models.reconstruct import assemble

DATABASE = "ptb-xl"


@cache
def _loaded(path: Path) -> Trained:
    return load(path)


def plan_of(command: str) -> str:
    """In what a training departed from its family's plan and options, without lengths, seeds and single sets,
    from the command on its card; of a training that went on from another, the last one. The mean of several
    trainings is one word."""
    if command.startswith(("rlecg average ", "python -m models.average ")):
        return AVERAGED
    last = command.partition(" --start ")[0]
    options = [
        option
        for option in re.findall(r"--(?:plan|option) (\S+)", last)
        if not option.startswith(("epochs=", "every=", "seed=", "only="))
    ]
    return " ".join(options + ["taught"] * (" --teach " in last))


def sets_of(checkpoint: Trained) -> list[LeadSet]:
    """The named input sets a training was for."""
    only = checkpoint.card.config.get("only", ())
    return [LeadSet(leads) for leads in only] or list(NAMED_SETS.values())


def rows_of(path: Path, root: Path, split: str, record: str) -> list[tuple]:
    """One record's rows of the table for one checkpoint: learned-lead means. None for records it cannot work
    with."""
    import torch

    torch.set_num_threads(1)
    checkpoint, base = _loaded(path), open_database(DATABASE, root)
    card, patient = checkpoint.card, base.info(record)["patient"] or record
    try:
        truth = prepare(base.read(record, 100.0), "high-pass", 100.0)
        results = {
            inputs: assemble(truth.pick(inputs), checkpoint.model.estimate(truth.pick(inputs)), card.name)
            for inputs in sets_of(checkpoint)
        }
    except UnusableEcg:
        return []
    only = " ".join(card.config.get("only", ()))
    rows = []
    for inputs, result in results.items():
        scores = list(score(truth, result))
        r, rmse = (
            np.mean([value for lead, name, value in scores if name == metric and lead in INDEPENDENT])
            for metric in ("r", "rmse_uv")
        )
        rows.append(
            (
                checkpoint.weights_hash,
                card.records,
                card.steps,
                plan_of(card.command),
                only,
                str(inputs),
                split,
                record,
                patient,
                f"{r:.4f}",
                f"{rmse:.2f}",
            )
        )
    return rows


def run(paths: list[Path], root: Path, split: str, out: Path, jobs: int, most: int | None = None) -> None:
    """Append what is missing to the table at out."""
    records = records_of(open_database(DATABASE, root), split)
    if most is not None:
        records = sorted(np.random.default_rng(0).permutation(records)[:most].tolist())
    with TABLE.appending(out) as (done, write), ProcessPoolExecutor(jobs) as executor:
        for path in paths:
            missing = [
                record for record in records if (_loaded(path).weights_hash, split, record) not in done
            ]
            n = len(missing)
            for rows in progress(
                executor.map(rows_of, [path] * n, [root] * n, [split] * n, missing, chunksize=8),
                n,
                about=path.parent.name,
            ):
                write(rows)


def lines(out: Path) -> Iterator[str]:
    """What the table at out tells: what trainings, more recordings and networks for one set bring."""
    table = TABLE.read(out)
    for inputs, points in learning(table).items():
        for point in points:
            text = f"r {point.r}   RMSE {point.rmse_uv.value:.1f} uV   n = {point.r.n_records}"
            yield (f"{inputs:12} {point.records:5} recordings {point.steps:6} steps   {text}   {point.plan}")
    for inputs, steps in gains(table).items():
        for gain in steps:
            fewer, more = gain.fewer, gain.more
            yield (
                f"{inputs:12} {more.records:5} recordings in place of {fewer.records:5} {more.steps:6} "
                f"steps: r {gain.r}   {more.plan}"
            )
    for inputs, point in seen(table).items():
        yield (
            f"{inputs:12} on recordings it was trained on: r {point.r}   RMSE {point.rmse_uv.value:.1f} uV  "
            f" n = {point.r.n_records}"
        )
    for comparison in alone(table):
        yield (
            f"{comparison.inputs:12} trained alone {comparison.alone:.3f}, network for all sets "
            f"{comparison.together:.3f}, difference {comparison.difference} "
            f"n = {comparison.difference.n_records}"
        )
    for row in ablations(table):
        yield (
            f"{row.inputs:12} whole recipe {row.whole:.3f}, {row.changed} {row.without:.3f}: r {row.r}   "
            f"RMSE {row.rmse_uv} uV   {row.steps} steps, n = {row.r.n_records}"
        )
