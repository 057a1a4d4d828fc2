"""Measurements a cardiologist can check: beats, median beats, P-QRS-T marks, intervals, amplitudes, ST and
axes."""

from __future__ import annotations

from ecgcore.measurements.beats import Beats
from ecgcore.measurements.delineation.marks import Marks
from ecgcore.measurements.detector import RATE
from ecgcore.measurements.measurement import VERSION, beats_of, measure, measure_values
from ecgcore.measurements.values import (
    AMPLITUDES,
    AXES,
    CORRECTED,
    INTERVALS,
    LEAD_INTERVALS,
    LeadMeasurements,
    Measurements,
    Value,
)

__all__ = [
    "AMPLITUDES", "AXES", "CORRECTED", "INTERVALS", "LEAD_INTERVALS", "RATE", "VERSION",
    "Beats", "LeadMeasurements", "Marks", "Measurements", "Value", "beats_of", "measure", "measure_values",
]  # fmt: skip
