"""Databases: the tables a user gets and the recordings they name. Small copies of the official layouts are
made here."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from ecgcore.datasets import (
    data_root,
    database_of,
    databases,
    is_private,
    local_databases,
    open_database,
    read_recording,
    records_of,
)
from ecgcore.datasets.ludb import waves
from ecgcore.datasets.ptbxl import record_id
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io import read_path
from ecgcore.io.assemble import without_padding
from ecgcore.io.write import write_ecg
from ecgcore.leads import STANDARD
from tests.ecgcore.io.helpers import twelve_leads

real = pytest.mark.skipif(
    data_root() is None, reason="needs the real recordings: set ECG_DATA to their folder"
)
ROOT = Path(os.environ.get("ECG_DATA", "."))


@pytest.mark.parametrize("text", ["17", "00017", "00017_hr", "records100/00000/00017_lr", " 17 "])
def test_ptbxl_records_are_understood_by_number_and_by_file_name(text):
    assert record_id(text) == "00017"


def test_padding_at_the_end_is_cut_and_nothing_else():
    rng = np.random.default_rng(0)
    signals = rng.normal(size=(12, 500)).astype(np.float32)
    assert without_padding(Ecg(signals, STANDARD, 500)).n_samples == 500
    signals[:, 450:] = signals[:, 449:450]
    cut = without_padding(Ecg(signals, STANDARD, 500))
    assert cut.n_samples == 450
    np.testing.assert_array_equal(cut.signals, signals[:, :450])
    signals[0, 460] += 1  # one lead that still moves: no padding before it
    assert without_padding(Ecg(signals, STANDARD, 500)).n_samples == 462
    signals[0, 490] += 1
    assert (
        without_padding(Ecg(signals, STANDARD, 500)).n_samples == 500
    )  # nine samples alike are a pause, not padding
    assert without_padding(Ecg(np.ones((12, 50)), STANDARD, 500)).n_samples == 50


def test_an_unknown_database_is_one_sentence():
    with pytest.raises(UnusableEcg, match="ptb-xl"):
        open_database("nonsense", ".")
    assert local_databases(None) == []


def test_every_database_says_what_it_is():
    for name, family in databases().items():
        assert family.name == name and family.title and family.licence


@real
def test_patients_with_several_recordings_are_known():
    base = open_database("ptb-xl", ROOT)
    assert len(base.repeated_patients) == 85
    assert all(len(base.index[base.index["patient"] == patient]) > 1 for patient in base.repeated_patients)
    assert not open_database("ludb", ROOT).repeated_patients


@real
def test_of_band_passed_georgia_records_the_bent_ends_are_cut():
    base = open_database("georgia", ROOT)
    ecg, whole = base.read("E00388"), read_path(base.path("E00388"), name="whole")
    assert (whole.duration, ecg.duration) == (10.0, pytest.approx(9.4))
    np.testing.assert_array_equal(ecg.signals, whole.signals[:, 75:-75])
    assert len(base.index) == 64 and base.info("E00388")["codes"]


@real
def test_ptbxl_patients_do_not_cross_splits_and_folds_make_splits():
    table = open_database("ptb-xl", ROOT).index
    assert table["record"].is_unique
    assert (table.groupby("patient")["split"].nunique() == 1).all()
    assert (table.groupby("patient")["fold"].nunique(dropna=False) == 1).all()
    assert set(table.loc[table["fold"] == 10, "split"]) == {"test"} and set(
        table.loc[table["fold"] == 9, "split"]
    ) == {"val"}
    assert set(table.loc[table["fold"].isna(), "split"]) <= {"train"}
    assert (table["patient"] != "").all() and table["age"].max() <= 90


@real
def test_ptbxl_reads_the_rate_that_is_there():
    database = open_database("ptb-xl", ROOT / "ptb-xl")
    both = database.index[[len(rates) == 2 for rates in database.index["rates"]]]["record"].iloc[0]
    assert (
        database.read(both).rate == 500
        and database.read(both, 100).rate == 100
        and database.read(both, 250).rate == 500
    )
    low_only = database.index[[rates == (100.0,) for rates in database.index["rates"]]]["record"].iloc[0]
    assert database.read(low_only).rate == 100
    ecg = database.read(both)
    assert 9.8 < ecg.duration < 9.95 and len(ecg.leads) == 12 and ecg.name == f"ptb-xl/{both}"


@real
def test_ptbxl_first_record_has_the_diagnoses_of_the_official_table():
    database = open_database("ptb-xl", ROOT)
    row = database.info("1")
    assert (
        row["superclasses"] == ("NORM",)
        and row["codes"] == ("NORM", "LVOLT", "SR")
        and row["sex"] == "female"
        and row["fold"] == 3
    )
    assert "00001" in database.records(fold=3, diagnosis="LVOLT") and "00001" not in database.records(
        diagnosis="MI"
    )
    with pytest.raises(UnusableEcg, match="no record"):
        database.read("99999")


def official_layout(root: Path) -> Path:
    """Three records of PTB-XL as a user who downloaded it has them."""
    (root / "ptbxl_database.csv").write_text(
        "ecg_id,patient_id,age,sex,scp_codes,strat_fold,filename_lr,filename_hr\n"
        "1,7.0,300,0,\"{'NORM': 100.0, 'SR': 0.0}\",9,records100/00000/00001_lr,records500/00000/00001_hr\n"
        "2,7.0,45,1,\"{'IMI': 15.0, 'LVH': 50.0}\",9,,records500/00000/00002_hr\n"
        "3,8.0,,1,{},10,records100/00000/00003_lr,\n"
    )
    (root / "scp_statements.csv").write_text(
        ",description,diagnostic,diagnostic_class\nNORM,normal,1.0,NORM\nIMI,x,1.0,MI\nLVH,y,1.0,HYP\nSR,sinus,,\n"
    )
    (root / "additional_records.csv").write_text(
        "ecg_id,filename_lr,filename_hr,split,superclasses\n4,records100/00000/00004_lr,,,MI;CD\n5,records100/00000/00005_lr,,val,\n"
    )
    for name, rate in (
        ("records500/00000/00001_hr", 500),
        ("records500/00000/00002_hr", 500),
        ("records100/00000/00001_lr", 100),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        write_ecg(twelve_leads(rate, 2), (root / name).parent, Path(name).name)
    return root


def test_the_official_tables_become_one_index(tmp_path):
    database = open_database("ptb-xl", official_layout(tmp_path))
    rows = database.index.set_index("record").to_dict("index")
    assert list(rows) == ["00001", "00002", "00003", "00004", "00005"]
    first, two, three, four, five = rows.values()
    assert (
        first["superclasses"] == ("NORM",)
        and first["age"] == 90
        and first["sex"] == "male"
        and first["split"] == "val"
    )
    assert (
        two["superclasses"] == ("MI", "HYP")
        and two["rates"] == (500.0,)
        and two["patient"] == first["patient"] == "7"
    )
    assert three["split"] == "test" and np.isnan(three["age"]) and three["superclasses"] == ()
    assert four["patient"] == "record-4" and four["split"] == "train" and four["sex"] == ""
    assert five["fold"] == 9 and five["superclasses"] == ()
    assert database.records(split="train") == ["00004"] and database.records(fold=9, diagnosis="hyp") == [
        "00002"
    ]
    assert (
        database.read("1", 50).rate == 100
        and database.read("1").rate == 500
        and database.read("2", 100).rate == 500
    )


def test_a_table_in_which_a_patient_crosses_folds_is_refused(tmp_path):
    table = official_layout(tmp_path) / "ptbxl_database.csv"
    table.write_text(table.read_text().replace("3,8.0", "3,7.0"))
    with pytest.raises(UnusableEcg, match="patient 7 is in folds 9 and 10"):
        _ = open_database("ptb-xl", tmp_path).index


def test_any_folder_of_records_is_a_database_that_cannot_be_left(tmp_path):
    root = tmp_path / "mine"
    write_ecg(twelve_leads(), root / "a", "one", ["Age: 63", "Sex: Female", "Dx: 426783006, AF"])
    write_ecg(twelve_leads(), root, "two")
    write_ecg(twelve_leads(), tmp_path, "outside")
    assert local_databases(root) == ["folder"]
    database = open_database("folder", root)
    row = database.info("a/one")
    assert (
        row["age"] == 63
        and row["sex"] == "female"
        and row["codes"] == ("426783006", "AF")
        and row["split"] == ""
    )
    assert database.records() == ["a/one", "two"] and database.records(diagnosis="af") == ["a/one"]
    assert database.read("a/one").leads == STANDARD
    for record in ("../outside", "nothing", str(tmp_path / "outside")):
        with pytest.raises(UnusableEcg, match="has no record"):
            database.read(record)
    (root / "RECORDS").write_text("two\n../outside\n")
    assert type(database)(root).records() == ["two"]


def test_a_folder_beside_known_databases_is_reached_by_its_name(tmp_path):
    for folder in ("ptbdb/patient001", "Mueller_Hans", "other/deep"):
        write_ecg(twelve_leads(), tmp_path / folder, "s0010_re")
    (tmp_path / "empty").mkdir()
    assert local_databases(tmp_path) == ["ptbdb", "folder:Mueller_Hans", "folder:other"]
    first, second = (open_database(f"folder:{name}", tmp_path) for name in ("Mueller_Hans", "other"))
    assert (first.title, first.records(), second.records()) == (
        "Folder Mueller_Hans",
        ["s0010_re"],
        ["deep/s0010_re"],
    )
    assert second.read("deep/s0010_re").name == "folder:other/deep/s0010_re"
    assert read_recording("folder:other/deep/s0010_re", tmp_path).leads == STANDARD
    assert first.identity != second.identity
    assert not any("Mueller" in database.identity for database in (first, second))  # it goes into tables
    assert database_of(second.identity, tmp_path) is second
    assert database_of("folder-12345678", tmp_path) is None
    assert database_of("ptbdb", tmp_path).name == "ptbdb"
    for name in ("folder:..", "folder:other/deep", "folder:nothing", "ptbdb:other", "nobody"):
        with pytest.raises(UnusableEcg):
            open_database(name, tmp_path)
    assert is_private("folder")
    assert is_private("folder:other")
    assert not is_private("ptbdb")


def test_a_split_without_recordings_is_refused_in_a_sentence(tmp_path):
    write_ecg(twelve_leads(), tmp_path, "one")
    database = open_database("folder", tmp_path)
    assert records_of(database, None) == ["one"]
    with pytest.raises(UnusableEcg, match="no recordings in the split 'test': it has no splits; take all"):
        records_of(database, "test")


def test_marks_by_hand_are_put_together_wave_by_wave():
    marks = waves(np.array([5, 9, 12, 20, 25, 40, 44]), ["(", "p", ")", "N", ")", "(", "t"])
    assert {part: list(marks["P"][part]) for part in marks["P"]} == {
        "onset": [5],
        "peak": [9],
        "offset": [12],
    }
    assert (marks["QRS"]["onset"], marks["QRS"]["offset"], marks["T"]["offset"]) == ([-1], [25], [-1])


@real
@pytest.mark.parametrize(
    ("name", "n", "rate"),
    [
        ("ludb", 98, 500), ("twadb", 33, 500), ("ptbdb", 6, 1000), ("cinc2011", 766, 500),
        ("cpsc2018", 153, 500), ("cpsc-extra", 29, 500),
        ("chapman-ningbo", 282, 500), ("brugada-huca", 174, 100),
    ],
)  # fmt: skip
def test_every_local_database_is_found_indexed_and_read(name, n, rate):
    assert name in local_databases(ROOT)
    database = open_database(name, ROOT)
    assert local_databases(database.root) == [name]
    assert len(database.index) == n and database.index["record"].is_unique
    ecg = database.read(database.records()[n // 2])
    assert ecg.rate == rate and ecg.leads == STANDARD
    with pytest.raises(UnusableEcg, match="has no record"):
        database.read("../../etc/passwd")


@real
def test_ludb_marks_lie_on_the_waves():
    database = open_database("ludb", ROOT)
    ecg, marks = database.read("1"), database.annotations("1")
    assert set(marks) == set(STANDARD)
    qrs = marks["II"]["QRS"]
    assert ((qrs["onset"] < qrs["peak"]) & (qrs["peak"] < qrs["offset"])).all() and len(qrs["peak"]) >= 5
    inside = np.zeros(ecg.n_samples, dtype=bool)
    for onset, offset in zip(qrs["onset"], qrs["offset"], strict=True):
        inside[onset:offset] = True
    slope = np.abs(np.gradient(ecg["II"]))
    assert slope[inside].mean() > 5 * slope[~inside].mean()


@real
def test_twadb_says_which_records_look_synthetic():
    database = open_database("twadb", ROOT)
    assert database.index["synthetic"].sum() == 4
    assert database.read("twa01").simulated and not database.read("twa03").simulated
    assert len(database.beats("twa03")) > 60


@real
def test_the_2011_challenge_has_verdicts_and_its_augmented_leads_by_their_right_names():
    database = open_database("cinc2011", ROOT)
    assert database.index["quality"].value_counts().to_dict() == {
        "acceptable": 598,
        "unacceptable": 167,
        "indeterminate": 1,
    }
    ecg = database.read("1005639")
    np.testing.assert_allclose(ecg["aVF"], ecg["II"] - ecg["I"] / 2, atol=0.006)
    assert any("aVF" in note for note in ecg.notes)
