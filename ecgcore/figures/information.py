"""Pictures of the lead information page: tables as coloured cells, curve of sizes, Shapley bars, matrices, the torso of electrodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ecgcore.figures import style
from ecgcore.figures.torso import PLACES, SIDE, outline, triangle
from ecgcore.information import PaperRow, Step
from ecgcore.leads import CHEST, STANDARD, LeadSet

SEQUENTIAL, DIVERGING = "Viridis", [[0.0, "#0072B2"], [0.5, "#FFFFFF"], [1.0, "#D55E00"]]
LOOKS = {"measured": ("#222222", "circle"), "derived": (style.DERIVED, "square"), "estimated": ("#FFFFFF", "circle")}
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#222222")


def table_figure(rows: Sequence[PaperRow], metric: str) -> dict[str, Any]:
    """Input set x chest lead as coloured numbers; measured leads stay empty. metric: "r" or "rmse_uv"."""
    z = [[row.cells.get(lead, np.nan) for lead in CHEST] for row in rows]
    digits = ".2f" if metric == "r" else ".0f"
    text = [["measured" if np.isnan(value) else f"{value:{digits}}" for value in row] for row in z]
    heat = _heat(z, text, list(CHEST), [str(row.inputs) for row in rows], f"Viridis{'' if metric == 'r' else '_r'}", *_ends(z))
    return _plain([heat], 70 + 25 * len(rows), xaxis={"side": "top", "type": "category", "fixedrange": True}, yaxis=_down(), margin={"l": 92, "r": 8, "t": 34, "b": 8})


def _ends(z: Sequence[Sequence[float]]) -> tuple[float, float]:
    return float(np.nanmin(z)), float(np.nanmax(z))


def _heat(z: Any, text: Any, x: list[str], y: list[str], colours: Any, low: float, high: float) -> dict[str, Any]:
    heat = {"type": "heatmap", "z": z, "x": x, "y": y, "text": text, "texttemplate": "%{text}", "textfont": {"size": 11}}
    heat |= {"colorscale": colours, "zmin": low, "zmax": high, "showscale": False, "xgap": 1, "ygap": 1, "hoverongaps": False}
    return heat | {"hovertemplate": "%{y}, %{x}: %{text}<extra></extra>"}


def _down() -> dict[str, Any]:
    return {"autorange": "reversed", "type": "category", "fixedrange": True}


def matrix_figure(matrix: np.ndarray, leads: Sequence[str], beside: Sequence[str] | None = None) -> dict[str, Any]:
    """Correlations with their numbers, blue below zero and orange above."""
    text = [[f"{value:.2f}".replace("-", "−") for value in row] for row in matrix]
    heat = _heat(np.round(matrix, 4), text, list(beside or leads), list(leads), DIVERGING, -1.0, 1.0)
    return _plain([heat], 60 + 30 * len(leads), xaxis={"side": "top", "type": "category", "fixedrange": True}, yaxis=_down(), margin={"l": 44, "r": 8, "t": 34, "b": 8})


def curve_figure(curves: Mapping[str, Sequence[Step]]) -> dict[str, Any]:
    """Knowledge over the number of measured leads, one line a series; each point carries the set's name in its hover text."""
    data = []
    for number, (name, steps) in enumerate(curves.items()):
        colour = PALETTE[number % len(PALETTE)]
        line = {"type": "scatter", "mode": "lines+markers", "name": name, "x": [len(step.leads) for step in steps]}
        line |= {"y": [100 * step.value for step in steps], "line": {"color": colour, "width": 2, "dash": "solid" if number == 0 else "dot"}}
        line |= {"hovertext": [str(step.leads) for step in steps], "hovertemplate": "%{hovertext}: %{y:.1f} %<extra></extra>"}
        data.append(line | {"marker": {"size": 8, "symbol": ("circle", "diamond", "square")[number % 3]}})
    axis = {"title": {"text": "measured leads"}, "dtick": 1, "gridcolor": "#EEEEEE"}
    y = {"title": {"text": "power explained, %"}, "gridcolor": "#DDDDDD"}
    return _plain(data, 340, xaxis=axis, yaxis=y, legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0.0})


