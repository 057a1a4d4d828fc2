"""A recording as a WFDB record. Reconstructions leave through ``ecgcore.export``."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg

GAINS = (20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10)
"""Steps per mV to choose from: the finest that holds the largest amplitude in 16 bits, 0.05 uV for up to 1.6
mV."""
_FULL_SCALE = 32000


def record_name(text: str) -> str:
    """A WFDB record name from any text: letters, digits, "-" and "_"."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_")[:64] or "recording"


def gain_of(samples: np.ndarray) -> int:
    """Steps per mV for samples in mV. Raises UnusableEcg for amplitudes above 3.2 V."""
    peak = float(np.abs(samples).max())
    gain = next((gain for gain in GAINS if peak * gain <= _FULL_SCALE), None)
    if gain is None:
        raise UnusableEcg(f"Amplitudes up to {peak:.3g} mV do not fit a WFDB record.")
    return gain


def write_ecg(ecg: Ecg, folder: str | Path, name: str, comments: list[str] | None = None) -> Path:
    """Any recording as WFDB record in format 16; the path of the header. Makes a folder that is missing.
    Raises UnusableEcg for amplitudes above 3.2 V."""
    import wfdb

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    gain, n = gain_of(ecg.signals), len(ecg.leads)
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
