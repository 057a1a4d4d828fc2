"""Personal models on trial: trained on the first part of a recording, judged on its held-out end, beside what is cheaper.

    python -m models.personal --data ROOT --out FILE.csv [--databases twadb ptbdb] [--leads II] [--records N]

One row per recording, input lead, model and estimated lead, written as soon as it is known; what is in the file already is not
done again. Truth and estimate are .5-50 Hz, the band of the paper; all models are judged on the same end of the recording
that none of them saw. Closed forms are fitted on all that the networks trained or watched on.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from ecgcore.datasets import data_root, open_database
from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.metrics import lead_metrics
from ecgcore.signals import band_pass
from models.base import Reconstructor, build, families
from models.reconstruct import assemble, available, reconstruct
from models.zoo.matyschik import BAND_HZ, Cancelled, Matyschik, MatyschikConfig

NETWORKS = ("cf", "cr", "cf-d", "cr-d")
CLOSED_FORMS = ("least-squares", "least-squares-published")
GENERIC = ("any-subset", "linear")
HELD_OUT = MatyschikConfig().test
COLUMNS = ("database", "record", "input", "model", "lead", "r", "rmse_uv", "mse_scaled", "held_out_s", "epochs")

__all__ = ["CLOSED_FORMS", "GENERIC", "HELD_OUT", "NETWORKS", "Cancelled", "Score", "closed_form", "held_out", "prepared", "score", "train"]


@dataclass(frozen=True)
class Score:
    """One estimated lead on the held-out end. r: None where a trace is constant. mse_scaled: of signals scaled as in training."""

    lead: str
    r: float | None
    rmse_uv: float | None
    mse_scaled: float


def prepared(ecg: Ecg) -> Ecg:
    """The recording in the band that personal models are trained and judged in."""
    return band_pass(ecg, *BAND_HZ)


def train(
    name: str,
    ecg: Ecg,
    inputs: LeadSet,
    progress: Callable[[dict[str, float]], None] = lambda row: None,
    cancel: Callable[[], bool] = lambda: False,
    options: dict | None = None,
) -> Matyschik:
    """One of NETWORKS trained on a recording. Raises UnusableEcg, Cancelled."""
    torch.set_num_threads(1)
    return build(name, options or {}).fit(ecg, inputs, progress, cancel)  # type: ignore[attr-defined]


def closed_form(name: str, ecg: Ecg, inputs: LeadSet) -> Reconstructor:
    """One of CLOSED_FORMS fitted on all but the held-out end of a prepared recording."""
    family = families()[name]
    return family(replace(family.Config(), fit_fraction=1 - HELD_OUT)).fit(ecg, inputs)  # type: ignore[attr-defined]


def held_out(ecg: Ecg) -> tuple[float, float]:
    """Seconds from and to of the end that is not fitted on."""
    return ecg.duration * (1 - HELD_OUT), ecg.duration


def by_personal(model: Reconstructor, name: str, ecg: Ecg, inputs: LeadSet) -> Reconstruction:
    """The whole prepared recording by a fitted model."""
    return assemble(ecg.pick(inputs), model.estimate(ecg.pick(inputs)), name)


def by_generic(name: str, ecg: Ecg, inputs: LeadSet) -> Reconstruction | None:
    """The same by a generic model that is installed and takes these leads; else None."""
    fits = any(info.name == name and info.accepts(inputs) for info in available())
    return reconstruct(ecg.pick(inputs), inputs, name) if fits else None


def score(ecg: Ecg, made: Reconstruction) -> list[Score]:
    """Leads that had to be estimated, on the held-out end of a prepared recording.

    mse_scaled divides by half the joint range of what came before the end: the unit the paper's MSE is in.
    """
    start, stop = held_out(ecg)
    before = ecg.cut(0, start).signals
    half = max(float(before.max() - before.min()) / 2, 1e-6)
    truth, guess = ecg.cut(start, stop), made.ecg.cut(start, stop)
    rows = []
    for lead in made.estimated & ecg.leads:
        found = lead_metrics(truth[lead], guess[lead])
        error = float(np.mean(np.square(truth[lead] - guess[lead]))) / half**2
        rows.append(Score(lead, found["r"], found["rmse_uv"], error))
    return rows


def mean(values: Iterable[float | None]) -> float | None:
    """Mean of what is there."""
    there = [value for value in values if value is not None]
    return float(np.mean(there)) if there else None


# ---- the command -----------------------------------------------------------------------------------------------------


def trial(database: str, record: str, ecg: Ecg, lead: str, name: str, options: dict) -> list[dict]:
    """Rows of one recording, input lead and model."""
    inputs, epochs = LeadSet(lead), 0
    if name in NETWORKS:
        rows: list[dict] = []
        made = by_personal(train(name, ecg, inputs, rows.append, options=options), name, ecg, inputs)
        epochs = len(rows)
    elif name in CLOSED_FORMS:
        made = by_personal(closed_form(name, ecg, inputs), name, ecg, inputs)
    else:
        generic = by_generic(name, ecg, inputs)
        if generic is None:
            return []
        made = generic
    start, stop = held_out(ecg)
    common = {"database": database, "record": record, "input": lead, "model": name, "held_out_s": round(stop - start, 2), "epochs": epochs}
    return [
        common | {"lead": one.lead, "r": _short(one.r), "rmse_uv": _short(one.rmse_uv), "mse_scaled": _short(one.mse_scaled)}
        for one in score(ecg, made)
    ]


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


def run(root: Path, out: Path, databases: list[str], leads: list[str], models: list[str], most: int, options: dict) -> int:
    """All trials not yet in the file; the number of new ones. Synthetic recordings and ones too short are left out."""
    done = set()
    if out.is_file():
        with out.open() as file:
            done = {(row["database"], row["record"], row["input"], row["model"]) for row in csv.DictReader(file)}
    out.parent.mkdir(parents=True, exist_ok=True)
    new = 0
    with out.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if file.tell() == 0:
            writer.writeheader()
        for database in databases:
            base = open_database(database, root)
            records = [record for record in base.records() if not base.info(record).get("synthetic")][: most or None]
            for record in records:
                left = [(lead, name) for lead in leads for name in models if (database, record, lead, name) not in done]
                if not left:
                    continue
                try:
                    ecg = prepared(base.read(record))
                except UnusableEcg as error:
                    print(f"{database}/{record}: {error}", file=sys.stderr)
                    continue
                for lead, name in left:
                    new += _write(writer, database, record, ecg, lead, name, options)
                    file.flush()
    return new


def _write(writer: csv.DictWriter, database: str, record: str, ecg: Ecg, lead: str, name: str, options: dict) -> int:
    try:
        rows = trial(database, record, ecg, lead, name, options)
    except UnusableEcg as error:
        print(f"{database}/{record}: {error}", file=sys.stderr)
        return 0
    writer.writerows(rows)
    if rows:
        print(f"{database}/{record} {lead} {name}: mean r {mean(float(row['r']) for row in rows if row['r']):.3f}", flush=True)
    return bool(rows)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m models.personal", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=data_root(), help="data root with the databases (default: $ECG_DATA)")
    parser.add_argument("--out", type=Path, required=True, help="table to write or to go on with")
    parser.add_argument("--databases", nargs="+", default=["twadb", "ptbdb"])
    parser.add_argument("--leads", nargs="+", default=["II"], choices=STANDARD, help="input leads, one model each")
    parser.add_argument("--models", nargs="+", default=[*CLOSED_FORMS, *GENERIC, *NETWORKS])
    parser.add_argument("--records", type=int, default=0, help="at most so many of each database (default: all)")
    parser.add_argument("--epochs", type=int, default=MatyschikConfig().epochs)
    chosen = parser.parse_args(arguments)
    if chosen.data is None:
        parser.error("give --data ROOT or set ECG_DATA")
    options = {"epochs": chosen.epochs}
    new = run(chosen.data, chosen.out, chosen.databases, chosen.leads, chosen.models, chosen.records, options)
    print(f"{new} new trials in {chosen.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
