"""What the lines above the numbers say: rate, unit and lead, and what the columns are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from ecgcore.ecg import UnusableEcg
from ecgcore.io.columns import CLOCK_UNIT, RATE_UNITS, TIME_UNITS, split_unit
from ecgcore.io.contents import Hints
from ecgcore.io.formats.csv_table.dialect import (
    MAX_COLUMNS,
    Signs,
    cells_of,
    first_row,
    is_number,
    signs_of,
)
from ecgcore.io.formats.csv_table.text import MAX_HEAD, SAMPLED
from ecgcore.io.naming import leads_by_label
from ecgcore.io.units import is_voltage
from ecgcore.leads import lead_name

_RATE_KEYS = (
    "sample rate",
    "sampling rate",
    "sampling frequency",
    "sample frequency",
    "samples per second",
    "samples/s",
    "rate",
    "fs",
    "sfreq",
    "frequency",
    "samplerate",
    "samplingrate",
    "messrate",
    "abtastrate",
    "abtastfrequenz",
    "fréquence d'échantillonnage",
    "frequence d'echantillonnage",
    "taux d'échantillonnage",
    "taxa de amostragem",
    "taxa de amostra",
    "frequência de amostragem",
    "frecuencia de muestreo",
    "frequenza di campionamento",
    "サンプルレート",
    "サンプリングレート",
    "サンプリング周波数",
    "采样率",
)
_INTERVAL_KEYS = (
    "sampling interval",
    "sample interval",
    "sampling period",
    "sample period",
    "abtastintervall",
    "interval",
)
_UNIT_KEYS = (
    "unit",
    "units",
    "einheit",
    "unité",
    "unite",
    "unidade",
    "unidad",
    "unità",
    "単位",
    "单位",
    "單位",
)
_LEAD_KEYS = (
    "lead",
    "ableitung",
    "dérivation",
    "derivation",
    "derivação",
    "derivación",
    "derivazione",
    "afleiding",
    "avledning",
    "afledning",
    "odprowadzenie",
    "отведение",
    "誘導",
    "リード",
    "导联",
)

_GERMAN = re.compile(r"\b(?:zeit|uhrzeit|zeitstempel|abtast\w+|messrate|einheit)\b", re.IGNORECASE)
_CHEST = re.compile(r"^C([1-6])(?!\w)")
"""What chest leads are called in a German table, and may be anything in others (``io.naming``)."""
_RATE = re.compile(r"\d+(?:[.,]\d+)? ?([^\d\s]+)")
_PERSONAL = re.compile(
    r"(?:(?:last|first|family|full|vor|nach|sur)?[ _-]?name|patient\w*|nom|nome|nombre|naam|namn|navn|"
    r"cognome|prénom|apellidos?|subject|person|proband|id|mrn|birth\w*|dob|geburts\w*|geschlecht|sex|gender|age|alter|physician|arzt|doctor|名前|氏名|姓名)\b"
)
"""What a line about a person begins with."""


@dataclass(frozen=True)
class Layout:
    """Where things stand: signs, columns' names ([] if unnamed), facts from lines above ("rate", "interval",
    "unit", "lead"), comment lines, number of lines before the numbers."""

    signs: Signs
    names: list[str]
    facts: dict[str, str]
    comments: tuple[str, ...]
    skipped: int


def layout_of(head: list[str], shown: str) -> Layout:
    """Which line the numbers begin on, and what stands before them. Raises UnusableEcg."""
    first = first_row(head)
    if first is None:
        raise UnusableEcg(
            f"{shown} holds no numbers in its first {MAX_HEAD} lines, or none in rows and columns; a table "
            "of an ECG has a column per lead and a row per sample."
        )
    above = head[:first]
    facts = _facts(above)
    lines = [line.strip("\n") for line in head[first:] if line.strip() and not line.startswith("#")]
    lines = lines[:SAMPLED]
    named = max((len(cells_of(line.lstrip("#% "), ",")) for line in above if _line_of_leads(line)), default=0)
    signs = signs_of(lines, named, "lead" in facts, shown)
    width = _width([cells_of(line, signs.delimiter) for line in lines[:5]])
    if width > MAX_COLUMNS:
        raise UnusableEcg(f"{shown} has {width} columns, too many for one ECG.")
    comments = tuple(line.strip("# \n,;") for line in above if line.startswith("#"))
    names = _names(above, signs.delimiter, width, facts, shown)
    if any(_GERMAN.search(line) for line in above):
        names = [_CHEST.sub(r"Ableitung C\1", name) for name in names]
    return Layout(signs, names, facts, comments, first)


def _width(rows: list[list[str]]) -> int:
    """Columns of the numbers; a delimiter at the end of every line makes none."""
    width = max(map(len, rows))
    return width - 1 if width > 1 and all(len(row) < width or not row[-1].strip() for row in rows) else width


def _names(above: list[str], delimiter: str, width: int, facts: dict[str, str], shown: str) -> list[str]:
    """The last line above the numbers that has as many cells as they have columns, and no pair of a fact or
    about a person; with the units of a line of units between them. A line further up must name a lead."""
    units: list[str] = []
    nearest = True
    for line in reversed(above):
        cells = [cell.strip() for cell in cells_of(line.lstrip("#% "), delimiter)]
        if len(cells) == width + 1 and not cells[-1]:
            cells.pop()
        if not units and len(cells) in (width, width + 1) and _are_units(cells):
            units = cells
            continue
        named = _are_numbers(cells) or _could_be_names(cells, facts, nearest)
        if len(cells) in (width, width + 1) and named:
            return _with_units(
                cells, units
            )  # one more: the last column may begin empty, as on a printed page
        if len(cells) > 1 and _line_of_leads(line, delimiter):
            raise UnusableEcg(f"The header of {shown} names {len(cells)} columns, its rows have {width}.")
        nearest = nearest and not line.strip("#% \n")
    return [facts["lead"]] if width == 1 and "lead" in facts else []


def _are_units(cells: Sequence[str]) -> bool:
    """Whether a line is one of units: of voltages, and perhaps of time."""
    words = [cell.strip("'\"()[] ") for cell in cells]
    others = [word.casefold() for word in words if word and not is_voltage(word)]
    voltages = sum(is_voltage(word) for word in words)
    timely = all(word in TIME_UNITS or CLOCK_UNIT.fullmatch(word) or word in ("-", "nr") for word in others)
    return len(cells) > 1 and voltages > 0 and timely and not leads_by_label(words, Hints())


def _with_units(names: list[str], units: list[str]) -> list[str]:
    plain = [unit.strip("'\"()[] ") for unit in (units + [""] * len(names))[: len(names)]]
    return [
        f"{name} [{unit}]" if unit and not split_unit(name)[1] else name
        for name, unit in zip(names, plain, strict=True)
    ]


def _are_numbers(cells: Sequence[str]) -> bool:
    """Whether a line counts the columns."""
    counted = cells[1:] if cells and not cells[0] else cells
    return len(counted) > 1 and list(counted) in (
        [str(n + low) for n in range(len(counted))] for low in (0, 1)
    )


def _could_be_names(cells: Sequence[str], facts: dict[str, str], nearest: bool) -> bool:
    """Whether cells of a line name columns: a lead is among them, or the line is the nearest one above the
    numbers, every cell is a short text, and they are no pair."""
    labels = [split_unit(cell)[0] for cell in cells]
    if leads_by_label(labels, Hints()):
        return len(cells) > 1 or "lead" not in facts or lead_name(labels[0]) is not None
    named = all(label and len(label) <= 40 and not is_number(label) for label in labels)
    pair = len(cells) == 2 and (_fact(*cells) or _PERSONAL.match(cells[0].casefold()))
    return nearest and named and len(cells) > 1 and not pair


def _facts(above: list[str]) -> dict[str, str]:
    """What "key, value" lines say about rate, interval, unit and lead. Names, dates of birth and all else are
    not kept."""
    facts: dict[str, str] = {}
    for line in above:
        key, value = _key_value(line.strip("#% \n"))
        if fact := _fact(key, value):
            facts[fact] = _after(key, value) if fact == "lead" else value
    return facts


def _after(key: str, value: str) -> str:
    """A lead without the word for it, in whatever language: "I" from "Ableitung", "Ableitung I"."""
    word, blank, rest = value.partition(" ")
    same = blank and word.casefold() == key.casefold() and not lead_name(key)
    return rest.strip() if same and lead_name(rest) else value


def _key_value(text: str) -> tuple[str, str]:
    for sign in (":", "=", ";", "\t", ","):
        key, there, value = text.partition(sign)
        if there:
            return key.strip().strip('"').strip(), value.strip().strip(";,").strip().strip('"').strip()
    return text, ""


def _fact(key: str, value: str) -> str:
    """What a pair says, "rate", "interval", "unit" or "lead", by the key or by a value that can be nothing
    else."""
    key = unicodedata.normalize("NFKC", key).replace("\u2019", "'").casefold().strip()
    key, _, unit = key.partition("(") if key.endswith(("hz)", "ms)", "(s)")) else (key, "", "")
    key = key.strip()
    value = value.strip()
    if not value or len(value) > 60:
        return ""
    number = _RATE.fullmatch(value.casefold())
    if key in _RATE_KEYS or (number and number[1] in RATE_UNITS):
        return "rate"
    if key in _INTERVAL_KEYS and not unit:
        return "interval"
    if key in _UNIT_KEYS or (is_voltage(value) and lead_name(key) is None):
        return "unit"
    return "lead" if key in _LEAD_KEYS or (key and _after(key, value) != value) else ""


def _line_of_leads(line: str, delimiter: str = ",") -> bool:
    labels = [split_unit(cell)[0] for cell in cells_of(line.lstrip("#% "), delimiter)]
    return bool(leads_by_label(labels, Hints())) and not _fact(*_key_value(line.strip("#% \n")))
