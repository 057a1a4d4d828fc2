"""Loss over epochs of a training, on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SERIES = {
    "train_loss": ("trained on", "#000000", "solid"),
    "validation_loss": ("validation", "#0072B2", "dot"),
}


def loss_figure(history: Sequence[dict[str, float]], epochs: int) -> dict[str, Any]:
    """A plotly figure. history: rows with "epoch" and losses; epochs: how many there will be at most."""
    traces = []
    for name, (title, colour, dash) in SERIES.items():
        points = [(row["epoch"], row[name]) for row in history if name in row]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if len(points) < 3 else "lines",
                "name": title,
                "x": [epoch for epoch, _ in points],
                "y": [loss for _, loss in points],
                "line": {"color": colour, "dash": dash, "width": 2},
            }
        )
    layout = {
        "height": 230,
        "margin": {"l": 60, "r": 10, "t": 10, "b": 40},
        "xaxis": {"title": {"text": "epoch"}, "range": [0, max(1, epochs)]},
        "yaxis": {"title": {"text": "loss, scaled units²"}, "type": "log", "exponentformat": "e"},
        "legend": {"x": 1, "xanchor": "right", "y": 1},
        "plot_bgcolor": "#FFFFFF",
        "paper_bgcolor": "#FFFFFF",
        "font": {"color": "#222222"},
    }
    return {"data": traces, "layout": layout}
