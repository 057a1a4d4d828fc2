"""Parquet: seconds of the recording and a column in mV per row of the export, single precision; what the
header says stands in the schema, and each column has its role."""

from __future__ import annotations

import io
import json

import numpy as np

from ecgcore.export import ExportFormat
from ecgcore.export.content import Export, header, rows

KEY = b"reduced-lead-ecg"
"""Under this name the schema's metadata hold JSON: "header" (lines of text), "rate_hz", "start_s", "unit"."""


def parquet_bytes(export: Export) -> bytes:
    """The export as one Parquet file; metadata of a column: "lead" and "role"."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [pa.field("time (s)", pa.float64())]
    columns = [pa.array(export.start + export.ecg.time)]
    for row in rows(export):
        roles = {"lead": row.lead, "role": row.role}
        fields.append(pa.field(f"{row.name} (mV)", pa.float32(), metadata=roles))
        columns.append(pa.array(row.samples.astype(np.float32)))
    facts = {"header": header(export), "rate_hz": export.ecg.rate, "start_s": export.start, "unit": "mV"}
    schema = pa.schema(fields, metadata={KEY: json.dumps(facts)})
    packed = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), packed, compression="zstd")
    return packed.getvalue()


FORMATS = (
    ExportFormat(
        "parquet",
        "Parquet",
        "for programs, single precision",
        ".parquet",
        "application/vnd.apache.parquet",
        parquet_bytes,
        order=60,
    ),
)
