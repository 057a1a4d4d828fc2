"""Figures as plain plotly dicts, made from values of ``ecgcore`` and knowing nothing of where they are
shown."""

from ecgcore.figures.paper.calipers import Caliper
from ecgcore.figures.paper.sheet import FORMATS, GAINS, SPEEDS, USUAL, Paper
from ecgcore.figures.paper.traces import describe, paper_figure

__all__ = [
    "FORMATS",
    "GAINS",
    "SPEEDS",
    "USUAL",
    "Caliper",
    "Paper",
    "describe",
    "paper_figure",
]