def shares_figure(series: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Shapley values (0-1 of all power) per lead, one colour a series."""
    data = []
    for number, (name, values) in enumerate(series.items()):
        bar = {"type": "bar", "name": name, "x": list(values), "y": [100 * value for value in values.values()]}
        data.append(bar | {"marker": {"color": PALETTE[number % len(PALETTE)]}, "hovertemplate": "%{x} %{y:.1f} %<extra>" + name + "</extra>"})
    y = {"title": {"text": "Shapley value, % of power"}, "gridcolor": "#DDDDDD", "zerolinecolor": style.INK}
    return _plain(data, 340, yaxis=y, barmode="group", legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0.0})


def torso_figure(sources: Mapping[str, str], words: Mapping[str, str]) -> dict[str, Any]:
    """The twelve leads at their electrodes: filled if measured, a square if it follows exactly, hollow if estimated; words beside each.

    sources: lead -> "measured", "derived", "estimated". A point's customdata is its lead, for ticking by a click.
    """
    data, notes = [triangle()], []
    for source, (colour, symbol) in LOOKS.items():
        leads = [lead for lead in PLACES if sources.get(lead) == source]
        point = {"type": "scatter", "mode": "markers", "name": source, "x": [PLACES[lead][0] for lead in leads], "y": [PLACES[lead][1] for lead in leads]}
        point |= {"marker": {"size": 17, "color": colour, "symbol": symbol, "line": {"color": "#222222", "width": 1.5}, "opacity": 1}}
        point |= {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}
        data.append(point | {"customdata": leads, "hoverinfo": "text", "hovertext": [f"{lead} · {source}" for lead in leads]})
        for lead in leads:
            right, up = SIDE.get(lead, (0, 1))
            note = {"x": PLACES[lead][0], "y": PLACES[lead][1], "xshift": 13 * right, "yshift": 12 * up, "showarrow": False, "borderpad": 0}
            note |= {"xanchor": {-1: "right", 0: "center", 1: "left"}[right], "yanchor": {-1: "top", 0: "middle", 1: "bottom"}[up]}
            notes.append(note | {"text": f"<b>{lead}</b> {words.get(lead, '')}", "font": {"size": 11, "color": style.INK, "family": style.FONT}})
    bare = {"visible": False, "fixedrange": True}
    figure = _plain(data, 470, shapes=[outline()], annotations=notes, legend={"orientation": "h", "y": 0.0, "yanchor": "top", "x": 0.1})
    figure["layout"] |= {"xaxis": bare | {"range": [-17, 17]}, "yaxis": bare | {"range": [-18.5, 18], "scaleanchor": "x"}, "clickmode": "event+select"}
    return figure | {"layout": figure["layout"] | {"margin": {"l": 0, "r": 0, "t": 4, "b": 24}}}


def pair_figure(traces: Mapping[str, np.ndarray], rate: float, colours: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Traces (n,) in mV below one another or, with the same colour map, over one another, on plain axes in s and mV."""
    data = []
    for number, (name, values) in enumerate(traces.items()):
        look = {"color": (colours or {}).get(name, style.TRUTH), "width": 1.3, "dash": "solid" if number == 0 else "dot"}
        data.append({"type": "scatter", "mode": "lines", "name": name, "x0": 0, "dx": 1 / rate, "y": np.asarray(values, np.float32), "line": look, "hoverinfo": "skip"})
    axis = {"title": {"text": "s"}, "gridcolor": "#F0D8D8", "fixedrange": True}
    return _plain(data, 210, xaxis=axis, yaxis={"title": {"text": "mV"}, "gridcolor": "#F0D8D8", "fixedrange": True}, showlegend=len(traces) > 1)


def sources_of(inputs: LeadSet) -> dict[str, str]:
    """How each of the twelve leads is known from these."""
    return {lead: "measured" if lead in inputs else "derived" if lead in inputs.derived else "estimated" for lead in STANDARD}


def _plain(data: list[dict[str, Any]], height: int, **layout: Any) -> dict[str, Any]:
    usual = {"height": height, "margin": {"l": 52, "r": 12, "t": 30, "b": 40}, "paper_bgcolor": "#FFFFFF", "plot_bgcolor": "#FFFFFF"}
    usual |= {"font": {"family": style.FONT, "color": style.INK, "size": 12}, "dragmode": False}
    return {"data": data, "layout": usual | layout}
