"""Pictures of the lead information page: tables as coloured cells, curve of sizes, Shapley bars, matrices,
the torso of electrodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ecgcore.evaluation.statistics import Interval
from ecgcore.figures import style
from ecgcore.figures.torso import PLACES, SIDE, outline, triangle
from ecgcore.leads import CHEST, STANDARD, LeadSet
from ecgcore.studies.lead_information.lead_sets import Step
from ecgcore.studies.published.gradowski_tables import Beside, PaperRow

SEQUENTIAL, DIVERGING = "Viridis", [[0.0, "#0072B2"], [0.5, "#FFFFFF"], [1.0, "#D55E00"]]
GAIN = "#009E73"
LOOKS = {
    "measured": ("#222222", "circle"),
    "derived": (style.DERIVED, "square"),
    "estimated": ("#FFFFFF", "circle"),
}
PALETTE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#222222",
    "#E69F00",
    "#6A3D9A",
    "#8C564B",
    "#7F7F7F",
    "#A6761D",
    "#1B9E9E",
)


def table_figure(rows: Sequence[PaperRow], metric: str, marked: LeadSet | None = None) -> dict[str, Any]:
    """Input set x chest lead as coloured numbers, the means over its targets in words on the right, as the
    paper has it.

    Measured leads stay empty. metric: "r" or "rmse_uv". marked: an input set to point at.
    """
    z = [[row.cells.get(lead, np.nan) for lead in CHEST] for row in rows]
    digits = ".2f" if metric == "r" else ".0f"
    text = [["·" if np.isnan(value) else f"{value:{digits}}" for value in row] for row in z]
    names = [f"<b>▸ {row.inputs}</b>" if row.inputs == marked else str(row.inputs) for row in rows]
    heat = _heat(
        z, text, list(range(len(CHEST))), names, f"Viridis{'' if metric == 'r' else '_r'}", *_ends(z)
    )
    heat["hovertemplate"] = "%{y}: %{text}<extra></extra>"
    fine = ".3f" if metric == "r" else ".0f"
    columns = [
        [_between(row.own, fine) for row in rows],
        [f"{row.median:{fine}}" for row in rows],
        [_between(row.common, fine) for row in rows],
    ]
    data = [heat]
    for x, words in zip(COLUMNS_AT, columns, strict=True):
        data.append(
            {
                "type": "scatter",
                "mode": "text",
                "x": [x] * len(rows),
                "y": names,
                "text": words,
                "textposition": "middle center",
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    for column in data[1:]:
        column["textfont"] = {"size": 11, "color": style.INK}
    heads = ["<b>own targets</b><br>mean", "<br>median", "<b>common targets</b><br>mean"]
    axis: dict[str, Any] = {
        "side": "top",
        "fixedrange": True,
        "range": [-0.5, 12.1],
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
    }
    axis |= {
        "tickvals": [*range(len(CHEST)), *COLUMNS_AT],
        "ticktext": [*(f"<b>{lead}</b>" for lead in CHEST), *heads],
    }
    return _plain(
        data,
        64 + 24 * len(rows),
        xaxis=axis,
        yaxis=_down() | {"showgrid": False},
        margin={"l": 96, "r": 4, "t": 42, "b": 4},
    )


COLUMNS_AT = (7.0, 8.8, 10.7)


def _between(found: Interval, digits: str) -> str:
    return f"{found.value:{digits}} [{found.low:{digits}}, {found.high:{digits}}]"


def _ends(z: Sequence[Sequence[float]]) -> tuple[float, float]:
    return float(np.nanmin(z)), float(np.nanmax(z))


def _heat(
    z: Any, text: Any, x: Sequence[Any], y: list[str], colours: Any, low: float, high: float
) -> dict[str, Any]:
    heat: dict[str, Any] = {
        "type": "heatmap",
        "z": z,
        "x": x,
        "y": y,
        "text": text,
        "texttemplate": "%{text}",
        "textfont": {"size": 11},
    }
    heat |= {
        "colorscale": colours,
        "zmin": low,
        "zmax": high,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hoverongaps": False,
    }
    return heat | {"hovertemplate": "%{y}, %{x}: %{text}<extra></extra>"}


def _down() -> dict[str, Any]:
    return {"autorange": "reversed", "type": "category", "fixedrange": True}


def matrix_figure(
    matrix: np.ndarray, leads: Sequence[str], beside: Sequence[str] | None = None
) -> dict[str, Any]:
    """Correlations with their numbers, blue below zero and orange above."""
    text = [[f"{value:.2f}".replace("-", "−") for value in row] for row in matrix]
    heat = _heat(np.round(matrix, 4), text, list(beside or leads), list(leads), DIVERGING, -1.0, 1.0)
    return _plain(
        [heat],
        60 + 30 * len(leads),
        xaxis={"side": "top", "type": "category", "fixedrange": True},
        yaxis=_down(),
        margin={"l": 44, "r": 8, "t": 34, "b": 8},
    )


def curve_figure(curves: Mapping[str, Sequence[Step]]) -> dict[str, Any]:
    """Knowledge over the number of measured leads, one line a series, with intervals; each point carries the
    set's name in its hover text."""
    data = []
    for number, (name, steps) in enumerate(curves.items()):
        colour = PALETTE[number % len(PALETTE)]
        line: dict[str, Any] = {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": [len(step.leads) for step in steps],
        }
        line |= {
            "y": [100 * step.value for step in steps],
            "line": {"color": colour, "width": 2, "dash": "solid" if number == 0 else "dot"},
        }
        line |= {
            "hovertext": [str(step.leads) for step in steps],
            "hovertemplate": "%{hovertext}: %{y:.1f} %<extra></extra>",
        }
        if number == 0:
            line["error_y"] = _whiskers(
                [step.value for step in steps], [step.range for step in steps], colour
            )
        symbol = ("circle", "diamond-open", "square")[number % 3]
        data.append(line | {"marker": {"size": (8, 12, 8)[number % 3], "symbol": symbol}})
    axis: dict[str, Any] = {"title": {"text": "measured leads"}, "dtick": 1, "gridcolor": "#EEEEEE"}
    y: dict[str, Any] = {"title": {"text": "power explained, %"}, "gridcolor": "#DDDDDD"}
    return _plain(
        data, 330, xaxis=axis, yaxis=y, legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0.0}
    )


