"""Personal models over many recordings: a mark per recording and model, sorted by how well least squares
does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecgcore.figures import style
from ecgcore.studies.personal_model import TITLES, USUAL, Trial, common, of, shown

LOOK: Mapping[str, tuple[str, str]] = {
    "cr": ("#0072B2", "circle"),
    "cf": ("#D55E00", "square"),
    "least-squares": ("#000000", "line-ew-open"),
    "any-subset": ("#009E73", "diamond-open"),
}
"""Models drawn, with colour and mark; the last drawn lies on top."""


def recordings_figure(trials: Sequence[Trial], lead: str = USUAL) -> dict[str, Any]:
    """Mean r of each recording by the models of ``LOOK`` that were tried on all recordings shown."""
    models = [model for model in LOOK if model in shown(trials, lead)]
    found = {model: of(trials, model, lead) for model in models}
    reference = "least-squares" if "least-squares" in models else models[0]
    where = sorted(common(trials, models, lead), key=lambda one: found[reference][one].r)
    names = [record.rpartition("/")[2] for _, record in where]
    data = []
    for model in reversed(models):
        colour, symbol = LOOK[model]
        values = [found[model][one].r for one in where]
        said = [
            (
                f"{database} {record}<br>{TITLES[model]}: r {value:.3f}, "
                f"{found[model][(database, record)].rmse_uv:.0f} µV"
            )
            for (database, record), value in zip(where, values, strict=True)
        ]
        mark = {
            "color": colour,
            "symbol": symbol,
            "size": 11 if "line" in symbol else 8,
            "line": {"width": 2, "color": colour},
        }
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": names,
                "y": values,
                "name": TITLES[model],
                "marker": mark,
                "hoverinfo": "text",
                "hovertext": said,
            }
        )
    layout = {
        "height": 340,
        "margin": {"l": 60, "r": 10, "t": 40, "b": 70},
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
        "font": {"family": style.FONT, "color": style.INK, "size": 12},
        "xaxis": {"type": "category", "tickangle": -60, "gridcolor": "#EEEEEE"},
        "yaxis": {
            "title": {"text": f"mean r, from {lead}"},
            "gridcolor": "#EEEEEE",
            "range": [min(0.0, _lowest(data)) - 0.03, 1.02],
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "reversed"},
    }
    return {"data": data, "layout": layout}


def _lowest(data: list[dict[str, Any]]) -> float:
    return min((value for trace in data for value in trace["y"]), default=0.0)
