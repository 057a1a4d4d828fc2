"""CSV and other delimited text: a column per lead, a row per sample, leads named in a header row; and Apple
Watch exports.

Lines above the header may say "Sample Rate" and "Unit". A time column gives the rate. What neither the file
nor the caller says
is asked for: NeedsHint.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io.assemble import assemble
from ecgcore.io.formats import NO_HINTS, Format, Hints, NeedsHint, looks_like_text, refuse_other_type
from ecgcore.io.units import millivolts_per
from ecgcore.io.wfdb_header import MAX_VALUES
from ecgcore.leads import lead_name

MAX_BYTES = 200_000_000
MAX_HEAD = 200  # lines before the numbers begin
_RATE_KEYS = (
    "sample rate",
    "sampling rate",
    "sampling frequency",
    "rate",
    "fs",
    "frequency",
    "messrate",
    "abtastrate",
)
_UNIT_KEYS = ("unit", "units", "einheit")
_LEAD_KEYS = ("lead", "ableitung")
_TIME = re.compile(r"(?:time|t|zeit|seconds|sec|s|ms|timestamp|elapsed time)$")
_WITH_UNIT = re.compile(r"(?P<name>.*?)\s*[\[(/]\s*(?P<unit>[^\])]*)[\])]?$")
_COUNTERS = ("sample", "samples", "index", "n", "#", "")
_RATE_UNITS = {"khz": 1e3, "kilohertz": 1e3, "hz": 1.0, "hertz": 1.0, "": 1.0}
_TIME_UNITS = {"s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6}
UNIFORM = 0.02
"""Largest departure of any step in a time column from their median, as a part of it: rounding of a printed
time passes."""


@dataclass(frozen=True)
class _Layout:
    """Where things stand: delimiter, columns' names ([] if unnamed), facts from lines above, number of lines
    before the numbers."""

    delimiter: str
    names: list[str]
    facts: dict[str, str]
    skipped: int
    decimal: str


def read_csv(path: str | Path, hints: Hints = NO_HINTS, name: str | None = None) -> Ecg:
    """A recording from delimited text. Raises UnusableEcg; NeedsHint where rate or unit must be given."""
    path = Path(path)
    refuse_other_type(path, FORMAT)
    if path.stat().st_size > MAX_BYTES:
        raise UnusableEcg(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB of text.")
    text = _decoded(path.read_bytes(), path.name).replace("\r\n", "\n").replace("\r", "\n")
    try:
        layout = _layout(text, path.name)
    except csv.Error as error:
        raise UnusableEcg(f"The first lines of {path.name} cannot be understood as a table.") from error
    values = _numbers(text, layout, path.name)
    names = layout.names or [layout.facts.get("lead", "")]
    if len(names) != values.shape[1] or not any(lead_name(_split_unit(column)[0]) for column in names):
        raise UnusableEcg(
            f"No known lead is named above the columns of {path.name}; the line before the numbers must name them, like I, II, V2."
        )
    said = _rate_of(layout, names, values, path.name)
    rate = hints.rate or said
    columns = [position for position, column in enumerate(names) if not _is_axis(column)]
    units = {
        position: _split_unit(names[position])[1] or layout.facts.get("unit") or hints.unit or ""
        for position in columns
    }
    ecg_columns = [position for position in columns if lead_name(_split_unit(names[position])[0])]
    missing = (
        *(("rate",) if not rate else ()),
        *(("unit",) if not all(units[position] for position in ecg_columns) else ()),
    )
    if missing or not rate:
        raise NeedsHint(
            f"{path.name} does not say its {_words(missing)}; please give {'them' if len(missing) > 1 else 'it'}.",
            missing,
        )
    rows = []
    for position in columns:
        label = _split_unit(names[position])[0]
        scale = millivolts_per(units[position], f"Lead {label}") if lead_name(label) else 1.0
        rows.append((label, values[:, position] * scale))
    return assemble(rows, rate, name or path.stem)


def _words(missing: tuple[str, ...]) -> str:
    return " and ".join({"rate": "sampling rate", "unit": "unit"}[one] for one in missing)


def _decoded(data: bytes, shown: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass  # older exports of European carts: a byte per letter
    if b"\x00" in data:
        raise UnusableEcg(f"{shown} is no text file.")
    return data.decode("cp1252", errors="replace")


def _layout(text: str, shown: str) -> _Layout:
    """Which line the numbers begin on, and what stands before them."""
    head = [line for _, line in zip(range(MAX_HEAD), io.StringIO(text), strict=False)]
    first = next((row for row, line in enumerate(head) if _numeric(line)), None)
    if first is None:
        raise UnusableEcg(f"{shown} holds no numbers in its first {MAX_HEAD} lines.")
    delimiter, decimal = _punctuation(head[first : first + 5])
    names: list[str] = []
    facts: dict[str, str] = {}
    width = len(_cells(head[first], delimiter))
    for line in head[:first]:
        cells = [cell.strip() for cell in _cells(line.lstrip("# "), delimiter)]
        if (
            len(cells) == width
            and (width > 1 or lead_name(_split_unit(cells[0])[0]))
            and any(lead_name(_split_unit(cell)[0]) for cell in cells)
        ):
            names = cells
            continue
        bare = line.strip("# \r\n")
        table_like = len(cells) > 1 and delimiter != " " and not line.startswith("#")
        key, value = (cells[0], ",".join(cells[1:])) if table_like else _key_value(bare)
        _learn(facts, key.strip().casefold(), value.strip())
    if facts.get("lead") and not (
        len(names) == width and any(lead_name(_split_unit(cell)[0]) for cell in names)
    ):
        names = []
    return _Layout(delimiter, names, facts, first, decimal)


def _key_value(text: str) -> tuple[str, str]:
    for sign in (":", "=", ",", ";", "\t"):
        if sign in text:
            key, _, value = text.partition(sign)
            return key, value
    return text, ""


def _learn(facts: dict[str, str], key: str, value: str) -> None:
    """Keep what a "key, value" line says about rate, unit and lead. Names, dates of birth and all else are
    not kept."""
    for fact, keys in (("rate", _RATE_KEYS), ("unit", _UNIT_KEYS), ("lead", _LEAD_KEYS)):
        if key in keys and value:
            facts[fact] = value.strip().strip('"')


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return line.split()
    return next(csv.reader([line.strip("\r\n")], delimiter=delimiter), [])


_NUMBER = re.compile(r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?|nan|null|na|-", re.IGNORECASE)


def _numeric(line: str) -> bool:
    """Whether a line is nothing but numbers and what separates them, with at least one number."""
    for delimiter in (";", r"\t", ",", r"\s+"):
        cells = [cell.strip(' "') for cell in re.split(delimiter, line.strip())]
        if all(not cell or _NUMBER.fullmatch(cell) for cell in cells) and any(
            re.search(r"\d", cell) for cell in cells
        ):
            return True
    return False


def _punctuation(lines: list[str]) -> tuple[str, str]:
    """Delimiter and decimal mark. A comma is a decimal mark only where something else separates, or a single
    column has it."""
    sample = "".join(lines)
    for delimiter in (";", "\t"):
        if delimiter in sample:
            return delimiter, "," if "," in sample and "." not in sample else "."
    if "," in sample:
        return ",", "."
    return (" ", ".") if re.search(r"\S\s+\S", lines[0].strip()) else (",", ".")


def _numbers(text: str, layout: _Layout, shown: str) -> np.ndarray:
    """(n_samples, n_columns); NaN where a cell is empty."""
    import pandas as pd

    try:
        table = pd.read_csv(
            io.StringIO(text), sep=r"\s+" if layout.delimiter == " " else layout.delimiter, decimal=layout.decimal, header=None,
            skiprows=layout.skipped, skip_blank_lines=True, comment="#", na_values=["null", "NULL", "na", "-"], low_memory=False,
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise UnusableEcg(f"The rows of {shown} differ in their number of columns.") from error
    if (
        table.shape[1] > 1
        and table.iloc[:, -1].isna().all()
        and (not layout.names or len(layout.names) < table.shape[1] or not layout.names[-1])
    ):
        table = table.iloc[:, :-1]  # a delimiter at the end of every line
        if layout.names and not layout.names[-1]:
            layout.names.pop()
    words = [
        position for position in range(table.shape[1]) if not pd.api.types.is_numeric_dtype(table[position])
    ]
    if words and not (
        layout.names
        and all(
            lead_name(_split_unit(layout.names[word])[0]) is None
            for word in words
            if word < len(layout.names)
        )
    ):
        raise UnusableEcg(f"Column {words[0] + 1} of {shown} holds text among its numbers.")
    for word in words:  # a column of clock times or beat labels that is no lead
        table[word] = np.nan
    if table.size > MAX_VALUES:
        raise UnusableEcg(f"{shown} holds {table.size:,} numbers; that is more than can be opened here.")
    return table.to_numpy(dtype=np.float64)


def _split_unit(column: str) -> tuple[str, str]:
    """("V1", "uV") from "V1 (uV)", "V1 [uV]", "V1/uV"; the unit "" where there is none."""
    found = _WITH_UNIT.match(column.strip().strip("'\""))
    return (
        (found["name"].strip().strip("'\""), found["unit"].strip())
        if found
        else (column.strip().strip("'\""), "")
    )


def _is_axis(column: str) -> bool:
    name = _split_unit(column)[0].casefold()
    return bool(_TIME.match(name)) or name in _COUNTERS


def _rate_of(layout: _Layout, names: list[str], values: np.ndarray, shown: str) -> float | None:
    """Hz from a "Sample Rate" line, else from a time column, else None."""
    if layout.facts.get("rate"):
        said = re.match(r"\s*(\d+(?:[.,]\d+)?)\s*([a-zA-Z]*)", layout.facts["rate"])
        if said and said[2].casefold() in _RATE_UNITS:
            return float(said[1].replace(",", ".")) * _RATE_UNITS[said[2].casefold()]
    for position, column in enumerate(names):
        name, unit = _split_unit(column)
        name = name.casefold()
        if not _TIME.match(name) or values.shape[0] < 2 or not np.isfinite(values[:, position]).all():
            continue
        unit = unit.casefold() or (name if name in _TIME_UNITS else "")
        return _rate_from(values[:, position], unit, shown)
    return None


def _rate_from(times: np.ndarray, unit: str, shown: str) -> float | None:
    steps = np.diff(times)
    step = (times[-1] - times[0]) / (times.size - 1)
    if step <= 0 or (np.abs(steps - np.median(steps)) > max(UNIFORM * step, 2 * _resolution(times))).any():
        raise UnusableEcg(
            f"The time column of {shown} does not advance in equal steps, so the sampling is not uniform."
        )
    if unit not in _TIME_UNITS:
        if unit or step >= 0.05:  # slower than 20 Hz as seconds: milliseconds or a sample count, nobody knows
            return None
        unit = "s"
    rate = 1 / (step * _TIME_UNITS[unit])
    return float(round(rate)) if abs(rate - round(rate)) < 0.005 * rate else rate


def _resolution(times: np.ndarray) -> float:
    """The last printed digit of a time column: a step may be off by that much through rounding."""
    for digits in range(7):
        if np.allclose(times, np.round(times, digits), rtol=0, atol=1e-9):
            return 10.0**-digits
    return 0.0


FORMAT = Format("CSV", (".csv", ".txt", ".tsv"), read_csv, looks_like_text)
