"""Finding recordings by words, age, sex and quality, and recordings like another, in a small copy of PTB-XL's
layout and in the real tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecgcore.datasets import data_root
from ecgcore.datasets.code_names import full_name
from ecgcore.datasets.diagnoses import NEWCOMERS, newcomers_example
from ecgcore.datasets.search import Search, alike, find
from ecgcore.demonstrations import demonstrations

real = pytest.mark.skipif(
    data_root() is None, reason="needs the real recordings: set ECG_DATA to their folder"
)

TABLE = """ecg_id,patient_id,age,sex,scp_codes,strat_fold,filename_lr,filename_hr,baseline_drift,\
static_noise,burst_noise,electrodes_problems
1,1,40,1,"{'AMI': 100, 'SR': 0}",1,a/00001_lr,,,,,
2,2,70,0,"{'CLBBB': 100, 'AFIB': 0}",2,a/00002_lr,,,", I-V1,",,
3,3,72,1,"{'CLBBB': 100, 'SR': 0}",3,a/00003_lr,,,,,
4,4,300,1,"{'CRBBB': 100, 'LVH': 50}",4,a/00004_lr,,,,,
5,5,,0,"{'PACE': 100}",10,a/00005_lr,,,,,
6,6,55,1,"{'PAC': 100, 'LVH': 0}",10,a/00006_lr,,,,,
7,6,56,1,"{'PAC': 100, 'LVH': 0}",10,a/00007_lr,,,,,
"""
STATEMENTS = """,description,diagnostic,diagnostic_class
AMI,anterior myocardial infarction,1.0,MI
CLBBB,complete left bundle branch block,1.0,CD
CRBBB,complete right bundle branch block,1.0,CD
LVH,left ventricular hypertrophy,1.0,HYP
AFIB,atrial fibrillation,,
PACE,normal functioning artificial pacemaker,,
PAC,atrial premature complex,,
SR,sinus rhythm,,
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "ptb-xl"
    folder.mkdir()
    (folder / "ptbxl_database.csv").write_text(TABLE)
    (folder / "scp_statements.csv").write_text(STATEMENTS)
    return tmp_path


def records(root: Path, words: str = "", **more) -> list[str]:
    return [hit.record for hit in find(root, Search(words, **more))]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("anterior", ["00001"]),
        ("anterior MI", ["00001"]),
        ("left bundle", ["00002", "00003"]),  # not the right one beside a left ventricle
        ("LBBB", ["00002", "00003"]),
        ("left bundle, atrial fibrillation", ["00002"]),
        ("hypertrophy and right bundle", ["00004"]),
        ("atrial fib", ["00002"]),
        ("paced", ["00005"]),
        ("PAC", ["00006", "00007"]),  # a code is not the beginning of pacemaker
        ("00003", ["00003"]),
        ("conduction disturbance", ["00002", "00003", "00004"]),
        ("", ["00001", "00002", "00003", "00004", "00005", "00006", "00007"]),
        ("no such disease", []),
    ],
)
def test_words_are_met_in_the_full_names_of_the_codes(root, words, expected):
    assert sorted(records(root, words)) == expected


def test_the_purest_come_first_and_what_was_looked_for_leads_its_diagnoses(root):
    hits = find(root, Search("atrial fibrillation"))
    assert (
        hits[0].diagnoses == ("atrial fibrillation", "complete left bundle branch block") and hits[0].met == 1
    )
    assert records(root, "hypertrophy") == ["00006", "00007", "00004"]  # test fold before training


def test_age_sex_fold_and_quality_narrow_down(root):
    assert records(root, sex="male") == ["00002", "00005"]
    assert records(root, youngest=60, oldest=80) == ["00002", "00003"]
    assert records(root, youngest=85) == ["00004"]  # 300 stands for above 89
    assert records(root, fold=10, sex="male") == ["00005"]
    assert records(root, quality="noted") == ["00002"]
    assert "00002" not in records(root, quality="good") and "00001" in records(root, quality="good")
    assert find(root, Search("00002"))[0].quality == "noise (I-V1)"


def test_another_like_this_shares_the_rare_diagnosis_and_is_of_another_person(root):
    assert next(hit.record for hit in alike(root, "ptb-xl", "00002")) == "00003"
    assert "00007" not in {hit.record for hit in alike(root, "ptb-xl", "00006")}
    assert alike(root, "ptb-xl", "00005") == () and alike(root, "ptb-xl", "none") == ()


def test_the_absence_of_something_is_no_finding():
    assert full_name("sudden_death=0") == full_name("basal_pattern=0") == ""
    assert full_name("sudden_death=1") == "sudden death"
    assert full_name("164889003") == full_name("AF") == "atrial fibrillation"
    assert full_name("low_qrs_voltages") == "low qrs voltages"


@pytest.mark.parametrize("name", NEWCOMERS)
def test_every_example_for_newcomers_is_there_without_a_database(name):
    example = newcomers_example(name, None)
    assert example.database == "" and example.record in demonstrations()


@real
def test_real_tables_name_every_code_and_are_found_by_words():
    hits = find(data_root(), Search("anterior infarction"))
    assert len(hits) > 300 and {"ptb-xl", "ludb"} <= {hit.database for hit in hits}
    assert not [word for hit in find(data_root(), Search()) for word in hit.diagnoses if word.isdigit()]
    brugada, healthy = (find(data_root(), Search(words)) for words in ("Brugada", "healthy control"))
    assert {hit.database for hit in brugada} == {"brugada-huca"}
    assert {hit.diagnoses[0] for hit in brugada} == {"Brugada syndrome", "brugada=2, as published"}
    assert {hit.codes[0] for hit in healthy if hit.database == "brugada-huca"} == {"brugada=0"}
    assert all(hit.diagnoses for hit in find(data_root(), Search(database="brugada-huca")))
    assert newcomers_example("paced-rhythm", data_root()).database == "ptb-xl"
