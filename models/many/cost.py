"""What whole databases cost (``rlecg bench --lists``): seconds of the processor for each recording of a list,
and what that comes to for MIMIC-IV-ECG's 800,000.

The recordings are simulated, as that database has its own: ten seconds of twelve leads at 500 Hz, 16-bit
WFDB. Time of the processor hangs less on what else the machine does than time on the clock. Beside the table:
how much more two workers do than one, by the clock, and what ``--fast`` changes on PTB-XL.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ecgcore.datasets import local_databases, open_database
from ecgcore.io.write import write_ecg
from ecgcore.leads import LeadSet
from ecgcore.synthetic import Heart, simulate
from models.blocks.number_formats import has_bfloat16, narrow
from models.checkpoint import today
from models.many.jobs import Job, Measurements, Reconstructions, Scores
from models.many.lists import Entry, entries
from models.many.parts import place, work_and_write
from models.reconstruct import fallback, of_role, reconstruct_alike

if TYPE_CHECKING:
    import pandas as pd

RECORDINGS, PART = 800_000, 128
CORES = (2, 32, 512)
INPUTS = LeadSet("I II V2")
PAGE = Path(__file__).with_name("README.md")
MEMORY_RATES = (500.0, 100.0)
"""Hz of recordings in memory; scores are made at the lower one."""
UNITS = {True: "with", False: "without"}
PARTS, PART_OF_WORKERS = 32, 64
"""How many parts two workers are compared with one on, and recordings in each."""
BUSY = 1.5
"""Load from which two workers are not compared with one; the table itself makes 1."""
TRIED_FAST = 96
"""Recordings of PTB-XL's test fold on which ``--fast`` is compared with the usual."""


def table(repeats: int, root: Path | None = None) -> Iterator[str]:
    """Lines of Markdown. root: the folder with PTB-XL, for what ``--fast`` changes."""
    import torch

    torch.set_num_threads(1)
    cores = [f"{count} cores" for count in CORES]
    yield f"| work on each recording | CPU, ms | a second and core | {' | '.join(cores)} | on disk |"
    yield f"|:--|--:|--:|{'--:|' * len(CORES)}--:|"
    with TemporaryDirectory() as folder:
        listed = _written(Path(folder))
        for title, job in jobs().items():
            spent, size = _cost(job, listed, Path(folder) / "out", repeats)
            yield _line(title, spent, size)
        workers = _of_workers(listed, Path(folder))
    for rate in MEMORY_RATES:
        for more, fast in (("", False), (", with --fast", True)):
            title = f"the same at {rate:g} Hz from memory, nothing read or written{more}"
            yield _line(title, _from_memory(rate, fast, repeats), None)
    yield ""
    name = torch.cpu.get_capabilities().get("cpu_name", "this processor")
    yield (
        f"{name}, {UNITS[has_bfloat16()]} units for bfloat16, {today()}, {_others()}; {PART} simulated "
        f"recordings of 10 s, 500 Hz, twelve leads, 16-bit WFDB; inputs {INPUTS}; the least CPU time of "
        f"{repeats} runs of a part in one process. The columns of cores are for {RECORDINGS:,} recordings if "
        "every core does as much as this one and the disk delivers."
    )
    for sentence in (workers, _of_fast(root)):
        yield from ("", sentence) if sentence else ()


def _of_workers(listed: list[Entry], folder: Path) -> str:
    """How much more two workers do than one by the clock, from each one's first part on; "" without the
    package for them."""
    if find_spec("distributed") is None:
        return ""
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > BUSY:
        return (
            f"Two workers were not compared with one, which wants a machine without other work: {_others()}."
        )
    from models.many.cluster import Workers
    from models.many.run import run

    ours = of_role("ours")[0].name
    count = PARTS * PART_OF_WORKERS
    longer = [replace(listed[number % len(listed)], number=number) for number in range(count)]
    speeds = {}
    for workers in (1, 2):
        out = folder / f"workers{workers}"
        run(Scores(model=ours, inputs=tuple(INPUTS)), longer, out, PART_OF_WORKERS, Workers(workers))
        ends = sorted(place(out / "results", number).stat().st_mtime for number in range(PARTS))
        speeds[workers] = (PARTS - workers) * PART_OF_WORKERS / (ends[-1] - ends[workers - 1])
    return (
        f"Two workers of this machine did {speeds[2]:.0f} recordings a second by the clock, one "
        f"{speeds[1]:.0f}: {speeds[2] / speeds[1]:.2f} times as many (`score {ours}`, {count:,} of these "
        f"recordings in {PARTS} parts, from each worker's first part on; {_others()})."
    )


