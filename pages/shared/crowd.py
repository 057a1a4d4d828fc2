"""Readers are answered in turn, so that each waits about as long as every other and nobody's page is made in
slices between everybody else's; who has to wait is told about how long."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

WAITING = 1.5
"""Seconds from which a wait is told."""
FIRST_GUESS_S = 0.3
"""Of one answer, before any was timed."""
WEIGHT = 0.1
"""Of the last answer in the mean."""
AT_ONCE = 3
"""Answers that are made at the same time by this process: one computes while the other reads or waits."""
LONG_S = 2.0
"""From then on an answer shares the process with those who come after it: nobody waits for a long one."""
LOOK_S = 0.25
"""How often one who waits looks whether the reader has meanwhile asked for something else."""


class Crowd:
    """Who is being answered and who waits, in the order in which they asked. pace: mean seconds of an
    answer."""

    def __init__(self) -> None:
        self.pace = FIRST_GUESS_S
        self._changed = threading.Condition()
        self._waiting: list[object] = []
        self._answered: dict[object, float] = {}

    @contextmanager
    def answered(self, tell: Callable[[float], None]) -> Iterator[None]:
        """While one reader is answered, who waits for a turn first. tell: gets the seconds that are left of
        the wait, again and again while it lasts; what it raises gives the place up."""
        turn = object()
        self._wait(turn, tell)
        began = time.monotonic()
        try:
            yield
        finally:
            with self._changed:
                del self._answered[turn]
                self.pace += WEIGHT * (time.monotonic() - began - self.pace)
                self._changed.notify_all()

    def _wait(self, turn: object, tell: Callable[[float], None]) -> None:
        with self._changed:
            self._waiting.append(turn)
        try:
            while not self._begun(turn):
                tell(self.seconds_before(turn))
        finally:
            with self._changed:
                self._waiting.remove(turn)
                self._changed.notify_all()

    def _begun(self, turn: object) -> bool:
        """Whether it is this one's turn, which then begins; waits for it a short while."""
        with self._changed:
            if self._changed.wait_for(lambda: self._is_next(turn), LOOK_S):
                self._answered[turn] = time.monotonic()
                return True
            return False

    def _is_next(self, turn: object) -> bool:
        lately = time.monotonic() - LONG_S
        fresh = sum(began > lately for began in self._answered.values())
        return fresh + self._waiting.index(turn) < AT_ONCE

    def seconds_before(self, turn: object) -> float:
        """About how long one who waits still has to."""
        with self._changed:
            return (self._waiting.index(turn) + 1) * self.pace / AT_ONCE


@st.cache_resource(show_spinner=False)
def crowd() -> Crowd:
    """The readers of this process."""
    return Crowd()


@contextmanager
def answered(place: Any) -> Iterator[None]:
    """While a page is made: whoever has to wait for others reads at this place about how long."""
    note: Any = None
    shown = 0

    def tell(seconds: float) -> None:
        nonlocal note, shown
        if seconds >= WAITING and math.ceil(seconds) != shown:
            note, shown = note or place.empty(), math.ceil(seconds)
            note.markdown(
                f":gray-badge[:material/hourglass_top: Many readers at once: about {shown} s]",
                width="content",
            )

    with crowd().answered(tell):
        if note is not None:
            note.empty()
        yield
