"""Bland-Altman plot: difference against mean, bias and limits with their 95 % intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecgcore.figures import style

if TYPE_CHECKING:
    import pandas as pd

    from ecgcore.studies.measurements import Agreement

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")


def bland_altman_figure(rows: pd.DataFrame, agreement: Agreement, unit: str) -> dict[str, Any]:
    """rows: record, lead, true, other, both measurable. A symbol per lead; shaded: intervals of the bias and
    the limits."""
    data = []
    for number, (lead, part) in enumerate(rows.groupby("lead", sort=False)):
        other, true = part["other"].to_numpy(), part["true"].to_numpy()
        marker = {"color": _COLOURS[number % 6], "symbol": _SYMBOLS[number % 6], "size": 6, "opacity": 0.65}
        points = {
            "x": (other + true) / 2,
            "y": other - true,
            "text": part["record"].to_list(),
            "name": str(lead),
        }
        hover = f"%{{text}} {lead}: %{{y:.0f}} {unit}<extra></extra>"
        data.append(
            {"type": "scatter", "mode": "markers", "marker": marker, "hovertemplate": hover, **points}
        )
    shapes, notes = [], []
    for name, value in (
        ("bias", agreement.bias),
        ("+1.96 SD", agreement.upper),
        ("−1.96 SD", agreement.lower),
    ):
        line = {"color": style.INK, "width": 1.4, "dash": "solid" if name == "bias" else "dash"}
        across = {"xref": "paper", "x0": 0, "x1": 1}
        stripe = {"fillcolor": "rgba(120,120,120,0.22)", "line": {"width": 0}, "layer": "below"}
        shapes += [
            {"type": "line", "y0": value.value, "y1": value.value, "line": line, **across},
            {"type": "rect", "y0": value.low, "y1": value.high, **stripe, **across},
        ]
        text = f"{name} {value.value:.0f} [{value.low:.0f}, {value.high:.0f}]".replace("-", "−")
        notes.append(
            {
                "xref": "paper",
                "x": 1.005,
                "y": value.value,
                "xanchor": "left",
                "text": text,
                "showarrow": False,
                "font": {"size": 11},
            }
        )
    layout = {
        "height": 380,
        "margin": {"l": 60, "r": 150, "t": 10, "b": 44},
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
        "font": {"family": style.FONT, "color": style.INK, "size": 12},
        "xaxis": {
            "title": {"text": f"mean of recorded and reconstructed, {unit}"},
            "gridcolor": "#EEEEEE",
            "zeroline": False,
        },
        "yaxis": {
            "title": {"text": f"reconstructed − recorded, {unit}"},
            "gridcolor": "#EEEEEE",
            "zerolinecolor": "#BBBBBB",
        },
        "legend": {"orientation": "h", "y": 1.08, "x": 0.0},
        "shapes": shapes,
        "annotations": notes,
        "dragmode": False,
    }
    return {"data": data, "layout": layout}
