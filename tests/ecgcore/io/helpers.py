"""Recordings with known samples and files made from them, for the tests of readers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.lead_algebra import standard_from_independent
from ecgcore.leads import STANDARD, LeadSet


def twelve_leads(rate: float = 500.0, seconds: float = 4.0, seed: int = 0) -> Ecg:
    """Smooth noise of about 0.5 mV in I, II, V1-V6 and the limb leads that follow."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(size=(8, int(rate * seconds) + 20))
    smooth = np.apply_along_axis(lambda row: np.convolve(row, np.hanning(21), mode="valid"), 1, raw)
    return Ecg(0.2 * standard_from_independent() @ smooth, STANDARD, rate)


def reconstruction(ecg: Ecg) -> Reconstruction:
    """As if III and the augmented leads had been derived and V1, V3-V6 estimated."""
    source = dict.fromkeys(STANDARD, "estimated") | dict.fromkeys(("I", "II", "V2"), "measured")
    source |= dict.fromkeys(("III", "aVR", "aVL", "aVF"), "derived")
    return Reconstruction(ecg, source, LeadSet("I II V2"), "linear", "ab12cd34")


def wfdb_files(ecg: Ecg, name: str = "rec", **changes: str) -> dict[str, bytes]:
    """Header and signal file of a record in format 16 at 1000 steps per mV; ``changes``: replacements in the
    header's text."""
    samples = np.round(ecg.signals.T * 1000).astype("<i2")
    lines = [f"{name} {len(ecg.leads)} {ecg.rate:g} {ecg.n_samples}"]
    lines += [
        f"{name}.dat 16 1000(0)/mV 16 0 {row[0]} 0 0 {lead}"
        for lead, row in zip(ecg.leads, samples.T, strict=True)
    ]
    text = "\n".join(lines) + "\n"
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return {f"{name}.hea": text.encode(), f"{name}.dat": samples.tobytes()}


def replaced(files: dict[str, bytes], old: str, new: str, count: int = -1) -> dict[str, bytes]:
    """The files with a text in the headers replaced."""
    return {
        name: content.decode().replace(old, new, count).encode() if name.endswith(".hea") else content
        for name, content in files.items()
    }


def put(files: dict[str, bytes], folder: Path) -> Path:
    """The files on disk; the folder."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


class Peak:
    """grown: bytes by which the memory of this process rose at most."""

    grown = 0


@contextmanager
def peak_memory() -> Iterator[Peak]:
    """How far the memory of this process rises within; 0 where the system does not count from a moment on."""
    peak, files = Peak(), (Path("/proc/self/status"), Path("/proc/self/clear_refs"))
    if not all(file.exists() for file in files):
        yield peak
        return
    files[1].write_text("5")  # the highest so far is forgotten (proc(5))
    before = _kilobytes(files[0], "VmRSS")
    yield peak
    peak.grown = 1024 * (_kilobytes(files[0], "VmHWM") - before)


def _kilobytes(status: Path, name: str) -> int:
    return int(re.search(rf"{name}:\s+(\d+) kB", status.read_text())[1])
