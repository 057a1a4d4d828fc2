"""Calipers on the sheet: a dragged box as interval, rate and amplitude. The sheet's axes are seconds and mV
already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measured:
    """Sides of a box: ms wide, mV high."""

    ms: float
    mv: float

    @property
    def per_minute(self) -> float | None:
        """Beats per minute if the box spans one beat; None for a box without width."""
        return 60_000 / self.ms if self.ms > 0 else None

    def __str__(self) -> str:
        rate = f"   {self.per_minute:.0f}/min" if self.per_minute and self.ms >= 200 else ""
        return f"{self.ms:.0f} ms{rate}   {self.mv:.2f} mV"


def lead_at(figure: dict[str, Any], x: Sequence[float], y: Sequence[float]) -> str:
    """The lead of a sheet that a box lies on; "" beside all of them.

    Of the leads at its time, the one whose zero line is nearest. figure: from ``paper_figure``; x in seconds,
    y in mV.
    """
    second, level = (min(x) + max(x)) / 2, (min(y) + max(y)) / 2
    there = [cell for cell in figure["layout"]["meta"] if cell["start"] <= second <= cell["stop"]]
    return str(min(there, key=lambda cell: abs(cell["zero"] - level))["lead"]) if there else ""


def measure(x: Sequence[float], y: Sequence[float]) -> Measured:
    """From the corners of a box: x in seconds, y in mV, in any order."""
    return Measured(1000 * (max(x) - min(x)), max(y) - min(y))
