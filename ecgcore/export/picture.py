"""PNG and SVG of the sheet: model, leads, filter and notice above it, at a stated scale."""

from __future__ import annotations

import io
import math
import textwrap
from typing import Any

from ecgcore.ecg import NOT_FOR_DIAGNOSIS
from ecgcore.export import ExportFormat
from ecgcore.export.content import Export, model_text, span_text
from ecgcore.export.drawing import MM, draw, settings, size_mm
from ecgcore.figures.paper.traces import paper_figure

DPI = 300
"""Dots an inch of the PNG, written into it: 11.8 dots a millimetre."""
EDGE_MM, LINE_MM = 3.0, 4.5
LETTER_MM = {"bold": 1.95, "normal": 1.7}
"""Mean width of a letter of the heading."""


def sheets(export: Export, seconds: float | None = None) -> list[dict[str, Any]]:
    """The sheets of paper that hold the export, each as long as the paper, or of so many seconds."""
    length = seconds or export.paper.seconds
    count = max(1, math.ceil(round(export.ecg.duration / length, 3)))
    figures = []
    for number in range(count):
        start, stop = number * length, (number + 1) * length
        figures.append(
            paper_figure(
                None if export.truth is None else export.truth.cut(start, stop),
                export.reconstruction.cut(start, stop),
                export.paper,
                interval=export.interval,
                filter_text=f"{export.filter_text}   from {export.start + start:g} s",
            )
        )
    return figures


def picture_page(export: Export) -> Any:
    """The heading and the first sheet at true scale, as a matplotlib figure."""
    from matplotlib.figure import Figure

    if export.ecg.duration > export.paper.seconds:  # the heading says what is drawn
        export = export.cut(0.0, export.paper.seconds)
    figure = sheets(export)[0]
    speed, gain = export.paper.speed, export.paper.gain
    wide, high = size_mm(figure, speed, gain)
    lines = [
        (line, weight)
        for text, weight in heading(export)
        for line in textwrap.wrap(text, int(wide / LETTER_MM[weight]), break_on_hyphens=False)
    ]
    head = 4.0 + LINE_MM * len(lines)
    page_w, page_h = wide + 2 * EDGE_MM, high + head + EDGE_MM
    page = Figure(figsize=(page_w * MM, page_h * MM), facecolor="white")
    for number, (text, weight) in enumerate(lines, 1):
        page.text(EDGE_MM / page_w, 1 - LINE_MM * number / page_h, text, size=8, weight=weight)
    draw(page, figure, speed, gain, (EDGE_MM, head))
    return page


def _picture(export: Export, kind: str) -> bytes:
    import matplotlib as mpl

    packed = io.BytesIO()
    named = {"Date": None, "Creator": "reduced-lead-ecg"}
    metadata = named if kind == "svg" else {"Software": "reduced-lead-ecg"}
    with mpl.rc_context(settings()):
        picture_page(export).savefig(packed, format=kind, dpi=DPI, metadata=metadata)
    return packed.getvalue()


def heading(export: Export) -> list[tuple[str, str]]:
    """Two sentences above the sheet and their weights: what it is, and by what."""
    leads = ", ".join(export.reconstruction.inputs)
    return [
        (f"12-lead ECG reconstructed from {leads}. {NOT_FOR_DIAGNOSIS}.", "bold"),
        (
            (
                f"{model_text(export)} · {export.filter_text} · {span_text(export).lower()} · "
                f"{export.date:%Y-%m-%d}"
            ),
            "normal",
        ),
    ]


def png_bytes(export: Export) -> bytes:
    """The first sheet, 300 dots an inch."""
    return _picture(export, "png")


def svg_bytes(export: Export) -> bytes:
    """The first sheet as vectors: 1 mm of ECG paper is 1 CSS millimetre."""
    return _picture(export, "svg")


FORMATS = (
    ExportFormat(
        "png", "PNG", f"the sheet, true size at {DPI} dots an inch", ".png", "image/png", png_bytes, False, 12
    ),
    ExportFormat(
        "svg", "SVG", "the sheet as vectors, true size", ".svg", "image/svg+xml", svg_bytes, False, 14
    ),
)
