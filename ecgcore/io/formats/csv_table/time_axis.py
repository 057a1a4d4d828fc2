"""The columns that count or tell the time, and the sampling rate they or the lines above give."""

from __future__ import annotations

import re

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.formats.csv_table.headers import CLOCK_UNIT, RATE_UNITS, TIME_UNITS, is_time, split_unit
from ecgcore.io.units import is_voltage

_COUNTERS = ("sample", "samples", "sample #", "sample no", "index", "idx", "n", "nr", "no", "#")
UNIFORM = 0.02
"""Largest departure of any step in a time column from their median, as a part of it: rounding of a printed
time passes."""
LOWEST_RATE = 20.0
"""Hz; nobody records an ECG slower."""
_SINCE_1970 = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3))
"""Least value of a time since 1970 in today's century, and its unit in s: ns, us, ms."""
_SHORTEST_COUNT = 50


def is_axis(column: str, samples: np.ndarray) -> bool:
    """Whether a column is no signal: it is called time or number, or has no name and counts the rows."""
    label, unit = split_unit(column)
    if not column.strip():
        return counts(samples)
    return (is_time(label) or label.casefold() in _COUNTERS) and not is_voltage(unit)


def counts(samples: np.ndarray) -> bool:
    """Whether the values of a column are those before and 1, from 0 or 1 on."""
    long = samples.size >= _SHORTEST_COUNT and samples[0] in (0.0, 1.0)
    return bool(long and (np.diff(samples) == 1).all())


def rate_of(facts: dict[str, str], names: list[str], values: np.ndarray, shown: str) -> float | None:
    """Hz from a line above, else from a time column, else None. Raises UnusableEcg for uneven steps."""
    if (stated := _stated(facts.get("rate", ""), RATE_UNITS)) is not None:
        return _without_thousands(stated, facts["rate"])
    if interval := _stated(facts.get("interval", ""), TIME_UNITS):
        return _rounded(1 / interval)
    for position, column in enumerate(names):
        label, unit = split_unit(column)
        if not is_time(label) or values.shape[0] < 2 or not np.isfinite(values[:, position]).all():
            continue
        label, unit = label.casefold(), "s" if CLOCK_UNIT.fullmatch(unit) else unit.casefold()
        return _rate_from(values[:, position], unit or (label if label in TIME_UNITS else ""), shown)
    return None


def _stated(text: str, units: dict[str, float]) -> float | None:
    match = re.match(r"\s*(\d{1,9}(?:[.,]\d{1,9})?)\s*(\w*)", text)
    if match is None or match[2].casefold() not in units:
        return None
    return float(match[1].replace(",", ".")) * units[match[2].casefold()]


def _without_thousands(rate: float, text: str) -> float:
    """1,000 Hz are a thousand, since nobody records at one."""
    grouped = re.match(r"\s*\d{1,2},\d{3}\s*(?:[hH]|$)", text)
    return 1000 * rate if grouped and rate < LOWEST_RATE else rate


def _rate_from(times: np.ndarray, unit: str, shown: str) -> float | None:
    steps = np.diff(times)
    step = (times[-1] - times[0]) / (times.size - 1)
    if step <= 0 or (np.abs(steps - np.median(steps)) > max(UNIFORM * step, 2 * _resolution(times))).any():
        raise UnusableEcg(
            f"The time column of {shown} does not advance in equal steps, so the sampling is not uniform."
        )
    scale = TIME_UNITS.get(unit)
    if not unit:
        scale = next((scale for least, scale in _SINCE_1970 if times[0] > least), 1.0)
        if step * scale >= 1 / LOWEST_RATE:
            return None  # milliseconds or a sample count, nobody knows
    return None if scale is None else _rounded(1 / (step * scale))


def _rounded(rate: float) -> float:
    return float(round(rate)) if abs(rate - round(rate)) < 0.005 * rate else rate


def _resolution(times: np.ndarray) -> float:
    """The last printed digit of a time column: a step may be off by that much through rounding."""
    near = times - times[0]
    for digits in range(7):
        if np.allclose(near, np.round(near, digits), rtol=0, atol=1e-9 + 1e-15 * abs(times[-1])):
            return 10.0**-digits
    return 0.0
