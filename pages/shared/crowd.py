"""How many readers this process of the server answers at the same time, told to those who wait."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

WAITING = 1.5
"""Seconds from which a wait is told."""
FIRST_GUESS_S = 0.3
"""Of one answer, before any was timed."""
WEIGHT = 0.1
"""Of the last answer in the mean."""


class Crowd:
    """Who is being answered. pace: mean seconds of an answer, had it the process for itself."""

    def __init__(self) -> None:
        self.pace = FIRST_GUESS_S
        self._lock = threading.Lock()
        self._present = 0

    @contextmanager
    def answered(self) -> Iterator[float]:
        """While one reader is answered: gives the seconds that it may take beside others; 0 without any."""
        with self._lock:
            self._present += 1
            first = self._present
        began = time.monotonic()
        try:
            yield first * self.pace if first > 1 else 0.0
        finally:
            with self._lock:
                beside = (first + self._present) / 2
                self._present -= 1
                self.pace += WEIGHT * ((time.monotonic() - began) / beside - self.pace)


@st.cache_resource(show_spinner=False)
def crowd() -> Crowd:
    """The readers of this process."""
    return Crowd()


@contextmanager
def answered(place: Any) -> Iterator[None]:
    """While a page is made: whoever has to wait for others reads at this place about how long."""
    with crowd().answered() as seconds:
        if seconds < WAITING:
            yield
            return
        note = place.empty()
        note.markdown(
            f":gray-badge[:material/hourglass_top: Many readers at once: about {math.ceil(seconds)} s]",
            width="content",
        )
        yield
        note.empty()
