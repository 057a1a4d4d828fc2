"""A part of a run on the disk: two Parquet files, of results and of failures, each written in one step by
whoever did it, this process or a worker somewhere."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from models.many.jobs import FAILURES as FAILURE_COLUMNS
from models.many.jobs import Job, Tables
from models.many.lists import Entry

RESULTS, FAILURES = "results", "failures"
DEADLY = "Reading it or working on it ended the process."


def place(folder: Path, number: int) -> Path:
    """Where a part of results or failures lies."""
    return folder / f"part-{number:06d}.parquet"


def is_there(folder: Path, number: int) -> bool:
    """Whether a part is whole."""
    return all(place(folder / name, number).is_file() for name in (RESULTS, FAILURES))


def write(tables: Tables, folder: Path, number: int) -> None:
    """Both files of a part; results last, so that a part with results is whole."""
    _write(tables.failures, folder / FAILURES, number)
    _write(tables.results, folder / RESULTS, number)


def _write(part: pa.Table, folder: Path, number: int) -> None:
    """In one step: a killed process leaves no part of a file under its name, and two that write the same
    part do not meet. Words are kept as dictionaries; samples, of which hardly two are the same, byte by byte,
    which takes a third of the time and two thirds of the disk."""
    words = [column.name for column in part.schema if pa.types.is_string(column.type)]
    samples = [f"{column.name}.list.element" for column in part.schema if pa.types.is_list(column.type)]
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{place(folder, number).stem}.{uuid4().hex[:8]}.new"
    try:
        pq.write_table(part, fresh, compression="zstd", use_dictionary=words, use_byte_stream_split=samples)
        fresh.replace(place(folder, number))
    finally:
        fresh.unlink(missing_ok=True)


def work_and_write(job: Job, part: Sequence[Entry], folder: Path, number: int) -> tuple[str, int]:
    """Do a part and write it. Who did it, and its peak of memory in bytes."""
    write(job.work(part), folder, number)
    return f"{socket.gethostname()}:{os.getpid()}", peak_bytes()


def write_lost(
    tables: Sequence[Tables], deadly: Sequence[Entry], job: Job, folder: Path, number: int
) -> None:
    """A part whose recordings were worked on one by one. deadly: those that ended their worker."""
    columns = [
        [entry.number for entry in deadly],
        [entry.record for entry in deadly],
        [DEADLY] * len(deadly),
    ]
    failures = [table.failures for table in tables] + [pa.table(columns, schema=FAILURE_COLUMNS)]
    results = [job.schema.empty_table(), *(table.results for table in tables)]
    together = Tables(pa.concat_tables(results), pa.concat_tables(failures).sort_by("number"))
    write(together, folder, number)


def tidy(folder: Path) -> None:
    """Remove what killed processes left half written, once every part is there."""
    for name in (RESULTS, FAILURES):
        for path in (folder / name).glob(".*.new"):
            path.unlink(missing_ok=True)


def peak_bytes() -> int:
    """The most memory this process has held; 0 where the system does not say.

    Linux tells it of the program itself (``VmHWM``); what ``getrusage`` tells there begins with the memory of
    the process that started it.
    """
    status = Path("/proc/self/status")
    if status.is_file() and (line := re.search(r"VmHWM:\s*(\d+) kB", status.read_text())):
        return 1024 * int(line[1])
    try:
        import resource
    except ModuleNotFoundError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
