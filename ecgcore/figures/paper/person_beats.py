"""Median beats of a person: the reference recording, today's and both estimates, lead by lead on ECG paper
at 50 mm/s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ecgcore.figures import style
from ecgcore.figures.paper.ground import PX_PER_MM, layout_of, note
from ecgcore.figures.paper.sheet import Paper
from ecgcore.figures.paper.traces import thin

LOOKS: tuple[dict[str, Any], ...] = (
    {"color": "#8A6D3B", "width": 1.6, "dash": "6px,3px"},
    {"color": style.TRUTH, "width": 1.3},
    {"color": style.ESTIMATE, "width": 2.0, "dash": "2px,2px"},
    {"color": "#006B4F", "width": 2.0},
)
"""Of the reference, of today's recording, of the generic and of the personal estimate: told apart by dashes
too."""
RATE = 100.0
PANEL_S, LABEL_MM = 0.9, 7.0
_PAPER = Paper(speed=50.0)


def person_beats_figure(
    beats: Mapping[str, Mapping[str, np.ndarray]], names: Sequence[str]
) -> dict[str, Any]:
    """beats: by name and lead (n,) mV at 100 Hz. names: all names in the order of ``LOOKS``; those without
    beats are left out. One panel a lead, six in a row."""
    looks = {name: look for name, look in zip(names, LOOKS, strict=True) if name in beats}
    leads = list(dict.fromkeys(lead for rows in beats.values() for lead in rows))
    gain, data, notes, down = _PAPER.gain, [], [], 0.0
    for first in range(0, len(leads), 6):
        row = leads[first : first + 6]
        drawn = [beats[name][lead] for name in looks for lead in row if lead in beats[name]]
        up = min(30.0, max(8.0, *(float(curve.max()) * gain for curve in drawn)))
        low = min(30.0, max(4.0, *(-float(curve.min()) * gain for curve in drawn)))
        top, zero = down, 5 * np.ceil((down + LABEL_MM + up) / 5)
        down = zero + low + 2
        for column, lead in enumerate(row):
            left = column * PANEL_S
            notes.append(note(f"<b>{lead}</b> estimated", left + 0.02, -(top + 1) / gain, style.ESTIMATE, 13))
            for name, look in looks.items():
                if lead not in beats[name]:
                    continue
                y, dx = thin(beats[name][lead].astype(np.float32), RATE)
                data.append(
                    {
                        "type": "scatter",
                        "mode": "lines",
                        "name": name,
                        "legendgroup": name,
                        "showlegend": False,
                        "x0": left,
                        "dx": dx,
                        "y": y - np.float32(zero / gain),
                        "line": look,
                        "hoverinfo": "skip",
                    }
                )
    height = 5 * np.ceil((down + 6) / 5)
    extent = (-0.04, PANEL_S * min(6, max(1, len(leads))), -height / gain, 0.0)
    notes.append(
        note(
            "50 mm/s   10 mm/mV   aligned at the R point",
            0.0,
            extent[2] + 0.08,
            style.INK,
            11,
            anchor=("left", "bottom"),
        )
    )
    wide, tall = (extent[1] - extent[0]) * _PAPER.speed * PX_PER_MM, height * PX_PER_MM
    return {"data": data, "layout": layout_of(_PAPER, extent, notes, [], wide, tall)}


def describe_person_beats(beats: Mapping[str, Mapping[str, np.ndarray]]) -> str:
    """The figure in one sentence."""
    leads = dict.fromkeys(lead for rows in beats.values() for lead in rows)
    return f"Median beats of {', '.join(leads)}: {', '.join(beats)}, laid on one another at the R point."
