"""Calipers: boxes on a lead that tell an interval, a rate and an amplitude, and stay where they were put.

A box belongs to a lead: milliseconds from the beginning of what is on view, microvolts about the lead's zero
line. So it lies on the same waves in every layout, at every gain, and on the recording and the reconstruction
alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ecgcore.figures import style
from ecgcore.leads import STANDARD

MOST = 12
"""Boxes kept at a time."""
BETWEEN, APART = "_", "~"
"""In an address: between the parts of a box, and between boxes."""
NEW_MS, NEW_UV = 400, 500
_SHORTEST_RATE_MS = 200
_LEADS = (*STANDARD, "−aVR")


@dataclass(frozen=True)
class Caliper:
    """row: of the sheet, for a lead that is drawn twice. start, stop: ms; low, high: µV."""

    lead: str
    row: int
    start: int
    stop: int
    low: int
    high: int

    @property
    def ms(self) -> int:
        """How long it is."""
        return self.stop - self.start

    def __str__(self) -> str:
        rate = f"   {60_000 / self.ms:.0f} bpm" if self.ms >= _SHORTEST_RATE_MS else ""
        return f"{self.lead}   {self.ms} ms{rate}   {(self.high - self.low) / 1000:.2f} mV"

    def moved(self, ms: int = 0, uv: int = 0) -> Caliper:
        """The whole box elsewhere."""
        ms = max(ms, -self.start)
        return replace(
            self, start=self.start + ms, stop=self.stop + ms, low=self.low + uv, high=self.high + uv
        )

    def stretched(self, ms: int = 0, uv: int = 0) -> Caliper:
        """Its right and its upper edge elsewhere, never beyond the others."""
        return replace(self, stop=max(self.start, self.stop + ms), high=max(self.low, self.high + uv))

    def like(self, other: Caliper) -> bool:
        """Whether this is the other one after a drag: of its size, or with two of its edges."""
        same_size = abs(self.ms - other.ms) <= 2 and abs(self.high - self.low - other.high + other.low) <= 10
        edges = [
            abs(getattr(self, edge) - getattr(other, edge)) <= near
            for edge, near in (("start", 2), ("stop", 2), ("low", 10), ("high", 10))
        ]
        return same_size or sum(edges) >= 2

    def in_link(self) -> str:
        """As in an address: II_3_1200_1640_-100_850."""
        lead = self.lead.replace("−", "neg")
        return BETWEEN.join(map(str, (lead, self.row, self.start, self.stop, self.low, self.high)))


def in_link(calipers: Iterable[Caliper]) -> str:
    """All of them as in an address."""
    return APART.join(caliper.in_link() for caliper in calipers)


def from_link(text: str) -> tuple[Caliper, ...] | None:
    """Out of an address; None where it is not written like that."""
    calipers = []
    for part in text.split(APART)[:MOST]:
        words = re.fullmatch(r"(\w+?)_(\d{1,2})_(\d{1,9})_(\d{1,9})_(-?\d{1,6})_(-?\d{1,6})", part)
        if words is None or (lead := words[1].replace("neg", "−")) not in _LEADS:
            return None
        row, start, stop, low, high = (int(word) for word in words.groups()[1:])
        calipers.append(
            Caliper(lead, row, min(start, stop), max(start, stop), min(low, high), max(low, high))
        )
    return tuple(calipers)


def on_sheet(figure: Mapping[str, Any], x: Sequence[float], y: Sequence[float]) -> Caliper | None:
    """The caliper that a box on a sheet is, of the lead it lies on: of those at its time the one whose zero
    line is nearest. None beside all leads.

    figure: from ``paper_figure``; x in s from its left edge, y in mV below its top.
    """
    meta, second, level = figure["layout"]["meta"], (min(x) + max(x)) / 2, (min(y) + max(y)) / 2
    there = [cell for cell in meta["cells"] if cell["start"] <= second <= cell["stop"]]
    if not there:
        return None
    cell = min(there, key=lambda cell: abs(cell["zero"] - level))
    start, stop = (round(1000 * (meta["from"] + max(0.0, edge))) for edge in sorted(x))
    low, high = (round(1000 * (edge - cell["zero"])) for edge in sorted(y))
    return Caliper(cell["lead"], cell["row"], start, stop, low, high)


def fresh(figure: Mapping[str, Any], taken: int = 0) -> Caliper | None:
    """A box for those who work by key: on the lowest long row, further right for each that is taken."""
    meta = figure["layout"]["meta"]
    cells = meta["cells"]
    if not cells:
        return None
    cell = max(cells, key=lambda cell: (cell["stop"] - cell["start"], cell["row"]))
    first = round(1000 * (meta["from"] + cell["start"])) + 1000 + NEW_MS * taken
    return Caliper(cell["lead"], cell["row"], first, first + NEW_MS, 0, NEW_UV)


def placed(
    figure: dict[str, Any], calipers: Sequence[Caliper], chosen: int = -1
) -> tuple[dict[str, Any], list[int]]:
    """The sheet with the boxes of its leads, the numbers at each; and which of them it shows. chosen: the
    one that keys move."""
    boxes, notes, shown = [], [], []
    for number, caliper in enumerate(calipers):
        cell = _cell(figure, caliper)
        if cell is None:
            continue
        shown.append(number)
        zero, first = cell["zero"], figure["layout"]["meta"]["from"]
        x = [edge / 1000 - first for edge in (caliper.start, caliper.stop)]
        y = [zero + edge / 1000 for edge in (caliper.low, caliper.high)]
        line = {"color": style.CALIPER, "width": 2 if number == chosen else 1, "dash": "solid"}
        boxes.append(
            {"type": "rect", "xref": "x", "yref": "y", "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1]}
            | {"line": line, "opacity": 0.9}
        )
        notes.append(
            {"x": x[0], "y": y[1], "xanchor": "left", "yanchor": "bottom", "showarrow": False, "borderpad": 1}
            | {"text": f"<b>{caliper}</b>", "bgcolor": "rgba(255, 255, 255, 0.85)"}
            | {"font": {"color": style.CALIPER, "size": 12, "family": style.FONT}}
        )
    layout = figure["layout"]
    more = {"dragmode": "select", "selections": boxes, "annotations": [*layout["annotations"], *notes]}
    return figure | {"layout": layout | more}, shown


def dragged(boxes: Sequence[Caliper], before: Sequence[Caliper]) -> tuple[Caliper, ...]:
    """The boxes of a sheet after a drag. A box that is new stands beside those there, however it was drawn;
    a double click leaves none."""
    if not boxes:
        return ()
    if len(boxes) >= len(before) and not (len(boxes) == len(before) == 1 and not boxes[0].like(before[0])):
        return tuple(boxes)[-MOST:]
    return (*before, *(box for box in boxes if box not in before))[-MOST:]


def _cell(figure: Mapping[str, Any], caliper: Caliper) -> dict[str, Any] | None:
    meta = figure["layout"]["meta"]
    middle = (caliper.start + caliper.stop) / 2000 - meta["from"]
    there = [
        cell
        for cell in meta["cells"]
        if cell["lead"] == caliper.lead and cell["start"] <= middle <= cell["stop"]
    ]
    return min(there, key=lambda cell: abs(cell["row"] - caliper.row)) if there else None
