"""Lists of recordings: lines, tables, HDF5 files, folders; what is no list is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.io.write import write_ecg
from ecgcore.leads import STANDARD
from ecgcore.synthetic import Heart, simulate
from models.many.lists import entries


@pytest.fixture
def folder(tmp_path):
    for number in range(3):
        write_ecg(simulate(Heart(), 100.0, 2.0, seed=number), tmp_path / "data", f"r{number}")
    return tmp_path


def test_lines_tables_and_folders_name_the_same(folder):
    (folder / "list.txt").write_text("# comment\n\ndata/r0\n data/r1.hea\ndata/r2\n")
    names = ["data/r0", "data/r1.hea", "data/r2"]
    pd.DataFrame({"record": names}).to_parquet(folder / "list.parquet")
    pd.DataFrame({"path": names, "other": 1}).to_csv(folder / "list.csv", index=False)
    wanted = [simulate(Heart(), 100.0, 2.0, seed=number).signals for number in range(3)]
    for source in ("list.txt", "list.parquet", "list.csv", "data"):
        listed = entries(folder / source)
        assert [entry.number for entry in listed] == [0, 1, 2]
        for entry, signals in zip(listed, wanted, strict=True):
            assert np.abs(entry.read().signals - signals).max() < 2e-3
            assert entry.record == "" and entry.read().name == f"recording {entry.number}"


def test_a_row_without_a_name_and_one_far_too_long_are_recordings_that_cannot_be_read(folder, monkeypatch):
    (folder / "list.csv").write_text(f'record\ndata/r0\n""\n{"x" * 5000}\ndata/r1\n')
    monkeypatch.chdir(folder)
    for source in (Path("list.csv"), folder / "list.csv"):
        first, empty, long, last = entries(source)
        assert first.read().n_samples == last.read().n_samples == 200
        with pytest.raises(UnusableEcg, match="names no recording in this row"):
            empty.read()
        with pytest.raises((UnusableEcg, OSError)):
            long.read()


def test_records_of_a_database_keep_their_name():
    from models.many.lists import Entry

    assert Entry(3, "ptb-xl/records500/00000/00001_hr", None, ".").record.startswith("ptb-xl/")
    assert Entry(3, "folder:ward/a", None, ".").record == ""


@pytest.mark.parametrize("described", [True, False])
def test_hdf5_is_read_row_by_row(folder, described):
    h5py = pytest.importorskip("h5py")
    ecgs = [simulate(Heart(), 400.0, 10.0, seed=number) for number in range(2)]
    tracings = np.zeros((3, 4096, 12), np.float32)
    for row, ecg in enumerate(ecgs):
        tracings[row, 48:4048] = 1000 * ecg.signals.T
    with h5py.File(folder / "part.hdf5", "w") as file:
        values = file.create_dataset("tracings", data=tracings)
        if described:
            file.attrs["rate_hz"] = 400
            values.attrs["unit"] = "uV"
            values.attrs["leads"] = list(STANDARD)
    (folder / "list.txt").write_text("data/r0\npart.hdf5\n")
    listed = entries(folder / "list.txt")
    assert [entry.row for entry in listed] == [None, 0, 1, 2]
    hints = (None, None) if described else (400.0, "uV")
    for entry, ecg in zip(listed[1:3], ecgs, strict=True):
        read = entry.read(*hints)
        assert (read.rate, read.leads, read.n_samples) == (400.0, ecg.leads, 4000)
        assert np.abs(read.signals - ecg.signals).max() < 1e-5
    with pytest.raises(UnusableEcg, match="nothing but zeros"):
        listed[3].read(*hints)
    if not described:
        with pytest.raises(UnusableEcg, match="give --rate and --unit"):
            listed[1].read()


def test_what_is_no_list_is_refused(folder):
    h5py = pytest.importorskip("h5py")
    (folder / "empty.txt").write_text("# nothing\n")
    pd.DataFrame({"file": ["a"]}).to_parquet(folder / "other.parquet")
    (folder / "broken.parquet").write_bytes(b"no")
    (folder / "broken.h5").write_bytes(b"no")
    with h5py.File(folder / "flat.h5", "w") as file:
        file.create_dataset("tracings", data=np.zeros((3, 4)))
    for name, sentence in {
        "empty.txt": "names no recording",
        "other.parquet": "no column record or path",
        "broken.parquet": "cannot be read as a table",
        "broken.h5": "no HDF5 file",
        "flat.h5": "recordings x samples x leads",
        "absent.txt": "There is no list",
    }.items():
        with pytest.raises(UnusableEcg, match=sentence):
            entries(folder / name)
