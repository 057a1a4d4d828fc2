"""The rows of numbers, as an array."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.columns import split_unit
from ecgcore.io.formats.csv_table.dialect import CLOCK, NAMES_OF_NOTHING, Signs, cells_of, is_number
from ecgcore.io.formats.csv_table.headers import Layout
from ecgcore.io.formats.csv_table.text import LAST_BYTES
from ecgcore.leads import lead_name

MAX_VALUES = 15_000_000
"""Numbers of a table: 20 minutes of twelve leads at 1000 Hz."""
_DAY_S = 86_400.0
_ENDLESS = re.compile(rb"[eE](?<=[\d.][eE])[-+]?\d{4}")
"""An exponent at which the library that reads the numbers may end the process."""
AFTER = "Lines of text after the numbers were not read."
CUT = "The file ends within a row; what is whole was read."


def values_of(content: bytes, layout: Layout, shown: str) -> tuple[np.ndarray, list[str], list[str]]:
    """(n_samples, n_columns), NaN where a cell is empty; the columns' names, "" where they have none; and
    notes. Times of day become seconds. Raises UnusableEcg."""
    import pandas as pd

    signs = layout.signs
    sign = (signs.delimiter or "\n").encode()
    if content.count(b"\n") + (content.count(sign) if sign != b"\n" else 0) > MAX_VALUES:
        raise UnusableEcg(
            f"{shown} holds more than {MAX_VALUES:,} numbers; that is more than is read as text."
        )
    if _ENDLESS.search(content):
        raise UnusableEcg(f"{shown} holds a number with an exponent of four digits, which no voltage has.")
    content, notes = _without_end(content, layout)
    _check_thousands(content, signs, shown)
    try:
        table = pd.read_csv(
            io.BytesIO(content),
            sep={" ": r"\s+", "": ";", "|": "|"}.get(signs.delimiter, signs.delimiter),
            decimal=signs.decimal,
            thousands=signs.thousands or None,
            header=None,
            skiprows=layout.skipped,
            skip_blank_lines=True,
            skipinitialspace=True,
            comment="#",
            na_values=NAMES_OF_NOTHING,
            low_memory=False,
            encoding="utf-8",
            encoding_errors="replace",
        )
    except pd.errors.EmptyDataError as error:
        raise UnusableEcg(f"{shown} holds no numbers.") from error
    except (pd.errors.ParserError, ValueError, OverflowError) as error:
        if "out of memory" in str(error):
            raise MemoryError from error
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
    return _all_numbers(table, names, shown), names, notes


def _without_end(content: bytes, layout: Layout) -> tuple[bytes, list[str]]:
    """The content without lines of text behind its last row of numbers, and without a last row that was cut
    off; and a note about them."""
    at = max(0, len(content) - LAST_BYTES)
    lines = content[at:].decode("utf-8", errors="replace").split("\n")
    sign, kept = layout.signs.delimiter, len(lines)
    while kept > 1 and not _is_row(lines[kept - 1], sign, len(layout.names)):
        kept -= 1
    dropped = [line for line in lines[kept:] if line.strip() and not line.startswith("#")]
    cut = kept == len(lines) > 2 and len(cells_of(lines[-1], sign)) < len(cells_of(lines[-2], sign))
    if kept <= 1 or not (dropped or cut):
        return content, []
    kept -= cut
    return content[:at] + "\n".join(lines[:kept]).encode() + b"\n", [AFTER if dropped else CUT]


def _is_row(line: str, delimiter: str, width: int) -> bool:
    """Whether a line is one of the rows: nothing but numbers, or a number and their width."""
    cells = cells_of(line, delimiter)
    numbers = sum(map(is_number, cells))
    empty = sum(not cell.strip() for cell in cells)
    return numbers > 0 and (numbers + empty == len(cells) or len(cells) == width)


def _check_thousands(content: bytes, signs: Signs, shown: str) -> None:
    """Refuse a file in which the sign of thousands does not always stand before three digits."""
    if not signs.thousands or signs.thousands in (signs.delimiter, " "):
        return
    mark = re.escape(signs.thousands.encode())
    rows = content[content.find(b"\n") + 1 :]
    if re.search(rb"\d" + mark + rb"(?!\d{3}(?:\D|$))\d", rows):
        raise UnusableEcg(
            f"The numbers of {shown} hold {signs.thousands!r} both before three digits and before fewer or "
            "more; whether it marks thousands or decimals is not certain."
        )


def _all_numbers(table: Any, names: list[str], shown: str) -> np.ndarray:
    """The table as numbers; times of day as seconds; columns of words are allowed where they are no lead, as
    marks of beats are."""
    import pandas as pd

    words = [
        position for position in range(table.shape[1]) if not pd.api.types.is_numeric_dtype(table[position])
    ]
    for position in words:
        label = split_unit(names[position])[0]
        if not lead_name(label) and (seconds := _seconds(table[position])) is not None:
            table[position] = seconds
            continue
        if lead_name(label) or not any(lead_name(split_unit(name)[0]) for name in names):
            row = int(pd.to_numeric(table[position], errors="coerce").isna().argmax())
            raise UnusableEcg(
                f"{shown} has text among its numbers, in row {row + 1} of them, column {position + 1}."
            )
        table[position] = np.nan
    return np.asarray(table, dtype=np.float64)


def _seconds(column: Any) -> np.ndarray | None:
    """Times of day, or from the start, as seconds that go on past midnight; None where a cell is none."""
    first = column.iloc[0]
    if not isinstance(first, str) or not CLOCK.fullmatch(first.strip(" \"'")):
        return None
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = pc.utf8_trim(pa.array(column, pa.string(), from_pandas=True), " \"'")
    parts = pc.extract_regex(cells, CLOCK.pattern)
    if parts.null_count:
        return None
    times = np.zeros(len(column))
    for name, seconds in (("h", 3600), ("m", 60), ("s", 1)):
        texts = pc.replace_substring(pc.struct_field(parts, name), ",", ".")
        texts = pc.if_else(pc.equal(texts, ""), "0", texts)  # without hours
        times += seconds * pc.cast(texts, pa.float64()).to_numpy()
    back = np.diff(times, prepend=times[0]) < -_DAY_S / 4
    half = 2.0 if any(word in first.casefold() for word in ("am", "pm")) else 1.0
    return np.asarray(times + np.cumsum(back) * _DAY_S / half, dtype=np.float64)