def _whiskers(values: Sequence[float], ranges: Sequence[tuple[float, float]], colour: str) -> dict[str, Any]:
    """Error bars in percent; values and ranges are parts of 1."""
    up, down = [], []
    for value, (low, high) in zip(values, ranges, strict=True):
        up.append(None if np.isnan(high) else 100 * max(0.0, high - value))
        down.append(None if np.isnan(low) else 100 * max(0.0, value - low))
    return {
        "type": "data",
        "symmetric": False,
        "array": up,
        "arrayminus": down,
        "thickness": 1.2,
        "width": 3,
        "color": colour,
    }


def shares_figure(
    series: Mapping[str, Mapping[str, float]], ranges: Mapping[str, Mapping[str, tuple[float, float]]]
) -> dict[str, Any]:
    """Shapley values (0-1 of all power) per lead with intervals, one colour a series."""
    data = []
    for number, (name, values) in enumerate(series.items()):
        bar: dict[str, Any] = {
            "type": "bar",
            "name": name,
            "x": list(values),
            "y": [100 * value for value in values.values()],
        }
        bar["error_y"] = _whiskers(list(values.values()), [ranges[name][lead] for lead in values], style.INK)
        data.append(
            bar
            | {
                "marker": {"color": PALETTE[number % len(PALETTE)]},
                "hovertemplate": "%{x} %{y:.1f} %<extra>" + name + "</extra>",
            }
        )
    y: dict[str, Any] = {
        "title": {"text": "Shapley value, % of power"},
        "gridcolor": "#DDDDDD",
        "zerolinecolor": style.INK,
    }
    legend: dict[str, Any] = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0.0}
    return _plain(
        data,
        330,
        yaxis=y,
        xaxis={"type": "category"},
        barmode="group",
        legend=legend,
        showlegend=len(data) > 1,
    )


