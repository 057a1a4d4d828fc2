"""WFDB, zipped: a header whose comments are the export's, and samples of 16 bits."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ecgcore.export import ExportFormat
from ecgcore.export.content import Export, header, rows
from ecgcore.io.write import gain_of

RECORD = "reconstruction"


def write_record(export: Export, folder: Path, name: str = RECORD) -> Path:
    """The export as a WFDB record in a folder that is there; the path of the header."""
    import wfdb

    signals = rows(export)
    gains = [gain_of(row.samples) for row in signals]
    digital = [np.round(row.samples * float(gain)) for row, gain in zip(signals, gains, strict=True)]
    rate = export.ecg.rate
    wfdb.wrsamp(
        name,
        fs=int(rate) if rate.is_integer() else rate,
        units=["mV"] * len(signals),
        sig_name=[row.name for row in signals],
        d_signal=np.stack(digital, axis=1).astype(np.int64),
        fmt=["16"] * len(signals),
        adc_gain=[float(gain) for gain in gains],
        baseline=[0] * len(signals),
        comments=header(export),
        write_dir=str(folder),
    )
    return folder / f"{name}.hea"


def wfdb_zip(export: Export) -> bytes:
    """Header and samples as one zip."""
    packed = io.BytesIO()
    with (
        TemporaryDirectory(prefix="ecg-") as folder,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        head = write_record(export, Path(folder))
        for file in (head, head.with_suffix(".dat")):
            archive.write(file, file.name)
    return packed.getvalue()


FORMATS = (
    ExportFormat(
        "wfdb", "WFDB", "header and samples of 16 bits, zipped", ".zip", "application/zip", wfdb_zip, order=40
    ),
)