def _of_fast(root: Path | None) -> str:
    """What ``--fast`` changes; "" without PTB-XL and without units for bfloat16."""
    if root is None or "ptb-xl" not in local_databases(root) or not has_bfloat16():
        return ""
    ours = of_role("ours")[0].name
    records = open_database("ptb-xl", root).records(split="test")
    some = records[:: max(1, len(records) // TRIED_FAST)][:TRIED_FAST]
    listed = [Entry(number, f"ptb-xl/{record}", None, str(root)) for number, record in enumerate(some)]
    usual, fast = (
        Scores(model=ours, inputs=tuple(INPUTS), fast=fast)
        .work(listed)
        .results.to_pandas()
        .set_index(["number", "lead", "metric"])["value"]
        for fast in (False, True)
    )
    return (
        f"With `--fast` the mean RMSE of estimated leads of {len(some)} recordings of PTB-XL's test fold was "
        f"{_mean(fast, 'rmse_uv'):.2f} uV in place of {_mean(usual, 'rmse_uv'):.2f} and r "
        f"{_mean(fast, 'r'):.4f} in place of {_mean(usual, 'r'):.4f}; the largest change of one lead of one "
        f"recording was {_mean(abs(fast - usual), 'rmse_uv', 'max'):.2f} uV of RMSE and "
        f"{_mean(abs(fast - usual), 'r', 'max'):.4f} of r ({ours}, {INPUTS}, 0.5 Hz high-pass, 100 Hz)."
    )


def _mean(values: pd.Series, metric: str, how: str = "mean") -> float:
    return float(values.xs(metric, level="metric").agg(how))


def _others() -> str:
    """How busy the machine is: other work takes caches, so it makes every number here larger."""
    if not hasattr(os, "getloadavg"):
        return "beside whatever else it did"
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores (above 1: beside other work)"


def jobs() -> dict[str, Job]:
    """What is timed, by title."""
    ours = of_role("ours")[0].name
    inputs = tuple(INPUTS)
    return {
        f"`score {fallback()}`": Scores(model=fallback(), inputs=inputs),
        f"`score {ours}`": Scores(model=ours, inputs=inputs),
        f"`score {ours} --fast`": Scores(model=ours, inputs=inputs, fast=True),
        "`measure`": Measurements(),
        f"`reconstruct` with {ours}": Reconstructions(model=ours, inputs=inputs),
        f"`reconstruct --fast` with {ours}": Reconstructions(model=ours, inputs=inputs, fast=True),
    }


def write(lines: list[str]) -> None:
    """Put the table into the page about whole databases, in place of that of a processor like this one."""
    text, body = PAGE.read_text(encoding="utf-8"), "\n".join(lines)
    head = f"<!-- table: rlecg bench --lists, {UNITS[has_bfloat16()]} units for bfloat16 -->\n"
    block = re.compile(f"({head}).*?(<!-- end of table -->)", re.DOTALL)
    PAGE.write_text(block.sub(lambda match: f"{match[1]}{body}\n{match[2]}", text), encoding="utf-8")


def _written(folder: Path) -> list[Entry]:
    for number in range(PART):
        ecg = simulate(Heart(rate=50 + number % 60), 500.0, 10.0, seed=number)
        write_ecg(ecg, folder / "data", f"r{number}")
    (folder / "list.txt").write_text("\n".join(f"data/r{number}" for number in range(PART)) + "\n")
    return entries(folder / "list.txt")


def _cost(job: Job, listed: list[Entry], out: Path, repeats: int) -> tuple[float, float]:
    """Seconds of the processor and bytes on the disk for a recording."""
    job.work(listed[:2])
    spent = _least(lambda: work_and_write(job, listed, out, 0), repeats)
    return spent / PART, place(out / "results", 0).stat().st_size / PART


def _from_memory(rate: float, fast: bool, repeats: int) -> float:
    ecgs = [simulate(Heart(rate=50 + number), rate, 10.0, seed=number) for number in range(32)]
    ours = of_role("ours")[0].name
    with narrow(fast):
        reconstruct_alike(ecgs[:2], INPUTS, ours)
        return _least(lambda: reconstruct_alike(ecgs, INPUTS, ours), repeats) / len(ecgs)


def _least(call: Callable[[], object], repeats: int) -> float:
    spent = []
    for _ in range(repeats):
        began = time.process_time()
        call()
        spent.append(time.process_time() - began)
    return min(spent)


def _line(title: str, seconds: float, size: float | None) -> str:
    times = " | ".join(_in_words(seconds * RECORDINGS / count) for count in CORES)
    disk = "" if size is None else f"{size * RECORDINGS / 1e9:,.1f} GB"
    return f"| {title} | {1000 * seconds:.1f} | {1 / seconds:.0f} | {times} | {disk} |"


def _in_words(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"
