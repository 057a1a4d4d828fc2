"""A job for the tests of clusters: a row for each entry, after a moment, without reading anything. An entry
named "deadly" ends the process that works on it, one named "bad" is a failure."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from ecgcore.ecg import UnusableEcg
from models.many.jobs import NUMBER, Job, Part, Tables
from models.many.lists import Entry


@dataclass(frozen=True)
class Counted(Job):
    kind: ClassVar[str] = "counted"
    seconds: float = 0.0

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([*NUMBER, ("square", pa.int64())])

    def rows(self, part: Part) -> Iterator[tuple[Any, ...]]:
        for entry in part.entries:
            time.sleep(self.seconds)
            if entry.text == "deadly":
                os._exit(1)
            if part.tried(entry, lambda entry=entry: self._looked_at(entry)):
                yield entry.number, entry.record, entry.number**2

    def _looked_at(self, entry: Entry) -> bool:
        if entry.text == "bad":
            raise UnusableEcg("A bad one.")
        return True

    def work(self, entries: Sequence[Entry]) -> Tables:
        part = Part(entries)
        rows = list(self.rows(part))
        columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in self.schema]
        return Tables(pa.table(columns, schema=self.schema), part.failures())
