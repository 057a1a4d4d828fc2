"""WFDB, zipped: a header whose comments are the export's, and samples of 16 bits."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from ecgcore.export import ExportFormat
from ecgcore.export.content import Export, header, rows
from ecgcore.io.write import record_bytes

RECORD = "reconstruction"


def write_record(export: Export, folder: Path, name: str = RECORD) -> Path:
    """The export as a WFDB record in a folder that is there; the path of the header."""
    head, samples = _files(export, name)
    (folder / f"{name}.dat").write_bytes(samples)
    (folder / f"{name}.hea").write_bytes(head)
    return folder / f"{name}.hea"


def _files(export: Export, name: str) -> tuple[bytes, bytes]:
    signals = [(row.name, row.samples) for row in rows(export)]
    return record_bytes(name, export.ecg.rate, signals, header(export))


def wfdb_zip(export: Export) -> bytes:
    """Header and samples as one zip, made in memory."""
    packed = io.BytesIO()
    head, samples = _files(export, RECORD)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{RECORD}.hea", head)
        archive.writestr(f"{RECORD}.dat", samples)
    return packed.getvalue()


FORMATS = (
    ExportFormat(
        "wfdb", "WFDB", "header and samples of 16 bits, zipped", ".zip", "application/zip", wfdb_zip, order=40
    ),
)
