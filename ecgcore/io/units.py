"""Units of files, which end here: everything above is in mV."""

from __future__ import annotations

from ecgcore.ecg import UnusableEcg

MILLIVOLTS = {"v": 1e3, "mv": 1.0, "uv": 1e-3, "nv": 1e-6, "volt": 1e3, "volts": 1e3, "millivolt": 1.0, "millivolts": 1.0,
              "microvolt": 1e-3, "microvolts": 1e-3}  # fmt: skip
CHOICES = ("mV", "uV", "V", "nV")


def millivolts_per(unit: str, subject: str = "The signal") -> float:
    """How many mV one unit is, for "mV", "uV", "µV", "V", "nV". Raises UnusableEcg; ``subject`` begins the
    sentence."""
    word = unit.strip().replace("\u00b5", "u").replace("\u03bc", "u").casefold()
    if word not in MILLIVOLTS:
        raise UnusableEcg(
            f"{subject} is given in {unit.strip()[:20]!r}, which is no voltage; possible are {', '.join(CHOICES)}."
        )
    return MILLIVOLTS[word]