def gains_figure(steps: Sequence[Step]) -> dict[str, Any]:
    """What each lead that could be added brings, in percentage points, with intervals; the best on top."""
    values = [step.gain for step in steps]
    bar: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "y": [f"<b>{step.added}</b>" for step in steps],
        "x": [100 * value for value in values],
    }
    bar["error_x"] = _whiskers(values, [step.gain_range for step in steps], style.INK)
    colours = [GAIN if number == 0 else "#B5CFE3" for number in range(len(steps))]
    bar |= {"marker": {"color": colours}, "hovertemplate": "%{y} +%{x:.1f} points<extra></extra>"}
    axis: dict[str, Any] = {
        "title": {"text": "percentage points of power gained"},
        "gridcolor": "#EEEEEE",
        "zerolinecolor": style.INK,
        "fixedrange": True,
    }
    return _plain(
        [bar],
        70 + 21 * len(steps),
        xaxis=axis,
        yaxis=_down(),
        margin={"l": 40, "r": 8, "t": 4, "b": 40},
        bargap=0.25,
    )


def beside_figure(rows: Sequence[Beside], titles: Mapping[str, str], metric: str) -> dict[str, Any]:
    """Several models on the same input sets and leads: a mark with its interval for each, one set a line."""
    data = []
    for number, (name, title) in enumerate(titles.items()):
        there = [row for row in rows if name in row.found]
        if not there:
            continue
        found = [row.found[name] for row in there]
        mark: dict[str, Any] = {
            "type": "scatter",
            "mode": "markers",
            "name": title,
            "y": [str(row.inputs) for row in there],
            "x": [one.value for one in found],
        }
        mark |= {
            "marker": {
                "color": PALETTE[number % len(PALETTE)],
                "symbol": ("circle", "diamond", "square", "cross")[number % 4],
                "size": 8,
            }
        }
        error: dict[str, Any] = {
            "type": "data",
            "symmetric": False,
            "thickness": 1.2,
            "width": 3,
            "color": PALETTE[number % len(PALETTE)],
        }
        mark["error_x"] = error | {
            "array": [one.high - one.value for one in found],
            "arrayminus": [one.value - one.low for one in found],
        }
        data.append(
            mark
            | {
                "hovertemplate": "%{y}: %{x:.3f}<extra>" + title + "</extra>"
                if metric == "r"
                else "%{y}: %{x:.0f} µV<extra>" + title + "</extra>"
            }
        )
    axis: dict[str, Any] = {
        "title": {"text": "mean r" if metric == "r" else "mean RMSE, µV"},
        "gridcolor": "#EEEEEE",
        "zeroline": False,
        "side": "top",
    }
    y = _down() | {
        "gridcolor": "#F3F3F3",
        "categoryorder": "array",
        "categoryarray": [str(row.inputs) for row in rows],
    }
    below = 20 + 21 * -(-len(data) // 2)
    return _plain(
        data,
        70 + below + 21 * len(rows),
        xaxis=axis,
        yaxis=y,
        margin={"l": 96, "r": 8, "t": 60, "b": below},
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "x": 0.0},
    )


def pairs_figure(values: np.ndarray, base: LeadSet) -> dict[str, Any]:
    """(6, 6) knowledge (0-1) of the base with every pair of chest leads; on the diagonal with one."""
    text = [[f"{100 * value:.1f}" for value in row] for row in values]
    heat = _heat(
        100 * values,
        text,
        list(CHEST),
        list(CHEST),
        "Viridis",
        *(100 * end for end in _ends(values.tolist())),
    )
    heat["hovertemplate"] = f"{base}+%{{y}}+%{{x}}: %{{text}} %<extra></extra>"
    return _plain(
        [heat],
        300,
        xaxis={"side": "top", "type": "category", "fixedrange": True},
        yaxis=_down(),
        margin={"l": 40, "r": 8, "t": 30, "b": 8},
    )


