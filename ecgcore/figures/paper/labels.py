"""Texts on a sheet: names of leads where no trace runs, the key above and the footer below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ecgcore.ecg import NOT_FOR_DIAGNOSIS
from ecgcore.figures import style
from ecgcore.figures.paper.ground import note
from ecgcore.figures.paper.sheet import Cell, Paper, Row
from ecgcore.figures.paper.shown import Shown

LABEL_TALL_MM = 3.5
"""Height of a lead's name."""


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
    """A cell's lead and its role, where no trace runs."""
    source = shown.source(cell) or "recorded"
    suffix = "" if source == "recorded" else f" · {source}"
    if until := shown.fitted_until(cell):
        suffix += ", fitted here" if until >= cell.stop else f", fitted to {until:.1f} s"
    text = f"<b>{cell.label}</b><span style='font-size:11px'>{suffix}</span>"
    if not cell.begins:
        text = f"<span style='font-size:11px'>{source}</span>"
    wide = 1.0 + 2.9 * len(cell.label) + 1.55 * len(suffix)
    top = -(place.top + 0.5) / paper.gain
    x = taken.free(cell.start + 1 / paper.speed, cell.stop, wide, top, top - LABEL_TALL_MM / paper.gain)
    return note(text, x, -place.top / paper.gain, style.SOURCE_COLOUR[source], 14)


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


def corrections(paper: Paper, right: float, sentences: Sequence[str]) -> list[dict[str, Any]]:
    """Top right: what of the recording was put back before it was drawn. right: s of the edge."""
    if not sentences:
        return []
    text = f"<b>{' '.join(sentences)}</b>"
    x, y = right - 1.5 / paper.speed, -0.5 / paper.gain
    return [note(text, x, y, style.OUTSIDE, 11.5, anchor=("right", "top"))]


def enlarged(zoom: float) -> str:
    """For the footer, where the sheet is drawn larger than life."""
    return "" if zoom == 1 else f"   drawn {zoom:g} times as large"


def margins(
    paper: Paper,
    extent: tuple[float, float, float, float],
    filter_text: str,
    sources: set[str | None],
    interval: bool,
    strips: bool,
    fitted: bool,
    outside: bool,
) -> list[dict[str, Any]]:
    """The key at the top and the footer at the bottom of the sheet."""
    key = ["<b>—</b> recorded"]
    if "estimated" in sources:
        key += [f"<span style='color:{style.ESTIMATE}'><b>·····</b> estimated</span>"]
    if "derived" in sources:
        key += [f"<span style='color:{style.DERIVED}'><b>– –</b> derived exactly</span>"]
    if interval:
        key += [f"<span style='color:{style.ESTIMATE}'>shaded: 90 % prediction band</span>"]
        key += [f"<span style='color:{style.OUTSIDE}'><b>▬</b> recording outside it</span>"] * outside
    if fitted:
        key += ["grey: fitted here, not scored"]
    if strips:
        key += [f"<span style='color:{style.DIFFERENCE}'><b>—</b> difference, same gain</span>"]
    footer = f"<b>{paper.speed:g} mm/s   {paper.gain:g} mm/mV</b>   {filter_text}"
    mm = 1 / paper.gain
    left, right, bottom, _ = extent
    return [
        note("     ".join(key), left + 1.5 / paper.speed, -0.5 * mm, style.INK, 11.5),
        note(footer, left + 1.5 / paper.speed, bottom + 1 * mm, style.INK, 11.5, anchor=("left", "bottom")),
        note(
            NOT_FOR_DIAGNOSIS,
            right - 1.5 / paper.speed,
            bottom + 1 * mm,
            style.INK,
            11.5,
            anchor=("right", "bottom"),
        ),
    ]
