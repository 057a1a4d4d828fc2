"""What whole databases cost (``rlecg bench --lists``): seconds of the processor for each recording of a list,
and what that comes to for MIMIC-IV-ECG's 800,000.

The recordings are simulated, as that database has its own: ten seconds of twelve leads at 500 Hz, 16-bit
WFDB. Time of the processor hangs less on what else the machine does than time on the clock.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ecgcore.io.write import write_ecg
from ecgcore.leads import LeadSet
from ecgcore.synthetic import Heart, simulate
from models.blocks.number_formats import has_bfloat16, narrow
from models.checkpoint import today
from models.many.jobs import Job, Measurements, Reconstructions, Scores
from models.many.lists import Entry, entries
from models.many.parts import place, work_and_write
from models.reconstruct import fallback, of_role, reconstruct_alike

RECORDINGS, PART = 800_000, 128
CORES = (2, 32, 512)
INPUTS = LeadSet("I II V2")
PAGE = Path(__file__).with_name("README.md")
MEMORY_RATES = (500.0, 100.0)
"""Hz of recordings in memory; scores are made at the lower one."""
UNITS = {True: "with", False: "without"}


def table(repeats: int) -> Iterator[str]:
    """Lines of Markdown."""
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
