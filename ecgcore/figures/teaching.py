"""Pictures for lessons and the quiz: recorded beside estimated leads in small panes, sums laid over a lead,
two traces to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.evaluation.metrics import lead_metrics
from ecgcore.figures import style
from ecgcore.figures.paper.traces import thin

SMALL_S = 2.5
COLUMNS = 3
SQUARES: dict[str, Any] = {
    "gridcolor": style.MINOR,
    "gridwidth": 0.5,
    "zeroline": False,
    "fixedrange": True,
    "showticklabels": False,
}
"""An axis of ECG paper without numbers."""
IDENTITIES: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "einthoven": ("II", {"I": 1.0, "III": 1.0}),
    "avr": ("aVR", {"I": -0.5, "II": -0.5}),
    "avl": ("aVL", {"I": 1.0, "II": -0.5}),
    "avf": ("aVF", {"II": 1.0, "I": -0.5}),
}
"""Einthoven's law and Goldberger's equations: the lead, and what it is made of."""
FORMULAS = {
    "einthoven": "I + III = II",
    "avr": "−(I + II)/2 = aVR",
    "avl": "I − II/2 = aVL",
    "avf": "II − I/2 = aVF",
}


def panes_figure(
    truth: Ecg,
    reconstruction: Reconstruction,
    leads: Sequence[str],
    start: float = 0.0,
    seconds: float = SMALL_S,
) -> dict[str, Any]:
    """Leads in panes of three columns on ECG paper, recorded in black and estimated in blue, the same mV
    scale in all; r and RMSE over each.

    The numbers are over all of what is on view, the traces show ``seconds`` of it from ``start``.
    """
    first, last = round(start * truth.rate), round((start + seconds) * truth.rate)
    rows = -(-len(leads) // COLUMNS)
    both = {lead: (truth[lead][first:last], reconstruction.ecg[lead][first:last]) for lead in leads}
    low = min(min(trace.min() for trace in pair) for pair in both.values())
    high = max(max(trace.max() for trace in pair) for pair in both.values())
    room = 0.12 * max(high - low, 0.5)
    data, notes, layout = [], [], {}
    for number, (lead, (recorded, estimated)) in enumerate(both.items()):
        row, column = divmod(number, COLUMNS)
        tail = "" if number == 0 else str(number + 1)
        shown = reconstruction.source[lead] != "measured"
        for trace, look, name in (
            (recorded, {"color": style.TRUTH, "width": 1.2}, "recorded"),
            (estimated, _ESTIMATED, "estimated"),
        ):
            if name == "recorded" or shown:
                y, dx = thin(trace, truth.rate)
                line: dict[str, Any] = {
                    "type": "scatter",
                    "mode": "lines",
                    "name": name,
                    "legendgroup": name,
                    "showlegend": number == 0,
                    "x0": 0.0,
                    "dx": dx,
                }
                data.append(
                    line
                    | {"y": y, "line": look, "hoverinfo": "skip", "xaxis": f"x{tail}", "yaxis": f"y{tail}"}
                )
        x = [(column + 0.0) / COLUMNS + 0.005, (column + 1) / COLUMNS - 0.005]
        top = 1 - row / rows
        height = [top - 0.94 / rows, top - 0.0]
        layout[f"xaxis{tail}"] = SQUARES | {
            "domain": x,
            "range": [0, seconds],
            "dtick": 0.2,
            "anchor": f"y{tail}",
        }
        layout[f"yaxis{tail}"] = SQUARES | {
            "domain": [max(0.0, height[0]), height[1]],
            "range": [low - room, high + 2 * room],
            "dtick": 0.5,
            "anchor": f"x{tail}",
        }
        label = f"<b>{lead}</b>"
        if shown:
            metrics = lead_metrics(truth[lead], reconstruction.ecg[lead])
            r = "r –" if metrics["r"] is None else f"r {metrics['r']:.2f}".replace("-", "−")
            label += f"   {r}   {metrics['rmse_uv']:.0f} µV"
        else:
            label += "   measured"
        note: dict[str, Any] = {
            "xref": "paper",
            "yref": "paper",
            "x": x[0] + 0.008,
            "y": height[1] - 0.01,
            "xanchor": "left",
            "yanchor": "top",
            "showarrow": False,
        }
        notes.append(
            note
            | {
                "text": label,
                "font": {"size": 12, "color": style.INK, "family": style.FONT},
                "bgcolor": "rgba(255,244,244,0.8)",
            }
        )
    usual: dict[str, Any] = {
        "height": 34 + 150 * rows,
        "margin": {"l": 2, "r": 2, "t": 30, "b": 2},
        "paper_bgcolor": style.PAPER,
        "plot_bgcolor": style.PAPER,
    }
    usual |= {
        "font": {"family": style.FONT, "color": style.INK, "size": 12},
        "dragmode": False,
        "annotations": notes,
    }
    usual["legend"] = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0.0}
    return {"data": data, "layout": usual | layout}


_ESTIMATED = {"color": style.ESTIMATE, "width": 2.0, "dash": "3px,2px"}


def identity(ecg: Ecg, name: str) -> tuple[np.ndarray, np.ndarray, float]:
    """A lead as recorded, the same made of others (mV), and the RMS difference in uV. name: of
    ``IDENTITIES``; its leads must be there."""
    lead, parts = IDENTITIES[name]
    computed = sum(factor * ecg[part] for part, factor in parts.items())
    return ecg[lead], np.asarray(computed), float(1000 * np.sqrt(np.mean(np.square(computed - ecg[lead]))))


def sum_figure(ecg: Ecg, name: str, seconds: float = 3.0) -> dict[str, Any]:
    """The parts of an identity above one another and their sum laid over the recorded lead."""
    lead, parts = IDENTITIES[name]
    recorded, computed, _ = identity(ecg, name)
    last = round(seconds * ecg.rate)
    rows = [(f"{_factor(factor)}{part}", factor * ecg[part]) for part, factor in parts.items()]
    gap, level = 0.35, 0.0
    data: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for label, values in [*rows, (lead, recorded)]:
        shown = values[:last]
        level -= float(shown.max()) + (gap if data else 0.0)
        notes.append(_left(label, level))
        for trace, look in (
            (shown, {"color": style.TRUTH, "width": 1.2}),
            (computed[:last], _ESTIMATED | {"color": style.DERIVED}),
        ):
            if trace is shown or values is recorded:
                y, dx = thin(trace, ecg.rate)
                data.append(
                    {
                        "type": "scatter",
                        "mode": "lines",
                        "x0": 0.0,
                        "dx": dx,
                        "y": y + np.float32(level),
                        "line": look,
                        "hoverinfo": "skip",
                    }
                )
        level += float(shown.min())
    layout: dict[str, Any] = {
        "xaxis": SQUARES | {"range": [-0.42, seconds], "dtick": 0.2},
        "yaxis": SQUARES | {"range": [level - 0.15, 0.2], "dtick": 0.5},
    }
    layout |= {
        "height": 330,
        "margin": {"l": 2, "r": 2, "t": 2, "b": 2},
        "plot_bgcolor": style.PAPER,
        "showlegend": False,
        "dragmode": False,
    }
    return {
        "data": data,
        "layout": layout
        | {"annotations": notes, "font": {"family": style.FONT, "color": style.INK, "size": 13}},
    }


def _factor(factor: float) -> str:
    return {1.0: "", 0.5: "½ ", -0.5: "−½ ", -1.0: "−"}[factor]


def _left(text: str, y: float) -> dict[str, Any]:
    return {
        "x": -0.38,
        "y": y,
        "xanchor": "left",
        "yanchor": "middle",
        "showarrow": False,
        "text": f"<b>{text}</b>",
        "font": {"size": 13},
    }


def choice_figure(
    trace: np.ndarray, rate: float, ends: tuple[float, float], other: np.ndarray | None = None
) -> dict[str, Any]:
    """One trace to judge, on paper, between the mV ends that both choices share; afterwards the other is laid
    over it."""
    y, dx = thin(trace, rate)
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "recorded",
            "x0": 0.0,
            "dx": dx,
            "y": y,
            "line": {"color": style.TRUTH, "width": 1.3},
            "hoverinfo": "skip",
        }
    ]
    if other is not None:
        y, dx = thin(other, rate)
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "estimated",
                "x0": 0.0,
                "dx": dx,
                "y": y,
                "line": _ESTIMATED,
                "hoverinfo": "skip",
            }
        )
    room = 0.08 * max(ends[1] - ends[0], 0.3)
    layout: dict[str, Any] = {
        "xaxis": SQUARES | {"range": [0, len(trace) / rate], "dtick": 0.2},
        "yaxis": SQUARES | {"range": [ends[0] - room, ends[1] + room], "dtick": 0.5},
    }
    layout |= {
        "height": 170,
        "margin": {"l": 2, "r": 2, "t": 22 if other is not None else 2, "b": 2},
        "plot_bgcolor": style.PAPER,
        "dragmode": False,
    }
    layout["legend"] = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0.0}
    return {
        "data": data,
        "layout": layout
        | {"font": {"family": style.FONT, "color": style.INK, "size": 12}, "showlegend": other is not None},
    }


def ends_of(*traces: np.ndarray) -> tuple[float, float]:
    """Lowest and highest mV of several traces."""
    return float(min(trace.min() for trace in traces)), float(max(trace.max() for trace in traces))
