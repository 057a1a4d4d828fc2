"""WFDB, zipped: a header whose comments are the export's, and samples of 16 bits."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.export import ExportFormat
from ecgcore.export.content import Export, Row, header, rows

RECORD = "reconstruction"
GAINS = (20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10)
"""Steps per mV to choose from, signal by signal: the finest that holds its largest amplitude in 16 bits; 0.05
uV for up to 1.6 mV."""
_FULL_SCALE = 32000


def write_record(export: Export, folder: Path, name: str = RECORD) -> Path:
    """The export as a WFDB record in a folder that is there; the path of the header."""
    import wfdb

    signals = rows(export)
    gains = [_gain(row) for row in signals]
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


def _gain(row: Row) -> int:
    peak = float(np.abs(row.samples).max())
    gain = next((gain for gain in GAINS if peak * gain <= _FULL_SCALE), None)
    if gain is None:
        raise UnusableEcg(f"Amplitudes up to {peak:.3g} mV do not fit a WFDB record.")
    return gain


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
