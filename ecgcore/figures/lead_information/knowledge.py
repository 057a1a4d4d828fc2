"""How much a set of leads leaves unknown: curves over sets, shares and gains of single leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ecgcore.figures import style
from ecgcore.figures.lead_information.common import GAIN, PALETTE
from ecgcore.figures.lead_information.maps import _down
from ecgcore.studies.lead_information.lead_sets import Step


def curve_figure(curves: Mapping[str, Sequence[Step]]) -> dict[str, Any]:
    """Knowledge over the number of input leads, one line a series, with intervals; each point carries the
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
    axis: dict[str, Any] = {"title": {"text": "input leads"}, "dtick": 1, "gridcolor": "#EEEEEE"}
    y: dict[str, Any] = {"title": {"text": "power explained, %"}, "gridcolor": "#DDDDDD"}
    return style.plain(
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
    return style.plain(
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
    return style.plain(
        [bar],
        70 + 21 * len(steps),
        xaxis=axis,
        yaxis=_down(),
        margin={"l": 40, "r": 8, "t": 4, "b": 40},
        bargap=0.25,
    )
