"""Vector loops of both traces in three planes, on one scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecgcore.figures import style
from ecgcore.measurements.vector_loop import VectorLoop

PLANES = {
    "Frontal, from the front": ((0, 1), (1, -1), ("left", "feet")),
    "Transverse, from above": ((0, 2), (1, 1), ("left", "back")),
    "Sagittal, from the left": ((2, 1), (1, -1), ("back", "feet")),
}
"""Title -> components across and upwards (of X, Y, Z), their signs on the page, and what lies to the right
and, in the frontal and sagittal planes, below."""
SIDE_PX = 330


def loops_figure(recorded: VectorLoop | None, other: VectorLoop | None) -> dict[str, Any]:
    """QRS as a thick, T as a thin line; recorded black, reconstructed blue and dotted."""
    there = [loop for loop in (recorded, other) if loop is not None]
    reach = 1.12 * max([0.5, *(float(np.abs(loop.xyz).max()) for loop in there)])
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    notes = []
    for number, (title, ((across, up), signs, words)) in enumerate(PLANES.items()):
        tail = "" if number == 0 else str(number + 1)
        left = number / len(PLANES)
        for loop, colour, dash, name in (
            (recorded, style.TRUTH, "solid", "recorded"),
            (other, style.ESTIMATE, "2px,2px", "reconstructed"),
        ):
            if loop is None:
                continue
            for part, width in ((loop.qrs, 2.2), (loop.t, 1.2)):
                data.append(
                    {
                        "type": "scatter",
                        "mode": "lines",
                        "x": (signs[0] * part[across]).astype(np.float32),
                        "y": (signs[1] * part[up]).astype(np.float32),
                        "line": {"color": colour, "width": width, "dash": dash},
                        "xaxis": f"x{tail}",
                        "yaxis": f"y{tail}",
                        "name": name,
                        "legendgroup": name,
                        "showlegend": number == 0 and width > 2,
                        "hoverinfo": "skip",
                    }
                )
        axis = {"range": [-reach, reach], "dtick": 0.5, "gridcolor": style.GRID, "fixedrange": True}
        axis |= {"zerolinecolor": style.DIFFERENCE, "zerolinewidth": 1, "showticklabels": False}
        right = left + 1 / len(PLANES) - 0.02
        layout[f"xaxis{tail}"] = axis | {"domain": [left, right], "anchor": f"y{tail}"}
        layout[f"yaxis{tail}"] = axis | {"anchor": f"x{tail}", "scaleanchor": f"x{tail}"}
        below = "front" if across != 2 and up == 2 else words[1]
        notes += [
            _note(f"<b>{title}</b>", f"x{tail} domain", f"y{tail} domain", 0.0, 1.02, ("left", "bottom")),
            _note(f"{words[0]} →", f"x{tail} domain", f"y{tail}", 1.0, 0.0, ("right", "bottom")),
            _note(f"↓ {below}", f"x{tail}", f"y{tail} domain", 0.0, 0.0, ("left", "bottom")),
        ]
    usual: dict[str, Any] = {
        "width": SIDE_PX * len(PLANES),
        "height": SIDE_PX + 60,
        "margin": {"l": 4, "r": 4, "t": 50, "b": 4},
        "paper_bgcolor": style.GROUND,
        "plot_bgcolor": style.GROUND,
        "font": {"family": style.FONT, "color": style.INK, "size": 12},
        "dragmode": False,
        "annotations": notes,
        "legend": {"orientation": "h", "x": 1.0, "xanchor": "right", "y": 1.08, "yanchor": "bottom"},
    }
    return {"data": data, "layout": usual | layout}


def _note(text: str, xref: str, yref: str, x: float, y: float, anchor: tuple[str, str]) -> dict[str, Any]:
    where = {"xref": xref, "yref": yref, "x": x, "y": y, "xanchor": anchor[0], "yanchor": anchor[1]}
    return where | {"text": text, "showarrow": False, "font": {"size": 12}}
