"""A recording as a WFDB record. Reconstructions leave through ``ecgcore.export``."""

from __future__ import annotations

import re
from collections.abc import Sequence
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


def record_bytes(
    name: str, rate: float, signals: Sequence[tuple[str, np.ndarray]], comments: Sequence[str] = ()
) -> tuple[bytes, bytes]:
    """Header and signal file of a record in format 16, made in memory.

    signals: label and (n,) mV of each, equally long. Each has the finest gain that holds it. Raises
    UnusableEcg for amplitudes above 3.2 V.
    """
    gains = [gain_of(samples) for _, samples in signals]
    digital = np.stack(
        [
            np.round(samples.astype(np.float64) * gain)
            for (_, samples), gain in zip(signals, gains, strict=True)
        ],
        axis=1,
    ).astype("<i2")
    lines = [f"{name} {len(signals)} {rate:.12g} {len(digital)}"]
    for row, ((label, _), gain) in enumerate(zip(signals, gains, strict=True)):
        column = digital[:, row].astype(np.int64)
        checksum = (int(column.sum()) + 32768) % 65536 - 32768
        lines.append(f"{name}.dat 16 {gain}(0)/mV 16 0 {column[0]} {checksum} 0 {label}")
    lines += [f"# {' '.join(comment.split())}" for comment in comments]
    return ("\n".join(lines) + "\n").encode(), digital.tobytes()


def write_ecg(ecg: Ecg, folder: str | Path, name: str, comments: list[str] | None = None) -> Path:
    """Any recording as WFDB record in format 16; the path of the header. Makes a folder that is missing.
    Raises UnusableEcg for amplitudes above 3.2 V."""
    folder, name = Path(folder), record_name(name)
    folder.mkdir(parents=True, exist_ok=True)
    signals = [(lead, ecg[lead]) for lead in ecg.leads]
    head, samples = record_bytes(name, ecg.rate, signals, comments or ())
    (folder / f"{name}.dat").write_bytes(samples)
    (folder / f"{name}.hea").write_bytes(head)
    return folder / f"{name}.hea"
