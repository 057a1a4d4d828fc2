"""The sheet of the screen on a page of given millimetres: the same figure, drawn with matplotlib as vectors.

A figure of ``ecgcore.figures`` is a plain dict of lines, shapes and notes; whatever stands on the screen's
sheet is drawn here too, at true scale: 1 mm of ECG paper is 1 mm of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from ecgcore.figures.style import NO_BREAK, OVERLAID, OVERLAID_ON_PAPER

MM = 1 / 25.4
"""Inches."""
PT_PER_PX = 0.75
_PATH = re.compile(r"M(-?[\d.]+),(-?[\d.]+)([VH])(-?[\d.]+)")
_RGBA = re.compile(r"rgba\((\d+), *(\d+), *(\d+), *([\d.]+)\)")
_BLANKS = re.compile(r"^ +| +$| {2,}")
"""Blanks that an SVG would drop."""
_TAG = re.compile(r"(<[^>]*>)")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&nbsp;": " "}


def settings() -> Any:
    """matplotlib's settings for every file: text stays text, nothing of this machine is written."""
    return {
        "pdf.fonttype": 3,
        "svg.fonttype": "none",
        "svg.hashsalt": "reduced-lead-ecg",
        "font.family": "DejaVu Sans",
    }


def size_mm(figure: dict[str, Any], speed: float, gain: float) -> tuple[float, float]:
    """Width and height of a sheet in mm, from its axes."""
    layout = figure["layout"]
    left, right = layout["xaxis"]["range"]
    bottom, top = layout["yaxis"]["range"]
    return (right - left) * speed, (top - bottom) * gain


def slices(figure: dict[str, Any], gain: float, highest_mm: float) -> list[tuple[float, float]]:
    """Top and bottom, mm from the sheet's top, of the parts it is cut into where it is higher than a page: as
    few as possible, about equal, cut between leads."""
    bottom, top = figure["layout"]["yaxis"]["range"]
    height = (top - bottom) * gain
    breaks = [-y * gain for y in figure["layout"]["meta"]["breaks"]]
    count = len(_cut(height, breaks, highest_mm, highest_mm))
    edges = _cut(height, breaks, highest_mm, height / (count + 1))
    return list(zip([0.0, *edges], [*edges, height], strict=True))


def _cut(height: float, breaks: list[float], highest: float, wanted: float) -> list[float]:
    """Edges between parts of at most the highest, each as near to the wanted height as the breaks allow."""
    edges: list[float] = []
    start = 0.0
    while height - start > highest:
        fitting = [y for y in breaks if start + 10 < y <= start + highest]
        start = min(fitting, key=lambda y: abs(y - start - wanted)) if fitting else start + highest
        edges.append(start)
    return edges


def draw(
    page: Any,
    figure: dict[str, Any],
    speed: float,
    gain: float,
    corner_mm: tuple[float, float],
    part: Any = None,
) -> None:
    """Draw a sheet on a matplotlib figure at true scale.

    corner_mm: its left upper corner from that of the page. part: top and bottom in mm from the sheet's top,
    None for all of it.
    """
    layout = figure["layout"]
    wide, high = size_mm(figure, speed, gain)
    top, bottom = part or (0.0, high)
    page_w, page_h = (inches / MM for inches in page.get_size_inches())
    x, y = corner_mm
    axes = page.add_axes(
        (x / page_w, 1 - (y + bottom - top) / page_h, wide / page_w, (bottom - top) / page_h),
        label=f"{x} {y} {top}",
    )
    left = layout["xaxis"]["range"][0] * speed
    axes.set_xlim(left, left + wide)
    axes.set_ylim(-bottom, -top)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor(_colour(layout["plot_bgcolor"]))
    for spine in axes.spines.values():
        spine.set_visible(False)
    for order, shape in enumerate(layout["shapes"]):
        _shape(axes, shape, speed, gain, order)
    _lines(axes, figure["data"], speed, gain)
    for note in layout["annotations"]:
        if top <= -note["y"] * gain <= bottom:
            _note(axes, note, speed, gain)


def _shape(axes: Any, shape: dict[str, Any], speed: float, gain: float, order: int) -> None:
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Rectangle

    zorder = (1 if shape.get("layer") == "below" else 4) + order / 100
    if shape["type"] == "rect":
        corner = (shape["x0"] * speed, min(shape["y0"], shape["y1"]) * gain)
        size = ((shape["x1"] - shape["x0"]) * speed, abs(shape["y1"] - shape["y0"]) * gain)
        fill = _colour(shape.get("fillcolor", "rgba(0, 0, 0, 0)"))
        axes.add_patch(Rectangle(corner, *size, facecolor=fill, edgecolor="none", zorder=zorder))
        return
    segments = []
    for x, y, way, end in _PATH.findall(shape["path"]):
        start = (float(x) * speed, float(y) * gain)
        stop = (start[0], float(end) * gain) if way == "V" else (float(end) * speed, start[1])
        segments.append((start, stop))
    line = shape["line"]
    axes.add_collection(
        LineCollection(
            segments, colors=[_colour(line["color"])], linewidths=line["width"] * PT_PER_PX, zorder=zorder
        ),
        autolim=False,
    )


