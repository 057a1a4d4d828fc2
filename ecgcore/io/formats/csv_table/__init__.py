"""CSV and other delimited text: a column per lead, a row per sample, leads named in a header row; and Apple
Watch exports, in whatever language.

Lines above the header may say rate, unit and lead. A time column gives the rate. Which signs separate
columns, decimals and thousands is decided by the values themselves. What neither the file nor the caller says
is asked for.
"""

from __future__ import annotations

import csv

from ecgcore.ecg import UnusableEcg
from ecgcore.io.columns import channels_of, rate_of
from ecgcore.io.contents import Contents, Hints, Source
from ecgcore.io.formats import Format, looks_like_text
from ecgcore.io.formats.csv_table.headers import layout_of
from ecgcore.io.formats.csv_table.numbers import values_of
from ecgcore.io.formats.csv_table.text import as_utf8, head

MAX_BYTES = 150_000_000


def read_csv(source: Source, _hints: Hints) -> Contents:
    """Columns of delimited text. Raises UnusableEcg."""
    content = as_utf8(source.content(MAX_BYTES), source.shown)
    try:
        layout = layout_of(head(content, source.shown), source.shown)
        values, names, notes = values_of(content, layout, source.shown)
    except csv.Error as error:
        raise UnusableEcg(f"The lines of {source.shown} cannot be understood as a table.") from error
    if not values.size:
        raise UnusableEcg(f"{source.shown} holds no numbers.")
    if values.shape[0] < values.shape[1]:
        raise UnusableEcg(
            f"{source.shown} has {values.shape[0]} rows of {values.shape[1]} columns; a table of an ECG has "
            "a column per lead and a row per sample."
        )
    stated = rate_of(layout.facts, names, values, source.shown)
    channels = channels_of(names, values, layout.facts.get("unit", ""))
    return Contents(channels, stated, tuple(notes), layout.comments)


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
