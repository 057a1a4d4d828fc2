"""Which lines hold numbers, and which signs separate columns, decimals and thousands: decided by the values
themselves. What they leave open is refused."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.formats.csv_table.text import MAX_HEAD

MAX_COLUMNS = 500
DELIMITERS = (";", "\t", "|")
"""Signs that nothing but a delimiter can be in a table of numbers."""
_NUMBER = re.compile(
    r"[-+]?(?:\d{1,3}(?:[.,' ]\d{3}){1,5}(?:[.,]\d{1,9})?|\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?|nan|null"
    r"|n/?a|-{1,2}",
    re.IGNORECASE,
)
_DAY = r"\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4}"
CLOCK = re.compile(
    rf"\[?(?:(?:{_DAY})[T ]+)?(?:(?P<h>\d{{1,3}}):)?(?P<m>\d{{1,2}}):(?P<s>\d{{2}}(?:[.,]\d{{1,9}})?)"
    rf"(?: ?[AaPp][Mm])?(?:Z|[+-]\d\d:?\d\d)?(?: (?:{_DAY}))?\]?"
)
"""A time of day or from the start, with or without a date: 0:00.004, 12:30:01,250, 2024-03-01T12:00:00Z."""
NAMES_OF_NOTHING = ["null", "NULL", "na", "NA", "n/a", "N/A", "-", "--"]
_LEAST_GROUPED = 20
"""Numbers with groups of three digits that make a sign one of thousands."""


@dataclass(frozen=True)
class Signs:
    """What separates: columns ("" for a single column), decimals, and thousands ("" where nothing does)."""

    delimiter: str
    decimal: str = "."
    thousands: str = ""


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of a line as written, quotes taken away."""
    if delimiter == " ":
        return line.split()
    return next(csv.reader([line.strip("\n")], delimiter=delimiter), []) if delimiter else [line.strip()]


def is_number(cell: str) -> bool:
    """Whether a cell is a number in any dialect, or stands for a missing one."""
    return bool(_NUMBER.fullmatch(cell.strip(" \"'")))


def _is_clock(cell: str) -> bool:
    return bool(CLOCK.fullmatch(cell.strip(" \"'")))


def first_row(lines: Sequence[str]) -> int | None:
    """The line on which the numbers begin. A column of words, as of marks of beats, does not hide them; a
    row of column numbers is none."""
    lines = lines[:MAX_HEAD]
    first = next((row for row, line in enumerate(lines) if _numeric(line)), None)
    if first is None:
        return next(
            (row for row in range(len(lines) - 2) if all(_mostly(line) for line in lines[row : row + 3])),
            None,
        )
    while first and _mostly(lines[first - 1], lines[first]):
        first -= 1
    named = first > 0 and _names_as_many(lines[first - 1], lines[first])
    counted = not named and first + 1 < len(lines) and _numbered(lines[first], lines[first + 1])
    return first + 1 if counted else first


def _names_as_many(line: str, row: str) -> bool:
    """Whether a line names the columns of the row below it, so that the row cannot count them."""
    for delimiter in (*DELIMITERS, ",", None):
        cells, numbers = _split(line, delimiter), _split(row, delimiter)
        if len(cells) == len(numbers) > 1:
            return all(cells) and not any(map(is_number, cells))
    return False


def _split(line: str, delimiter: str | None) -> list[str]:
    return [cell.strip(" \"'") for cell in line.strip("\n").strip().split(delimiter)][: MAX_COLUMNS + 1]


def _numeric(line: str) -> bool:
    """Whether a line is nothing but numbers, times and what separates them, with at least one number."""
    for delimiter in (*DELIMITERS, ",", None):
        cells = _split(line, delimiter)
        if all(not cell or is_number(cell) or _is_clock(cell) for cell in cells) and any(
            is_number(cell) and re.search(r"\d", cell) for cell in cells
        ):
            return True
    return False


def _mostly(line: str, like: str = "") -> bool:
    """Whether at least half of a line's cells, and at least two or the first, are numbers: a row that has a
    word in it. like: a row that it must have as many cells as."""
    for delimiter in (*DELIMITERS, ","):
        cells = _split(line, delimiter)
        numbers = [is_number(cell) and bool(re.search(r"\d", cell)) for cell in cells]
        if len(cells) < 2 or (like and len(cells) != len(_split(like, delimiter))):
            continue
        if 2 * sum(numbers) >= len(cells) and (sum(numbers) > 1 or numbers[0]):
            return True
    return False


