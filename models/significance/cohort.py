"""Lead significance over the recordings of a database, by diagnosis.

    python -m models.significance --data ROOT --out FILE.csv

One pass over the recordings that no model was trained on (PTB-XL folds 9 and 10). Each gives shares per lead for both questions:

attention  Grad-CAM of the autoencoder, summed over its windows, in each mode. Normalised: divided by the lead's variance first.
worth      exact Shapley values of the eight independent leads: every subset of them estimates the others, and each lead in turn is
           the target of the other seven. Raw: uV^2 summed over targets, so large targets weigh most. Normalised: parts of
           each target's power, so every target weighs the same.

What is done for a recording is appended to ``FILE.records.csv`` at once; the command goes on from there when it is started again,
unless the weights have changed. At the end FILE.csv holds the shares by group with intervals and chance levels.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ecgcore.datasets import data_root, open_database
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.explanation import explained_power, shapley, shares, variance_normalised
from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.significance import KEYS, QUESTIONS, in_words, summarise
from models.base import Reconstructor
from models.checkpoint import Trained
from models.reconstruct import TRAINED, available, trained
from models.significance.attention import MODES, amounts, class_activation, lead_powers, windows_of
from models.significance.worth import EXPLAINABLE, estimates, of_target, scene

SUMMARY_FILE = TRAINED / "significance.csv"
"""What the page reads."""
COLUMNS = ("record", "patient", *KEYS, "lead", "share")
FEWEST = 30
"""Recordings from which a single diagnosis is a group."""
NOT_DIAGNOSES = ("SR", "NORM", "ABQRS")
"""Codes that are no group of their own: sinus rhythm, the superclass by the same name, "abnormal QRS" of any kind."""
AUTOENCODER = "conv-vae"
LEAST_POWER_UV2 = 50.0**2
"""Floor of a target's power: in a nearly silent lead any error is many times its power and would outweigh all other targets."""


def worth_of_leads(model: Reconstructor, ecg: Ecg) -> dict[str, dict[str, float] | None]:
    """Shares of the eight independent leads, {"raw", "normalised"}; None where nothing is explained. Raises UnusableEcg."""
    here = scene(ecg, LeadSet(INDEPENDENT))
    found = estimates(model, here)
    everywhere = np.ones(here.n, bool)
    raw, normalised = dict.fromkeys(INDEPENDENT, 0.0), dict.fromkeys(INDEPENDENT, 0.0)
    for target in INDEPENDENT:
        players = LeadSet(INDEPENDENT) - (target,)
        rows = {some: row for some, row in of_target(found, target).items() if target not in some}
        power = 1e6 * float(np.mean(np.square(here.truth[target])))
        for lead, value in shapley(players, explained_power(here.truth[target], rows, everywhere)).items():
            raw[lead] += value
            normalised[lead] += value / max(power, LEAST_POWER_UV2)
    return {"raw": shares(raw), "normalised": shares(normalised)}


def attention_of_leads(model, ecg: Ecg) -> dict[str, dict[str, dict[str, float] | None]]:
    """Per mode the shares of the twelve leads, {"raw", "normalised"}. Raises UnusableEcg."""
    windows, _ = windows_of(model, ecg)
    powers = lead_powers(windows)
    sums = {mode: amounts(class_activation(model, windows, mode)) for mode in MODES}
    return {mode: {"raw": shares(found), "normalised": variance_normalised(found, powers)} for mode, found in sums.items()}


def rows_of(record: str, patient: str, ecg: Ecg, models: dict[str, Trained]) -> Iterator[tuple]:
    """Rows by COLUMNS of one recording."""
    for question, use in models.items():
        found = {"": worth_of_leads(use.model, ecg)} if question == "worth" else attention_of_leads(use.model, ecg)
        for mode, measures in found.items():
            for measure, parts in measures.items():
                for lead, share in (parts or {}).items():
                    yield (record, patient, question, use.card.name, use.weights_hash, mode, measure, lead, f"{share:.6f}")


def groups_of(info: dict, frequent: set[str]) -> tuple[str, ...]:
    """Superclasses and frequent single diagnoses of a recording."""
    return (*info["superclasses"], *(code for code in info["codes"] if code in frequent))