def torso_figure(
    sources: Mapping[str, str],
    words: Mapping[str, str],
    quality: Mapping[str, float] | None = None,
    best: str = "",
) -> dict[str, Any]:
    """The twelve leads at their electrodes: filled if measured, a square if it follows exactly, a ring if
    estimated; words beside each.

    sources: lead -> "measured", "derived", "estimated". quality: r (0-1) of estimated leads, shown as colour.
    best: a lead to point at as the next to add. A point's customdata is its lead, for ticking by a click.
    """
    data, notes, quality = [triangle()], [], quality or {}
    for source, (colour, symbol) in LOOKS.items():
        leads = [lead for lead in PLACES if sources.get(lead) == source]
        point: dict[str, Any] = {
            "type": "scatter",
            "mode": "markers",
            "name": {"derived": "exact"}.get(source, source),
        }
        point |= {"x": [PLACES[lead][0] for lead in leads], "y": [PLACES[lead][1] for lead in leads]}
        marker: dict[str, Any] = {
            "size": 18,
            "color": colour,
            "symbol": symbol,
            "line": {"color": "#222222", "width": 1.5},
            "opacity": 1,
        }
        if source == "estimated" and any(lead in quality for lead in leads):
            bar: dict[str, Any] = {
                "title": {"text": "mean r", "font": {"size": 11}},
                "thickness": 9,
                "len": 0.3,
                "x": 0.0,
                "y": 0.2,
                "tickfont": {"size": 10},
                "nticks": 4,
            }
            marker |= {
                "color": [quality.get(lead, np.nan) for lead in leads],
                "colorscale": "YlGnBu",
                "cmin": 0.6,
                "cmax": 1.0,
                "colorbar": bar,
            }
        point |= {
            "marker": marker,
            "selected": {"marker": {"opacity": 1}},
            "unselected": {"marker": {"opacity": 1}},
        }
        data.append(
            point
            | {
                "customdata": leads,
                "hoverinfo": "text",
                "hovertext": [f"{lead} · {source}" for lead in leads],
            }
        )
        notes += [_place_note(lead, words.get(lead, "")) for lead in leads]
    if best:
        ring: dict[str, Any] = {
            "type": "scatter",
            "mode": "markers",
            "name": "add next",
            "x": [PLACES[best][0]],
            "y": [PLACES[best][1]],
            "hoverinfo": "skip",
        }
        data.insert(
            1,
            ring
            | {
                "marker": {"size": 32, "color": "rgba(0,158,115,0.25)", "line": {"color": GAIN, "width": 2.5}}
            },
        )
    bare: dict[str, Any] = {"visible": False, "fixedrange": True}
    figure = _plain(
        data,
        490,
        shapes=[outline()],
        annotations=notes,
        legend={"orientation": "h", "y": 0.0, "yanchor": "top", "x": 0.02},
    )
    figure["layout"] |= {
        "xaxis": bare | {"range": [-17, 17]},
        "yaxis": bare | {"range": [-18.5, 18], "scaleanchor": "x"},
        "clickmode": "event+select",
    }
    return figure | {"layout": figure["layout"] | {"margin": {"l": 0, "r": 0, "t": 4, "b": 34}}}


def _place_note(lead: str, words: str) -> dict[str, Any]:
    right, up = SIDE.get(lead, (0, 1))
    note: dict[str, Any] = {
        "x": PLACES[lead][0],
        "y": PLACES[lead][1],
        "xshift": 13 * right,
        "yshift": 12 * up,
        "showarrow": False,
        "borderpad": 0,
    }
    note |= {
        "xanchor": {-1: "right", 0: "center", 1: "left"}[right],
        "yanchor": {-1: "top", 0: "middle", 1: "bottom"}[up],
    }
    return note | {
        "text": f"<b>{lead}</b> {words}",
        "font": {"size": 11, "color": style.INK, "family": style.FONT},
    }


def sources_of(inputs: LeadSet) -> dict[str, str]:
    """How each of the twelve leads is known from these."""
    return {
        lead: "measured" if lead in inputs else "derived" if lead in inputs.derived else "estimated"
        for lead in STANDARD
    }


def _plain(data: list[dict[str, Any]], height: int, **layout: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "height": height,
        "margin": {"l": 52, "r": 12, "t": 30, "b": 40},
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
    }
    usual |= {"font": {"family": style.FONT, "color": style.INK, "size": 12}, "dragmode": False}
    return {"data": data, "layout": usual | layout}
