"""Colours and words that every figure and page shares.

Colours are Okabe and Ito's, told apart by colour-blind eyes, and never alone: a word stands beside each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

PAPER, MINOR, MAJOR = "#FFF4F4", "#FFC0C0", "#E0A0A0"
INK = "#000000"
TRUTH = INK
OVERLAID = "#010101"
"""Of a recorded trace under an estimate: black, yet a printed page can tell it from the others."""
OVERLAID_ON_PAPER = "#999999"
"""The same where it is printed: in grey the dots of the estimate were lost on black."""
ESTIMATE = "#0072B2"
DERIVED = "#B84A00"  # Okabe-Ito vermillion, one shade darker so that it can be read on pink paper
DIFFERENCE = "#6B6B6B"
INTERVAL = "rgba(0, 114, 178, 0.16)"
OUTSIDE = "#C00000"
"""Where the recording lies outside the prediction interval."""
CALIPER = "#7A0177"
GROUND, GRID = "#FFFFFF", "#EEEEEE"
"""Of charts that are not ECG paper."""
FITTED = "rgba(0, 0, 0, 0.07)"

SOURCE_COLOUR = {"measured": INK, "derived": DERIVED, "estimated": ESTIMATE, "recorded": INK}
"""Colour of a lead's label and trace. "recorded": shown as in the file, without any reconstruction."""

DASH = {"measured": "solid", "derived": "10px,6px", "estimated": "2px,2px", "recorded": "solid"}
"""Line of a trace, by which its source is told where there is no colour: solid, dashes, dots."""

FONT = "Source Sans, Source Sans Pro, Helvetica, Arial, sans-serif"

BETWEEN_LEADS = re.compile(r"(?<=[IVRLFxy\d])\+(?=V[1-6x-y]|I{1,3}\b|aV[RLF])")
WHOLE = re.compile(r"(?<=[IVRLFxy\d]) \+ (?=V[1-6x-y]|I{1,3}\b|aV[RLF])")
NO_BREAK = "\u00a0"
"""A space at which no line breaks."""
NO_ZERO = re.compile(r"(?<![\w.])\.(?=\d)")
"""A point that begins a number."""
MINUS = re.compile(r"(?<![\w\-/`])-(?=\.?\d)")
"""A hyphen where a minus is meant, not that of 1-8 or of a date."""
MICROVOLTS = re.compile(r"\buV\b")
INTERVAL_OF = re.compile(r"\[[−+]?[\d.,]+, [−+]?[\d.,]+\]")
"""The two ends of an interval."""
AS_THEY_ARE = ("customdata", "ids", "type", "mode", "hoverinfo", "path")
"""Parts of a figure that are not read by people."""


def written(text: str) -> str:
    """A text with spaces between leads, a zero before each point, a true minus and µV."""
    text = MINUS.sub("\N{MINUS SIGN}", MICROVOLTS.sub("µV", text))
    return NO_ZERO.sub("0.", BETWEEN_LEADS.sub(" + ", text))


def unbroken(text: str) -> str:
    """A text, ``written``, in which no line breaks within a set of leads or an interval."""
    text = WHOLE.sub(f"{NO_BREAK}+{NO_BREAK}", written(text))
    return INTERVAL_OF.sub(lambda interval: interval[0].replace(" ", NO_BREAK), text)


def drawn(figure: Any) -> Any:
    """A figure, or a part of one, with all its texts ``written``."""
    if isinstance(figure, str):
        return written(figure)
    if isinstance(figure, Mapping):
        return {name: part if name in AS_THEY_ARE else drawn(part) for name, part in figure.items()}
    if isinstance(figure, (list, tuple)) and any(isinstance(part, (str, Mapping)) for part in figure):
        return [drawn(part) for part in figure]
    return figure


def plain(data: list[dict[str, Any]], height: int, **layout: Any) -> dict[str, Any]:
    """A figure with the usual layout and changes to it."""
    usual: dict[str, Any] = {
        "height": height,
        "margin": {"l": 52, "r": 12, "t": 30, "b": 40},
        "paper_bgcolor": GROUND,
        "plot_bgcolor": GROUND,
    }
    usual |= {"font": {"family": FONT, "color": INK, "size": 12}, "dragmode": False}
    return {"data": data, "layout": usual | layout}
