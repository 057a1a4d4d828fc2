"""The vectorcardiogram of a median beat: Kors's transform of the eight independent leads to X, Y and Z."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecgcore.heart_vector import kors
from ecgcore.leads import INDEPENDENT
from ecgcore.measurements.values import Measurements


@dataclass(frozen=True)
class VectorLoop:
    """xyz: (3, n) mV of QRS and T, X to the left, Y to the feet, Z to the back. j: sample of the J point."""

    xyz: np.ndarray
    j: int
    rate: float

    @property
    def qrs(self) -> np.ndarray:
        """(3, n) of the QRS complex."""
        return self.xyz[:, : self.j + 1]

    @property
    def t(self) -> np.ndarray:
        """(3, n) from the J point to the end of T."""
        return self.xyz[:, self.j :]

    @property
    def longest_mv(self) -> float:
        """Length of the longest QRS vector."""
        return float(np.linalg.norm(self.qrs, axis=0).max())

    @property
    def qrs_t_deg(self) -> float | None:
        """Spatial angle between the mean QRS and the mean T vector; None where one of them has no length."""
        qrs, t = self.qrs.mean(1), self.t.mean(1)
        size = float(np.linalg.norm(qrs) * np.linalg.norm(t))
        return float(np.degrees(np.arccos(np.clip(qrs @ t / size, -1, 1)))) if size > 0 else None


def vector_loop(measured: Measurements) -> VectorLoop | None:
    """Of a recording's commonest beat; None without all eight independent leads or without the ends of QRS
    and T."""
    marks = measured.marks
    rows = [measured.leads[lead].median if lead in measured.leads else None for lead in INDEPENDENT]
    if (
        marks.qrs_on is None
        or marks.qrs_off is None
        or marks.t_off is None
        or any(row is None for row in rows)
    ):
        return None
    first, last = round(marks.qrs_on), round(marks.t_off)
    beat = np.stack([np.asarray(row, float) for row in rows])
    xyz = kors() @ (beat - beat[:, [first]])
    return VectorLoop(xyz[:, first : last + 1], round(marks.qrs_off) - first, measured.rate)
