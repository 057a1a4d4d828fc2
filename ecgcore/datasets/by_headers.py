"""Databases that are folders of records, with what their headers say about them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from ecgcore.datasets.base import Database
from ecgcore.ecg import UnusableEcg
from ecgcore.io import Facts, main_files, read_facts
from ecgcore.io.text import harmless

MAX_RECORDS = 100_000
_SEX = {"m": "male", "male": "male", "f": "female", "female": "female"}


class HeaderDatabase(Database):
    """Records are named by their path below the root. Subclasses say how their records are called.

    shape: regular expression that a record's own name matches. places: where records lie, as glob patterns
    without suffix.
    """

    shape: ClassVar[str] = r".+"
    places: ClassVar[tuple[str, ...]] = ("*",)

    @classmethod
    def is_at(cls, folder: Path) -> bool:
        """Whether a record of the right shape lies there."""
        return next(cls._heads(folder), None) is not None

    @classmethod
    def _heads(cls, folder: Path) -> Iterator[Path]:
        for place in cls.places:
            for head in main_files(folder, place):
                if re.fullmatch(cls.shape, head.stem):
                    yield head

    @cached_property
    def _files(self) -> dict[str, Path]:
        """Records and where they lie (without suffix). Longer paths are only used where names alone are not
        unique."""
        paths = sorted({head.with_suffix("") for head in self._heads(self.root)})[:MAX_RECORDS]
        return {self.record_name(path): path for path in paths}

    def record_name(self, path: Path) -> str:
        """How the record at this path is called."""
        return path.name

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """What the headers say; records with a damaged header are left out."""
        for record, path in self._files.items():
            try:
                header = read_facts(path)
            except UnusableEcg:
                continue  # it must not hide the others; reading it by name still says what is wrong
            yield {"record": record, **common_facts(header), **self.facts(record, header)}

    def facts(self, record: str, header: Facts) -> Mapping[str, Any]:
        """What this database's headers or tables say about a record, beyond age, sex and rate."""
        return {}

    def path(self, record: str, rate: float | None = None) -> Path:
        """Where a record lies, without suffix."""
        if record not in self._files:
            raise UnusableEcg(
                f"{self.title} has no record {harmless(record)!r} here; it has {len(self._files):,}."
            )
        return self._files[record]


def common_facts(header: Facts) -> dict[str, Any]:
    """Age, sex and rate as headers of many databases give them, in comments "Age: 63", "<sex>: F"."""
    age = header.comment("age")
    return {
        "age": float(age) if re.fullmatch(r"\d{1,3}(\.\d+)?", age) else None,
        "sex": _SEX.get(header.comment("sex").casefold(), ""),
        "rates": (header.rate,) if header.rate else (),
    }


def listed(text: str) -> tuple[str, ...]:
    """The parts of "A, B;C", without blanks and "unknown"."""
    parts = (part.strip(" .") for part in re.split(r"[,;]", text))
    return tuple(part for part in parts if part and part.casefold() not in ("unknown", "no", "n/a"))


def column(file: Path, key: str, value: str) -> dict[str, str]:
    """Two columns of a CSV file as a dictionary; {} where the file is not there."""
    import csv

    if not file.is_file():
        return {}
    with file.open(newline="", encoding="utf-8") as lines:
        return {row[key].strip(): row[value].strip() for row in csv.DictReader(lines)}
