"""16-bit WFDB signals, read here, are what the library reads; what is out of the ordinary is left to it."""

from __future__ import annotations

import io

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import Source
from ecgcore.io.formats.wfdb.header import read_header
from ecgcore.io.formats.wfdb.plain import plain_samples

RNG = np.random.default_rng(3)
FIRST, SECOND = (RNG.integers(-32768, 32768, (400, n), dtype=np.int16) for n in (3, 2))
LABELS = ("I", "II", "V1", "V2", "V5")
EXPECTED = np.concatenate([FIRST, SECOND], axis=1)


def stored(form: str, samples: np.ndarray) -> bytes:
    if form == "16":
        return samples.astype("<i2").tobytes()
    soundfile = pytest.importorskip("soundfile")
    stream = io.BytesIO()
    soundfile.write(stream, samples, 250, format="FLAC", subtype="PCM_16")
    return stream.getvalue()


def record(folder, form: str, length: str = "400", detail: str = "") -> Source:
    lines = [f"r 5 250 {length}"]
    for number, label in enumerate(LABELS):
        file = "a.dat" if number < 3 else "b.dat"
        lines.append(f"{file} {form}{detail} 200(0)/mV 16 0 0 0 0 {label}")
    (folder / "r.hea").write_text("\n".join(lines) + "\n")
    (folder / "a.dat").write_bytes(stored(form, FIRST))
    (folder / "b.dat").write_bytes(stored(form, SECOND))
    return Source.at(folder / "r.hea")


@pytest.mark.parametrize("form", ["16", "516"])
@pytest.mark.parametrize("length", ["400", "399"])
def test_samples_of_two_files_are_those_of_the_library(tmp_path, form, length):
    import wfdb

    head = record(tmp_path, form, length)
    rows = [0, 2, 4, 3]
    samples = plain_samples(head, read_header(head), rows)
    assert np.array_equal(samples, EXPECTED[: int(length), rows])
    library = wfdb.rdrecord(str(tmp_path / "r"), physical=False).d_signal
    assert np.array_equal(samples, library[:, rows])


@pytest.mark.parametrize(
    ("form", "length", "detail"), [("16", "", ""), ("16", "400", "x2"), ("16", "400", ":3")]
)
def test_what_is_out_of_the_ordinary_is_left_to_the_library(tmp_path, form, length, detail):
    head = record(tmp_path, form, length, detail)
    assert plain_samples(head, read_header(head), [0, 1]) is None


@pytest.mark.parametrize("form", ["16", "516"])
def test_a_damaged_file_is_not_read_here(tmp_path, form):
    head = record(tmp_path, form)
    whole = (tmp_path / "b.dat").read_bytes()
    (tmp_path / "b.dat").write_bytes(whole[: len(whole) // 2])
    header = read_header(head)
    assert plain_samples(head, header, [0, 1, 2]) is not None
    assert plain_samples(head, header, [0, 4]) is None
    from ecgcore.io import read_path

    with pytest.raises(UnusableEcg):
        read_path(tmp_path / "r.hea")
