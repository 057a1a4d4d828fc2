"""Tables and matrices of what leads say about one another: published tables, pairs of leads, ours beside
theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ecgcore.evaluation.statistics import Interval
from ecgcore.figures import style
from ecgcore.figures.lead_information.common import PALETTE
from ecgcore.leads import CHEST, LeadSet
from ecgcore.studies.published.gradowski_tables import Beside, PaperRow

DIVERGING = [[0.0, "#0072B2"], [0.5, "#FFFFFF"], [1.0, "#D55E00"]]


def table_figure(rows: Sequence[PaperRow], metric: str, marked: LeadSet | None = None) -> dict[str, Any]:
    """Input set x chest lead as coloured numbers, the means over its targets in words on the right, as the
    paper has it.

    Input leads stay empty. metric: "r" or "rmse_uv". marked: an input set to point at.
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
    return style.plain(
        data,
        64 + 24 * len(rows),
        xaxis=axis,
        yaxis=_down() | {"showgrid": False},
        margin={"l": 96, "r": 4, "t": 42, "b": 4},
    )


COLUMNS_AT = (7.0, 8.8, 10.7)


def _between(interval: Interval, digits: str) -> str:
    return f"{interval.value:{digits}} [{interval.low:{digits}}, {interval.high:{digits}}]"


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
    return style.plain(
        [heat],
        60 + 30 * len(leads),
        xaxis={"side": "top", "type": "category", "fixedrange": True},
        yaxis=_down(),
        margin={"l": 44, "r": 8, "t": 34, "b": 8},
    )


def beside_figure(rows: Sequence[Beside], titles: Mapping[str, str], metric: str) -> dict[str, Any]:
    """Several models on the same input sets and leads: a mark with its interval for each, one set a line."""
    data = []
    for number, (name, title) in enumerate(titles.items()):
        there = [row for row in rows if name in row.means]
        if not there:
            continue
        intervals = [row.means[name] for row in there]
        mark: dict[str, Any] = {
            "type": "scatter",
            "mode": "markers",
            "name": title,
            "y": [str(row.inputs) for row in there],
            "x": [interval.value for interval in intervals],
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
            "array": [interval.high - interval.value for interval in intervals],
            "arrayminus": [interval.value - interval.low for interval in intervals],
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
    return style.plain(
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
    return style.plain(
        [heat],
        300,
        xaxis={"side": "top", "type": "category", "fixedrange": True},
        yaxis=_down(),
        margin={"l": 40, "r": 8, "t": 30, "b": 8},
    )
