"""Personal models over many recordings: the table behind "does CR beat CF, and does either beat least
squares?" (``rlecg study personal-model``).

One row per recording, input lead, model and estimated lead, and for networks a row per epoch in the table of
curves beside it. The networks as they would be without fixed scales and with batches of 32 throughout are a
table of their own (unscaled.csv.gz)."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecgcore.datasets import open_database
from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.leads import LeadSet
from ecgcore.studies.personal_model import CURVES, TABLE, lines, read, without_scales
from models.base import families
from models.reconstruct import TRAINED, of_role, weights_of
from models.training.personal import (
    HELD_OUT,
    by_generic,
    by_personal,
    cast,
    closed_form,
    closed_forms,
    fresh,
    generic,
    held_out,
    mean,
    networks,
    prepared,
    score,
    train,
)
from models.training.plan import parse_options

PLACE = TRAINED / "personal"
TRIALS_FILE, UNSCALED_FILE = PLACE / "trials.csv.gz", PLACE / "unscaled.csv.gz"


@dataclass(frozen=True)
class Trials:
    """Which trials: leave ``only`` empty for all recordings."""

    root: Path
    databases: tuple[str, ...]
    leads: tuple[str, ...]
    models: tuple[str, ...]
    only: tuple[str, ...] = ()
    most: int = 0
    options: dict | None = None


@dataclass(frozen=True)
class NoOptions:
    """Of models that are no networks."""


def settings(name: str, options: dict | None = None) -> str:
    """Eight digits that change when a result would: a hash over the config of a personal model, or of a
    generic model's weights."""
    if name in generic():
        return weights_of(name)[:8]
    config = fresh(name, options if name in networks() else None).config_dict() | {"held_out": HELD_OUT}
    text = json.dumps(
        {key: value for key, value in config.items() if key not in ("inputs", "outputs")}, sort_keys=True
    )
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def estimated(
    ecg: Ecg, inputs: LeadSet, name: str, options: dict | None, watch: Callable[[dict], None]
) -> Reconstruction | None:
    """The whole prepared recording by one model; None where a generic one does not take these leads."""
    if name in networks():
        return by_personal(train(name, ecg, inputs, watch, options=options), name, ecg, inputs)
    if name in closed_forms():
        return by_personal(closed_form(name, ecg, inputs), name, ecg, inputs)
    return by_generic(name, ecg, inputs)


def trial(
    key: tuple[str, ...], patient: str, ecg: Ecg, options: dict | None = None
) -> tuple[list[tuple], list[tuple]]:
    """Rows of both tables for one key."""
    _, _, lead, name, _ = key
    epochs: list[dict] = []
    result = estimated(ecg, LeadSet(lead), name, options, epochs.append)
    if result is None:
        return [], []
    start, stop = held_out(ecg)
    common = (*key, patient, len(epochs), f"{stop - start:.2f}")
    scores = [
        (*common, of_lead.lead, _short(of_lead.r), _short(of_lead.rmse_uv), _short(of_lead.mse_scaled))
        for of_lead in score(ecg, result)
    ]
    curve = [
        (*key, row["epoch"], _short(row["train_loss"]), _short(row["validation_loss"])) for row in epochs
    ]
    return scores, curve


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


def recordings(task: Trials) -> list[tuple[str, str, str, Callable[[], Ecg]]]:
    """Database, record, patient (the record where unknown) and how to read it; synthetic ones are left out.
    Raises UnusableEcg where there is none."""
    chosen = list(_recordings(task))
    if not chosen:
        wanted = f" called {', '.join(task.only)}" if task.only else ""
        raise UnusableEcg(f"There are no recordings{wanted} in {', '.join(task.databases)}.")
    return chosen


def _recordings(task: Trials) -> Iterator[tuple[str, str, str, Callable[[], Ecg]]]:
    for database in task.databases:
        base = open_database(database, task.root)
        names = [record for record in base.records() if not base.info(record).get("synthetic")]
        names = [record for record in names if not task.only or record in task.only]
        for record in names[: task.most or None]:
            yield (
                base.identity,
                record,
                base.info(record)["patient"] or record,
                lambda base=base, record=record: prepared(base.read(record)),
            )


def run(task: Trials, out: Path, curves: Path) -> int:
    """All trials not yet in the tables; the number of new ones. Recordings that cannot be used are named."""
    now = {name: settings(name, task.options) for name in task.models}
    for kind, path in ((TABLE, out), (CURVES, curves)):
        kind.keep(path, lambda table: table["settings"] == table["model"].map(now).fillna(table["settings"]))
    new = 0
    with CURVES.appending(curves) as (_, keep_curve), TABLE.appending(out) as (done, keep):
        for database, record, patient, read_it in recordings(task):
            keys = [(database, record, lead, name, now[name]) for lead in task.leads for name in task.models]
            if left := [key for key in keys if key not in done]:
                new += _try_all(left, patient, read_it, task.options, keep, keep_curve)
    return new


def _try_all(
    left: list[tuple],
    patient: str,
    read_it: Callable[[], Ecg],
    options: dict | None,
    keep: Callable,
    keep_curve: Callable,
) -> int:
    try:
        ecg = read_it()
    except UnusableEcg as error:
        print(f"{'/'.join(left[0][:2])}: {error}", file=sys.stderr)
        return 0
    return sum(_try_one(key, patient, ecg, options, keep, keep_curve) for key in left)


def _try_one(
    key: tuple[str, ...], patient: str, ecg: Ecg, options: dict | None, keep: Callable, keep_curve: Callable
) -> bool:
    began = time.process_time()
    try:
        rows, curve = trial(key, patient, ecg, options)
    except UnusableEcg as error:
        print(f"{' '.join(key[:4])}: {error}", file=sys.stderr)
        return False
    keep_curve(curve)
    keep(rows)
    if rows:
        mean_r = mean(float(row[-3]) for row in rows if row[-3])
        text = "no r" if mean_r is None else f"mean r {mean_r:.3f}"
        print(f"{' '.join(key[:4])}: {text}, {time.process_time() - began:.0f} s of one core", flush=True)
    return bool(rows)


def trained_on_them() -> str:
    """Which generic models have the recordings of the trials among those they were trained on, by their
    cards."""
    seen = [info.family.short_title for info in of_role("ours") if info.card and "TWADB" in info.card.dataset]
    if not seen:
        return "Generic models were not trained on these recordings."
    return (
        f"The {' and the '.join(seen)} has TWADB and PTB among its training recordings, which flatters it "
        "here."
    )


def summary(table: Path) -> list[str]:
    """What comes out of a table of trials, and of that without fixed scales where it lies beside it."""
    rows, beside = read(table), table.with_name(UNSCALED_FILE.name)
    who = cast()
    text = [*lines(rows, who), trained_on_them()]
    if beside.is_file() and beside != table:
        text += [
            "Without fixed scales before and behind the layers:",
            *without_scales(read(beside), rows, who),
        ]
    return text


def contestants() -> tuple[str, ...]:
    """Every model that can be tried on a recording."""
    return (*closed_forms(), *generic(), *networks())


def network_options(pairs: list[str], models: Sequence[str]) -> dict:
    """``name=value`` texts as options that all networks among these models have. Raises ValueError naming
    those there are."""
    values = [parse_options(pairs, families()[name].Config) for name in models if name in networks()]
    return values[0] if values else parse_options(pairs, NoOptions)
