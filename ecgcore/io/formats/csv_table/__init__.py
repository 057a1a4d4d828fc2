"""CSV and other delimited text: a column per lead, a row per sample, leads named in a header row; and Apple
Watch exports, in whatever language.

Lines above the header may say rate, unit and lead. A time column gives the rate. Which signs separate columns,
decimals and thousands is decided by the values themselves. What neither the file nor the caller says is asked
for.
"""

from __future__ import annotations

import csv

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import Channel, Contents, Hints, Source
from ecgcore.io.formats import Format, looks_like_text
from ecgcore.io.formats.csv_table.headers import layout_of, split_unit
from ecgcore.io.formats.csv_table.numbers import values_of
from ecgcore.io.formats.csv_table.text import as_utf8, head
from ecgcore.io.formats.csv_table.time_axis import is_axis, rate_of
from ecgcore.io.naming import distinct

MAX_BYTES = 150_000_000


def read_csv(source: Source, hints: Hints) -> Contents:
    """Columns of delimited text. Raises UnusableEcg."""
    content = as_utf8(source.content(MAX_BYTES), source.shown)
    try:
        layout = layout_of(head(content, source.shown), source.shown)
        values, names, notes = values_of(content, layout, source.shown)
    except csv.Error as error:
        raise UnusableEcg(f"The lines of {source.shown} cannot be understood as a table.") from error
    if not values.size:
        raise UnusableEcg(f"{source.shown} holds no numbers.")
    stated = rate_of(layout.facts, names, values, source.shown)
    channels = channels_of(names, values, layout.facts.get("unit", ""))
    return Contents(channels, hints.rate or stated, tuple(notes), layout.comments)


def channels_of(names: list[str], values: np.ndarray, unit: str) -> tuple[Channel, ...]:
    """The columns that are no time and no count of rows, with their units or the common one."""
    columns = [position for position, column in enumerate(names) if not is_axis(column, values[:, position])]
    parts = [split_unit(names[position]) for position in columns]
    labels = distinct(label for label, _ in parts)
    return tuple(
        Channel(label, values[:, position], stated or unit)
        for label, position, (_, stated) in zip(labels, columns, parts, strict=True)
    )


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
