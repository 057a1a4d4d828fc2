"""What the figures of lead information share."""

from __future__ import annotations

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
