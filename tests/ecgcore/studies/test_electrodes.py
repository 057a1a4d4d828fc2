"""Shares of alarms: counted by hand on a small table."""

from __future__ import annotations

import pandas as pd
import pytest

from ecgcore.studies import electrodes as study

FEW = "I+II+V2"


def row(record: str, arrangement: str = "as recorded", **other) -> dict:
    """A row of the table; by default no alarm, with all leads, PTB-XL's test fold at 500 Hz."""
    usual = dict.fromkeys(study.COLUMNS, "") | {
        "weights": "w", "database": "ptb-xl", "split": "test", "rate_hz": 500.0, "record": record,
        "patient": record, "leads": study.FULL, "arrangement": arrangement, "wrong": 0.01, "alarm": 0.0,
        "likeliest": "as recorded", "limb_mv": float("nan"), "ms": float("nan"),
    }  # fmt: skip
    return usual | other


ALARM = {"alarm": 1.0, "wrong": 0.9}
ROWS = [
    row("1", superclasses="NORM", ms=10.0),
    row("1", rate_hz=100.0, superclasses="NORM", likeliest="V1-V2", **ALARM),
    row("2", superclasses="CD+MI", diagnoses="Left bundle branch block", likeliest="V2-V3", ms=20.0, **ALARM),
    row("1", "V2-V3", likeliest="V2-V3", superclasses="NORM", **ALARM),
    row("2", "V2-V3", likeliest="RA-LA", superclasses="CD+MI", **ALARM),
    row("1", leads=FEW),
    row("3", split="train", likeliest="LA-LL", quality="noise", limb_mv=0.25, **(ALARM | {"wrong": 0.95})),
    row("4", database="cinc2011", split="", likeliest="RA-LA", **(ALARM | {"wrong": 0.99})),
    row("5", database="ludb", split=""),
    row("1", reference="an earlier recording", split="train"),
]
TABLE = pd.DataFrame(ROWS)[list(study.COLUMNS)]


def test_conditions_leave_out_what_taught_and_what_is_unsorted():
    listed = study.conditions(TABLE)
    assert listed[0] == ("ptb-xl", study.EACH_ONCE, study.FULL, "")
    assert ("ptb-xl", 500.0, FEW, "") in listed and ("ludb", 500.0, study.FULL, "") in listed
    assert ("ptb-xl", 500.0, study.FULL, "an earlier recording") in listed
    assert not any(database == "cinc2011" for database, *_ in listed)


def test_each_recording_counts_once_at_its_highest_rate():
    rows = study.part(TABLE, ("ptb-xl", study.EACH_ONCE, study.FULL, ""))
    every, *classes = study.false_alarms(rows)
    assert every.alarm.n_records == 2 and every.alarm.value == 0.5
    assert {one.name: one.alarm.value for one in classes} == {"NORM": 0.0, "MI": 1.0, "CD": 1.0}
    (noticed,) = study.sensitivity(rows)
    assert noticed.alarm.value == 1.0 and noticed.named.value == 0.5


def test_false_alarms_by_diagnosis_pool_what_did_not_teach():
    shares = {one.name: one.alarm for one in study.false_alarms_by_diagnosis(TABLE)}
    assert shares["all"].n_records == 3 and shares["all"].value == pytest.approx(1 / 3)
    assert shares["Left bundle branch block"].value == 1.0 and len(shares) == 2


def test_the_worst_come_first_with_what_was_seen_on_paper():
    worst = study.worst(TABLE, 1, ("cinc2011", "ptb-xl"))
    assert list(worst["record"]) == ["4", "3"]
    assert not len(study.worst(TABLE.assign(quality="unacceptable"), 1, ("cinc2011",)))
    text = study.worst_in_words(TABLE, 1, ("cinc2011", "ptb-xl"), {"cinc2011/4": ("exchanged", "I is down")})
    head, first, second = text.splitlines()
    assert "1 of 1 in cinc2011 raise an alarm; of the worst 1, read by eye: 1 exchanged." in head
    assert "2 of 3 in ptb-xl raise an alarm." in head
    assert "cinc2011/4" in first and "I is down" in first and "250 uV" in second and "noise" in second


def test_another_alarm_trades_false_alarms_for_those_noticed():
    rows = dict(study.trade_off(TABLE))
    before, after = study.LEVELS.index(0.8), study.LEVELS.index(0.95)
    assert rows["false alarms, ptb-xl"][before] == 0.5 and rows["false alarms, ptb-xl"][after] == 0.0
    assert rows["noticed, V2-V3"][before] == rows["noticed, chest exchange"][before] == 1.0
    assert rows["false alarms, ludb"] == [0.0] * len(study.LEVELS) and "false alarms, cinc2011" not in rows


def test_what_is_noticed_where_some_recordings_as_they_are_raise_an_alarm():
    usual = [row(f"{n}", wrong=n / 100) for n in range(101)]
    moved = [row(f"{n}", "V5-V6", wrong=wrong) for n, wrong in enumerate((0.5, 0.981, 0.992, 0.9999))]
    table = pd.DataFrame(usual + moved)[list(study.COLUMNS)]
    assert dict(study.at_false_alarms(table)) == {"noticed, V5-V6": [0.25, 0.5, 0.5, 0.75, 0.75, 0.75]}
    assert not list(study.at_false_alarms(table.assign(split="train")))


def test_all_is_said_in_words_with_its_number_of_recordings():
    text = study.in_words(TABLE)
    assert "ptb-xl, each recording once" in text and "with an earlier recording as reference" in text
    assert "a check takes 15 ms" in text and "n = 2" in text
