"""CSV and other delimited text: a column per lead, a row per sample, leads named in a header row; and Apple
Watch exports, in whatever language.

Lines above the header may say rate, unit and lead. A time column gives the rate. Which signs separate columns
and decimals is decided by the values themselves. What neither the file nor the caller says is asked for.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import Channel, Contents, Hints, Source
from ecgcore.io.formats import Format, looks_like_text
from ecgcore.io.naming import distinct, leads_by_label
from ecgcore.io.text import harmless
from ecgcore.io.units import is_voltage
from ecgcore.leads import lead_name

MAX_BYTES = 150_000_000
MAX_VALUES = 15_000_000
"""Numbers of a table: 20 minutes of twelve leads at 1000 Hz."""
MAX_HEAD, MAX_LINE, MAX_COLUMNS = 200, 20_000, 500
"""Lines before the numbers begin, their characters, and columns."""
_SAMPLED = 400
"""Lines of numbers that decide about the signs."""
_RATE_KEYS = (
    "sample rate",
    "sampling rate",
    "sampling frequency",
    "rate",
    "fs",
    "frequency",
    "samplerate",
    "samplingrate",
    "messrate",
    "abtastrate",
    "abtastfrequenz",
    "fréquence d'échantillonnage",
    "frequence d'echantillonnage",
    "taxa de amostragem",
    "frequência de amostragem",
    "frecuencia de muestreo",
    "frequenza di campionamento",
    "サンプルレート",
    "サンプリングレート",
    "サンプリング周波数",
    "采样率",
)
_UNIT_KEYS = ("unit", "units", "einheit", "unité", "unite", "unidade", "unidad", "unità", "単位", "单位")
_LEAD_KEYS = (
    "lead",
    "ableitung",
    "dérivation",
    "derivation",
    "derivação",
    "derivación",
    "derivazione",
    "誘導",
    "リード",
    "导联",
)
_TIME = re.compile(
    r"(?:time|t|zeit|temps|tempo|tiempo|時間|seconds|sekunden|secondes|segundos|sec|s|ms|timestamp|"
    r"elapsed time|zeitstempel)$"
)
_COUNTERS = ("sample", "samples", "index", "n", "nr", "no", "#", "")
_RATE_UNITS = {"khz": 1e3, "kilohertz": 1e3, "hz": 1.0, "hertz": 1.0, "ヘルツ": 1.0, "赫兹": 1.0, "": 1.0}
_TIME_UNITS = {"s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "sekunden": 1.0, "ms": 1e-3, "us": 1e-6}
UNIFORM = 0.02
"""Largest departure of any step in a time column from their median, as a part of it: rounding of a printed
time passes."""
_NUMBER = re.compile(
    r"[-+]?(?:\d{1,3}(?:[.,]\d{3}){1,5}[.,]\d{1,9}|\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?|nan|null|na|-",
    re.IGNORECASE,
)
_NAMES_OF_NOTHING = ["null", "NULL", "na", "-"]


@dataclass(frozen=True)
class _Layout:
    """Where things stand: signs between columns and in numbers, columns' names ([] if unnamed), facts from
    lines above, comment lines, number of lines before the numbers."""

    delimiter: str
    decimal: str
    names: list[str]
    facts: dict[str, str]
    comments: tuple[str, ...]
    skipped: int


def read_csv(source: Source, hints: Hints) -> Contents:
    """Columns of delimited text. Raises UnusableEcg."""
    content = _as_utf8(source.content(MAX_BYTES), source.shown)
    head = _head(content, source.shown)
    try:
        layout = _layout(head, source.shown)
    except csv.Error as error:
        raise UnusableEcg(f"The first lines of {source.shown} cannot be understood as a table.") from error
    values, names = _values(content, layout, source.shown)
    stated = _rate_of(layout, names, values, source.shown)
    channels, comments = _channels(names, values, layout.facts), layout.comments
    return Contents(channels, hints.rate or stated, (), comments)


def _channels(names: list[str], values: np.ndarray, facts: dict[str, str]) -> tuple[Channel, ...]:
    columns = [position for position, column in enumerate(names) if not _is_axis(column)]
    parts = [_split_unit(names[position]) for position in columns]
    labels = distinct(label for label, _ in parts)
    return tuple(
        Channel(label, values[:, position], unit or facts.get("unit", ""))
        for label, position, (_, unit) in zip(labels, columns, parts, strict=True)
    )


# -- text ----------------------------------------------------------------------------------------------------


def _as_utf8(data: bytes, shown: str) -> bytes:
    """The same text in UTF-8 with plain line ends; older exports of European carts have a byte per letter."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", errors="replace").encode()
    elif b"\x00" in data:
        raise UnusableEcg(f"{shown} is no text file.")
    elif not _is_utf8(data):
        data = data.decode("cp1252", errors="replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _head(content: bytes, shown: str) -> list[str]:
    """The first lines, enough to find where the numbers begin and to judge them."""
    stream, lines = io.BytesIO(content), []
    for _ in range(MAX_HEAD + _SAMPLED):
        line = stream.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise UnusableEcg(
                f"A line of {shown} is longer than {MAX_LINE:,} characters, so it is no table of samples."
            )
        if not line:
            break
        lines.append(line.decode("utf-8", errors="replace"))
    return lines


# -- layout --------------------------------------------------------------------------------------------------


def _layout(head: list[str], shown: str) -> _Layout:
    """Which line the numbers begin on, and what stands before them."""
    first = next((row for row, line in enumerate(head[:MAX_HEAD]) if _numeric(line)), None)
    if first is None:
        raise UnusableEcg(f"{shown} holds no numbers in its first {MAX_HEAD} lines.")
    above, facts = head[:first], _facts(head[:first])
    lines = [line.strip("\n") for line in head[first:] if line.strip() and not line.startswith("#")][
        :_SAMPLED
    ]
    delimiter, decimal = _punctuation(lines, above, facts, shown)
    width = _width([_cells(line, delimiter) for line in lines[:5]])
    if width > MAX_COLUMNS:
        raise UnusableEcg(f"{shown} has {width} columns, too many for one ECG.")
    comments = tuple(line.strip("# \n") for line in above if line.startswith("#"))
    return _Layout(delimiter, decimal, _names(above, delimiter, width, facts, shown), facts, comments, first)


def _width(rows: list[list[str]]) -> int:
    """Columns of the numbers; a delimiter at the end of every line makes none."""
    width = max(map(len, rows))
    return width - 1 if width > 1 and all(len(row) < width or not row[-1].strip() for row in rows) else width


def _names(above: list[str], delimiter: str, width: int, facts: dict[str, str], shown: str) -> list[str]:
    """The last line above the numbers that has as many cells as they have columns, and no pair of a fact."""
    for line in reversed(above):
        cells = [cell.strip() for cell in _cells(line.lstrip("# "), delimiter)]
        if len(cells) == width + 1 and not cells[-1]:
            cells.pop()
        if len(cells) in (width, width + 1) and _could_be_names(cells, facts):
            return cells  # one more: the last column may begin empty, as on a printed page
        if len(cells) > 1 and _line_of_leads(line, delimiter):
            raise UnusableEcg(f"The header of {shown} names {len(cells)} columns, its rows have {width}.")
    return [facts["lead"]] if width == 1 and "lead" in facts else []


def _could_be_names(cells: list[str], facts: dict[str, str]) -> bool:
    """Whether cells of a line name columns: a lead is among them, or every one is a short text that is no
    fact."""
    labels = [_split_unit(cell)[0] for cell in cells]
    if leads_by_label(labels, Hints()):
        return len(cells) > 1 or "lead" not in facts or lead_name(labels[0]) is not None
    named = all(label and len(label) <= 40 and not _NUMBER.fullmatch(label) for label in labels)
    return named and len(cells) > 1 and not (len(cells) == 2 and _fact(*cells))


def _facts(above: list[str]) -> dict[str, str]:
    """What "key, value" lines say about rate, unit and lead. Names, dates of birth and all else are not
    kept."""
    facts: dict[str, str] = {}
    for line in above:
        key, value = _key_value(line.strip("# \n"))
        if fact := _fact(key, value):
            facts[fact] = value
    return facts


def _key_value(text: str) -> tuple[str, str]:
    for sign in (":", "=", ";", "\t", ","):
        key, found, value = text.partition(sign)
        if found:
            return key.strip().strip('"').strip(), value.strip().strip(";,").strip().strip('"').strip()
    return text, ""


def _fact(key: str, value: str) -> str:
    """What a pair says, "rate", "unit" or "lead", by the key or by a value that can be nothing else."""
    key = unicodedata.normalize("NFKC", key).replace("\u2019", "'").casefold().strip()
    value = value.strip()
    if not value or len(value) > 60:
        return ""
    if key in _RATE_KEYS or re.fullmatch(r"\d+([.,]\d+)? ?(k?hz|(kilo)?hertz|ヘルツ|赫兹)", value.casefold()):
        return "rate"
    if key in _UNIT_KEYS or (is_voltage(value) and lead_name(key) is None):
        return "unit"
    return "lead" if key in _LEAD_KEYS else ""


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return line.split()
    return next(csv.reader([line.strip("\n")], delimiter=delimiter), []) if delimiter else [line.strip()]


def _numeric(line: str) -> bool:
    """Whether a line is nothing but numbers and what separates them, with at least one number."""
    for delimiter in (";", "\t", ",", None):
        cells = [cell.strip(' "') for cell in line.strip().split(delimiter)][: MAX_COLUMNS + 1]
        if all(not cell or _NUMBER.fullmatch(cell) for cell in cells) and any(
            re.search(r"\d", cell) for cell in cells
        ):
            return True
    return False


# -- signs ---------------------------------------------------------------------------------------------------


def _punctuation(lines: list[str], above: list[str], facts: dict[str, str], shown: str) -> tuple[str, str]:
    """Delimiter ("" for a single column) and decimal mark, tested against the values."""
    sample = "\n".join(lines)
    for delimiter in (";", "\t"):
        if delimiter in sample:
            return delimiter, _decimal(sample.replace(delimiter, " "), shown)
    blanks = all(re.search(r"\S\s+\S", line.strip()) and not re.search(r",\s", line) for line in lines)
    if blanks:
        return " ", _decimal(sample, shown)
    if "," not in sample:
        return "", "."
    if "." in sample:
        return ",", "."
    return _commas(lines, above, facts, shown)


def _decimal(numbers: str, shown: str) -> str:
    if "," in numbers and "." in numbers:
        raise UnusableEcg(
            f"The numbers of {shown} hold both points and commas; which of them marks decimals is not "
            "certain."
        )
    return "," if "," in numbers else "."


def _commas(lines: list[str], above: list[str], facts: dict[str, str], shown: str) -> tuple[str, str]:
    """Commas alone: between columns of whole numbers, or decimal marks of a single column."""
    width = max(len(line.split(",")) for line in lines)
    named = max((len(_cells(line.lstrip("# "), ",")) for line in above if _line_of_leads(line)), default=0)
    if named in (width, width + 1):
        return ",", "."
    if width == 2 and (named == 1 or "lead" in facts or (not named and _second_is_decimals(lines))):
        return "", ","
    if named and width == 2 * named:
        raise UnusableEcg(
            f"In {shown} commas both separate columns and mark decimals; which digits belong together "
            "is not certain."
        )
    return ",", "."


def _line_of_leads(line: str, delimiter: str = ",") -> bool:
    labels = [_split_unit(cell)[0] for cell in _cells(line.lstrip("# "), delimiter)]
    return bool(leads_by_label(labels, Hints())) and not _fact(*_key_value(line.strip("# \n")))


def _second_is_decimals(lines: list[str]) -> bool:
    """Whether what follows the comma is the digits behind it: never signed, and as jumpy as chance or padded
    with zeros."""
    digits = [line.partition(",")[2].strip() for line in lines]
    if not all(digit.isdigit() or not digit for digit in digits) or len(digits) < 20:
        return False
    if any(digit.startswith("0") and len(digit) > 1 for digit in digits):
        return True
    values = np.array([float(f"0.{digit or 0}") for digit in digits])
    return bool(values.std() > 0 and np.diff(values).std() > values.std())


# -- numbers -------------------------------------------------------------------------------------------------


def _values(content: bytes, layout: _Layout, shown: str) -> tuple[np.ndarray, list[str]]:
    """(n_samples, n_columns), NaN where a cell is empty; and the columns' names, "" where they have none."""
    import pandas as pd

    sign = (layout.delimiter or "\n").encode()
    if content.count(b"\n") + (content.count(sign) if sign != b"\n" else 0) > MAX_VALUES:
        raise UnusableEcg(
            f"{shown} holds more than {MAX_VALUES:,} numbers; that is more than is read as text."
        )
    try:
        table = pd.read_csv(
            io.BytesIO(content),
            sep={" ": r"\s+", "": ";"}.get(layout.delimiter, layout.delimiter),
            decimal=layout.decimal,
            header=None,
            skiprows=layout.skipped,
            skip_blank_lines=True,
            comment="#",
            na_values=_NAMES_OF_NOTHING,
            low_memory=False,
            encoding="utf-8",
            encoding_errors="replace",
        )
    except pd.errors.EmptyDataError as error:
        raise UnusableEcg(f"{shown} holds no numbers.") from error
    except (pd.errors.ParserError, ValueError, OverflowError) as error:
        raise UnusableEcg(f"The rows of {shown} differ in their number of columns.") from error
    names = layout.names or [""] * table.shape[1]
    if table.shape[1] > len(names) and table.iloc[:, len(names) :].isna().all(axis=None):
        table = table.iloc[:, : len(names)]  # a delimiter at the end of every line
    if table.shape[1] != len(names):
        raise UnusableEcg(
            f"The header of {shown} names {len(names)} columns, its rows have {table.shape[1]}."
        )
    if not layout.names and table.iloc[:, -1].isna().all():
        table, names = table.iloc[:, :-1], names[:-1]
    return _all_numbers(table, names, shown), names


def _all_numbers(table: Any, names: list[str], shown: str) -> np.ndarray:
    """The table as numbers; columns of words are allowed where they are no lead, as times of day are."""
    import pandas as pd

    words = [
        position for position in range(table.shape[1]) if not pd.api.types.is_numeric_dtype(table[position])
    ]
    for position in words:
        label = _split_unit(names[position])[0]
        if lead_name(label) or not any(lead_name(_split_unit(name)[0]) for name in names):
            row, cell = next(
                (row, cell)
                for row, cell in enumerate(table[position])
                if isinstance(cell, str) and not _plain(cell)
            )
            raise UnusableEcg(
                f"{shown} has text among its numbers, {harmless(cell, 20)!r} in row {row + 1} of them."
            )
        table[position] = np.nan
    return np.asarray(table, dtype=np.float64)


def _plain(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


# -- columns -------------------------------------------------------------------------------------------------


def _split_unit(column: str) -> tuple[str, str]:
    """("V1", "uV") from "V1 (uV)", "V1 [uV]", "V1/uV", "V1_uV"; the unit "" where there is none."""
    text = column.strip().strip("'\"").strip()[:100]
    for opening in "[(/":
        name, sign, rest = text.partition(opening)
        if sign and name.strip():
            return name.strip().strip("'\""), rest.strip().rstrip("])").strip()
    name, sign, rest = text.rpartition("_")
    return (name, rest) if sign and is_voltage(rest) and lead_name(name) else (text, "")


def _is_axis(column: str) -> bool:
    label, unit = _split_unit(column)
    return (
        bool(column.strip())
        and (bool(_TIME.match(label.casefold())) or label.casefold() in _COUNTERS)
        and not is_voltage(unit)
    )


def _rate_of(layout: _Layout, names: list[str], values: np.ndarray, shown: str) -> float | None:
    """Hz from a line above, else from a time column, else None."""
    if stated := layout.facts.get("rate"):
        rate = re.match(r"\s*(\d{1,9}(?:[.,]\d{1,9})?)\s*(\w*)", stated)
        if rate and rate[2].casefold() in _RATE_UNITS:
            return float(rate[1].replace(",", ".")) * _RATE_UNITS[rate[2].casefold()]
    for position, column in enumerate(names):
        label, unit = _split_unit(column)
        label = label.casefold()
        if not _TIME.match(label) or values.shape[0] < 2 or not np.isfinite(values[:, position]).all():
            continue
        unit = unit.casefold() or (label if label in _TIME_UNITS else "")
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


FORMATS = (
    Format(
        "CSV",
        (".csv", ".txt", ".tsv"),
        read_csv,
        looks_like_text,
        certain=False,
        needs=("rate", "unit", "leads"),
        tried="one digitised page; Apple Watch exports only as files made after their description",
    ),
)
