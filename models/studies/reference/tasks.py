"""The recordings that a reference is judged on, and the halves of their patients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Literal
from zlib import crc32

from ecgcore.datasets import local_databases, open_database
from ecgcore.leads import LeadSet
from models.person.intervals import Use

SETS = tuple(map(LeadSet, ("I", "II", "I II", "I II V2", "I II V4")))


SECONDS = (2.0,)
"""Lengths of the reference in PTB-XL."""


SESSION_DATABASES = {
    "twadb": 10.0,
    "ptbdb": 10.0,
    **dict.fromkeys(("cpsc2018", "chapman-ningbo", "georgia", "ludb"), 2.0),
}
"""Beside PTB-XL, and the length of the reference: the first two hold minutes."""


def without(database: str) -> str:
    """The interval factors of sessions from all hospitals but this one, as they are stored."""
    return f"session, without {database}"


@dataclass(frozen=True)
class Task:
    """A recording to estimate. reference: another record of the patient for a visit, "" for the same
    session."""

    database: str
    record: str
    use: Use | Literal["page"]
    seconds: float = 0.0
    reference: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """As in ``ecgcore.studies.reference.KEYS``, behind the weights."""
        return self.use, self.database, self.record, self.reference, self.length

    @property
    def length(self) -> str:
        """Seconds of the reference as text; "" for a visit."""
        return f"{self.seconds:g}" if self.seconds else ""


def session_tasks(root: Path, database: str, split: str | None, seconds: Sequence[float]) -> list[Task]:
    """Every recording of a database (of one split) with each length of reference that leaves at least as
    much."""
    base = open_database(database, root)
    records = base.records(split=split) if split else base.records()
    return [Task(database, record, "session", length) for record in records for length in seconds]


def visit_tasks(root: Path, database: str = "ptb-xl") -> list[Task]:
    """Every ordered pair of recordings of one patient."""
    base = open_database(database, root)
    visits: dict[str, list[str]] = defaultdict(list)
    for record, patient in zip(base.index["record"], base.index["patient"], strict=True):
        if patient:
            visits[patient].append(record)
    return [
        Task(database, now, "visit", 0.0, before)
        for records in visits.values()
        for now, before in permutations(records, 2)
    ]


def all_tasks(root: Path) -> list[Task]:
    """Same session and pages in PTB-XL's test fold, other visits in PTB-XL, and the same session in other
    databases below a root."""
    tasks = session_tasks(root, "ptb-xl", "test", SECONDS) + visit_tasks(root) + page_tasks(root, "test")
    for database, seconds in SESSION_DATABASES.items():
        if database in local_databases(root):
            tasks += session_tasks(root, database, None, (seconds,))
    return tasks


def page_tasks(root: Path, split: str, database: str = "ptb-xl") -> list[Task]:
    """Every recording of a split, to be cut into a printed page."""
    return [Task(database, record, "page") for record in open_database(database, root).records(split=split)]


def half_of(patient: str) -> str:
    """The half of the patients that this one belongs to."""
    return f"visit, half {crc32(patient.encode()) % 2}"


def other_half(patient: str) -> str:
    """The half of the patients that this one does not belong to."""
    return f"visit, half {1 - crc32(patient.encode()) % 2}"
