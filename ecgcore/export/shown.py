"""What a page shows, as CSV: a table in Markdown cell by cell, a figure trace by trace.

The numbers of a table are those on the screen, with a plain minus; those of a figure are what was drawn.
Lines that begin with "#" hold what it is and what it is not for.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ecgcore.export.content import PURPOSE, version


def table_csv(markdown: str, remarks: Iterable[str] = ()) -> bytes:
    """The tables of a text in Markdown, one below the other."""
    rows = [_cells(line) for line in markdown.splitlines() if line.lstrip().startswith("|")]
    return _csv([row for row in rows if not _is_rule(row)], remarks)


def figure_csv(figure: Mapping[str, Any], remarks: Iterable[str] = ()) -> bytes:
    """What a figure draws: for each trace its name, x, y and, for maps, z; and the text of its points."""
    rows: list[Sequence[Any]] = [("trace", "x", "y", "z", "text")]
    for number, trace in enumerate(figure["data"], start=1):
        rows += list(_trace_rows(trace, _plain(str(trace.get("name") or f"trace {number}"))))
    return _csv(rows, remarks)


def has_values(figure: Mapping[str, Any]) -> bool:
    """Whether there is anything to write down."""
    return any(trace.get("y") is not None or trace.get("z") is not None for trace in figure["data"])


def _trace_rows(trace: Mapping[str, Any], name: str) -> Iterable[Sequence[Any]]:
    if trace.get("z") is not None:
        grid = np.atleast_2d(np.asarray(trace["z"], dtype=object))
        x, y = _axis(trace, "x", grid.shape[1]), _axis(trace, "y", grid.shape[0])
        for row, line in zip(y, grid, strict=False):  # axes may hold one edge more than there are cells
            for column, value in zip(x, line, strict=False):
                yield (name, _value(column), _value(row), _value(value), "")
        return
    y = [] if trace.get("y") is None else list(trace["y"])
    x = list(_axis(trace, "x", len(y)))
    text = trace.get("text")
    words = list(text) if isinstance(text, list | tuple | np.ndarray) else []
    words += [""] * (len(y) - len(words))
    for left, right, word in zip(x, y, words, strict=False):  # as plotly: a value without an x is not drawn
        if right is not None:
            yield (name, _value(left), _value(right), "", _plain(str(word or "")))


def _axis(trace: Mapping[str, Any], axis: str, count: int) -> Sequence[Any]:
    given = trace.get(axis)
    if given is not None and axis in trace:
        return list(given)
    first, step = float(trace.get(f"{axis}0", 0)), float(trace.get(f"d{axis}", 1))
    return [first + step * number for number in range(count)]


def _value(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{float(value):.6g}"
    return _plain(str(value))


def _cells(line: str) -> list[str]:
    parts = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    return [_plain(part) for part in parts]


def _is_rule(row: Sequence[str]) -> bool:
    return all(re.fullmatch(r":?-+:?", cell) for cell in row if cell) and any(row)


def _plain(text: str) -> str:
    """Without Markdown, HTML, colours and badges; with a plain minus, without commas between thousands."""
    text = re.sub(r"<br ?/?>", " ", text)
    text = re.sub(r"<[^>]+>", "", text)
    text = re.sub(r":material/\w+:", "", text)
    for _ in range(3):
        text = re.sub(r":[a-z]+(?:-badge|-background)?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]", r"\1", text)
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = text.replace("**", "").replace("`", "").replace("\\", "").replace("\N{MINUS SIGN}", "-")
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", text).strip()


def _csv(rows: Iterable[Sequence[Any]], remarks: Iterable[str]) -> bytes:
    out = io.StringIO()
    for line in (*remarks, PURPOSE, f"Reduced-lead ECG {version()}"):
        out.write(f"# {' '.join(_plain(line).split())}\n")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
