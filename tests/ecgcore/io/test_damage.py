"""Files with bytes changed, lost and put in: whatever happens to a file, it is read or refused in one
sentence."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.demonstrations import real_file
from ecgcore.ecg import UnusableEcg
from ecgcore.io import csv_bytes, read_files
from tests.ecgcore.io.helpers import reconstruction, twelve_leads, wfdb_files

ECG = twelve_leads(100, 2)
INSERTED = np.frombuffer(b"0123456789/.()-+ \nxmVu~,;\r", np.uint8)


def damaged(content: bytes, head: int, rng: np.random.Generator) -> bytes:
    """One to five changes within the first ``head`` bytes."""
    changed = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        at, kind = rng.integers(0, min(len(changed), head)), rng.integers(0, 3)
        if kind == 0:
            changed[at] = rng.integers(0, 256)
        elif kind == 1:
            del changed[at : at + rng.integers(1, 20)]
        else:
            changed[at:at] = bytes(rng.choice(INSERTED, rng.integers(1, 6)).tolist())
    return bytes(changed)


@pytest.mark.parametrize(("kind", "times"), [("hea", 300), ("csv", 150), ("dcm", 60), ("edf", 100)])
def test_damaged_files_are_read_or_refused_in_a_sentence(kind, times):
    record = wfdb_files(ECG)
    if kind == "edf":
        edfio = pytest.importorskip("edfio")
        signals = [
            edfio.EdfSignal(
                ECG[lead].astype(float), 100, label=lead, physical_dimension="mV", physical_range=(-9, 9)
            )
            for lead in ("I", "V2")
        ]
        content, head = edfio.Edf(signals).to_bytes(), 900
    else:
        content, head = {
            "hea": (record["rec.hea"], 10_000), "csv": (csv_bytes(reconstruction(ECG)), 900), "dcm": (real_file().read_bytes(), 9000),
        }[kind]  # fmt: skip
    rng, sentences = np.random.default_rng(7), []
    for _ in range(times):
        files = {**(record if kind == "hea" else {}), f"rec.{kind}": damaged(content, head, rng)}
        try:
            ecg = read_files(files, rate=100, unit="mV")
        except UnusableEcg as refused:
            sentences.append(str(refused))
        else:
            assert np.isfinite(ecg.signals).all()
    assert sentences
    assert all(text.endswith(".") and "\n" not in text for text in sentences)
