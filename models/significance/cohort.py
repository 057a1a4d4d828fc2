"""Lead significance over the recordings of a database, by diagnosis, one question at a time
(``rlecg study significance``, whose help says what the shares are).

What is done for a recording is appended at once to a file of rows, which holds the database's own names of
patients and is not part of the product. At the end the shares by group, with intervals and chance levels, are
written where the page finds them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ecgcore.datasets import open_database, records_of
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.studies.significance.by_diagnosis import ALL, AMOUNTS, KEYS, TABLE, answer, summarise
from ecgcore.studies.significance.contributions import explained_power, shapley
from ecgcore.studies.significance.shares import shares, variance_normalised
from models.base import Reconstructor
from models.checkpoint import Trained
from models.progress import progress
from models.reconstruct import explaining, rebuilding
from models.significance.attention import MODES, amounts, class_activation, lead_powers, windows_of
from models.significance.contributions import estimates, of_target, scene

FEWEST = 12
"""Patients from which a single diagnosis is a group."""
NOT_DIAGNOSES = ("SR", "NORM", "ABQRS")
"""Codes that are no group of their own: sinus rhythm, the superclass by the same name, "abnormal QRS" of any
kind."""
LEAST_POWER_UV2, LEAST_PART = 50.0**2, 0.25
"""Floors of a target's power, absolute and as a part of the mean power of the eight leads: in a nearly silent
lead any error is many times its power and would outweigh all other targets."""


def shapley_of_leads(model: Reconstructor, ecg: Ecg, bf16: bool = False) -> dict[str, dict[str, float]]:
    """Parts of power that each of the eight independent leads explains in the others, {"raw", "normalised"}.
    Raises UnusableEcg."""
    here = scene(ecg, LeadSet(INDEPENDENT))
    every_estimate = estimates(model, here, bf16=bf16)
    everywhere = np.ones(here.n, bool)
    power = {lead: 1e6 * float(np.mean(np.square(here.truth[lead]))) for lead in INDEPENDENT}
    whole = max(sum(power.values()), LEAST_POWER_UV2)
    floor = max(LEAST_POWER_UV2, LEAST_PART * whole / len(INDEPENDENT))
    raw, normalised = dict.fromkeys(INDEPENDENT, 0.0), dict.fromkeys(INDEPENDENT, 0.0)
    for target in INDEPENDENT:
        players = LeadSet(INDEPENDENT) - (target,)
        rows = of_target({some: row for some, row in every_estimate.items() if target not in some}, target)
        for lead, value in shapley(players, explained_power(here.truth[target], rows, everywhere)).items():
            raw[lead] += value / whole
            normalised[lead] += value / max(power[target], floor) / len(INDEPENDENT)
    return {"raw": raw, "normalised": normalised}


def attention_of_leads(model, ecg: Ecg) -> dict[str, dict[str, dict[str, float]]]:
    """Per mode the parts of the map of the twelve leads, {"raw", "normalised"}; nothing for an empty map.
    Raises UnusableEcg."""
    windows, _ = windows_of(model, ecg)
    powers = lead_powers(windows)
    sums = {mode: amounts(class_activation(model, windows, mode)) for mode in MODES}
    return {
        mode: {"raw": shares(total) or {}, "normalised": variance_normalised(total, powers) or {}}
        for mode, total in sums.items()
    }


def middle(ecg: Ecg, seconds: float | None) -> Ecg:
    """The middle of a recording; all of it where it is no longer or nothing is asked."""
    if seconds is None or ecg.duration <= seconds:
        return ecg
    first = (ecg.duration - seconds) / 2
    return ecg.cut(first, first + seconds)


class Settings(NamedTuple):
    """seconds: the middle of each recording alone, None for all of it. bf16: the network in bfloat16."""

    seconds: float | None = None
    bf16: bool = False

    @property
    def how(self) -> str:
        """In words, for the table."""
        words = ["whole recordings" if self.seconds is None else f"the middle {self.seconds:g} s"]
        return ", ".join(words + ["bfloat16"] * self.bf16)


WHOLE = Settings()


def rows_of(
    record: str,
    patient: str,
    ecg: Ecg,
    question: str,
    use: Trained,
    settings: Settings,
) -> Iterator[tuple]:
    """Rows of ``AMOUNTS`` of one recording, without the database."""
    part = middle(ecg, settings.seconds)
    parts_by_mode = (
        {"": shapley_of_leads(use.model, part, settings.bf16)}
        if question == "contribution"
        else attention_of_leads(use.model, part)
    )
    for mode, measures in parts_by_mode.items():
        key = (question, use.card.name, use.weights_hash, settings.how, mode)
        for measure, parts in measures.items():
            for lead, amount in parts.items():
                yield (record, patient, *key, measure, lead, f"{amount:.6f}")


def groups_of(info: dict, frequent: set[str]) -> tuple[str, ...]:
    """Superclasses and frequent single diagnoses of a recording."""
    return (*info["superclasses"], *(code for code in info["codes"] if code in frequent))


def frequent_codes(infos: Iterable[tuple[str, dict]]) -> set[str]:
    """Diagnoses that at least FEWEST patients have. infos: (record, info)."""
    patients: dict[str, set[str]] = {}
    for record, info in infos:
        for code in info["codes"]:
            patients.setdefault(code, set()).add(info["patient"] or record)
    return {code for code, those in patients.items() if len(those) >= FEWEST and code not in NOT_DIAGNOSES}


def fill(rows: Path, base, names: list[str], question: str, use: Trained, settings: Settings) -> None:
    """Append what is missing of the named recordings to the file of rows."""
    key = (question, use.weights_hash, settings.how, base.identity)
    with AMOUNTS.appending(rows) as (done, write):
        left = [name for name in names if (name, *key) not in done]
        for record in progress(left, about=f"{question}, {use.card.name}"):
            try:
                patient = base.info(record)["patient"] or record
                rows_here = rows_of(record, patient, base.read(record), question, use, settings)
                write([(*row, base.identity) for row in rows_here])
            except UnusableEcg as error:
                print(f"{record}: {error}", file=sys.stderr)


def run(
    root: Path | None,
    out: Path,
    rows: Path,
    question: str,
    use: Trained,
    *,
    database: str = "ptb-xl",
    splits: tuple[str, ...] = ("val", "test"),
    most: int | None = None,
    settings: Settings = WHOLE,
) -> str:
    """Work through the recordings, write both files, and return the findings in words."""
    base = open_database(database, root)
    every = [record for split in splits for record in base.records(split=split)]
    names = sorted(every or records_of(base, splits[0]), key=shuffled)[:most]
    fill(rows, base, names, question, use, settings)
    table = AMOUNTS.read(rows)
    chosen = (
        (table["database"] == base.identity)
        & (table["question"] == question)
        & (table["weights"] == use.weights_hash)
        & (table["how"] == settings.how)
    )
    table = table[chosen & table["record"].isin(names)].drop_duplicates(
        ["record", *KEYS, "lead"], keep="last"
    )
    if table.empty:
        raise UnusableEcg(f"None of the {len(names):,} recordings of {base.title} could be explained.")
    frequent = frequent_codes((record, base.info(record)) for record in table["record"].unique())
    summary = summarise(table, {record: groups_of(base.info(record), frequent) for record in names})
    TABLE.write(summary, out)
    n = summary[summary["group"] == ALL].iloc[0]
    head = (
        f"{question}, {use.card.name} {use.weights_hash}, {n['records']} recordings of {n['patients']} "
        f"patients, {settings.how}"
    )
    return "\n".join(
        [head, *(f"{mode or question}: {answer(part)}" for mode, part in summary.groupby("mode", sort=False))]
    )


def shuffled(record: str) -> str:
    """Sorts records into a fixed shuffled order, so that the first recordings of a run are a fair sample."""
    import hashlib

    return hashlib.sha256(record.encode()).hexdigest()


def model_for(question: str, name: str | None) -> str:
    """The model that answers a question: the one named, or the best there is. Raises UnusableEcg for one that
    cannot."""
    models = [rebuilding()] if question == "attention" else explaining()
    fitting = [info.name for info in models if info]
    if not fitting:
        raise UnusableEcg(f"No model that can answer the question of {question} was trained here.")
    if name and name not in fitting:
        raise UnusableEcg(f"{name} cannot answer the question of {question}; possible: {', '.join(fitting)}")
    return name or fitting[0]
