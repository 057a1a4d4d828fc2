"""Uploads are read in processes of their own, so that no file can hurt the server.

A pool of warm processes waits (``worker``); each has a limit of memory and processor time that the system
holds. One that a file ends is replaced, and the reader gets a sentence. A small file is read as quickly as in
the server itself: what takes time, importing the libraries, was done before.
"""

from __future__ import annotations

import atexit
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io.apart.worker import MEMORY, SECONDS, receive, send
from ecgcore.partial import PartialEcg

PROCESSES = 2
"""At most, so that readings do not take the processor from everybody."""
START_S = 60.0
ROOT = Path(__file__).parents[3]


class ReadingFailed(UnusableEcg):
    """A bug in a reader. The log says where, and nothing of the file; the page goes on."""


class Pool:
    """Processes that read, started when first needed or by ``warm``. size: at most so many at a time. memory,
    seconds: what one file may take, in bytes and of processor time."""

    def __init__(self, size: int = PROCESSES, memory: int = MEMORY, seconds: int = SECONDS) -> None:
        self.memory, self.seconds = memory, seconds
        self._free = threading.BoundedSemaphore(size)
        self._idle: list[_Process] = []
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Have one process ready; returns at once."""
        threading.Thread(target=self._start_one, daemon=True, name="reader").start()

    def _start_one(self) -> None:
        with self._free:
            self._give_back(self._take())

    def read(self, files: Mapping[str, bytes], options: Mapping[str, Any]) -> Ecg | PartialEcg:
        """What ``read_files_here`` returns or raises for the same files and options.

        Raises UnusableEcg also where the limits were reached, and ReadingFailed for a bug.
        """
        with self._free:
            process = self._take()
            try:
                kind, answer = process.ask(dict(files), dict(options))
            except (EOFError, OSError) as error:
                process.end()
                self.warm()
                raise UnusableEcg(self._exhausted()) from error
            self._give_back(process)
        if kind == "ecg":
            return cast("Ecg | PartialEcg", answer)
        if kind == "refused":
            raise answer
        if kind == "memory":
            raise UnusableEcg(self._exhausted())
        logging.getLogger(__name__).error("A reader failed: %s", answer)
        raise ReadingFailed(
            f"The file was not read, by a fault of this program ({answer}); please report it."
        )

    def _take(self) -> _Process:
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.alive:
                    return process
                process.end()
        try:
            return _Process(self.memory, self.seconds)
        except (EOFError, OSError) as error:
            raise UnusableEcg(
                "The process that reads uploads did not start; the server lacks memory or time."
            ) from error

    def _give_back(self, process: _Process) -> None:
        with self._lock:
            self._idle.append(process)

    def _exhausted(self) -> str:
        return (
            f"The file was not read: it takes more than {self.memory // 1_000_000} MB of memory or "
            f"{self.seconds} s. It is too long, or made to exhaust the reader."
        )

    def close(self) -> None:
        """End all that wait."""
        with self._lock:
            for process in self._idle:
                process.end()
            self._idle.clear()


class _Process:
    """One process that reads."""

    def __init__(self, memory: int, seconds: int) -> None:
        self._seconds = seconds
        path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
        single = dict.fromkeys(
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from ecgcore.io.apart.worker import main; main({memory}, {seconds})"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, **single, "PYTHONPATH": path, "MALLOC_ARENA_MAX": "1"},
        )  # fmt: skip
        self._within(START_S, lambda: receive(self._process.stdout))  # type: ignore[arg-type]

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, files: dict[str, bytes], options: dict[str, Any]) -> tuple[str, Any]:
        """Its answer. Raises EOFError or OSError where the process ended."""
        send(self._process.stdin, (files, options))  # type: ignore[arg-type]
        stream: Any = self._process.stdout
        answer: tuple[str, Any] = self._within(self._seconds + 2, lambda: receive(stream))
        return answer

    def _within(self, seconds: float, work: Any) -> Any:
        """The result of work, with the process killed after so many seconds, which raises EOFError in it."""
        clock = threading.Timer(seconds, self._process.kill)
        clock.daemon = True
        clock.start()
        try:
            return work()
        finally:
            clock.cancel()

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                stream.close()  # type: ignore[union-attr]


POOL = Pool()
"""The processes of this server."""
atexit.register(POOL.close)
