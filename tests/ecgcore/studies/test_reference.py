"""The table of reference recordings summed up: means over learned leads, paired gains, the part of a change
shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ecgcore.studies.reference import TABLE, by_lead, groups_of_visits, lines, summary


def table(use: str = "visit") -> pd.DataFrame:
    """Four recordings of two patients; the personal estimate is .1 better in r and shows half of each
    change."""
    rows = []
    for record in range(4):
        for lead in ("V1", "V5", "aVR"):
            for estimate, r, rmse, product in (("generic", 0.8, 100.0, 20.0), ("personal", 0.9, 50.0, 50.0)):
                numbers = (30.0, 1.0, r + 0.01 * record, rmse, 0.9, 300.0, product, 100.0)
                st = (60.0, 10.0, 35.0 if estimate == "personal" else 10.0, float(record < 2), 0.0)
                head = (
                    "m",
                    "w",
                    use,
                    "base",
                    "several",
                    "I",
                    "",
                    f"r{record}",
                    "r9",
                    f"p{record // 2}",
                    "no",
                )
                rows.append((*head, lead, estimate, *numbers, *(st if use == "visit" else [np.nan] * 5)))
    return pd.DataFrame(rows, columns=list(TABLE.columns))


def test_gains_are_paired_and_derived_leads_do_not_count():
    (gain,) = summary(table())
    assert gain.gain["r"].value == pytest.approx(0.1) and gain.gain["rmse_uv"].value == pytest.approx(-50)
    assert gain.values["generic", "r"].value == pytest.approx(0.815)
    assert (gain.used.n_records, gain.used.n_patients) == (4, 2)
    assert gain.change["generic"].value == pytest.approx(0.2) and gain.change[
        "personal"
    ].value == pytest.approx(0.5)


def test_st_levels_tell_error_change_shown_and_the_criterion_both_ways():
    (gain,) = summary(table())
    generic, personal = gain.st["generic"], gain.st["personal"]
    assert generic.error_uv.value == 50.0 and personal.error_uv.value == 25.0
    assert generic.change.value == 0.0 and personal.change.value == pytest.approx(0.5)
    assert personal.criterion == (0, 2, 0, 2)
    (session,) = summary(table("session"))
    assert session.st == {}


def test_each_lead_has_its_gain_and_visits_are_grouped_by_days_change_and_use():
    visits = table()
    gains = list(by_lead(visits, "visit"))
    assert [gain.lead for gain in gains] == ["V1", "V5"] and gains[0].gain.value == pytest.approx(0.1)
    assert list(by_lead(visits, "session")) == []
    counts = {name: len(rows) for name, rows in groups_of_visits(visits)}
    assert counts == {
        "within 30 days": 24,
        "31 to 365 days": 0,
        "more than a year": 0,
        "superclass unchanged": 24,
        "superclass changed": 0,
        "reference used": 24,
        "reference refused": 0,
    }
    visits["days"] = -400.0
    visits["changed"] = "yes"
    visits["used"] = 0.0
    counts = {name: len(rows) for name, rows in groups_of_visits(visits)}
    assert counts["more than a year"] == counts["superclass changed"] == counts["reference refused"] == 24
    assert any("more than a year: generic 0.815" in line for line in lines(visits))


def test_no_change_is_told_where_the_reference_is_of_the_same_session():
    same = table("session").assign(change_product=np.nan, change_power=np.nan)
    (gain,) = summary(same)
    assert gain.change == {}
    assert "change" not in next(lines(same))


def test_the_table_comes_back_from_its_file(tmp_path):
    TABLE.write(table(), tmp_path / "t.parquet")
    assert next(lines(TABLE.read(tmp_path / "t.parquet"))) == next(lines(table()))
