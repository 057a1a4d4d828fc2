"""Channels of a file that nobody has named yet, small, so that a reader can tell which lead each is."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.figures.style import INK, MAJOR, MINOR, PAPER

if TYPE_CHECKING:
    from ecgcore.io import Preview

WIDTH, HEIGHT, EDGE = 600, 90, 6
"""In the units of the picture; the trace fills all but the edge."""


def channel_picture(channel: Preview) -> str:
    """An SVG of the first seconds of a channel, each by its own scale, with a line per second where the rate
    is known."""
    lines = "".join(_second_lines(channel))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img">'
        f"<title>{escape(channel.label[:60])}</title>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}" stroke="{MAJOR}"/>{lines}'
        f'<polyline fill="none" stroke="{INK}" stroke-width="1.1" points="{_points(channel.samples)}"/></svg>'
    )


def _second_lines(channel: Preview) -> list[str]:
    if not channel.rate or not channel.samples.size:
        return []
    step = WIDTH * channel.rate / channel.samples.size
    count = int(WIDTH / step) if step > 0 else 0
    return [
        f'<line x1="{second * step:.1f}" x2="{second * step:.1f}" y1="0" y2="{HEIGHT}" stroke="{MINOR}"/>'
        for second in range(1, count + 1)
    ]


def _points(samples: np.ndarray) -> str:
    """Corners "x,y x,y ..." over the whole width; missing samples are left out."""
    finite = np.flatnonzero(np.isfinite(samples))
    if not finite.size:
        return ""
    values = samples[finite].astype(np.float64)
    low, high = np.percentile(values, [0.1, 99.9])
    part = (np.clip(values, low, high) - low) / (high - low) if high > low else np.full(values.size, 0.5)
    x = WIDTH * finite / max(1, samples.size - 1)
    y = HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * part
    return " ".join(f"{left:.1f},{top:.1f}" for left, top in zip(x, y, strict=True))
