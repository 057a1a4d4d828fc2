"""Databases: the tables a user gets and the recordings they name. Small copies of the official layouts are made here."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from ecgcore.datasets import data_root, databases, local_databases, open_database
from ecgcore.datasets.ptbxl import record_id
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io.assemble import without_padding
from ecgcore.leads import STANDARD

real = pytest.mark.skipif(data_root() is None, reason="needs the real recordings: set ECG_DATA to their folder")
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
    assert without_padding(Ecg(signals, STANDARD, 500)).n_samples == 500  # nine samples alike are a pause, not padding
    assert without_padding(Ecg(np.ones((12, 50)), STANDARD, 500)).n_samples == 50


def test_an_unknown_database_is_one_sentence():
    with pytest.raises(UnusableEcg, match="ptb-xl"):
        open_database("nonsense", ".")
    assert local_databases(None) == []


def test_every_database_says_what_it_is():
    for name, family in databases().items():
        assert family.name == name and family.title and family.licence


@real
def test_ptbxl_patients_do_not_cross_splits_and_folds_make_splits():
    table = open_database("ptb-xl", ROOT).index
    assert table["record"].is_unique
    assert (table.groupby("patient")["split"].nunique() == 1).all()
    assert (table.groupby("patient")["fold"].nunique(dropna=False) == 1).all()
    assert set(table.loc[table["fold"] == 10, "split"]) == {"test"} and set(table.loc[table["fold"] == 9, "split"]) == {"val"}
    assert set(table.loc[table["fold"].isna(), "split"]) <= {"train"}
    assert (table["patient"] != "").all() and table["age"].max() <= 90


@real
def test_ptbxl_reads_the_rate_that_is_there():
    database = open_database("ptb-xl", ROOT / "ptb-xl")
    both = database.index[[len(rates) == 2 for rates in database.index["rates"]]]["record"].iloc[0]
    assert database.read(both).rate == 500 and database.read(both, 100).rate == 100 and database.read(both, 250).rate == 500
    low_only = database.index[[rates == (100.0,) for rates in database.index["rates"]]]["record"].iloc[0]
    assert database.read(low_only).rate == 100
    ecg = database.read(both)
    assert 9.8 < ecg.duration < 9.95 and len(ecg.leads) == 12 and ecg.name == f"ptb-xl/{both}"


@real
def test_ptbxl_first_record_has_the_diagnoses_of_the_official_table():
    database = open_database("ptb-xl", ROOT)
    row = database.info("1")
    assert row["superclasses"] == ("NORM",) and row["codes"] == ("NORM", "LVOLT", "SR") and row["sex"] == "female" and row["fold"] == 3
    assert "00001" in database.records(fold=3, diagnosis="LVOLT") and "00001" not in database.records(diagnosis="MI")
    with pytest.raises(UnusableEcg, match="no record"):
        database.read("99999")
