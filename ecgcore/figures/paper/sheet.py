"""Where each lead lies on a sheet of ECG paper: pure geometry, in seconds and millimetres.

A sheet is 250 mm of signal wide, as the paper of a recorder, so its seconds follow from the speed: 20 s at
12.5 mm/s, 10 s at 25 mm/s, 5 s at 50 mm/s. In the 3x4 and 6x2 formats the columns follow one another in time:
they are consecutive parts of one simultaneous recording, and the joins are marked.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecgcore.leads import CABRERA, STANDARD

SPEEDS = (12.5, 25.0, 50.0)
"""mm/s"""
GAINS = (5.0, 10.0, 20.0)
"""mm/mV"""
FORMATS = {"3x4": "3×4 + rhythm strip", "6x2": "6×2", "12x1": "12×1", "single": "Single lead"}
WIDTH_MM = 250.0
BOX = 5.0
"""mm, one large square"""
PULSE_S = 0.28
"""The calibration pulse: 200 ms of 1 mV and 40 ms of zero line either side."""
LABEL_MM = 6.0
"""Room for a lead's label above its highest wave."""
STRIP_LABEL_MM = 4.5
"""The same for a strip of differences."""
RIGHT_MM = 5.0
TOP_MM, BOTTOM_MM = 7.5, 8.0
"""Room for the key above and the footer below."""


@dataclass(frozen=True)
class Paper:
    """How to draw: speed mm/s, gain mm/mV, format out of FORMATS, limb leads in Cabrera's order, the lead of
    the rhythm strip."""

    speed: float = 25.0
    gain: float = 10.0
    format: str = "3x4"
    cabrera: bool = False
    rhythm: str = "II"

    def __post_init__(self) -> None:
        if (
            self.speed not in SPEEDS
            or self.gain not in GAINS
            or self.format not in FORMATS
            or self.rhythm not in STANDARD
        ):
            raise ValueError(f"no such paper: {self}")

    @property
    def seconds(self) -> float:
        """Signal that fits on one sheet."""
        return WIDTH_MM / self.speed

    @property
    def left_mm(self) -> float:
        """Room left of the signal for the calibration pulse, in large squares."""
        return BOX * math.ceil((PULSE_S * self.speed + 2) / BOX)


USUAL = Paper()
"""25 mm/s, 10 mm/mV, 3x4 with lead II below."""


@dataclass(frozen=True)
class Cell:
    """One lead over one stretch of time: start and stop in seconds from the left edge; sign -1 for Cabrera's
    -aVR. begins: false for a later piece of a lead whose source changes within its place on the sheet."""

    lead: str
    row: int
    start: float
    stop: float
    sign: int = 1
    begins: bool = True

    @property
    def label(self) -> str:
        """The lead as it stands on the paper."""
        return self.lead if self.sign > 0 else f"−{self.lead}"


@dataclass(frozen=True)
class Row:
    """Millimetres from the top of the sheet: the zero line, the highest label, how far up and down anything
    of the row is drawn, and the strip of differences if there is one: its zero line and where it begins."""

    zero: float
    top: float
    highest: float
    lowest: float
    difference: float | None = None
    difference_top: float = 0.0


def cells(paper: Paper, seconds: float) -> list[Cell]:
    """The cells of a sheet that shows this many seconds."""
    if paper.format == "single":
        return [Cell(paper.rhythm, 0, 0.0, seconds)]
    order = CABRERA if paper.cabrera else STANDARD
    rows = {"3x4": 3, "6x2": 6, "12x1": 12}[paper.format]
    width = seconds * rows / len(order)
    grid = [
        Cell(
            lead,
            place % rows,
            place // rows * width,
            (place // rows + 1) * width,
            -1 if paper.cabrera and lead == "aVR" else 1,
        )
        for place, lead in enumerate(order)
    ]
    return [*grid, Cell(paper.rhythm, rows, 0.0, seconds)] if paper.format == "3x4" else grid


def rows(
    paper: Paper,
    n_rows: int,
    reach: Mapping[int, tuple[float, float]],
    differences: Mapping[int, tuple[float, float]] | None = None,
    more_mm: tuple[float, float] = (0.0, 0.0),
) -> tuple[list[Row], float]:
    """Zero lines that keep neighbours apart, on large squares, and the height of the sheet, all in mm.

    reach: per row the mV that its traces rise above and fall below zero, differences: of its strip of
    differences, where it has one. more_mm: that a key and a footer of several lines need. Beyond 30 mm either
    way rows may overlap, as on paper.
    """
    tight = paper.format == "12x1"
    least_above = 8.0 if tight else max(10.0, paper.gain + 1)
    least_below = 3.0 if tight else 5.0
    placed, bottom = [], TOP_MM + more_mm[0]
    for row in range(n_rows):
        up, down = reach.get(row, (0.0, 0.0))
        above = min(30.0, max(least_above, up * paper.gain + LABEL_MM))
        below = min(30.0, max(least_below, down * paper.gain + 1))
        zero = BOX * math.ceil((bottom + above) / BOX)
        bottom = zero + below
        ends = [zero - above, zero - up * paper.gain, bottom, zero + down * paper.gain]
        strip, strip_top = None, bottom
        if differences and row in differences:
            up, down = differences[row]
            strip = bottom + min(30.0, max(6.0, up * paper.gain + STRIP_LABEL_MM))
            bottom = strip + min(30.0, max(5.0, down * paper.gain + 1))
            ends += [strip - up * paper.gain, bottom, strip + down * paper.gain]
        placed.append(Row(zero, zero - above, min(ends), max(ends), strip, strip_top))
    return placed, BOX * math.ceil((bottom + BOTTOM_MM + more_mm[1]) / BOX)


def breaks(places: list[Row], paper: Paper) -> list[float]:
    """Millimetres from the top of the sheet at which it can be cut: between rows that do not reach into one
    another, above the label and the calibration pulse of the lower one."""
    between = []
    for before, row in itertools.pairwise(places):
        pulse = row.zero - paper.gain if row.zero - before.zero > paper.gain else row.top
        begins = min(row.highest, pulse)
        if begins >= before.lowest:
            between.append(max(before.lowest, begins - 0.5))
    return between


def on_pages(height: float, cuts: Sequence[float], highest: float) -> tuple[float, float | None]:
    """How a sheet is printed on two pages at most: the part of its true size that it gets, and the mm of the
    sheet that stand on the first of two, None where one has room for all of it. cuts: see ``breaks``.
    highest: mm that a page has room for."""
    if height <= highest:
        return 1.0, None
    first = min((cut for cut in cuts if cut >= height / 2), default=None)
    return min(1.0, highest / (first or height)), first
