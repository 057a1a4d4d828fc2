"""Pictures of the lead information page: tables as coloured cells, curve of sizes, Shapley bars, matrices,
the torso of electrodes."""

from __future__ import annotations

from ecgcore.figures.lead_information.body import sources_of, torso_figure
from ecgcore.figures.lead_information.knowledge import curve_figure, gains_figure, shares_figure
from ecgcore.figures.lead_information.maps import (
    beside_figure,
    matrix_figure,
    pairs_figure,
    table_figure,
)

__all__ = [
    "beside_figure",
    "curve_figure",
    "gains_figure",
    "matrix_figure",
    "pairs_figure",
    "shares_figure",
    "sources_of",
    "table_figure",
    "torso_figure",
]
