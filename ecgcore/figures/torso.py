"""A torso seen from the front, with the places of the twelve leads; shared by the figures that draw one. In
cm from the middle of the breast bone."""

from __future__ import annotations

from typing import Any

LIMB_ELECTRODES = {"RA": (-9.5, 9.0), "LA": (9.5, 9.0), "LL": (5.5, -15.5), "RL": (-5.5, -15.5)}
PLACES: dict[str, tuple[float, float]] = {
    "I": (0.0, 9.0),
    "II": (1.3, -8.6),
    "III": (6.6, -8.6),
    "aVR": (-9.5, 9.0),
    "aVL": (9.5, 9.0),
    "aVF": (5.5, -15.5),
    "V1": (-4.0, 3.4),
    "V2": (0.6, 3.4),
    "V3": (3.0, 0.6),
    "V4": (5.2, -2.2),
    "V5": (7.9, -2.4),
    "V6": (10.5, -2.4),
}
"""Front view in cm from the middle of the breast bone, the left arm on the right: where a lead's electrode
sits, the chest drawn wider than it is; for I, II and III a place on the line between their two electrodes."""
SIDE = {
    "V1": (-1, 0),
    "V3": (-1, 0),
    "V4": (0, -1),
    "V6": (1, 0),
    "II": (-1, 0),
    "III": (1, 0),
    "aVF": (1, 0),
}
"""Where a lead's words stand beside its place; above where nothing is said."""
TORSO = (
    "M-3,17 C-3,14 -4,13.2 -7,12.6 C-11,11.8 -13,10 -13.4,6 L-14.6,-4 L-11.6,-4.4 L-10.2,4 C-9.8,-2 "
    "-9.6,-6 -10.4,-12 L-11,-18 L11,-18 "
    "L10.4,-12 C9.6,-6 9.8,-2 10.2,4 L11.6,-4.4 L14.6,-4 L13.4,6 C13,10 11,11.8 7,12.6 C4,13.2 3,14 3,17"
)

WIRES = (("RA", "LA"), ("RA", "LL"), ("LA", "LL"))
"""The sides of Einthoven's triangle."""


def outline() -> dict[str, Any]:
    """The shape of the torso for a layout."""
    return {
        "type": "path",
        "path": TORSO,
        "line": {"color": "#A08070", "width": 2},
        "fillcolor": "#FBF3EE",
        "layer": "below",
    }


def triangle() -> dict[str, Any]:
    """The dotted lines between the limb electrodes as one trace."""
    ends = [(LIMB_ELECTRODES[a], LIMB_ELECTRODES[b]) for a, b in WIRES]
    x, y = ([value for a, b in ends for value in (a[axis], b[axis], None)] for axis in (0, 1))
    line = {"color": "#BBBBBB", "width": 1, "dash": "dot"}
    return {
        "type": "scatter",
        "mode": "lines",
        "hoverinfo": "skip",
        "line": line,
        "showlegend": False,
        "x": x,
        "y": y,
    }