def _lines(axes: Any, data: list[dict[str, Any]], speed: float, gain: float) -> None:
    before: tuple[np.ndarray, np.ndarray] | None = None
    for order, trace in enumerate(data):
        x, y = _xy(trace, speed, gain)
        if trace.get("fill") == "tonexty" and before is not None:
            fill = _colour(trace["fillcolor"])
            axes.fill_between(x, before[1], y, color=fill, linewidth=0, zorder=2)
        line = trace.get("line", {})
        if line.get("width"):
            axes.plot(
                x,
                y,
                color=_colour(line["color"]),
                alpha=trace.get("opacity"),
                solid_capstyle="butt",
                linewidth=line["width"] * PT_PER_PX,
                linestyle=_dashes(line.get("dash", "solid")),
                solid_joinstyle="round",
                dash_capstyle="butt",
                zorder=3 + order / 1000,
            )
        before = x, y


def _xy(trace: dict[str, Any], speed: float, gain: float) -> tuple[np.ndarray, np.ndarray]:
    """Millimetres; NaN where a line is broken."""
    y = np.array([np.nan if value is None else value for value in trace["y"]], dtype=float)
    if "x" in trace:
        x = np.array([np.nan if value is None else value for value in trace["x"]], dtype=float)
    else:
        x = trace["x0"] + trace["dx"] * np.arange(len(y))
    return x * speed, y * gain


def _dashes(dash: str) -> Any:
    if dash == "solid":
        return "-"
    lengths = [float(word.removesuffix("px")) for word in dash.split(",")] if "px" in dash else [2.0, 2.0]
    return (0, [length / 2 for length in lengths])


def _note(axes: Any, note: dict[str, Any], speed: float, gain: float) -> None:
    """Text with bold and coloured runs, packed side by side; lines below one another."""
    from matplotlib.offsetbox import AnnotationBbox, HPacker, TextArea, VPacker

    font = note["font"]
    lines: list[Any] = []
    for line in note["text"].split("<br>"):
        runs: list[Any] = [
            TextArea(text, textprops={"color": colour, "fontweight": weight, "fontsize": size * PT_PER_PX})
            for text, weight, colour, size in _runs(line, _colour(font["color"]), font["size"])
        ]
        lines.append(HPacker(children=runs, pad=0, sep=0, align="baseline"))
    side = {"left": 0.0, "center": 0.5, "right": 1.0}[note["xanchor"]]
    up = {"bottom": 0.0, "middle": 0.5, "top": 1.0}[note["yanchor"]]
    box = VPacker(children=lines, pad=0, sep=1, align="left")
    at = AnnotationBbox(
        box, (note["x"] * speed, note["y"] * gain), box_alignment=(side, up), frameon=False, pad=0
    )
    at.set_zorder(5)
    axes.add_artist(at)


def _runs(text: str, colour: Any, size: float) -> Iterator[tuple[str, str, Any, float]]:
    """Text, weight, colour and size in px of each run of a line."""
    weight, styles = "normal", [(colour, size)]
    for piece in filter(None, _TAG.split(text)):
        if piece in ("<b>", "</b>"):
            weight = "bold" if piece == "<b>" else "normal"
        elif piece.startswith("<span"):
            styles.append(_span_style(piece, *styles[-1]))
        elif piece == "</span>":
            styles = styles[:-1] or [(colour, size)]
        elif not piece.startswith("<"):
            yield _plain(piece), weight, *styles[-1]


def _span_style(tag: str, colour: Any, size: float) -> tuple[Any, float]:
    named = re.search(r"color:\s*(#[0-9A-Fa-f]{6}|rgba\([^)]*\))", tag)
    sized = re.search(r"font-size:\s*([\d.]+)px", tag)
    return _colour(named[1]) if named else colour, float(sized[1]) if sized else size


def _plain(text: str) -> str:
    for entity, sign in _ENTITIES.items():
        text = text.replace(entity, sign)
    text = _BLANKS.sub(lambda blanks: NO_BREAK * len(blanks[0]), text)
    return text.replace("$", r"\$")


def _colour(text: str) -> Any:
    match = _RGBA.fullmatch(text)
    text = OVERLAID_ON_PAPER if text == OVERLAID else text
    return text if match is None else (*(int(match[n]) / 255 for n in (1, 2, 3)), float(match[4]))
