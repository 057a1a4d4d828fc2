"""Texts on a sheet: names of leads where no trace runs, the key above and the footer below."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from ecgcore.ecg import NOT_FOR_DIAGNOSIS
from ecgcore.figures import style
from ecgcore.figures.paper.ground import note
from ecgcore.figures.paper.sheet import Cell, Paper, Row
from ecgcore.figures.paper.shown import Shown
from ecgcore.io.roles import SHORT

LABEL_TALL_MM = 3.5
"""Height of a lead's name."""
TEXT_PX, LINE_PX, LETTER_PX = 11.5, 15.0, 6.4
"""Of key and footer: their size, the height of a line and the mean width of a letter in the widest of the
fonts that draw them."""
GAP = "   "
"""Between parts of a line."""


class Taken:
    """Where traces run: per millimetre of time the heights that each of them passes there, in mV."""

    def __init__(self, traces: list[dict[str, Any]], paper: Paper) -> None:
        self.paper = paper
        nothing = (np.empty(0, int), np.empty(0), np.empty(0))
        parts = [nothing] + [
            self._reach(np.asarray(trace["y"], float), float(trace["x0"]), float(trace["dx"]))
            for trace in traces
            if "dx" in trace
        ]
        self.column, self.low, self.high = (np.concatenate(each) for each in zip(*parts, strict=True))

    def _reach(self, y: np.ndarray, first: float, step: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Columns of a millimetre that a trace passes, and from where to where."""
        column = np.floor((first + step * np.arange(len(y))) * self.paper.speed).astype(int)
        edges = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
        low, high = np.fmin.reduceat(y, edges), np.fmax.reduceat(y, edges)
        there = np.isfinite(low) & (column[edges] >= 0)
        return column[edges][there], low[there], high[there]

    def free(self, first: float, last: float, wide_mm: float, top: float, bottom: float) -> float:
        """The first second from which a text that wide lies on no trace; where there is none, the one with
        the fewest. first, last: s; top, bottom: mV of the text."""
        begin, end = round(first * self.paper.speed), round(last * self.paper.speed - wide_mm)
        starts = np.arange(begin, max(1, end) + 1)
        if not starts.size:
            return first
        under, wide = (self.low < top) & (bottom < self.high), round(wide_mm) + 1
        counts = np.bincount(self.column[under], minlength=int(starts[-1]) + wide)
        before = np.concatenate([[0], np.cumsum(counts)])
        crossed = before[starts + wide] - before[starts]
        return float(starts[np.argmin(crossed)] / self.paper.speed)


def label(cell: Cell, shown: Shown, place: Row, paper: Paper, taken: Taken) -> dict[str, Any]:
    """A cell's lead and its role, as long as there is room for, where no trace runs."""
    source = shown.source(cell) or "recorded"
    role, short = ("", "") if source == "recorded" else (f" · {source}", f" · {SHORT.get(source, source)}")
    fitted = ""
    if until := shown.fitted_until(cell):
        fitted = ", fitted here" if until >= cell.stop else f", fitted to {until:.1f} s"
    room = (cell.stop - cell.start) * paper.speed
    suffixes = (role + fitted, role, short, "")
    suffix = next(text for text in suffixes if not text or _wide(cell.label, text) < room)
    text = f"<b>{cell.label}</b><span style='font-size:11px'>{suffix}</span>"
    if not cell.begins:
        text = f"<span style='font-size:11px'>{source}</span>"
    wide = _wide(cell.label, suffix)
    top = -(place.top + 0.5) / paper.gain
    x = taken.free(cell.start + 1 / paper.speed, cell.stop, wide, top, top - LABEL_TALL_MM / paper.gain)
    return note(text, x, -place.top / paper.gain, style.SOURCE_COLOUR[source], 14)


def _wide(name: str, suffix: str) -> float:
    """mm that a lead's name and what stands after it take."""
    return 1.0 + 2.9 * len(name) + 1.55 * len(suffix)


def strip_label(place: Row, paper: Paper) -> dict[str, Any]:
    """What a strip of differences shows."""
    assert place.difference is not None
    return note(
        "estimate − recorded",
        1 / paper.speed,
        -(place.difference_top - 0.5) / paper.gain,
        style.DIFFERENCE,
        11,
    )


def enlarged(zoom: float) -> str:
    """For the footer, where the sheet is drawn larger than life."""
    return "" if zoom == 1 else f"   drawn {zoom:g} times as large"


def key(shown: Shown, grid: Sequence[Cell], interval: bool, strips: bool) -> list[str]:
    """What the lines and grounds of a sheet mean, in parts."""
    sources = {shown.source(cell) for cell in grid}
    both = any(shown.true(cell) is not None and shown.estimate(cell) is not None for cell in grid)
    half = f"<span style='color:{style.OVERLAID}'>—</span>" if both else ""
    parts = [f"<b>—{half}</b> recorded"]
    if "estimated" in sources:
        parts += [f"<span style='color:{style.ESTIMATE}'><b>·····</b> estimated</span>"]
    if "derived" in sources:
        parts += [f"<span style='color:{style.DERIVED}'><b>– –</b> derived exactly</span>"]
    if interval and any(shown.half_width(cell) is not None for cell in grid):
        parts += [f"<span style='color:{style.ESTIMATE}'>shaded: 90 % prediction band</span>"]
        marked = any(shown.outside(cell) is not None for cell in grid)
        parts += [f"<span style='color:{style.OUTSIDE}'><b>▬</b> recording outside it</span>"] * marked
    if any(shown.fitted_until(cell) for cell in grid):
        parts += ["grey: fitted here, not scored"]
    if strips:
        parts += [f"<span style='color:{style.DIFFERENCE}'><b>—</b> difference, same gain</span>"]
    return parts


def footer(paper: Paper, filter_text: str) -> list[str]:
    """Scale and filter, in parts."""
    return [f"<b>{paper.speed:g} mm/s   {paper.gain:g} mm/mV</b>", *filter_text.split(GAP)]


class Margins:
    """The key at the top and the footer at the bottom of a sheet, on as many lines as its width takes.

    key, footer: in parts, each of which stays on one line; a key may have none. corrections: what of the
    recording was put back before it was drawn, in sentences. wide: px.
    """

    def __init__(
        self, key: Sequence[str], corrections: Sequence[str], footer: Sequence[str], wide: float
    ) -> None:
        self.letters = int(wide / LETTER_PX) - 2
        self.key, self.footer = self._lines(key, 2 * GAP), self._lines(footer, GAP)
        self.right = " ".join(corrections)
        if not self._beside(self.key, self.right):
            self.key += self._wrapped(self.right, f"<b><span style='color:{style.OUTSIDE}'>{{}}</span></b>")
            self.right = ""
        self.notice = NOT_FOR_DIAGNOSIS
        if not self._beside(self.footer, self.notice):
            self.footer += self._wrapped(self.notice)
            self.notice = ""

    def _beside(self, lines: list[str], text: str) -> bool:
        return len(lines) == 1 and _letters(lines[0]) + 2 + len(text) <= self.letters

    def _wrapped(self, text: str, form: str = "{}") -> list[str]:
        return [form.format(line) for line in textwrap.wrap(text, max(1, self.letters))]

    def _lines(self, parts: Sequence[str], gap: str) -> list[str]:
        lines = list(parts[:1])
        for part in parts[1:]:
            if _letters(lines[-1] + gap + part) <= self.letters:
                lines[-1] += gap + part
            else:
                lines.append(part)
        return lines

    def more_mm(self, px_per_mm: float) -> tuple[float, float]:
        """Height above and below that lines after the first need."""
        line = LINE_PX / px_per_mm
        return max(0, len(self.key) - 1) * line, (len(self.footer) - 1) * line

    def notes(self, paper: Paper, extent: tuple[float, float, float, float]) -> list[dict[str, Any]]:
        """All of it as texts on the sheet. extent: left, right (s), bottom, top (mV)."""
        mm, edge = 1 / paper.gain, 1.5 / paper.speed
        left, right, bottom = extent[0] + edge, extent[1] - edge, extent[2] + mm
        notes = [note("<br>".join(self.footer), left, bottom, style.INK, TEXT_PX, anchor=("left", "bottom"))]
        if self.key:
            notes.insert(0, note("<br>".join(self.key), left, -0.5 * mm, style.INK, TEXT_PX))
        if self.notice:
            notes.append(note(self.notice, right, bottom, style.INK, TEXT_PX, anchor=("right", "bottom")))
        if self.right:
            text = f"<b>{self.right}</b>"
            notes.append(note(text, right, -0.5 * mm, style.OUTSIDE, TEXT_PX, anchor=("right", "top")))
        return notes


def _letters(text: str) -> int:
    return len(re.sub("<[^>]*>", "", text))
