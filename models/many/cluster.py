"""Parts of a list on the workers of a Dask cluster: one of this machine, or one that runs somewhere (SLURM
and Kubernetes: ``README.md`` beside this file).

A worker does a part and writes it into the folder of the run itself, so no table passes through the
scheduler; workers and this command must see the recordings and the folder under the same paths. What a lost
worker had in hand is done again by another one; where the scheduler is lost, what is not there yet is given
out again once it is back. A part has one name and is written in one step: done twice it is there once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecgcore.ecg import UnusableEcg
from models.many.jobs import Job
from models.many.lists import Entry
from models.many.parts import is_there, work_and_write, write_lost

if TYPE_CHECKING:
    from distributed import Client

PATIENCE_S = 600.0
"""How long a scheduler that does not answer is waited for."""
DEATHS = 3
"""Workers that a part may take with it before its recordings are given out one by one."""
AHEAD = 2
"""Parts in hand or waiting for each thread of a worker."""
WORKER_ENVIRONMENT = {"OMP_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1, "MKL_NUM_THREADS": 1}
"""Of a process of this machine. Dask's own also gives memory back to the system as soon as it is free, which
passes of a network, that need it again at once, pay with a third of their time."""


@dataclass(frozen=True)
class Workers:
    """Where the parts are worked on. count: processes of this machine. address: of a scheduler that runs.
    memory: bytes that a process of this machine may hold before it is ended."""

    count: int = 0
    address: str = ""
    memory: int = 3_000_000_000
    patience_s: float = PATIENCE_S

    def __post_init__(self) -> None:
        if bool(self.count) == bool(self.address):
            raise UnusableEcg("Name either the number of workers or a scheduler.")
        if self.count < 0 or self.memory < 500_000_000:
            raise UnusableEcg("There is at least one worker, and each needs at least 0.5 GB.")


Parts = Mapping[int, Sequence[Entry]]


def work(
    workers: Workers, job: Job, parts: Parts, folder: Path, done: Callable[[int], None]
) -> Iterator[str]:
    """Work on all parts and tell of each that is there (done: its number). Sentences about the workers and
    their memory. Raises UnusableEcg where the scheduler stays away or a worker cannot see the folder."""
    if find_spec("distributed") is None:
        raise UnusableEcg('Workers need the package distributed; pip install -e ".[cluster]" installs it.')
    left, peaks, tries = dict(parts), {}, 0.0
    with _scheduler(workers) as address:
        if workers.count:
            yield f"{workers.count} workers, each with at most {workers.memory / 1e9:.1f} GB"
        while left:
            before = len(left)
            try:
                with _client(address, workers.patience_s) as client:
                    if workers.address:
                        yield f"{_threads(client)} threads of workers at {address}"
                    for number, who, peak in _pass(client, job, dict(left), folder):
                        if not is_there(folder, number):
                            raise UnusableEcg(f"Workers do not write into {folder}: it must be a shared one.")
                        del left[number]
                        peaks[who] = max(peak, peaks.get(who, 0))
                        done(number)
            except _Lost as error:
                tries = time.monotonic() if len(left) < before or not tries else tries
                if not workers.address or time.monotonic() - tries > workers.patience_s:
                    raise UnusableEcg(
                        f"The scheduler at {address} is lost; started again, the run goes on where it ended."
                    ) from error
                time.sleep(1.0)
                left = {number: part for number, part in left.items() if not _found(folder, number, done)}
    if peaks:
        yield f"{len(peaks)} workers; the largest held {max(peaks.values()) / 1e9:.2f} GB at most"


def _found(folder: Path, number: int, done: Callable[[int], None]) -> bool:
    """Whether a part was written although nobody could say so any more."""
    there = is_there(folder, number)
    if there:
        done(number)
    return there


class _Lost(Exception):
    """The scheduler does not answer, or has forgotten what it was given."""


def _pass(client: Client, job: Job, parts: Parts, folder: Path) -> Iterator[tuple[int, str, int]]:
    """Give out all parts, a few ahead; of each that is done its number, who did it and that process's peak of
    memory (bytes). Raises _Lost."""
    from distributed import as_completed

    waiting = iter(parts.items())
    numbers: dict[Any, int] = {}
    running = as_completed(loop=client.loop)

    def give_out() -> None:
        room = AHEAD * max(1, _threads(client)) - len(numbers)
        for number, part in _first(waiting, room):
            future = client.submit(work_and_write, job, part, folder, number, pure=False)
            numbers[future] = number
            running.add(future)

    try:
        give_out()
        while numbers:
            future = next(running)
            number = numbers.pop(future)
            if future.status == "finished":
                yield number, *future.result()
            else:
                yield number, *_rescued(client, future, job, parts[number], folder, number)
            give_out()
    except StopIteration as error:
        raise _Lost from error
    except OSError as error:  # what Dask raises for connections that end
        raise _Lost from error


def _rescued(
    client: Client, future: Any, job: Job, part: Sequence[Entry], folder: Path, number: int
) -> tuple[str, int]:
    """A part that took its workers with it: its recordings one by one, and those that do it again are
    failures. Raises _Lost, or what else the part raised."""
    if not _killed(future):
        if (error := future.exception()) is not None:
            raise error
        if future.status != "finished":  # forgotten together with the scheduler
            raise _Lost
        answer: tuple[str, int] = future.result()  # was done, lost with its worker, and done again meanwhile
        return answer
    deadly, tables = [], []
    for entry in part:
        alone = client.submit(job.work, [entry], pure=False)
        if _killed(alone):
            deadly.append(entry)
        else:
            tables.append(alone.result())
    write_lost(tables, deadly, job, folder, number)
    return "a worker that was lost", 0


def _killed(future: Any) -> bool:
    """Whether what was given out ended its workers, once that is known. Raises _Lost."""
    from distributed import CancelledError, KilledWorker

    try:
        return isinstance(future.exception(), KilledWorker)
    except CancelledError as error:
        raise _Lost from error


def _first(parts: Iterator[tuple[int, Sequence[Entry]]], count: int) -> Iterator[tuple[int, Sequence[Entry]]]:
    for _ in range(count):
        part = next(parts, None)
        if part is None:
            return
        yield part


def _threads(client: Client) -> int:
    return sum(client.nthreads().values())


@contextmanager
def _scheduler(workers: Workers) -> Iterator[str]:
    """The address of the scheduler; one of this machine ends with the block."""
    if workers.address:
        yield workers.address
        return
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set(
            {
                "distributed.scheduler.allowed-failures": DEATHS,
                "distributed.worker.memory.target": False,
                "distributed.worker.memory.spill": False,
                "distributed.worker.memory.pause": False,
                "distributed.worker.memory.terminate": 0.95,
                "distributed.admin.large-graph-warning-threshold": "1GB",
                "distributed.nanny.pre-spawn-environ": WORKER_ENVIRONMENT,
            }
        ),
        LocalCluster(
            n_workers=workers.count,
            threads_per_worker=1,
            processes=True,
            memory_limit=workers.memory,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # any free port: two runs at once are no clash
            silence_logs=50,
        ) as cluster,
    ):
        yield cluster.scheduler_address


@contextmanager
def _client(address: str, patience_s: float) -> Iterator[Client]:
    """A connection to the scheduler, which may be on its way back. Raises UnusableEcg."""
    from distributed import Client
    from distributed.comm import get_address_host_port

    try:  # before there is a client: one that an address broke never ends
        get_address_host_port(address if "://" in address else f"tcp://{address}", strict=True)
    except ValueError as error:
        raise UnusableEcg(f"{address!r} is no address of a scheduler, as tcp://HOST:8786 is.") from error
    try:
        client = Client(address, timeout=patience_s, set_as_default=False)
    except OSError as error:
        raise UnusableEcg(f"No Dask scheduler answers at {address}.") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=patience_s)
        except TimeoutError as error:
            raise UnusableEcg(f"The scheduler at {address} has no workers.") from error
        yield client
