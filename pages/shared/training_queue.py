"""Trainings in the background: one queue for all readers of a server, one training at a time.

A training belongs to what it is made from (recording by its hash, input lead, model), not to a browser tab:
who opens the same recording again finds it. Kept are the weights and the curve for a while, never the
recording once it is trained on. The queue's thread waits for a process that trains
(``models.training.personal.train_apart``), so that answering readers goes on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from ecgcore.ecg import UnusableEcg

Key = tuple[str, str, str]
"""Hash of the recording, input lead, model."""
Work = Callable[[Callable[[dict[str, float]], None], Callable[[], bool]], Any]
"""Trains: is given what to tell of each epoch and whom to ask whether to stop."""
LONGEST_QUEUE = 6
KEPT_S = 2 * 3600.0
MOST_KEPT = 40


@dataclass
class Training:
    """state: "waiting", "running", "done", "failed" or "cancelled". history: a row per epoch. error: why it
    failed."""

    key: Key
    epochs: int
    work: Work | None
    state: str = "waiting"
    history: list[dict[str, float]] = field(default_factory=list)
    result: Any = None
    error: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)
    at: float = field(default_factory=time.monotonic)

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("waiting", "running")

    @property
    def seconds_left(self) -> float | None:
        """If all epochs are needed; None before the first."""
        rows = list(self.history)
        return sum(row["seconds"] for row in rows) / len(rows) * (self.epochs - len(rows)) if rows else None


class Queue:
    """First come, first served, by one thread."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._all: dict[Key, Training] = {}
        threading.Thread(target=self._serve, name="trainings", daemon=True).start()

    def find(self, key: Key) -> Training | None:
        """The training of that key, if there is one."""
        return self._all.get(key)

    def of_recording(self, digest: str) -> list[Training]:
        """The trainings of one recording that run, wait or are done, oldest first."""
        with self._lock:
            trainings = [
                training
                for training in self._all.values()
                if training.key[0] == digest and (training.active or training.state == "done")
            ]
        return sorted(trainings, key=lambda training: training.at)

    def ahead(self, training: Training) -> int:
        """How many come before a waiting one."""
        with self._lock:
            return sum(other.active and other.at < training.at for other in self._all.values())

    def submit(self, key: Key, epochs: int, work: Work) -> Training:
        """The training of that key: the one there is, or a new one at the end. Raises UnusableEcg when the
        queue is full."""
        with self._lock:
            self._forget()
            there = self._all.get(key)
            if there and (there.active or there.state == "done"):
                return there
            if sum(training.active for training in self._all.values()) >= LONGEST_QUEUE:
                raise UnusableEcg(
                    f"{LONGEST_QUEUE} trainings are waiting already; try again in a few minutes."
                )
            self._all[key] = Training(key, epochs, work)
            self._lock.notify()
            return self._all[key]

    def cancel(self, training: Training) -> None:
        """End a training; one that waits leaves the queue."""
        with self._lock:
            training.cancelled.set()
            if training.state == "waiting":
                training.state, training.work = "cancelled", None

    def _forget(self) -> None:
        finished = [training for training in self._all.values() if not training.active]
        finished.sort(key=lambda training: training.at)
        now = time.monotonic()
        for number, old in enumerate(finished):
            if now - old.at > KEPT_S or number < len(finished) - MOST_KEPT:
                del self._all[old.key]

    def _next(self) -> Training:
        with self._lock:
            while True:
                waiting = [training for training in self._all.values() if training.state == "waiting"]
                if waiting:
                    first = min(waiting, key=lambda training: training.at)
                    first.state = "running"
                    return first
                self._lock.wait()

    def _serve(self) -> None:
        while True:
            self._do(self._next())

    def _do(self, training: Training) -> None:
        from models.training.personal import Cancelled

        assert training.work is not None
        try:
            training.result = training.work(training.history.append, training.cancelled.is_set)
            training.state = "done"
        except Cancelled:
            training.state = "cancelled"
        except UnusableEcg as error:
            training.error, training.state = str(error), "failed"
        except Exception:  # the thread must live for the others that wait
            logging.getLogger(__name__).exception("a training failed")
            training.error, training.state = (
                "The training stopped because of an error in the program; the server's log has it.",
                "failed",
            )
        finally:
            training.work = None


@st.cache_resource
def queue() -> Queue:
    """The queue of this server."""
    return Queue()
