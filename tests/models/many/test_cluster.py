"""``--workers`` and ``--scheduler``: the same tables as one process makes; workers and the scheduler may be
lost, a recording that ends its worker is a failure."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from ecgcore.ecg import UnusableEcg
from models.many.lists import Entry
from models.many.parts import DEADLY, FAILURES, RESULTS
from models.many.run import Run, run, table
from tests.models.many.counted import Counted

distributed = pytest.importorskip("distributed")
from models.many.cluster import Workers, _Lost, _rescued  # noqa: E402 -- behind the skip

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow
LIST = [Entry(number, "bad" if number % 17 == 5 else f"file {number}") for number in range(60)]


@contextmanager
def running(program: str, *words: str) -> Iterator[subprocess.Popen]:
    """A scheduler or a worker, as on a machine of its own."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *words]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)


def scheduler(port: int):
    return running("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show")


def worker(address: str):
    return running(
        "worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1"
    )


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def same(one: Path, other: Path) -> None:
    for name in (RESULTS, FAILURES):
        pd.testing.assert_frame_equal(table(one, name), table(other, name))


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serial") / "out"
    run(Counted(), LIST, folder, 3)
    assert list(table(folder)["square"]) == [n**2 for n in range(60) if n % 17 != 5]
    return folder


class Beside(threading.Thread):
    """A run beside the test, which waits for a part before it does harm."""

    def __init__(self, folder: Path, workers: Workers, job: Counted) -> None:
        super().__init__(daemon=True)
        self.folder, self.workers, self.job = folder, workers, job
        self.answer: Run | None = None
        self.start()

    def run(self) -> None:
        self.answer = run(self.job, LIST, self.folder, 3, self.workers)

    def parts(self) -> int:
        return len(list((self.folder / RESULTS).glob("part-*.parquet")))

    def wait_for(self, parts: int) -> None:
        for _ in range(1200):
            if self.parts() >= parts:
                return
            time.sleep(0.05)
        pytest.fail("no part was made within a minute")


def test_workers_and_the_scheduler_are_lost_and_nothing_else(serial, tmp_path):
    port, out = free_port(), tmp_path / "out"
    address = f"tcp://127.0.0.1:{port}"
    job = Counted(seconds=0.15)
    with scheduler(port) as first, worker(address) as one, worker(address):
        beside = Beside(out, Workers(address=address, patience_s=120), job)
        beside.wait_for(3)
        one.send_signal(signal.SIGKILL)
        beside.wait_for(7)
        assert beside.parts() < 18, "the run was over before anything was lost"
        first.kill()
        first.wait(20)
        time.sleep(1.0)
        there = beside.parts()
        assert there < 20
        with scheduler(port), worker(address):
            beside.join(120)
            assert beside.answer is not None, "the run did not go on"
    same(out, serial)
    assert beside.answer.worked == len(LIST) and beside.answer.failed == 4
    assert len(list(out.rglob("part-*.parquet"))) == 40 and not list(out.rglob("*.new"))


def test_a_recording_that_ends_its_worker_is_a_failure(tmp_path, capsys):
    listed = [Entry(number, "deadly" if number == 4 else f"file {number}") for number in range(9)]
    answer = run(Counted(), listed, tmp_path / "out", 3, Workers(2, memory=1_000_000_000))
    assert list(table(tmp_path / "out")["number"]) == [0, 1, 2, 3, 5, 6, 7, 8]
    failures = table(tmp_path / "out", FAILURES)
    assert list(failures["number"]) == [4] and list(failures["reason"]) == [DEADLY]
    assert answer.failed == 1
    words = capsys.readouterr().out
    assert "2 workers, each with at most 1.0 GB" in words and "the largest held 0." in words


class Rescheduled:
    """A part that was done, lost with its worker, and is done again by the time somebody asks."""

    def __init__(self, ends: str):
        self.status, self.ends = "pending", ends

    def exception(self):
        self.status = self.ends

    def result(self):
        return "worker", 7


def test_a_part_that_was_done_again_after_its_worker_was_lost_is_done(tmp_path):
    assert _rescued(None, Rescheduled("finished"), Counted(), LIST[:3], tmp_path, 0) == ("worker", 7)
    with pytest.raises(_Lost):
        _rescued(None, Rescheduled("cancelled"), Counted(), LIST[:3], tmp_path, 0)


def test_what_no_cluster_can_do_is_a_sentence(tmp_path):
    with pytest.raises(UnusableEcg, match="either the number of workers or a scheduler"):
        Workers(2, "tcp://127.0.0.1:1")
    with pytest.raises(UnusableEcg, match=r"at least 0\.5 GB"):
        Workers(2, memory=1000)
    nobody = Workers(address=f"tcp://127.0.0.1:{free_port()}", patience_s=1.0)
    with pytest.raises(UnusableEcg, match="No Dask scheduler answers at"):
        run(Counted(), LIST, tmp_path / "out", 3, nobody)


@pytest.mark.parametrize("address", ["127.0.0.1:1x", "http://host:8786"])
def test_what_is_no_address_is_refused_and_the_command_ends(tmp_path, address):
    (tmp_path / "list.txt").write_text("nothing\n")
    words = ["measure", "--list", "list.txt", "--out", "out", "--scheduler", address]
    ended = subprocess.run(
        [sys.executable, "-m", "models", *words],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 2 and "is no address of a scheduler" in ended.stderr
