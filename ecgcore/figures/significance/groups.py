"""Figures of lead significance over many recordings: shares with intervals, and how each group differs from
all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ecgcore.figures import style
from ecgcore.studies.significance.by_diagnosis import ALL, DIAGNOSES, SURE

if TYPE_CHECKING:
    import pandas as pd

LESS, SAME, MORE = "#B35806", "#FFFFFF", "#0072B2"
"""Ends and middle of the colour scale of differences: orange less, blue more; told apart by colour-blind
eyes."""


def groups_figure(table: pd.DataFrame, groups: Sequence[str]) -> dict[str, Any]:
    """Share per lead for several groups with 95 % intervals; the grey stripe is where shares lie if no lead
    is special (first group)."""
    palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"]
    symbols = ["circle", "square", "diamond", "triangle-up", "cross", "x", "star", "pentagon"]
    data, width = [], 0.7 / max(1, len(groups))
    leads: list[str] = []
    for number, group in enumerate(groups):
        part = table[table["group"] == group]
        leads = list(part["lead"])
        place = np.arange(len(leads)) + (number - (len(groups) - 1) / 2) * width
        share, low, high = (100 * part[column].to_numpy() for column in ("share", "low", "high"))
        error: dict[str, Any] = {
            "type": "data",
            "array": high - share,
            "arrayminus": share - low,
            "thickness": 1.2,
            "width": 2,
        }
        marker: dict[str, Any] = {"color": palette[number % 8], "symbol": symbols[number % 8], "size": 7}
        text = [
            f"{lead} {s:.1f} % [{a:.1f}, {b:.1f}]"
            for lead, s, a, b in zip(leads, share, low, high, strict=True)
        ]
        name = f"{group} (n = {int(part['records'].iloc[0])})"
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": place,
                "y": share,
                "error_y": error,
                "marker": marker,
                "name": name,
                "hoverinfo": "text",
                "hovertext": text,
            }
        )
    first = table[table["group"] == groups[0]].iloc[0]
    stripe: dict[str, Any] = {
        "type": "rect",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": 100 * first["chance_low"],
        "y1": 100 * first["chance_high"],
    }
    stripe |= {"fillcolor": "rgba(120,120,120,0.25)", "line": {"width": 0}, "layer": "below"}
    axis: dict[str, Any] = {
        "tickvals": list(range(len(leads))),
        "ticktext": leads,
        "gridcolor": "#EEEEEE",
        "zeroline": False,
    }
    y: dict[str, Any] = {
        "title": {"text": "share, %"},
        "gridcolor": "#DDDDDD",
        "zeroline": True,
        "zerolinecolor": style.INK,
    }
    return style.plain(
        data,
        400,
        xaxis=axis,
        yaxis=y,
        shapes=[stripe],
        legend={"orientation": "h", "y": -0.12, "yanchor": "top", "x": 0.0},
    )


def differences_figure(table: pd.DataFrame, groups: Sequence[str]) -> dict[str, Any]:
    """A row per group, a column per lead: the share in figures, its difference from all other recordings' in
    colour.

    table: one question, mode and measure. Groups that differ more than chance are written bold, with n and
    the corrected p beside.
    """
    rows = [table[table["group"] == group] for group in groups]
    leads = list(rows[0]["lead"])
    share = np.array([100 * part["share"].to_numpy() for part in rows])
    away = np.array([100 * (part["share"] - part["others"]).to_numpy() for part in rows])
    away[[group == ALL for group in groups]] = 0.0  # of nobody else, so neutral
    end = max(0.5, float(np.nanmax(np.abs(away), initial=0.0)))
    interval = [
        [f"{100 * a:.1f} to {100 * b:.1f} %" for a, b in zip(part["low"], part["high"], strict=True)]
        for part in rows
    ]
    cells: dict[str, Any] = {
        "type": "heatmap",
        "x": leads,
        "y": list(groups),
        "z": away,
        "text": [[f"{value:.1f}" for value in row] for row in share],
    }
    cells |= {
        "texttemplate": "%{text}",
        "textfont": {"size": 11},
        "xgap": 1,
        "ygap": 1,
        "zmid": 0.0,
        "zmin": -end,
        "zmax": end,
    }
    bar: dict[str, Any] = {
        "title": {"text": "points<br>from all<br>others", "font": {"size": 11}},
        "thickness": 10,
        "len": 0.6,
        "tickfont": {"size": 10},
        "x": 1.16,
    }
    cells |= {"colorscale": [[0.0, LESS], [0.5, SAME], [1.0, MORE]], "colorbar": bar, "customdata": interval}
    cells |= {
        "hovertemplate": "%{y} %{x}: %{text} % [%{customdata}], %{z:+.1f} points from all others"
        "<extra></extra>"
    }
    notes, names = [], []
    for group, part in zip(groups, rows, strict=True):
        p = float(part["p_group_corrected"].iloc[0])
        name = f"{group} {DIAGNOSES.get(group, '')}".strip() if group != ALL else "all recordings"
        names.append(f"<b>{name}</b>" if p < SURE else name)
        hover = (
            ""
            if np.isnan(p)
            else "p < .001"
            if p < 0.001
            else f"p {p:.3f}".replace("0.", ".")
            if p < 0.9995
            else "p 1"
        )
        notes.append(_beside(group, f"n {int(part['records'].iloc[0])}   {hover}"))
    layout: dict[str, Any] = {
        "xaxis": {"side": "top", "fixedrange": True},
        "annotations": notes,
        "margin": {"l": 265, "r": 190, "t": 30, "b": 10},
    }
    layout["yaxis"] = {
        "autorange": "reversed",
        "tickvals": list(groups),
        "ticktext": names,
        "fixedrange": True,
        "type": "category",
    }
    figure = style.plain([cells], 60 + 24 * len(groups))
    figure["layout"] |= layout
    return figure


def _beside(group: str, text: str) -> dict[str, Any]:
    return {
        "text": text,
        "x": 1.005,
        "xref": "paper",
        "xanchor": "left",
        "y": group,
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": 11, "color": style.INK, "family": style.FONT},
    }
