"""Median beats superimposed with the marks of both: true black, reconstruction blue and dotted, on ECG paper
at 50 mm/s."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ecgcore.figures import style
from ecgcore.figures.paper.ground import PX_PER_MM, layout_of, note
from ecgcore.figures.paper.sheet import Paper
from ecgcore.figures.paper.traces import thin
from ecgcore.measurements import Marks, Measurements

SHOWN = {"p_on": "P", "qrs_on": "QRS", "qrs_off": "J", "t_off": "T end"}
"""Marks drawn: those that intervals are measured between."""
ST_S = 0.06
ST_FILL = "rgba(213, 94, 0, 0.35)"
_PAPER = Paper(speed=50.0)
_FROM_S, _TO_S = -0.30, 0.56
_PANEL_S, _MARK_MM, _LABEL_MM = 0.9, 3.0, 7.0


def medians_figure(
    true: Measurements | None, other: Measurements | None, leads: Sequence[str], columns: int = 6
) -> dict[str, Any]:
    """One panel per lead. Ticks above the beat are the true marks, ticks below it those of the
    reconstruction. Between J and J+60 ms of the recording the difference is shaded."""
    gain, data, notes, shapes, down = _PAPER.gain, [], [], [], 0.0
    for first in range(0, len(leads), columns):
        row = leads[first : first + columns]
        curves = [[None if of is None else _curve(of, lead) for of in (true, other)] for lead in row]
        drawn = [curve for pair in curves for curve in pair if curve is not None]
        up = min(30.0, max([8.0, *(float(curve.max()) * gain for curve in drawn)]))
        low = min(30.0, max([4.0, *(-float(curve.min()) * gain for curve in drawn)]))
        top, zero = down, 5 * np.ceil((down + _LABEL_MM + _MARK_MM + up) / 5)
        down = zero + low + _MARK_MM + 2
        for column, (lead, pair) in enumerate(zip(row, curves, strict=True)):
            left = column * _PANEL_S
            notes.append(note(f"<b>{lead}</b> estimated", left + 0.02, -(top + 1) / gain, style.ESTIMATE, 13))
            looks = (
                {"color": style.TRUTH, "width": 1.3},
                {"color": style.ESTIMATE, "width": 2.0, "dash": "2px,2px"},
            )
            ticks = ((zero - up - _MARK_MM, zero - up), (zero + low, zero + low + _MARK_MM))
            data += _shaded(true, pair, left, zero / gain)
            for of, curve, look, (start, stop) in zip((true, other), pair, looks, ticks, strict=True):
                if of is None or curve is None:
                    continue
                y, dx = thin(curve, of.rate)
                line = {
                    "type": "scatter",
                    "mode": "lines",
                    "x0": left,
                    "dx": dx,
                    "y": y - np.float32(zero / gain),
                    "line": look,
                }
                data.append(line | {"hoverinfo": "skip"})
                shapes += _ticks(
                    of.leads[lead].marks, of, left, -start / gain, -stop / gain, str(look["color"])
                )
    height = 5 * np.ceil((down + 6) / 5)
    width_s = _PANEL_S * min(columns, max(1, len(leads)))
    extent = (-0.04, width_s, -height / gain, 0.0)
    caption = (
        "50 mm/s   10 mm/mV   ticks: P onset, QRS onset, J point, T end; above recorded, below reconstructed "
        "  ● J, ◆ J+60 ms, the difference between them shaded"
    )
    notes.append(note(caption, 0.0, extent[2] + 0.08, style.INK, 11, anchor=("left", "bottom")))
    wide, tall = (extent[1] - extent[0]) * _PAPER.speed * PX_PER_MM, height * PX_PER_MM
    return {"data": data, "layout": layout_of(_PAPER, extent, notes, shapes, wide, tall)}


def _curve(of: Measurements, lead: str) -> np.ndarray | None:
    """(n,) mV of a lead's median beat on view, level at the QRS onset; None where the lead was left out."""
    row = of.leads[lead].median if lead in of.leads else None
    if row is None or of.marks.r is None:
        return None
    centre = round(of.marks.r)
    return row[max(0, centre + round(_FROM_S * of.rate)) : centre + round(_TO_S * of.rate)]


def _shaded(
    true: Measurements | None, pair: list[np.ndarray | None], left: float, zero: float
) -> list[dict[str, Any]]:
    """The area between both curves from J to J+60 ms, its ends marked on the recorded curve."""
    if true is None or true.marks.r is None or true.marks.qrs_off is None or any(row is None for row in pair):
        return []
    recorded, other = (np.asarray(row) for row in pair)
    first = round(true.marks.qrs_off) - max(0, round(true.marks.r) + round(_FROM_S * true.rate))
    last = min(first + round(ST_S * true.rate), len(recorded) - 1, len(other) - 1)
    if not 0 <= first < last:
        return []
    at = left + np.arange(first, last + 1) / true.rate
    x = np.concatenate([at, at[::-1]]).astype(np.float32)
    y = np.concatenate([recorded[first : last + 1], other[first : last + 1][::-1]]).astype(
        np.float32
    ) - np.float32(zero)
    area = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "fill": "toself",
        "fillcolor": ST_FILL,
        "hoverinfo": "skip",
    }
    ends: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "x": [at[0], at[-1]],
        "y": [recorded[first] - zero, recorded[last] - zero],
    }
    ends |= {
        "marker": {"size": 7, "color": style.TRUTH, "symbol": ["circle", "diamond"]},
        "hoverinfo": "skip",
    }
    return [area | {"line": {"width": 0}}, ends]


def _ticks(
    marks: Marks, of: Measurements, left: float, top: float, bottom: float, colour: str
) -> list[dict[str, Any]]:
    times = [at for at in (getattr(marks, name) for name in SHOWN) if at is not None]
    places = [left + (at - (of.marks.r or 0.0)) / of.rate - _FROM_S for at in times]
    line = {"color": colour, "width": 2}
    inside = [x for x in places if left <= x <= left + _TO_S - _FROM_S]
    return [{"type": "line", "x0": x, "x1": x, "y0": top, "y1": bottom, "line": line} for x in inside]


def describe_medians(leads: Sequence[str]) -> str:
    """The figure in one sentence, for those who cannot see it."""
    return (
        f"Median beats of the estimated leads {' '.join(leads)}: true black, reconstruction blue and "
        "dotted, with the marks of both."
    )
