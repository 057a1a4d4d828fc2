"""Parquet tables: a column per lead. Those of this product say in their schema how each lead came to be."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.columns import channels_of, rate_of
from ecgcore.io.contents import Contents, Hints, Source
from ecgcore.io.formats import Format

MAX_BYTES = 150_000_000
MAX_VALUES = 15_000_000
MAX_COLUMNS = 500
KEY = b"reduced-lead-ecg"
"""Under this name the product's exports keep what they say of themselves (``ecgcore.export.parquet``)."""
MAX_COMMENTS = 200


def read_parquet(source: Source, hints: Hints) -> Contents:
    """The columns of numbers. Raises UnusableEcg."""
    import pyarrow as pa

    content = source.content(MAX_BYTES)
    try:
        names, values, facts = _table(content, source.shown)
    except UnusableEcg:
        raise
    except (
        pa.ArrowException,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        OSError,
        MemoryError,
    ) as error:
        raise UnusableEcg(f"{source.shown} is a damaged Parquet file.") from error
    rate = facts.get("rate_hz")
    stated = float(rate) if isinstance(rate, (int, float)) else None
    unit = str(facts.get("unit") or "")
    lines = facts.get("header")
    comments = tuple(str(line) for line in lines[:MAX_COMMENTS]) if isinstance(lines, list) else ()
    return Contents(
        channels_of(names, values, unit),
        hints.rate or stated or rate_of({}, names, values, source.shown),
        (),
        comments,
    )


def _table(content: bytes, shown: str) -> tuple[list[str], np.ndarray, dict[str, Any]]:
    """Names of the columns of numbers, (n, columns) with NaN where a cell is empty, and what the product
    wrote into the schema."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(content))
    schema, n = file.schema_arrow, file.metadata.num_rows
    columns = [
        position
        for position, kind in enumerate(schema.types)
        if pa.types.is_floating(kind) or pa.types.is_integer(kind)
    ]
    if not columns or not n:
        raise UnusableEcg(f"{shown} holds no column of numbers.")
    if len(columns) > MAX_COLUMNS or n * len(columns) > MAX_VALUES:
        raise UnusableEcg(
            f"{shown} holds {n:,} rows of {len(columns)} columns; that is more than can be opened here."
        )
    names = [schema.names[position] for position in columns]
    table = file.read(columns=names, use_threads=False)
    values = np.column_stack(
        [np.asarray(table.column(position).to_numpy(), dtype=np.float64) for position in range(len(names))]
    )
    facts = json.loads((schema.metadata or {}).get(KEY) or b"{}")
    return names, values, facts if isinstance(facts, dict) else {}


FORMATS = (
    Format(
        "Parquet",
        (".parquet", ".pq"),
        read_parquet,
        lambda first: first.startswith(b"PAR1"),
        needs=("rate", "unit", "leads"),
        tried="exports of this product",
    ),
)
