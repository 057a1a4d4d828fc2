"""Units of files, which end here: everything above is in mV."""

from __future__ import annotations

import re
from functools import lru_cache

from ecgcore.ecg import UnusableEcg
from ecgcore.io.text import harmless

MILLIVOLTS = {
    "v": 1e3,
    "mv": 1.0,
    "uv": 1e-3,
    "nv": 1e-6,
    "volt": 1e3,
    "volts": 1e3,
    "millivolt": 1.0,
    "millivolts": 1.0,
    "microvolt": 1e-3,
    "microvolts": 1e-3,
    "мкв": 1e-3,
    "мв": 1.0,
    "微伏": 1e-3,
    "毫伏": 1.0,
}
CHOICES = ("mV", "uV", "V", "nV")


def millivolts_per(unit: str, subject: str = "The signal") -> float:
    """How many mV one unit is, for "mV", "uV", "µV", "V", "nV". Raises UnusableEcg; ``subject`` begins the
    sentence."""
    word = _word(unit)
    if word not in MILLIVOLTS:
        raise UnusableEcg(
            f"{subject} is given in {harmless(unit, 20)!r}, which is no voltage; possible are "
            f"{', '.join(CHOICES)}."
        )
    return MILLIVOLTS[word]


def is_voltage(unit: str) -> bool:
    """Whether it is the name of a unit that ``millivolts_per`` knows."""
    return _word(unit) in MILLIVOLTS


@lru_cache(maxsize=256)  # the same few are asked for dozens of times a recording
def _word(unit: str) -> str:
    """Without the three ways to write micro; the last is that of bytes that are no letters of their text."""
    return re.sub("[\u00b5\u03bc]|\ufffd{1,2}", "u", unit.strip()).casefold()
