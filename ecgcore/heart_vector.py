"""The heart as a dipole: Dower's transform from the Frank vector to the eight independent leads, and its
inverse.

Coefficients: Dower, Machado, Osborne, Clin Cardiol 1980;3:87-95. The inverse here is the least-squares one
(Edenbrandt, Pahlm, J Electrocardiol 1988;21:361-367). Axes: X to the left, Y to the feet, Z to the back.
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
