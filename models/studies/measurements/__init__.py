"""True and reconstructed leads measured over a database: HR, PR, QRS, QT, ST and R, S, T amplitudes on
estimated leads (``rlecg study measurements``).

A row per record, input set, lead ("global" for all estimated leads together) and name: the true value, the
reconstructed one, and the one of the true lead with 20 uV of noise, which shows what the measuring itself
contributes. An empty field was not measurable. Rows of other weights or of another version of the measuring
(``ecgcore.measurements.VERSION``) do not count as done."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from ecgcore.datasets import open_database, records_of
from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.scoring import prepare
from ecgcore.evaluation.tables import Key
from ecgcore.leads import LeadSet
from ecgcore.studies.measurements import TABLE
from models.progress import progress

if TYPE_CHECKING:
    import pandas as pd

FILE = "measurements.csv.gz"
"""Beside a model's weights: what the page shows."""


@dataclass(frozen=True)
class Task:
    """Models on the records of a part of a database; passband as in ``ecgcore.evaluation.scoring``."""

    models: tuple[str, ...]
    root: Path
    database: str
    split: str | None
    inputs: tuple[LeadSet, ...]
    passband: str = "high-pass"


def rows_of(task: Task, record: str, done: frozenset[Key] = frozenset()) -> list[tuple]:
    """All rows of one record that are not done yet; none for a record that cannot be measured or that a model
    refuses."""
    import torch

    from ecgcore.measurements import VERSION, beats_of
    from ecgcore.studies.measurements.rows import beside, values_of, with_noise
    from models.reconstruct import reconstruct, weights_of

    torch.set_num_threads(1)
    weights = {model: weights_of(model) for model in task.models}
    base = open_database(task.database, task.root)
    left = [(model, inputs) for inputs in task.inputs for model in task.models]
    left = [
        (model, inputs)
        for model, inputs in left
        if (model, weights[model], str(inputs), base.identity, record, task.passband, VERSION) not in done
    ]
    if not left:
        return []
    try:
        truth = prepare(base.read(record), task.passband)
        beats = beats_of(truth)
    except UnusableEcg:
        return []
    noisy = with_noise(truth, crc32(record.encode()))
    patient, rows, measured_truth = base.info(record)["patient"] or record, [], {}
    for model, inputs in left:
        leads = inputs.missing & truth.leads
        if set(inputs) - set(truth.leads) or not leads:
            continue
        try:
            estimate = reconstruct(truth, inputs, model).ecg
        except UnusableEcg:
            continue
        if leads not in measured_truth:
            measured_truth[leads] = values_of(truth, leads, beats), values_of(noisy, leads, beats)
        fixed = (
            model,
            weights[model],
            str(inputs),
            base.identity,
            task.split or "all",
            record,
            patient,
            task.passband,
            VERSION,
            f"{truth.rate:g}",
        )
        versions = measured_truth[leads][0], values_of(estimate, leads, beats), measured_truth[leads][1]
        rows += [(*fixed, lead, name, *map(_text, values)) for lead, name, values in beside(*versions)]
    return rows


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def chosen_records(task: Task, most: int | None = None) -> list[str]:
    """The records, those of 500 Hz and more first, where the database says so."""
    base = open_database(task.database, task.root)
    names = records_of(base, task.split)
    return sorted(names, key=lambda name: max(base.info(name)["rates"], default=0.0) < 499)[:most]


def measure_cohort(task: Task, out: Path, executor: Executor | None = None, most: int | None = None) -> None:
    """Append what is missing to the table at out, record by record, with a progress bar.

    Raises UnusableEcg where there is no recording, or none that could be measured.
    """
    names, count = chosen_records(task, most), 0
    with TABLE.appending(out) as (done, write):
        for rows in progress(_each(task, names, done, executor), len(names)):
            write(rows)
            count += len(rows)
        if not count and not done:
            base = open_database(task.database, task.root)
            raise UnusableEcg(
                f"None of the {len(names):,} recordings of {base.title} could be measured from these leads."
            )


def _each(
    task: Task, names: list[str], done: frozenset[Key], executor: Executor | None
) -> Iterable[list[tuple]]:
    if executor is None:
        return (rows_of(task, name, done) for name in names)
    return executor.map(rows_of, [task] * len(names), names, [done] * len(names), chunksize=4)


def table_of(model: str) -> Path:
    """Where a model's table lies, whether it is there or not."""
    from models.reconstruct import TRAINED

    return TRAINED / model / FILE


def install(table: pd.DataFrame, models: tuple[str, ...]) -> None:
    """The rows of each model's present weights and the present measuring beside those weights."""
    from ecgcore.measurements import VERSION
    from models.reconstruct import weights_of

    for model in models:
        rows = table[
            (table["model"] == model)
            & (table["weights"] == weights_of(model))
            & (table["measuring"] == VERSION)
        ]
        TABLE.write(rows, table_of(model))
