"""WFDB's storage formats, packed here bit by bit after the specification (wag/signal-5.htm), several samples
a frame, and records in segments with a layout."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.io import read_files, read_parts
from ecgcore.partial import PartialEcg
from tests.ecgcore.io.helpers import twelve_leads

ECG = twelve_leads(rate=250, seconds=4)
LEADS = ("I", "V2", "V5")
N = ECG.n_samples


def counts(gain: int) -> np.ndarray:
    """(n, 3) whole numbers."""
    return np.stack([np.round(gain * ECG[lead]).astype(np.int64) for lead in LEADS], axis=1)


def packed_212(flat: np.ndarray) -> bytes:
    first, second = (np.append(flat, 0)[: len(flat) + len(flat) % 2].reshape(-1, 2) & 0xFFF).T
    middle = (first >> 8) | ((second >> 8) << 4)
    return np.stack([first & 0xFF, middle, second & 0xFF], axis=1).astype(np.uint8).tobytes()


def packed_310(flat: np.ndarray) -> bytes:
    a, b, c = (np.append(flat, np.zeros(-len(flat) % 3, np.int64)).reshape(-1, 3) & 0x3FF).T
    words = np.stack([(a << 1) | ((c & 0x1F) << 11), (b << 1) | ((c >> 5) << 11)], axis=1)
    return words.astype("<u2").tobytes()


def packed_311(flat: np.ndarray) -> bytes:
    a, b, c = (np.append(flat, np.zeros(-len(flat) % 3, np.int64)).reshape(-1, 3) & 0x3FF).T
    return (a | (b << 10) | (c << 20)).astype("<u4").tobytes()


def packed_24(flat: np.ndarray) -> bytes:
    return (flat & 0xFFFFFF).astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def packed_8(flat: np.ndarray) -> bytes:
    rows = flat.reshape(-1, len(LEADS))
    return np.diff(rows, axis=0, prepend=rows[:1]).astype(np.int8).tobytes()


STORAGE = {
    "8": (100, packed_8),
    "16": (1000, lambda flat: flat.astype("<i2").tobytes()),
    "24": (100_000, packed_24),
    "32": (100_000, lambda flat: flat.astype("<i4").tobytes()),
    "61": (1000, lambda flat: flat.astype(">i2").tobytes()),
    "80": (40, lambda flat: (flat + 128).astype(np.uint8).tobytes()),
    "160": (1000, lambda flat: (flat + 32768).astype("<u2").tobytes()),
    "212": (500, packed_212),
    "310": (150, packed_310),
    "311": (150, packed_311),
}


@pytest.mark.parametrize("form", STORAGE)
def test_every_storage_format_gives_back_its_counts(form):
    gain, pack = STORAGE[form]
    digital = counts(gain)
    assert form != "8" or np.abs(np.diff(digital, axis=0)).max() < 128
    lines = [f"rec 3 250 {N}"]
    lines += [
        f"rec.dat {form} {gain}(0)/mV 16 0 {first} 0 0 {lead}"
        for lead, first in zip(LEADS, digital[0], strict=True)
    ]
    files = {"rec.hea": "\n".join(lines).encode(), "rec.dat": pack(digital.ravel())}
    back = read_files(files)
    assert back.leads == LEADS and back.n_samples == N
    np.testing.assert_allclose(back.signals, digital.T / gain, atol=1e-6)


def test_several_samples_a_frame_keep_the_clock():
    """Of V2 twice as many samples are stored; their mean is shown, on the clock of the others, with a
    note."""
    slow, fast = np.round(1000 * ECG["I"][::2]), np.round(1000 * ECG["V2"])
    frames = np.stack([slow, fast[::2], fast[1::2]], axis=1).astype("<i2")
    head = f"rec 2 125 {N // 2}\nrec.dat 16 1000/mV 16 0 0 0 0 I\nrec.dat 16x2 1000/mV 16 0 0 0 0 V2\n"
    back = read_files({"rec.hea": head.encode(), "rec.dat": frames.tobytes()})
    assert back.leads == ("I", "V2") and back.rate == 125 and back.n_samples == N // 2
    np.testing.assert_allclose(back["I"], slow / 1000, atol=1e-5)
    np.testing.assert_allclose(back["V2"], (fast[::2] + fast[1::2]) / 2000, atol=0.00051)
    assert any("several samples a frame of V2" in note for note in back.notes)


def test_segments_with_a_layout_and_a_gap_lie_where_they_were_recorded():
    def segment(name: str, leads: tuple[str, ...], first: int, stop: int) -> dict[str, bytes]:
        samples = np.stack([np.round(1000 * ECG[lead][first:stop]) for lead in leads], axis=1).astype("<i2")
        lines = [f"{name} {len(leads)} 250 {stop - first}"]
        lines += [f"{name}.dat 16 1000/mV 16 0 0 0 0 {lead}" for lead in leads]
        return {f"{name}.hea": "\n".join(lines).encode(), f"{name}.dat": samples.tobytes()}

    head = b"rec/4 3 250 1000\nrec_layout 0\nrec_1 400\n~ 100\nrec_2 500\n"
    layout = "rec_layout 3 250 0\n" + "".join(
        f"~ 0 1000/mV 16 0 0 0 0 {lead}\n" for lead in (*LEADS[:2], "ABP")
    )
    files = {"rec.hea": head, "rec_layout.hea": layout.encode()}
    files |= segment("rec_1", ("I",), 0, 400) | segment("rec_2", ("V2", "I"), 500, 1000)
    page = read_parts(files)
    assert isinstance(page, PartialEcg) and page.n_samples == 1000
    assert [(one.lead, one.first, one.stop) for one in page.stretches] == [
        ("I", 0, 400), ("I", 500, 1000), ("V2", 500, 1000),
    ]  # fmt: skip
    for stretch in page.stretches:
        true = ECG[stretch.lead][stretch.first : stretch.stop]
        np.testing.assert_allclose(stretch.samples, true, atol=0.0006)
