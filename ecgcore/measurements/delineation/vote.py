"""Two opinions on every wave edge become one mark, or none where they disagree.

The first opinion is NeuroKit2's, lead by lead, taken together as a quantile over leads: an onset is told by
the early leads, an offset by the late ones, and one lead gone astray moves a quantile little. The second is
the steepness of all leads joined (``marks.py``). They err for different reasons (on LUDB their errors are all
but uncorrelated), so that their weighted mean errs less than either, and where they lie far apart at least
one is wrong.

Quantiles, weights and shifts were fitted on the odd-numbered records of LUDB
(doi:10.1109/ACCESS.2020.3029211). A shift goes from that of one lead to that of twelve with the logarithm of
their number, since a single lead shows less of each wave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from ecgcore.measurements.delineation.marks import Marks
from ecgcore.measurements.detector import RATE

DOUBTFUL_MS = 40.0
"""Two opinions on an edge further apart than this make its intervals doubtful."""
REFUSED_MS: Mapping[str, float] = {
    "p_on": 60.0,
    "p_off": 60.0,
    "qrs_on": 60.0,
    "qrs_off": 60.0,
    "t_off": 90.0,
}
"""Further apart than this no interval is measured from the edge; hands agree less on the end of T than on the
others."""


@dataclass(frozen=True)
class Vote:
    """NeuroKit2's part in one edge. quantile: over leads. weight: its own, the slope has the rest. shifts in
    ms, added to it."""

    quantile: float
    weight: float
    one_lead_ms: float
    twelve_leads_ms: float

    def shift(self, n_leads: int) -> float:
        """Samples to be added for so many leads."""
        part = min(1.0, log(max(n_leads, 1)) / log(12))
        return (self.one_lead_ms + part * (self.twelve_leads_ms - self.one_lead_ms)) * RATE / 1000


VOTES: Mapping[str, Vote] = {
    "p_on": Vote(0.25, 0.5, -2.0, -11.0),
    "p_off": Vote(0.75, 0.5, -2.0, 8.0),
    "qrs_on": Vote(0.10, 0.35, -11.0, -15.5),
    "qrs_off": Vote(0.90, 0.2, -20.0, 5.5),
    "t_on": Vote(0.20, 0.65, -5.0, -20.0),
    "t_off": Vote(0.75, 0.5, -22.0, -3.0),
}
"""For the global marks."""
IN_A_LEAD: Mapping[str, tuple[float, float]] = {
    "p_on": (0.3, 1.0),
    "p_off": (0.5, -2.0),
    "qrs_on": (0.3, -11.0),
    "qrs_off": (0.3, -9.0),
    "t_on": (0.5, 8.0),
    "t_off": (0.5, -14.0),
}
"""For the marks of single leads: NeuroKit2's weight and the ms added to its mark."""
EDGES = {
    "p_on": "P onset",
    "p_off": "P offset",
    "qrs_on": "QRS onset",
    "qrs_off": "QRS offset",
    "t_on": "T onset",
    "t_off": "T offset",
}
Apart = Mapping[str, float]
"""Per edge the ms between the two opinions; an edge with one opinion is not in it."""


def joined(slope: Marks, leads: Sequence[Marks]) -> tuple[Marks, Apart]:
    """Global marks from the slope's and those of NeuroKit2 in each lead, and per edge how many ms the two lie
    apart.

    An edge the slope does not see stays unseen; one that too few leads show in NeuroKit2 is the slope's alone
    and has no distance.
    """
    marks, apart = {}, {}
    for edge, vote in VOTES.items():
        by_slope = getattr(slope, edge)
        by_lead = [at for at in (getattr(lead, edge) for lead in leads) if at is not None]
        marks[edge] = by_slope
        if by_slope is None or len(by_lead) < max(1, len(leads) // 3):
            continue
        other = float(np.quantile(by_lead, vote.quantile)) + vote.shift(len(leads))
        marks[edge] = vote.weight * other + (1 - vote.weight) * by_slope
        apart[edge] = abs(other - by_slope) * 1000 / RATE
    return _ordered(Marks(p=slope.p, r=slope.r, t=slope.t, **marks)), apart


def in_a_lead(slope: Marks, other: Marks) -> tuple[Marks, Apart]:
    """Marks of one lead, and per edge how many ms the two opinions lie apart."""
    marks, apart = {}, {}
    for edge, (weight, shift_ms) in IN_A_LEAD.items():
        by_slope, by_neurokit = getattr(slope, edge), getattr(other, edge)
        marks[edge] = by_slope
        if by_slope is None or by_neurokit is None:
            continue
        by_neurokit += shift_ms * RATE / 1000
        marks[edge] = weight * by_neurokit + (1 - weight) * by_slope
        apart[edge] = abs(by_neurokit - by_slope) * 1000 / RATE
    return _ordered(Marks(p=slope.p, r=slope.r, t=slope.t, **marks)), apart


def agreed(marks: Marks, apart: Apart) -> Marks:
    """The marks without those the two opinions place too far apart."""
    return marks.without(*(edge for edge, limit in REFUSED_MS.items() if apart.get(edge, 0.0) > limit))


def disagreement(apart: Apart, *edges: str) -> tuple[str, bool]:
    """Of an interval's edges the one told most differently, in words ("" if none is), and whether that
    refuses the interval."""
    far = {edge: apart[edge] for edge in edges if apart.get(edge, 0.0) > DOUBTFUL_MS}
    if not far:
        return "", False
    edge = max(far, key=lambda name: far[name] / REFUSED_MS[name])
    return f"two methods place the {EDGES[edge]} {far[edge]:.0f} ms apart", far[edge] > REFUSED_MS[edge]


def _ordered(marks: Marks) -> Marks:
    """P ends before the QRS begins, and T begins after it has ended."""
    changes = {}
    if marks.p_off is not None and marks.qrs_on is not None:
        changes["p_off"] = min(marks.p_off, marks.qrs_on)
    if marks.t_on is not None and marks.qrs_off is not None:
        changes["t_on"] = max(marks.t_on, marks.qrs_off)
    return Marks(**{**vars(marks), **changes})
