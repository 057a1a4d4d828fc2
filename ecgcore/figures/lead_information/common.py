"""What the figures of lead information share."""

from __future__ import annotations

from typing import Any

from ecgcore.figures import style

GAIN = "#009E73"


PALETTE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#222222",
    "#E69F00",
    "#6A3D9A",
    "#8C564B",
    "#7F7F7F",
    "#A6761D",
    "#1B9E9E",
)


def plain(data: list[dict[str, Any]], height: int, **layout: Any) -> dict[str, Any]:
    """A figure with the usual layout and changes to it."""
    usual: dict[str, Any] = {
        "height": height,
        "margin": {"l": 52, "r": 12, "t": 30, "b": 40},
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
    }
    usual |= {"font": {"family": style.FONT, "color": style.INK, "size": 12}, "dragmode": False}
    return {"data": data, "layout": usual | layout}
