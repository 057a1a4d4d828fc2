"""How often exchanged electrodes are noticed and rightly named, and how often right ones are doubted.

The table has a row per recording, set of leads and arrangement that was put upon it by its exact algebra;
rows of ``as recorded`` count false alarms. Everything is counted by recording, intervals by patient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.datasets import SUPERCLASSES
from ecgcore.electrodes.arrangements import AS_RECORDED, KINDS, by_name
from ecgcore.evaluation.statistics import Interval
from ecgcore.evaluation.tables import Table

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "weights", "database", "split", "rate_hz", "record", "patient", "superclasses", "leads", "reference",
    "arrangement", "wrong", "alarm", "likeliest",
)  # fmt: skip
TABLE = Table(
    "electrode checks",
    COLUMNS,
    ("weights", "database", "rate_hz", "record", "reference"),
    {"rate_hz": "float64", "wrong": "float64", "alarm": "float64"},
)
ALL = "all"
UNDIAGNOSED = "other"


@dataclass(frozen=True)
class Shares:
    """Shares of recordings under one arrangement. alarm: any alarm; named: the alarm names this arrangement
    first."""

    name: str
    alarm: Interval
    named: Interval


def conditions(table: pd.DataFrame) -> list[tuple[str, float, str, str]]:
    """(database, rate in Hz, leads, reference) in the order of the table."""
    columns = table[["database", "rate_hz", "leads", "reference"]].drop_duplicates()
    return [tuple(row) for row in columns.itertuples(index=False)]


def part(table: pd.DataFrame, condition: tuple[str, float, str, str]) -> pd.DataFrame:
    """The rows of one condition."""
    database, rate, leads, reference = condition
    rows = (table["database"] == database) & (table["rate_hz"] == rate)
    return table[rows & (table["leads"] == leads) & (table["reference"] == reference)]


def sensitivity(rows: pd.DataFrame) -> Iterator[Shares]:
    """Every arrangement that was put upon recordings, in the order of the arrangements."""
    for name in by_name():
        some = rows[rows["arrangement"] == name]
        if name != AS_RECORDED.name and len(some):
            yield _shares(name, some)


def by_kind(rows: pd.DataFrame) -> Iterator[Shares]:
    """The same, over all arrangements of a kind alike."""
    kinds = rows["arrangement"].map({name: arrangement.kind for name, arrangement in by_name().items()})
    for kind in KINDS[1:]:
        if (kinds == kind).any():
            yield _shares(kind, rows[kinds == kind])


def false_alarms(rows: pd.DataFrame) -> Iterator[Shares]:
    """Alarms over recordings as they are: all, then by superclass (a recording may have several)."""
    as_they_are = rows[rows["arrangement"] == AS_RECORDED.name]
    if len(as_they_are):
        yield _shares(ALL, as_they_are)
    classes = as_they_are["superclasses"].str.split("+")
    for name in SUPERCLASSES:
        some = as_they_are[[name in own for own in classes]]
        if len(some):
            yield _shares(name, some)


def sensitivity_by_diagnosis(rows: pd.DataFrame) -> Iterator[tuple[str, Shares]]:
    """(superclass, share) by kind within each superclass."""
    classes = rows["superclasses"].str.split("+")
    for name in SUPERCLASSES:
        some = rows[[name in own for own in classes]]
        for share in by_kind(some):
            yield name, share


def share(hits: np.ndarray, patients: np.ndarray) -> Interval:
    """A share of records with Wilson's 95 % interval for as many independent cases as there are patients:
    it says something where none or all were hit, and counts no person twice."""
    from scipy.stats import binomtest

    n_patients, value = len(set(patients)), float(np.mean(hits))
    ends = binomtest(round(value * n_patients), n_patients).proportion_ci(method="wilson")
    return Interval(value, float(ends.low), float(ends.high), len(hits), n_patients)


def _shares(name: str, rows: pd.DataFrame) -> Shares:
    alarm = (rows["alarm"] > 0).to_numpy()
    named = alarm & (rows["likeliest"] == rows["arrangement"]).to_numpy()
    patients = rows["patient"].to_numpy()
    return Shares(name, share(alarm, patients), share(named, patients))


def in_words(table: pd.DataFrame) -> str:
    """All shares of every condition, a line each."""
    lines = []
    for condition in conditions(table):
        rows = part(table, condition)
        database, rate, leads, reference = condition
        lines.append(f"\n{database}, {rate:g} Hz, {leads}{f', with an {reference}' if reference else ''}")
        lines += [
            f"  false alarms, {row.name:21} {row.alarm}  n = {row.alarm.n_records}"
            for row in false_alarms(rows)
        ]
        lines += [
            f"  {row.name:35} noticed {row.alarm}  named {row.named}  n = {row.alarm.n_records}"
            for row in (*by_kind(rows), *sensitivity(rows))
        ]
    return "\n".join(lines)
