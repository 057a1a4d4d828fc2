"""The heart as a dipole: Dower's transform from the Frank vector to the eight independent leads, and its
inverse; Kors's transform from those leads to the Frank vector, which was fitted to recordings.

Coefficients: Dower, Machado, Osborne, Clin Cardiol 1980;3:87-95. The inverse here is the least-squares one
(Edenbrandt, Pahlm, J Electrocardiol 1988;21:361-367). Kors: regression matrix of Kors, van Herpen, Sittig,
van Bemmel, Eur Heart J 1990;11:1083-1092. Axes: X to the left, Y to the feet, Z to the back.
"""

from __future__ import annotations

import numpy as np

from ecgcore.leads import INDEPENDENT

DOWER: dict[str, tuple[float, float, float]] = {
    "I": (0.632, -0.235, 0.059),
    "II": (0.235, 1.066, -0.132),
    "V1": (-0.515, 0.157, -0.917),
    "V2": (0.044, 0.164, -1.387),
    "V3": (0.882, 0.098, -1.277),
    "V4": (1.213, 0.127, -0.601),
    "V5": (1.125, 0.127, -0.086),
    "V6": (0.831, 0.076, 0.230),
}


def dower() -> np.ndarray:
    """(8, 3): I, II, V1-V6 from X, Y, Z."""
    return np.array([DOWER[lead] for lead in INDEPENDENT])


def inverse_dower() -> np.ndarray:
    """(3, 8): X, Y, Z from I, II, V1-V6, least squares."""
    return np.linalg.pinv(dower())


KORS: dict[str, tuple[float, float, float]] = {
    "I": (0.38, -0.07, 0.11),
    "II": (-0.07, 0.93, -0.23),
    "V1": (-0.13, 0.06, -0.43),
    "V2": (0.05, -0.02, -0.06),
    "V3": (-0.01, -0.05, -0.14),
    "V4": (0.14, 0.06, -0.20),
    "V5": (0.06, -0.17, -0.11),
    "V6": (0.54, 0.13, 0.31),
}


def kors() -> np.ndarray:
    """(3, 8): X, Y, Z from I, II, V1-V6."""
    return np.array([KORS[lead] for lead in INDEPENDENT]).T
