"""Tables of whatever format: what their columns are called and measured in, which of them count or tell the
time, and the sampling rate that follows."""

from __future__ import annotations

import re

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import Channel
from ecgcore.io.naming import distinct
from ecgcore.io.units import is_voltage
from ecgcore.leads import lead_name

RATE_UNITS = {
    "khz": 1e3,
    "kilohertz": 1e3,
    "hz": 1.0,
    "hertz": 1.0,
    "hercios": 1.0,
    "hercio": 1.0,
    "ヘルツ": 1.0,
    "赫兹": 1.0,
    "гц": 1.0,
    "герц": 1.0,
    "헤르츠": 1.0,
    "赫茲": 1.0,
    "hertsiä": 1.0,
    "sps": 1.0,
    "samples": 1.0,
    "": 1.0,
}
TIME_UNITS = (
    dict.fromkeys(
        ("s", "sec", "secs", "second", "seconds", "sekunde", "sekunden", "secondes", "segundos", "secondi"),
        1.0,
    )
    | dict.fromkeys(("sn", "sek", "с", "сек", "秒"), 1.0)  # noqa: RUF001
    | dict.fromkeys(("ms", "msec", "millisecond", "milliseconds", "мс", "毫秒", "ミリ秒"), 1e-3)
    | dict.fromkeys(("us", "microseconds"), 1e-6)
    | dict.fromkeys(("ns", "nanoseconds"), 1e-9)
)
CLOCK_UNIT = re.compile(r"h{1,2}:mm(?::ss)?(?:\.m+)?|m{1,2}:ss(?:\.m+)?|hh:mm:ss[.,]\w+")

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
    """Whether a column is no signal: it is called time, or number and never falls; or it counts the rows or
    rises evenly and is not called a lead."""
    label, unit = split_unit(column)
    if not is_voltage(unit):
        if is_time(label):
            return True
        if label.casefold() in _COUNTERS and not (np.diff(samples) < 0).any():
            return True
    return lead_name(label) is None and (counts(samples) or _rises_evenly(samples))


def _rises_evenly(samples: np.ndarray) -> bool:
    """Whether the values of a column are a clock's: no ECG rises by the same amount at every sample."""
    if samples.size < _SHORTEST_COUNT or not np.isfinite(samples).all():
        return False
    steps = np.diff(samples)
    return bool(
        steps.min() > 0 and np.ptp(steps) <= max(UNIFORM * np.median(steps), 2 * _resolution(samples))
    )


def counts(samples: np.ndarray) -> bool:
    """Whether the values of a column are those before and 1, from 0 or 1 on."""
    long = samples.size >= _SHORTEST_COUNT and samples[0] in (0.0, 1.0)
    return bool(long and (np.diff(samples) == 1).all())


def rate_of(facts: dict[str, str], names: list[str], values: np.ndarray, shown: str) -> float | None:
    """Hz from a line above, else from the first time column that advances evenly, else None. Raises
    UnusableEcg where there are time columns and none does."""
    if (stated := _stated(facts.get("rate", ""), RATE_UNITS)) is not None:
        return _without_thousands(stated, facts["rate"])
    if interval := _stated(facts.get("interval", ""), TIME_UNITS):
        return _rounded(1 / interval)
    refusal = None
    for position, column in enumerate(names):
        label, unit = split_unit(column)
        if not is_time(label) or values.shape[0] < 2 or not np.isfinite(values[:, position]).all():
            continue
        label, unit = label.casefold(), "s" if CLOCK_UNIT.fullmatch(unit) else unit.casefold()
        last = label.replace("_", " ").rpartition(" ")[2]
        try:
            return _rate_from(values[:, position], unit or (last if last in TIME_UNITS else ""), shown)
        except UnusableEcg as error:
            refusal = refusal or error
    if refusal:
        raise refusal
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


def channels_of(names: list[str], values: np.ndarray, unit: str) -> tuple[Channel, ...]:
    """The columns that are no time and no count of rows, with their units or the common one."""
    columns = [position for position, column in enumerate(names) if not is_axis(column, values[:, position])]
    parts = [split_unit(names[position]) for position in columns]
    labels = distinct(label for label, _ in parts)
    return tuple(
        Channel(label, values[:, position], stated or unit)
        for label, position, (_, stated) in zip(labels, columns, parts, strict=True)
    )


_NARROW = str.maketrans("\uff08\uff09\uff3b\uff3d", "()[]")
"""Brackets of Japanese and Chinese text."""


_NO_UNIT = re.compile(
    r"\s*[(\[]\s*(?:(estimated|derived|reconstructed|synthesi[sz]ed|calculated|computed|predicted)|einthoven|"
    r"goldberger|wilson)\s*[)\]]",
    re.IGNORECASE,
)
"""What stands in brackets behind a lead and is none: where it comes from, which stays in its name, or whose
it is."""


def split_unit(column: str) -> tuple[str, str]:
    """("V1", "uV") from "V1 (uV)", "V1 [uV]", "V1/uV", "V1_uV", "V1 uV"; the unit "" where there is none.
    ("V1 estimated", "uV") from "V1 (estimated) [uV]": such a column is no lead."""
    text = column.translate(_NARROW).strip().strip("'\"").strip()[:100]
    text = _NO_UNIT.sub(lambda match: f" {match[1] or ''}", text).strip()
    for opening in "[(/":
        name, sign, rest = text.partition(opening)
        if sign and name.strip():
            return name.strip().strip("'\""), rest.strip().rstrip("])").strip()
    for sign in "_ ":
        name, there, rest = text.rpartition(sign)
        voltage = is_voltage(rest) and (lead_name(name) or len(rest) > 1)  # V alone may be anything
        if there and name and (voltage or (rest.casefold() in TIME_UNITS and is_time(name))):
            return name, rest
    return text, ""


_TIME = re.compile(
    r"(?:time|t|zeit|temps|tempo|tiempo|tijd|tid|czas|aika|zaman|время|時間|时间|時刻|시간|seconds|sekunden|"
    r"secondes|segundos|sec|s|ms|time ?stamp|(?:\w+ )?timestamp|elapsed time|elapsed|zeitstempel|uhrzeit|"
    r"datum|date ?time|datetime|unix ?(?:time|ms)|epoch)$"
)


def is_time(label: str) -> bool:
    """Whether a column is called like one of time."""
    return bool(_TIME.match(label.casefold().replace("_", " ").strip()))
