"""The ECG on paper: the true leads in black, the reconstruction dotted over them, as one plotly figure (a
plain dict).

One pair of axes carries all leads; x is seconds from the left edge of the signal, y is mV below the top edge
(negative downwards), and ``scaleratio`` keeps the squares square: 1 mm = 1/speed s = 1/gain mV. The grid is
two path shapes. Twelve pairs of axes with native grids take four times as long to draw.

Traces are moved to their row's zero line by each lead's own median (of the true lead where there is one, so
that an offset of the estimate stays visible), and thinned for the screen to about 250 points a second by
keeping the extremes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ecgcore.ecg import NOT_FOR_DIAGNOSIS, Ecg, Reconstruction
from ecgcore.figures import style
from ecgcore.figures.paper.sheet import PULSE_S, RIGHT_MM, USUAL, Cell, Paper, Row, cells, rows
from ecgcore.partial import PartialReconstruction, parts

PX_PER_MM = 96 / 25.4
"""Screen size of a millimetre: the browser's, which is a true one on paper."""
DISPLAY_HZ = 250.0
LABEL_TALL_MM = 3.5
"""Height of a lead's name."""
SHORTEST_OUTSIDE_S = 0.04
"""A stretch outside the interval that is shorter than a small square is not marked."""
LEAST_FITTED_S = 0.05
"""A fitted stretch that would be called 0.0 s is not told of."""


def paper_figure(
    truth: Ecg | None,
    reconstruction: Reconstruction | PartialReconstruction | None,
    paper: Paper = USUAL,
    *,
    start: float = 0.0,
    interval: bool = True,
    difference: bool = False,
    filter_text: str = "as recorded",
    px_per_mm: float = PX_PER_MM,
    zoom: float = 1.0,
) -> dict[str, Any]:
    """The sheet from ``start`` (s) on, as a plotly figure dict.

    truth: the recorded leads, any number of them, or None. reconstruction: on the same time axis, or None to
    show the recording alone. filter_text: said in the footer. zoom: how much
    larger all of it is drawn; so much less time has room. Raises ValueError when there is nothing to draw or
    the two differ in rate or length.
    """
    shown = _Shown(truth, reconstruction, start, paper.seconds / zoom)
    grid = shown.pieces(cells(paper, shown.seconds))
    strips = shown.difference_reach(grid) if difference else {}
    n_rows = 1 + max(cell.row for cell in cells(paper, shown.seconds))
    reach = {row: shown.reach([cell for cell in grid if cell.row == row]) for row in range(n_rows)}
    places, height = rows(paper, n_rows, reach, strips)
    extent = (-paper.left_mm / paper.speed, shown.seconds + RIGHT_MM / paper.speed, -height / paper.gain, 0.0)

    data: list[dict[str, Any]] = []
    for cell in grid:
        place = places[cell.row]
        if interval:
            data += _interval(shown, cell, place, paper)
            data += _outside(shown, cell, place, paper)
        data += _traces(shown, cell, place, paper)
        if place.difference is not None and shown.difference(cell) is not None:
            data.append(
                _line(
                    shown.difference(cell), shown, cell, -place.difference / paper.gain, style.DIFFERENCE, 1.0
                )
            )
    data.append(_calibration([place.zero for place in places], paper))

    sources = {shown.source(cell) for cell in grid}
    has_interval = interval and any(shown.half_width(cell) is not None for cell in grid)
    taken = _Taken([trace for trace in data if trace["mode"] == "lines"], paper)
    notes = [_label(cell, shown, places[cell.row], paper, taken) for cell in grid]
    notes += [_strip_label(places[row], paper) for row in strips]
    fitted = any(shown.fitted_until(cell) for cell in grid)
    marked = any(trace["line"].get("color") == style.OUTSIDE for trace in data)
    notes += _margins(
        paper, extent, filter_text + _enlarged(zoom), sources, has_interval, bool(strips), fitted, marked
    )
    px_per_mm *= zoom
    wide, high = (extent[1] - extent[0]) * paper.speed * px_per_mm, height * px_per_mm
    layout = _layout(
        paper, extent, notes, [*_joins(grid, places, paper), *_fitted(grid, places, shown, paper)], wide, high
    )
    meta = {
        "from": shown.first / shown.rate,
        "cells": [
            {
                "lead": cell.label,
                "row": cell.row,
                "start": cell.start,
                "stop": cell.stop,
                "zero": -places[cell.row].zero / paper.gain,
            }
            for cell in grid
        ],
    }
    return {"data": data, "layout": layout | {"meta": meta} | {"dragmode": "pan"}}


