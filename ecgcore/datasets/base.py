"""What every database is, and the register they are found by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ecgcore.datasets.code_names import full_name
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io.text import harmless

if TYPE_CHECKING:
    import pandas as pd

SUPERCLASSES = ("NORM", "MI", "STTC", "CD", "HYP")
SPLITS = ("train", "val", "test")
COLUMNS = ("record", "patient", "fold", "split", "age", "sex", "superclasses", "codes", "rates")


class Database(ABC):
    """Recordings below one folder with a table about them. Subclasses set the class attributes and answer two
    questions.

    name: as in commands. title: for people. licence: of the recordings. folders: names under a data root
    where it may lie.
    """

    name: str
    title: str
    licence: ClassVar[str]
    folders: ClassVar[tuple[str, ...]] = ()

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def identity(self) -> str:
        """What stored tables call it: its name, unless other recordings may go by the same name elsewhere."""
        return self.name

    @classmethod
    @abstractmethod
    def is_at(cls, folder: Path) -> bool:
        """Whether the folder is the root of this database."""

    @abstractmethod
    def rows(self) -> Iterator[Mapping[str, Any]]:
        """What is known about each recording, by the names in COLUMNS; "record" at least, the rest where
        known."""

    @abstractmethod
    def path(self, record: str, rate: float | None = None) -> Path:
        """The record (without suffix) to read. Raises UnusableEcg for a record that is not there."""

    @cached_property
    def index(self) -> pd.DataFrame:
        """One row per recording.

        record, patient: text ("" where the patient is unknown). fold: Int64, NA where unknown. split:
        "train", "val", "test" or "".
        age: years, NaN where unknown. sex: "male", "female" or "". superclasses: tuple out of NORM MI STTC CD
        HYP.
        codes: tuple of diagnosis codes or texts as the database has them. rates: tuple of Hz, () where only
        the file says.
        """
        import pandas as pd

        table = pd.DataFrame([{**_ABSENT, **row} for row in self.rows()])
        if table.empty:
            table = pd.DataFrame(columns=list(COLUMNS))
        table["fold"] = pd.to_numeric(table["fold"]).astype("Int64")
        table["age"] = pd.to_numeric(table["age"], errors="coerce").astype(float)
        more = [column for column in table.columns if column not in COLUMNS]
        return table[[*COLUMNS, *more]].sort_values("record", ignore_index=True)

    def read(self, record: str, rate: float | None = None) -> Ecg:
        """A recording in mV at the available rate that fits the wish in Hz (never resampled), named
        "<database>/<record>"."""
        from ecgcore.io import read_path

        return read_path(self.path(record, rate), name=f"{self.name}/{record}")

    def records(
        self, split: str | None = None, fold: int | None = None, diagnosis: str | None = None
    ) -> list[str]:
        """Records of a split, a fold, a diagnosis (a superclass, a code, or part of a text); None for any."""
        table = self.index
        if split is not None:
            table = table[table["split"] == split]
        if fold is not None:
            table = table[(table["fold"] == fold).fillna(False)]
        if diagnosis:
            table = table[
                [
                    _diagnosed(row, diagnosis)
                    for row in zip(table["superclasses"], table["codes"], strict=True)
                ]
            ]
        return list(table["record"])

    def info(self, record: str) -> dict[str, Any]:
        """The index row of one record. Raises UnusableEcg for one that is not there."""
        try:
            return self._by_record[record]
        except KeyError:
            raise UnusableEcg(
                f"{self.title} has no record {harmless(record)!r} here; it has {len(self.index):,}."
            ) from None

    @cached_property
    def _by_record(self) -> dict[str, dict[str, Any]]:
        return {row["record"]: row for row in self.index.to_dict("records")}

    def code_name(self, code: str) -> str:
        """What a code of this database means in full words; "" for the absence of something."""
        return full_name(code)

    @cached_property
    def repeated_patients(self) -> frozenset[str]:
        """Patients with more than one recording here."""
        counts = self.index["patient"].value_counts()
        return frozenset(counts.index[(counts > 1) & (counts.index != "")])

    def annotations(self, record: str) -> dict[str, dict[str, dict[str, np.ndarray]]]:
        """Marks by hand, {lead: {wave: {"onset", "peak", "offset": sample numbers}}}; empty for databases
        that have none."""
        self.info(record)
        return {}


_ABSENT: dict[str, Any] = {
    "record": "",
    "patient": "",
    "fold": None,
    "split": "",
    "age": None,
    "sex": "",
    "superclasses": (),
    "codes": (),
    "rates": (),
}


def _diagnosed(labels: tuple[tuple[str, ...], tuple[str, ...]], wanted: str) -> bool:
    superclasses, codes = labels
    word = wanted.casefold()
    if wanted.upper() in SUPERCLASSES:
        return wanted.upper() in superclasses or wanted.upper() in codes
    exact = any(word == code.casefold() for code in codes)
    return exact or any(" " in code and word in code.casefold() for code in codes)


_REGISTER: dict[str, type[Database]] = {}


def register(database: type[Database]) -> type[Database]:
    """Class decorator that makes a database known under its name."""
    if database.name in _REGISTER and _REGISTER[database.name].__module__ != database.__module__:
        raise ValueError(f"two databases are named {database.name!r}")
    _REGISTER[database.name] = database
    return database


def registered() -> dict[str, type[Database]]:
    """Every database that was registered, by name."""
    return _REGISTER
