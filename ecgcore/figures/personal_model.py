"""Personal models over many recordings: a mark per recording and model, sorted by how well least squares
does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ecgcore.figures import style
from ecgcore.studies.personal_model import USUAL, Cast, Trial, common, of, tried

MARKS = ("circle", "square", "triangle-up")


def recordings_figure(trials: Sequence[Trial], cast: Cast, lead: str = USUAL) -> dict[str, Any]:
    """Mean r of each recording by the models that have a colour and were tried on all recordings shown."""
    models = tried(trials, [name for name in cast.shown if name in cast.colours], lead)
    marks = dict(zip(cast.networks, MARKS, strict=False)) | {cast.reference: "line-ew-open"}
    by_model = {model: of(trials, model, lead) for model in models}
    reference = cast.reference if cast.reference in models else models[0]
    where = sorted(common(trials, models, lead), key=lambda recording: by_model[reference][recording].r)
    names = [record.rpartition("/")[2] for _, record in where]
    data = []
    for model in reversed(models):
        colour, symbol = cast.colours[model], marks.get(model, "diamond-open")
        values = [by_model[model][recording].r for recording in where]
        hover = [
            (
                f"{database} {record}<br>{cast.titles[model]}: r {value:.3f}, "
                f"{by_model[model][(database, record)].rmse_uv:.0f} µV"
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
                "name": cast.titles[model],
                "marker": mark,
                "hoverinfo": "text",
                "hovertext": hover,
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