class _Shown:
    """What is cut out of truth and reconstruction for one sheet."""

    def __init__(
        self,
        truth: Ecg | None,
        reconstruction: Reconstruction | PartialReconstruction | None,
        start: float,
        seconds: float,
    ) -> None:
        base = truth if truth is not None else reconstruction.ecg if reconstruction else None
        if base is None:
            raise ValueError("neither a recording nor a reconstruction to draw")
        if truth is not None and reconstruction is not None:
            other = reconstruction.ecg
            if (truth.rate, truth.n_samples) != (other.rate, other.n_samples):
                raise ValueError(
                    f"truth has {truth.n_samples} at {truth.rate} Hz, estimate {other.n_samples} at "
                    f"{other.rate} Hz"
                )
        self.truth, self.reconstruction, self.rate = truth, reconstruction, base.rate
        self.first = min(max(0, round(start * base.rate)), base.n_samples - 1)
        self.n = min(base.n_samples - self.first, round(seconds * base.rate))
        self.seconds = self.n / base.rate

    def pieces(self, grid: list[Cell]) -> list[Cell]:
        """The cells with something to show, cut where the source of a lead changes."""
        reconstruction = self.reconstruction
        if reconstruction is None:
            return [cell for cell in grid if self.source(cell)]
        return [
            replace(cell, start=max(cell.start, first), stop=min(cell.stop, stop), begins=first <= cell.start)
            for cell in grid
            for part in parts(reconstruction, cell.lead)
            for first, stop in [((part.first - self.first) / self.rate, (part.stop - self.first) / self.rate)]
            if first < cell.stop and cell.start < stop
        ]

    def source(self, cell: Cell) -> str | None:
        """Measured, derived, estimated, in the middle of a cell; "recorded" where there is no reconstruction;
        None where there is no such lead."""
        if self.reconstruction is None:
            return "recorded" if self.truth is not None and cell.lead in self.truth.leads else None
        middle = self.first + (cell.start + cell.stop) / 2 * self.rate
        of_lead = parts(self.reconstruction, cell.lead)
        return next((part.source for part in of_lead if part.first <= middle < part.stop), of_lead[-1].source)

    def _span(self, cell: Cell) -> slice:
        return slice(
            self.first + round(cell.start * self.rate),
            self.first + min(self.n, round(cell.stop * self.rate) + 1),
        )

    def _offset(self, lead: str) -> float:
        recorded = self.truth is not None and lead in self.truth.leads
        source = self.truth if recorded or self.reconstruction is None else self.reconstruction.ecg
        if source is None:
            raise ValueError(f"nothing to draw of {lead}")
        row = source[lead]
        return float(np.median(row[self.first : self.first + self.n]))

    def true(self, cell: Cell) -> np.ndarray | None:
        """Recorded mV about zero, or None where the lead was not recorded."""
        if self.truth is not None and cell.lead in self.truth.leads:
            return cell.sign * (self.truth[cell.lead][self._span(cell)] - self._offset(cell.lead))
        return self._made(cell) if self.source(cell) == "measured" else None

    def _made(self, cell: Cell) -> np.ndarray:
        return cell.sign * (self.reconstruction.ecg[cell.lead][self._span(cell)] - self._offset(cell.lead))  # type: ignore[union-attr]

    def estimate(self, cell: Cell) -> np.ndarray | None:
        """Reconstructed mV about the same zero; None where the lead is measured."""
        return self._made(cell) if self.source(cell) in ("derived", "estimated") else None

    def half_width(self, cell: Cell) -> np.ndarray | None:
        if self.source(cell) != "estimated":
            return None
        width = self.reconstruction.half_width(cell.lead)  # type: ignore[union-attr]
        return None if width is None else width[self._span(cell)]

    def fitted_until(self, cell: Cell) -> float:
        """Seconds from the left edge up to which this estimate was fitted to what it is shown with; 0 for
        none."""
        if self.reconstruction is None or self.source(cell) != "estimated":
            return 0.0
        stop = min(cell.stop, self.reconstruction.fitted_until - self.first / self.rate)
        return stop if stop - cell.start >= LEAST_FITTED_S else 0.0

    def difference(self, cell: Cell) -> np.ndarray | None:
        """Estimate minus truth of an estimated lead, mV."""
        true, estimate = self.true(cell), self.estimate(cell)
        return (
            None if true is None or estimate is None or self.source(cell) != "estimated" else estimate - true
        )

    def difference_reach(self, grid: list[Cell]) -> dict[int, tuple[float, float]]:
        """mV above and below zero of the differences, by rows that have some."""
        reach: dict[int, tuple[float, float]] = {}
        for cell in grid:
            if (row := self.difference(cell)) is not None:
                up, down = reach.get(cell.row, (0.0, 0.0))
                reach[cell.row] = (max(up, float(row.max())), max(down, -float(row.min())))
        return reach

    def reach(self, row: list[Cell]) -> tuple[float, float]:
        """mV above and below zero that the traces of a row need."""
        traces = [
            trace for cell in row for trace in (self.true(cell), self.estimate(cell)) if trace is not None
        ]
        if not traces:
            return 0.0, 0.0
        return max(float(t.max()) for t in traces), max(-float(t.min()) for t in traces)