def done_already(file: Path, models: dict[str, Trained]) -> dict[str, set[str]]:
    """Per question the records that the file holds with these weights."""
    done: dict[str, set[str]] = {question: set() for question in models}
    if file.is_file():
        with file.open(newline="") as lines:
            for row in csv.DictReader(lines):
                if row["question"] in models and row["weights"] == models[row["question"]].weights_hash:
                    done[row["question"]].add(row["record"])
    return done


def run(root: Path, out: Path, database: str, splits: tuple[str, ...], models: dict[str, Trained], most: int | None = None) -> str:
    """Work through the recordings, write both files, and return the findings in words."""
    import pandas as pd
    from tqdm import tqdm

    base = open_database(database, root)
    names = [record for split in splits for record in base.records(split=split)]
    names = sorted(names, key=lambda record: hash_order(record))[:most]
    records_file = out.with_suffix(".records.csv")
    done = done_already(records_file, models)
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = not records_file.is_file()
    with records_file.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(COLUMNS)
        for record in tqdm(names, desc="recordings", mininterval=5):
            left = {question: use for question, use in models.items() if record not in done[question]}
            try:
                found = list(rows_of(record, base.info(record)["patient"] or record, base.read(record), left)) if left else []
            except UnusableEcg as error:
                print(f"{record}: {error}", file=sys.stderr)
                continue
            writer.writerows(found)
            file.flush()
    table = pd.read_csv(records_file, dtype={"record": str, "patient": str, "weights": str, "mode": str}).fillna({"mode": ""})
    current = {(name, use.weights_hash) for name, use in models.items()}
    by_question = {(name, use.weights_hash) for name, use in models.items()}
    these = [pair in by_question for pair in zip(table["question"], table["weights"], strict=True)]
    table = table[np.array(these, bool) & table["record"].isin(names).to_numpy()]
    table = table.drop_duplicates(["record", *KEYS, "lead"], keep="last")
    counted = Counter(code for record in names for code in base.info(record)["codes"])
    frequent = {code for code, n in counted.items() if n >= FEWEST and code not in NOT_DIAGNOSES}
    summary = summarise(table, {record: groups_of(base.info(record), frequent) for record in names})
    summary.to_csv(out, index=False, float_format="%.5f")
    return "\n".join(
        f"{QUESTIONS[question]}{f' ({mode})' if mode else ''}: {in_words(part)}"
        for (question, mode), part in summary.groupby(["question", "mode"], sort=False)
    )


def hash_order(record: str) -> str:
    """A fixed shuffled order, so that the first recordings of a run are a fair sample."""
    import hashlib

    return hashlib.sha256(record.encode()).hexdigest()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m models.significance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=data_root(), help="data root with the databases (default: $ECG_DATA)")
    parser.add_argument("--out", type=Path, default=SUMMARY_FILE, help="summary (default: where the page finds it)")
    parser.add_argument("--database", default="ptb-xl")
    parser.add_argument("--split", nargs="+", default=["val", "test"], choices=["train", "val", "test"], help="default: val test")
    parser.add_argument("--worth", help="model for the worth of leads: any-subset or linear (default: the best there is)")
    parser.add_argument("--most", type=int, help="so many recordings at most, in a fixed shuffled order")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")
    chosen = parser.parse_args(arguments)
    if chosen.data is None:
        parser.error("give --data ROOT or set ECG_DATA")
    if chosen.threads:
        import torch

        torch.set_num_threads(chosen.threads)
    there = [info.name for info in available()]
    worth = chosen.worth or next(name for name in EXPLAINABLE if name in there)
    try:
        models = {"worth": trained(worth)} | ({"attention": trained(AUTOENCODER)} if AUTOENCODER in there else {})
        if AUTOENCODER not in there:
            print(f"No trained {AUTOENCODER}; the question of attention is left out.", file=sys.stderr)
        print(run(chosen.data, chosen.out, chosen.database, tuple(chosen.split), models, chosen.most))
    except UnusableEcg as error:
        print(error, file=sys.stderr)
        return 2
    return 0
