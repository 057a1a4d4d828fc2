"""Colours and words that every figure and page shares.

Colours are Okabe and Ito's, told apart by colour-blind eyes, and never alone: a word stands beside each.
"""

from __future__ import annotations

PAPER, MINOR, MAJOR = "#FFF4F4", "#FFC0C0", "#E0A0A0"
INK = "#000000"
TRUTH = INK
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