def _numbered(line: str, following: str) -> bool:
    """Whether a row counts the columns, from 0 or 1 on, where the next one does not."""
    for delimiter in (*DELIMITERS, ",", None):
        cells = _split(line, delimiter)
        cells = cells[1:] if cells and not cells[0] else cells
        if len(cells) > 1 and cells in ([str(n + low) for n in range(len(cells))] for low in (0, 1)):
            return _split(following, delimiter)[-len(cells) :] != cells
    return False


def signs_of(lines: Sequence[str], named: int, single: bool, shown: str) -> Signs:
    """The signs of rows of numbers, tested against the values.

    named: columns that a header line names when commas separate them; single: whether a line above says which
    one lead this is. Raises UnusableEcg for what the values leave open.
    """
    sample = "\n".join(lines)
    for delimiter in DELIMITERS:
        if delimiter in sample:
            return _with_style(lines, delimiter, shown)
    blanks = all(re.search(r"\S\s+\S", line.strip()) and not re.search(r",\s", line) for line in lines)
    if blanks and not all(any(map(_is_clock, _split(line, ","))) for line in lines[:5]):
        return _with_style(lines, " ", shown)
    if "," not in sample:
        return Signs("")
    if "." in sample or '"' in sample or "'" in sample:
        return _with_style(lines, ",", shown)
    return _commas(lines, named, single, shown)


def _with_style(lines: Sequence[str], delimiter: str, shown: str) -> Signs:
    numbers = [
        cell.strip(" \"'").lstrip("+-")
        for line in lines
        for cell in cells_of(line, delimiter)
        if is_number(cell) and re.search(r"\d", cell)
    ]
    return Signs(delimiter, *style_of([re.sub(r"[eE].*", "", number) for number in numbers], shown))


def style_of(numbers: Sequence[str], shown: str) -> tuple[str, str]:
    """Decimal and thousands sign of numbers without sign and exponent. Raises UnusableEcg where they
    contradict each other."""
    point, comma = any("." in number for number in numbers), any("," in number for number in numbers)
    uncertain = UnusableEcg(
        f"The numbers of {shown} hold both points and commas; which of them marks decimals is not certain."
    )
    loose = next((sign for sign in "' " if any(sign in number for number in numbers)), "")
    if loose and point and comma:
        raise uncertain
    if loose:
        decimal, thousands = "," if comma else ".", loose
    elif point and comma:
        marks = {
            number[max(number.rfind("."), number.rfind(","))]
            for number in numbers
            if "." in number and "," in number
        }
        if len(marks) != 1:
            raise uncertain
        decimal = marks.pop()
        thousands = "," if decimal == "." else "."
    else:
        sign = "," if comma else "."
        if not _groups(numbers, sign):
            return sign, ""
        decimal, thousands = ("." if sign == "," else ","), sign
    grouped = re.compile(rf"(?:\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})*|\d+)(?:{re.escape(decimal)}\d*)?")
    if not all(grouped.fullmatch(number) for number in numbers):
        raise uncertain
    return decimal, thousands


def _groups(numbers: Sequence[str], sign: str) -> bool:
    """Whether the one sign in numbers separates thousands: it is there twice in one, or always before three
    digits and after a number that is not 0, while shorter numbers do without it."""
    with_sign = [number for number in numbers if sign in number]
    if any(number.count(sign) > 1 for number in with_sign):
        return True
    parts = [number.split(sign) for number in with_sign]
    threes = all(len(after) == 3 and before.strip("0") and len(before) <= 3 for before, after in parts)
    return threes and len(with_sign) >= _LEAST_GROUPED and len(with_sign) < len(numbers)


def _commas(lines: Sequence[str], named: int, single: bool, shown: str) -> Signs:
    """Commas alone: between columns of whole numbers, or decimal marks of a single column."""
    width = max(len(line.split(",")) for line in lines)
    if named in (width, width + 1):
        return Signs(",")
    if width == 2 and (named == 1 or single or (not named and _second_is_decimals(lines))):
        return Signs("", ",")
    if named and width == 2 * named:
        raise UnusableEcg(
            f"In {shown} commas both separate columns and mark decimals; which digits belong together "
            "is not certain."
        )
    return Signs(",")


def _second_is_decimals(lines: Sequence[str]) -> bool:
    """Whether what follows the comma is the digits behind it: never signed, and as jumpy as chance or padded
    with zeros."""
    digits = [line.partition(",")[2].strip() for line in lines]
    if not all(digit.isdigit() or not digit for digit in digits) or len(digits) < 20:
        return False
    if any(digit.startswith("0") and len(digit) > 1 for digit in digits):
        return True
    values = np.array([float(f"0.{digit or 0}") for digit in digits])
    return bool(values.std() > 0 and np.diff(values).std() > values.std())
