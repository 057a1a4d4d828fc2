"""How far long work is: on a screen twice a second, in a log twice a minute, each time a line of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TextIO

from tqdm import tqdm

ON_SCREEN, IN_LOG = 0.5, 30.0
"""Seconds between two lines."""


def progress(
    items: Iterable | None = None,
    total: int | None = None,
    done: int = 0,
    about: str = "",
    unit: str = "recording",
) -> tqdm:
    """The items, while standard error shows how many are through, how many a second and the time left.

    total: how many there are, where items do not say. done: how many of them were through before. about: what
    is worked on. Without items the caller tells the bar by its ``update``.
    """
    screen = sys.stderr.isatty()
    seconds = ON_SCREEN if screen else IN_LOG
    return tqdm(
        items,
        about or None,
        total,
        initial=done,
        unit=f" {unit}s",
        mininterval=seconds,
        maxinterval=max(seconds, 10.0),
        smoothing=0.1,
        file=sys.stderr if screen else _Lines(sys.stderr),
    )


class _Lines:
    """A log, in which no line can be written over."""

    def __init__(self, log: TextIO) -> None:
        self.log = log

    def write(self, text: str) -> None:
        if line := text.strip():
            self.log.write(f"{line}\n")

    def flush(self) -> None:
        self.log.flush()
