"""What a reference recording adds to each lead: generic and personal r, joined by a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ecgcore.figures import style
from ecgcore.leads import INDEPENDENT
from ecgcore.studies.reference import LeadGain

COLOURS = {"generic": style.ESTIMATE, "personal": "#009E73"}


def person_figure(gains: Sequence[LeadGain]) -> dict[str, Any]:
    """One row a lead: an open mark for the generic estimate, a full one for the personal estimate."""
    rows = sorted(gains, key=lambda gain: INDEPENDENT.index(gain.lead))
    leads = [gain.lead for gain in rows]
    generic, personal = ([gain.values[name, "r"] for gain in rows] for name in ("generic", "personal"))
    joins: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "x": [x for pair in zip(generic, personal, strict=True) for x in (*pair, None)],
        "y": [y for lead in leads for y in (lead, lead, None)],
        "line": {"color": "#999999", "width": 2},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    marks = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"{name} estimate",
            "x": values,
            "y": leads,
            "marker": {"size": 11, "color": COLOURS[name], "symbol": symbol, "line": {"width": 2}},
            "hovertemplate": f"%{{y}}, {name}: r %{{x:.3f}}<extra></extra>",
        }
        for name, values, symbol in (
            ("generic", generic, "circle-open"),
            ("personal", personal, "circle"),
        )
    ]
    low = min([0.5, *(value - 0.03 for value in generic + personal)])
    return style.plain(
        [joins, *marks],
        110 + 26 * len(leads),
        xaxis={
            "title": {"text": "mean r"},
            "range": [low, 1.0],
            "side": "top",
            "gridcolor": "rgba(128,128,128,0.2)",
        },
        yaxis={"autorange": "reversed", "type": "category", "fixedrange": True},
        margin={"l": 44, "r": 8, "t": 60, "b": 34},
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "x": 0.0},
    )


def describe_person(gains: Sequence[LeadGain]) -> str:
    """The figure in one sentence."""
    return "Mean r of each lead, generic to personal estimate: " + "; ".join(
        f"{gain.lead} {gain.values['generic', 'r']:.3f} to {gain.values['personal', 'r']:.3f}"
        for gain in gains
    )
