"""Figures as plain plotly dicts, made from values of ``ecgcore`` and knowing nothing of where they are shown."""

from ecgcore.figures.calipers import Measured, measure
from ecgcore.figures.paper import describe, paper_figure
from ecgcore.figures.sheet import FORMATS, GAINS, SPEEDS, USUAL, Paper

__all__ = ["FORMATS", "GAINS", "SPEEDS", "USUAL", "Measured", "Paper", "describe", "measure", "paper_figure"]
