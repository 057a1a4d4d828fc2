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

from typing import Any

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.electrodes.correction import correction_notes
from ecgcore.figures import style
from ecgcore.figures.paper.ground import PX_PER_MM, layout_of
from ecgcore.figures.paper.labels import Margins, Taken, enlarged, footer, key, label, strip_label
from ecgcore.figures.paper.sheet import PULSE_S, RIGHT_MM, USUAL, Cell, Paper, Row, breaks, cells, rows
from ecgcore.figures.paper.shown import Shown
from ecgcore.partial import PartialReconstruction

DISPLAY_HZ = 250.0


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
    shown = Shown(truth, reconstruction, start, paper.seconds / zoom)
    grid = shown.pieces(cells(paper, shown.seconds))
    strips = shown.difference_reach(grid) if difference else {}
    n_rows = 1 + max(cell.row for cell in cells(paper, shown.seconds))
    reach = {row: shown.reach([cell for cell in grid if cell.row == row]) for row in range(n_rows)}
    px_per_mm *= zoom
    wide_mm = paper.left_mm + shown.seconds * paper.speed + RIGHT_MM
    drawn = truth if truth is not None or reconstruction is None else reconstruction.ecg
    margins = Margins(
        key(shown, grid, interval, bool(strips)),
        () if drawn is None else correction_notes(drawn),
        footer(paper, filter_text + enlarged(zoom)),
        wide_mm * px_per_mm,
    )
    places, height = rows(paper, n_rows, reach, strips, margins.more_mm(px_per_mm))
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

    taken = Taken([trace for trace in data if trace["mode"] == "lines"], paper)
    notes = [label(cell, shown, places[cell.row], paper, taken) for cell in grid]
    notes += [strip_label(places[row], paper) for row in strips]
    notes += margins.notes(paper, extent)
    layout = layout_of(
        paper,
        extent,
        notes,
        [*_joins(grid, places, paper), *_fitted(grid, places, shown, paper)],
        wide_mm * px_per_mm,
        height * px_per_mm,
    )
    meta = {
        "from": shown.first / shown.rate,
        "breaks": [-cut / paper.gain for cut in breaks(places, paper)],
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
    shown: Shown,
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


def _traces(shown: Shown, cell: Cell, place: Row, paper: Paper) -> list[dict[str, Any]]:
    zero, drawn = -place.zero / paper.gain, []
    estimate = shown.estimate(cell)
    if (true := shown.true(cell)) is not None:
        drawn.append(_line(true, shown, cell, zero, style.TRUTH if estimate is None else style.OVERLAID, 1.1))
    if estimate is not None:
        source = shown.source(cell) or "estimated"
        drawn.append(_line(estimate, shown, cell, zero, style.SOURCE_COLOUR[source], 1.9, style.DASH[source]))
    return [trace | {"name": cell.label} for trace in drawn]


def _interval(shown: Shown, cell: Cell, place: Row, paper: Paper) -> list[dict[str, Any]]:
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


def _outside(shown: Shown, cell: Cell, place: Row, paper: Paper) -> list[dict[str, Any]]:
    """The estimate underlaid in red where the recorded trace lies outside its interval."""
    outside, estimate = shown.outside(cell), shown.estimate(cell)
    if outside is None or estimate is None:
        return []
    step = max(1, int(shown.rate // 100))
    y = np.where(outside, estimate, np.nan)[::step].astype(np.float32) - np.float32(place.zero / paper.gain)
    line = {"color": style.OUTSIDE, "width": 5}
    where = {"x0": cell.start, "dx": step / shown.rate, "y": y, "connectgaps": False}
    return [{"type": "scatter", "mode": "lines", "opacity": 0.45, "line": line, "hoverinfo": "skip"} | where]


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


def _joins(grid: list[Cell], places: list[Row], paper: Paper) -> list[dict[str, Any]]:
    """A short upright mark where one lead ends and the next begins."""
    marks = [(cell.start, places[cell.row].zero) for cell in grid if cell.start > 0]
    path = "".join(
        f"M{x:.4f},{-(zero - 3) / paper.gain:.4f}V{-(zero + 3) / paper.gain:.4f}" for x, zero in marks
    )
    return [{"type": "path", "path": path, "line": {"color": style.INK, "width": 1}}] if path else []


def _fitted(grid: list[Cell], places: list[Row], shown: Shown, paper: Paper) -> list[dict[str, Any]]:
    """A grey ground where an estimate was fitted to the very trace it is drawn with."""
    ground = {"type": "rect", "line": {"width": 0}, "fillcolor": style.FITTED, "layer": "below"}
    return [
        ground
        | {"x0": cell.start, "x1": until, "y0": -place.top / paper.gain, "y1": -(place.zero + 3) / paper.gain}
        for cell in grid
        for place in [places[cell.row]]
        if (until := shown.fitted_until(cell))
    ]


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
