"""Through a list of recordings, part by part, into a folder of partitioned Parquet: ``results``, ``failures``
and what both depend on (``run.json``).

A part is there when both of its files are; stopping and starting again goes on with the parts that are not,
so nothing is lost and nothing doubled. Parts are worked on here, one after the other, or by the workers of a
cluster (``models.many.cluster``); the tables are the same.
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

from ecgcore.ecg import NOT_FOR_DIAGNOSIS, UnusableEcg
from ecgcore.evaluation.tables import locked
from models.many.jobs import Job
from models.many.lists import Entry
from models.many.parts import FAILURES, RESULTS, is_there, peak_bytes, tidy, work_and_write
from models.progress import progress

if TYPE_CHECKING:
    import pandas as pd

    from models.many.cluster import Workers

PART = 128
"""Recordings in a part."""
FACTS = "run.json"


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


def run(
    job: Job, entries: Sequence[Entry], folder: Path, size: int = PART, workers: Workers | None = None
) -> Run:
    """Do a job on the recordings of a list. size: recordings in a part. workers: who does it, where it is not
    this process. Raises UnusableEcg where the folder holds another run, and at the end where nothing came of
    any recording."""
    if size < 1:
        raise UnusableEcg("A part holds at least one recording.")
    with locked(folder / FACTS):
        _begin(job, entries, folder, size)
        parts = enumerate(range(0, len(entries), size))
        missing = {
            number: entries[first : first + size] for number, first in parts if not is_there(folder, number)
        }
        worked, began = sum(map(len, missing.values())), time.monotonic()
        with progress(total=len(entries), done=len(entries) - worked) as bar:
            if workers is not None and missing:
                from models.many.cluster import work

                lengths = {number: len(part) for number, part in missing.items()}
                for sentence in work(
                    workers, job, missing, folder.absolute(), lambda number: bar.update(lengths[number])
                ):
                    bar.write(sentence)
            else:
                for number, part in missing.items():
                    work_and_write(job, part, folder, number)
                    bar.update(len(part))
                bar.write(f"This process held {peak_bytes() / 1e9:.2f} GB at most")
        spent = time.monotonic() - began
        tidy(folder)
    failed = sum(map(_rows, sorted((folder / FAILURES).glob("*.parquet"))))
    if failed == len(entries):
        first = table(folder, FAILURES)["reason"].iloc[0]
        raise UnusableEcg(f"{folder}: nothing came of any of the {failed:,} recordings; the first: {first}")
    return Run(folder, len(entries), failed, spent, worked)


def _rows(part: Path) -> int:
    try:
        rows: int = pq.read_metadata(part).num_rows
    except (pa.ArrowInvalid, OSError) as error:
        raise UnusableEcg(f"{part} is damaged; without it the same command makes this part again.") from error
    return rows


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
    try:
        earlier = dict(json.loads(place.read_text(encoding="utf-8", errors="replace")))
    except (ValueError, TypeError) as error:
        raise UnusableEcg(
            f"{place} is damaged, so nothing tells which run this is; name another folder."
        ) from error
    if other := [name for name, value in facts.items() if earlier.get(name) != value]:
        raise UnusableEcg(
            f"{folder} holds a run with other {', '.join(other)}; go on as it began, or name another folder."
        )
