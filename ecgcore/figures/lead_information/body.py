"""The electrodes on a chest, by source and quality of each lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ecgcore.figures import style
from ecgcore.figures.lead_information.common import GAIN
from ecgcore.figures.torso import PLACES, SIDE, outline, triangle
from ecgcore.leads import STANDARD, LeadSet

LOOKS = {
    "measured": ("#222222", "circle"),
    "derived": (style.DERIVED, "square"),
    "estimated": ("#FFFFFF", "circle"),
}


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
    figure = style.plain(
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
