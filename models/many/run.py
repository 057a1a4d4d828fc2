"""Through a list of recordings, part by part, into a folder of partitioned Parquet: ``results``, ``failures``
and what both hang on (``run.json``).

A part is there when both of its files are; stopping and starting again goes on with the parts that are not,
so nothing is lost and nothing doubled.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from ecgcore.ecg import NOT_FOR_DIAGNOSIS, UnusableEcg
from ecgcore.evaluation.tables import locked
from models.many.jobs import Job
from models.many.lists import Entry

if TYPE_CHECKING:
    import pandas as pd

PART = 128
"""Recordings in a part."""
RESULTS, FAILURES, FACTS = "results", "failures", "run.json"


@dataclass(frozen=True)
class Run:
    """A run as it stands when it ends. seconds, worked: of this command alone."""

    folder: Path
    recordings: int
    failed: int
    seconds: float
    worked: int

    def __str__(self) -> str:
        speed = f", {self.worked / self.seconds:.0f} a second" if self.worked and self.seconds > 0 else ""
        return (
            f"{self.folder}: {self.recordings:,} recordings, {self.failed:,} of them failed "
            f"({FAILURES} says why); {self.worked:,} in {self.seconds:.0f} s now{speed}"
        )


def run(job: Job, entries: Sequence[Entry], folder: Path, size: int = PART) -> Run:
    """Do a job on the recordings of a list. size: recordings in a part. Raises UnusableEcg where the folder
    holds another run."""
    if size < 1:
        raise UnusableEcg("A part holds at least one recording.")
    with locked(folder / FACTS):
        _begin(job, entries, folder, size)
        parts = [
            (number, entries[first : first + size])
            for number, first in enumerate(range(0, len(entries), size))
        ]
        missing = [(number, part) for number, part in parts if not _is_there(folder, number)]
        lengths, began = {number: len(part) for number, part in missing}, time.monotonic()
        with tqdm(total=len(entries), unit="recording", disable=None) as bar:
            bar.update(len(entries) - sum(lengths.values()))
            for number, part in missing:
                tables = job.work(part)
                _write(tables.failures, folder / FAILURES, number)
                _write(tables.results, folder / RESULTS, number)
                bar.update(lengths[number])
        spent = time.monotonic() - began
    failed = sum(pq.read_metadata(path).num_rows for path in sorted((folder / FAILURES).glob("*.parquet")))
    return Run(folder, len(entries), failed, spent, sum(lengths.values()))


def table(folder: Path, name: str = RESULTS) -> pd.DataFrame:
    """All parts of results or failures, in the order of the list."""
    parts = [pq.read_table(path) for path in sorted((folder / name).glob("part-*.parquet"))]
    if not parts:
        raise UnusableEcg(f"There are no {name} in {folder}.")
    return pa.concat_tables(parts).to_pandas()


def _begin(job: Job, entries: Sequence[Entry], folder: Path, size: int) -> None:
    texts = "\n".join(f"{entry.text}\t{entry.row}" for entry in entries)
    facts: dict[str, Any] = {
        "notice": f"{NOT_FOR_DIAGNOSIS}.",
        "recordings": len(entries),
        "list": sha256(texts.encode()).hexdigest()[:16],
        "part": size,
        **job.facts(),
    }
    place = folder / FACTS
    if not place.is_file():
        if folder.is_dir() and any(path.name[:1] != "." for path in folder.iterdir()):
            raise UnusableEcg(f"{folder} holds other files; name an empty folder for the run.")
        place.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        return
    earlier = json.loads(place.read_text(encoding="utf-8"))
    if other := [name for name, value in facts.items() if earlier.get(name) != value]:
        raise UnusableEcg(
            f"{folder} holds a run with other {', '.join(other)}; go on as it began, or name another folder."
        )


def _place(folder: Path, number: int) -> Path:
    return folder / f"part-{number:06d}.parquet"


def _is_there(folder: Path, number: int) -> bool:
    return all(_place(folder / name, number).is_file() for name in (RESULTS, FAILURES))


def _write(part: pa.Table, folder: Path, number: int) -> None:
    """In one step: a killed command leaves no part of a file under its name."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = _place(folder, number).with_suffix(".new")
    pq.write_table(part, fresh, compression="zstd")
    fresh.replace(_place(folder, number))
