"""Measurements a cardiologist can check: beats, median beats, P-QRS-T marks, intervals, amplitudes, ST and axes."""

from __future__ import annotations

from ecgcore.features.beats import RATE, Beats
from ecgcore.features.marks import Marks
from ecgcore.features.measurement import VERSION, beats_of, measure
from ecgcore.features.values import AMPLITUDES, AXES, CORRECTED, INTERVALS, LEAD_INTERVALS, LeadMeasurements, Measurements, Value

__all__ = [
    "AMPLITUDES", "AXES", "CORRECTED", "INTERVALS", "LEAD_INTERVALS", "RATE", "VERSION",
    "Beats", "LeadMeasurements", "Marks", "Measurements", "Value", "beats_of", "measure",
]  # fmt: skip
