"""Reconstructions as files: WFDB and CSV, each saying which lead is measured, derived or estimated, and by
what."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.electrodes.correction import correction_notes
from ecgcore.leads import STANDARD

PURPOSE = "Research and teaching use, not for diagnosis."
GAINS = (20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10)
"""Steps per mV to choose from: the finest that holds the largest amplitude in 16 bits, 0.05 uV for up to 1.6
mV."""
_FULL_SCALE = 32000


def record_name(text: str) -> str:
    """A WFDB record name from any text: letters, digits, "-" and "_"."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_")[:64] or "recording"


def provenance(reconstruction: Reconstruction) -> list[str]:
    """One line per lead and some before: what is measured, derived, estimated, and by which model with which
    weights."""
    model = reconstruction.model + (f" (weights {reconstruction.weights})" if reconstruction.weights else "")
    origin = {
        "measured": "measured",
        "derived": "derived from the measured limb leads (Einthoven, Goldberger)",
        "estimated": f"estimated by {model}",
    }
    lines = [PURPOSE, f"Reconstruction from {' '.join(reconstruction.inputs)} by {model}"]
    lines += correction_notes(reconstruction.ecg)
    if reconstruction.ecg.simulated:
        lines.append("Simulated recording: no patient stands behind it")
    if reconstruction.fitted_until:
        lines.append(
            f"Fitted on the first {reconstruction.fitted_until:g} s of this recording with all leads visible"
        )
    if reconstruction.rung:
        lines.append(f"Prediction interval calibrated for {reconstruction.rung}")
    return lines + [f"{lead}: {origin[reconstruction.source[lead]]}" for lead in STANDARD]


def write_wfdb(reconstruction: Reconstruction, folder: str | Path, name: str) -> Path:
    """The twelve leads as WFDB record (format 16) whose header's comments are ``provenance``; the path of the
    header.

    Makes the folder where it is missing. Nothing about a patient is written: there is nothing in an Ecg.
    """
    return write_ecg(reconstruction.ecg, folder, name, provenance(reconstruction))


def write_ecg(ecg: Ecg, folder: str | Path, name: str, comments: list[str] | None = None) -> Path:
    """Any recording as WFDB record in format 16; the path of the header. Raises UnusableEcg for amplitudes
    above 3.2 V."""
    import wfdb

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    peak = float(np.abs(ecg.signals).max())
    gain = next((gain for gain in GAINS if peak * gain <= _FULL_SCALE), None)
    if gain is None:
        raise UnusableEcg(f"Amplitudes up to {peak:.3g} mV do not fit a WFDB record.")
    n = len(ecg.leads)
    wfdb.wrsamp(
        record_name(name),
        fs=int(ecg.rate) if ecg.rate.is_integer() else ecg.rate,
        units=["mV"] * n,
        sig_name=list(ecg.leads),
        d_signal=np.round(ecg.signals.T.astype(np.float64) * gain).astype(np.int64),
        fmt=["16"] * n,
        adc_gain=[float(gain)] * n,
        baseline=[0] * n,
        comments=comments or [],
        write_dir=str(folder),
    )
    return folder / f"{record_name(name)}.hea"


def wfdb_zip(reconstruction: Reconstruction, name: str) -> bytes:
    """The same WFDB record as a zip, for a download."""
    packed = io.BytesIO()
    with (
        TemporaryDirectory(prefix="ecg-") as folder,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        head = write_wfdb(reconstruction, folder, name)
        for file in (head, head.with_suffix(".dat")):
            archive.write(file, file.name)
    return packed.getvalue()


def csv_bytes(reconstruction: Reconstruction) -> bytes:
    """Time in s and twelve leads in mV with four decimals (0.1 uV), after comment lines with rate and
    ``provenance``."""
    import pandas as pd

    ecg = reconstruction.ecg
    head = [*provenance(reconstruction), f"Sample Rate: {ecg.rate:.10g} Hz", "Unit: mV"]
    table = pd.DataFrame(
        {
            "time (s)": np.round(ecg.time, 6),
            **{f"{lead} (mV)": np.round(ecg[lead].astype(np.float64), 4) for lead in STANDARD},
        }
    )
    content: bytes = (
        "".join(f"# {line}\n" for line in head) + table.to_csv(index=False, lineterminator="\n")
    ).encode()
    return content


def write_csv(reconstruction: Reconstruction, path: str | Path) -> Path:
    """The same into a file; its path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(csv_bytes(reconstruction))
    return path