def thin(values: np.ndarray, rate: float) -> tuple[np.ndarray, float]:
    """Values for the screen and the seconds between them: the lowest and highest of each stretch, in the
    order they came."""
    step = int(2 * rate // DISPLAY_HZ)
    if step <= 2:
        return values.astype(np.float32), 1 / rate
    n = len(values) // step * step
    blocks = values[:n].reshape(-1, step)
    low, high = blocks.argmin(1), blocks.argmax(1)
    each = np.arange(len(blocks))
    out = np.stack([blocks[each, np.minimum(low, high)], blocks[each, np.maximum(low, high)]], axis=1).ravel()
    return out.astype(np.float32), step / 2 / rate


def _line(
    values: np.ndarray | None,
    shown: _Shown,
    cell: Cell,
    zero: float,
    colour: str,
    width: float,
    dash: str = "solid",
) -> dict[str, Any]:
    assert values is not None
    y, dx = thin(values, shown.rate)
    line = {"color": colour, "width": width, "dash": dash, "simplify": True}
    return {
        "type": "scatter",
        "mode": "lines",
        "x0": cell.start,
        "dx": dx,
        "y": y + np.float32(zero),
        "line": line,
        "hoverinfo": "skip",
    }


def _traces(shown: _Shown, cell: Cell, place: Row, paper: Paper) -> list[dict[str, Any]]:
    zero, drawn = -place.zero / paper.gain, []
    if (true := shown.true(cell)) is not None:
        drawn.append(_line(true, shown, cell, zero, style.TRUTH, 1.1))
    if (estimate := shown.estimate(cell)) is not None:
        source = shown.source(cell) or "estimated"
        drawn.append(_line(estimate, shown, cell, zero, style.SOURCE_COLOUR[source], 1.9, style.DASH[source]))
    return [trace | {"name": cell.label} for trace in drawn]


def _interval(shown: _Shown, cell: Cell, place: Row, paper: Paper) -> list[dict[str, Any]]:
    """Two invisible edges with the interval filled between them."""
    width, estimate = shown.half_width(cell), shown.estimate(cell)
    if width is None or estimate is None:
        return []
    step = max(1, int(shown.rate // 100))
    n = len(estimate) // step * step
    low = (estimate - width)[:n].reshape(-1, step).min(1)
    high = (estimate + width)[:n].reshape(-1, step).max(1)
    common = {
        "type": "scatter",
        "mode": "lines",
        "x0": cell.start + (step - 1) / 2 / shown.rate,
        "dx": step / shown.rate,
    }
    common |= {"line": {"width": 0}, "hoverinfo": "skip"}
    zero = np.float32(-place.zero / paper.gain)
    filled = {"fill": "tonexty", "fillcolor": style.INTERVAL}
    return [
        common | {"y": low.astype(np.float32) + zero},
        common | filled | {"y": high.astype(np.float32) + zero},
    ]


def _outside(shown: _Shown, cell: Cell, place: Row, paper: Paper) -> list[dict[str, Any]]:
    """The estimate underlaid in red where the recorded trace lies outside its interval for SHORTEST_OUTSIDE_S
    or longer."""
    width, estimate, true = shown.half_width(cell), shown.estimate(cell), shown.true(cell)
    if width is None or estimate is None or true is None:
        return []
    outside = _long_runs(np.abs(true - estimate) > width, round(SHORTEST_OUTSIDE_S * shown.rate))
    if not outside.any():
        return []
    step = max(1, int(shown.rate // 100))
    y = np.where(outside, estimate, np.nan)[::step].astype(np.float32) - np.float32(place.zero / paper.gain)
    line = {"color": style.OUTSIDE, "width": 5}
    where = {"x0": cell.start, "dx": step / shown.rate, "y": y, "connectgaps": False}
    return [{"type": "scatter", "mode": "lines", "opacity": 0.45, "line": line, "hoverinfo": "skip"} | where]


def _long_runs(mask: np.ndarray, least: int) -> np.ndarray:
    """The mask without its runs of fewer than ``least`` samples."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    out = np.zeros_like(mask)
    for first, stop in zip(edges[::2], edges[1::2], strict=True):
        out[first:stop] = stop - first >= least
    return out


def _calibration(zeros: list[float], paper: Paper) -> dict[str, Any]:
    """The 1 mV, 200 ms pulse at the left end of each row that has room for it."""
    pulse_s = np.array([0.0, 0.04, 0.04, 0.24, 0.24, PULSE_S]) - PULSE_S
    x, y = [], []
    free = [zero for above, zero in zip([-np.inf, *zeros], zeros, strict=False) if zero - above > paper.gain]
    for zero in free:
        x += [*(pulse_s - 1 / paper.speed).tolist(), None]
        y += [*(np.array([0, 0, 1, 1, 0, 0]) - zero / paper.gain).tolist(), None]
    line = {"color": style.INK, "width": 1.1}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": line,
        "hoverinfo": "skip",
        "name": "1 mV, 200 ms",
    }


class _Taken:
    """Where traces run: per millimetre of time the heights that each of them passes there, in mV."""

    def __init__(self, traces: list[dict[str, Any]], paper: Paper) -> None:
        self.paper = paper
        self.reach: dict[int, list[tuple[float, float]]] = {}
        for trace in traces:
            if "dx" in trace:
                self._add(np.asarray(trace["y"], float), float(trace["x0"]), float(trace["dx"]))

    def _add(self, y: np.ndarray, first: float, step: float) -> None:
        column = np.floor((first + step * np.arange(len(y))) * self.paper.speed).astype(int)
        edges = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
        for at, low, high in zip(
            column[edges], np.fmin.reduceat(y, edges), np.fmax.reduceat(y, edges), strict=True
        ):
            if np.isfinite(low):
                self.reach.setdefault(int(at), []).append((low, high))

    def free(self, first: float, last: float, wide_mm: float, top: float, bottom: float) -> float:
        """The first second from which a text that wide lies on no trace; where there is none, the one with
        the fewest. first, last: s; top, bottom: mV of the text."""
        starts = range(round(first * self.paper.speed), max(1, round(last * self.paper.speed - wide_mm)) + 1)
        best, fewest = first, None
        for at in starts:
            under = sum(
                low < top and bottom < high
                for column in range(at, at + round(wide_mm) + 1)
                for low, high in self.reach.get(column, ())
            )
            if not under:
                return at / self.paper.speed
            if fewest is None or under < fewest:
                best, fewest = at / self.paper.speed, under
        return best


def _label(cell: Cell, shown: _Shown, place: Row, paper: Paper, taken: _Taken) -> dict[str, Any]:
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
    return _text(text, x, -place.top / paper.gain, style.SOURCE_COLOUR[source], 14)


def _strip_label(place: Row, paper: Paper) -> dict[str, Any]:
    assert place.difference is not None
    return _text(
        "estimate − truth", 1 / paper.speed, -(place.difference_top - 0.5) / paper.gain, style.DIFFERENCE, 11
    )


def _enlarged(zoom: float) -> str:
    return "" if zoom == 1 else f"   drawn {zoom:g} times as large"


def _margins(
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
        _text("     ".join(key), left + 1.5 / paper.speed, -0.5 * mm, style.INK, 11.5),
        _text(footer, left + 1.5 / paper.speed, bottom + 1 * mm, style.INK, 11.5, anchor=("left", "bottom")),
        _text(
            NOT_FOR_DIAGNOSIS,
            right - 1.5 / paper.speed,
            bottom + 1 * mm,
            style.INK,
            11.5,
            anchor=("right", "bottom"),
        ),
    ]


def _text(
    text: str, x: float, y: float, colour: str, size: float, anchor: tuple[str, str] = ("left", "top")
) -> dict[str, Any]:
    font = {"color": colour, "size": size, "family": style.FONT}
    where = {"x": x, "y": y, "xanchor": anchor[0], "yanchor": anchor[1], "showarrow": False, "borderpad": 0}
    return where | {"text": text, "font": font, "align": "left"}


def _path(xs: np.ndarray, ys: np.ndarray, extent: tuple[float, float, float, float]) -> str:
    left, right, bottom, top = extent
    upright = (f"M{x:.4f},{bottom:.4f}V{top:.4f}" for x in xs)
    level = (f"M{left:.4f},{y:.4f}H{right:.4f}" for y in ys)
    return "".join((*upright, *level))


def _grid(paper: Paper, extent: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    """Small squares of 1 mm and large ones of 5 mm, counted from time zero and from the top edge."""
    left, right, bottom, top = extent
    shapes = []
    for step_mm, colour, width in ((1.0, style.MINOR, 0.5), (5.0, style.MAJOR, 0.9)):
        dx, dy = step_mm / paper.speed, step_mm / paper.gain
        xs = np.arange(np.ceil(left / dx - 1e-6), np.floor(right / dx + 1e-6) + 1) * dx
        ys = np.arange(np.ceil(bottom / dy - 1e-6), np.floor(top / dy + 1e-6) + 1) * dy
        line = {"color": colour, "width": width}
        shapes.append({"type": "path", "path": _path(xs, ys, extent), "line": line, "layer": "below"})
    return shapes


def _joins(grid: list[Cell], places: list[Row], paper: Paper) -> list[dict[str, Any]]:
    """A short upright mark where one lead ends and the next begins."""
    marks = [(cell.start, places[cell.row].zero) for cell in grid if cell.start > 0]
    path = "".join(
        f"M{x:.4f},{-(zero - 3) / paper.gain:.4f}V{-(zero + 3) / paper.gain:.4f}" for x, zero in marks
    )
    return [{"type": "path", "path": path, "line": {"color": style.INK, "width": 1}}] if path else []


def _fitted(grid: list[Cell], places: list[Row], shown: _Shown, paper: Paper) -> list[dict[str, Any]]:
    """A grey ground where an estimate was fitted to the very trace it is drawn with."""
    ground = {"type": "rect", "line": {"width": 0}, "fillcolor": style.FITTED, "layer": "below"}
    return [
        ground
        | {"x0": cell.start, "x1": until, "y0": -place.top / paper.gain, "y1": -(place.zero + 3) / paper.gain}
        for cell in grid
        for place in [places[cell.row]]
        if (until := shown.fitted_until(cell))
    ]


def _layout(
    paper: Paper,
    extent: tuple[float, float, float, float],
    notes: list[dict[str, Any]],
    joins: list[dict[str, Any]],
    width: float,
    height: float,
) -> dict[str, Any]:
    left, right, bottom, top = extent
    bare = {"visible": False, "zeroline": False, "showgrid": False, "constrain": "domain"}
    return {
        "width": round(width),
        "height": round(height),
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": style.PAPER,
        "font": {"family": style.FONT, "color": style.INK},
        "showlegend": False,
        "hovermode": False,
        "xaxis": bare | {"range": [left, right], "constraintoward": "left"},
        "yaxis": bare
        | {
            "range": [bottom, top],
            "scaleanchor": "x",
            "scaleratio": paper.gain / paper.speed,
            "constraintoward": "top",
        },
        "shapes": [*_grid(paper, extent), *joins],
        "annotations": notes,
    }


def describe(
    truth: Ecg | None, reconstruction: Reconstruction | PartialReconstruction | None, paper: Paper
) -> str:
    """The sheet in one sentence, for those who cannot see it."""
    what = f"ECG paper, {paper.speed:g} mm/s, {paper.gain:g} mm/mV"
    if reconstruction is None:
        return f"{what}: leads {' '.join(truth.leads) if truth else 'none'} as recorded."
    return (
        f"{what}: reconstruction from {' '.join(reconstruction.inputs)} with estimated leads "
        f"{' '.join(reconstruction.estimated) or 'none'}"
        + (" over the recorded ones." if truth is not None else ".")
    )
