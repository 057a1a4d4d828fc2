"""What a sheet of ECG paper lies on: its squares, its axes in seconds and mV, and texts at places of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecgcore.figures import style
from ecgcore.figures.paper.sheet import Paper

PX_PER_MM = 96 / 25.4
"""Screen size of a millimetre: the browser's, which is a true one on paper."""


def note(
    text: str, x: float, y: float, colour: str, size: float, anchor: tuple[str, str] = ("left", "top")
) -> dict[str, Any]:
    """A text at x s, y mV; size in px, anchor: which of its corners lies there."""
    font = {"color": colour, "size": size, "family": style.FONT}
    where = {"x": x, "y": y, "xanchor": anchor[0], "yanchor": anchor[1], "showarrow": False, "borderpad": 0}
    return where | {"text": text, "font": font, "align": "left"}


def _path(xs: np.ndarray, ys: np.ndarray, extent: tuple[float, float, float, float]) -> str:
    left, right, bottom, top = extent
    upright = (f"M{x:.4f},{bottom:.4f}V{top:.4f}" for x in xs)
    level = (f"M{left:.4f},{y:.4f}H{right:.4f}" for y in ys)
    return "".join((*upright, *level))


def squares(paper: Paper, extent: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    """Small squares of 1 mm and large ones of 5 mm, counted from time zero and from the top edge."""
    left, right, bottom, top = extent
    shapes = []
    for step_mm, colour, width in ((1.0, style.MINOR, 0.5), (5.0, style.MAJOR, 0.9)):
        dx, dy = step_mm / paper.speed, step_mm / paper.gain
        xs = np.arange(np.ceil(left / dx - 1e-6), np.floor(right / dx + 1e-6) + 1) * dx
        ys = np.arange(np.ceil(bottom / dy - 1e-6), np.floor(top / dy + 1e-6) + 1) * dy
        line = {"color": colour, "width": width}
        shapes.append({"type": "path", "path": _path(xs, ys, extent), "line": line, "layer": "below"})
    return shapes


def layout_of(
    paper: Paper,
    extent: tuple[float, float, float, float],
    notes: list[dict[str, Any]],
    joins: list[dict[str, Any]],
    width: float,
    height: float,
) -> dict[str, Any]:
    """The layout of a sheet on its squares. extent: left, right (s), bottom, top (mV); width, height: px."""
    left, right, bottom, top = extent
    bare = {"visible": False, "zeroline": False, "showgrid": False, "constrain": "domain"}
    return {
        "width": round(width),
        "height": round(height),
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0, "pad": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": style.PAPER,
        "font": {"family": style.FONT, "color": style.INK},
        "showlegend": False,
        "hovermode": False,
        "xaxis": bare | {"range": [left, right], "constraintoward": "left"},
        "yaxis": bare
        | {
            "range": [bottom, top],
            "scaleanchor": "x",
            "scaleratio": paper.gain / paper.speed,
            "constraintoward": "top",
        },
        "shapes": [*squares(paper, extent), *joins],
        "annotations": notes,
    }
