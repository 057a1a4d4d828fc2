"""Significance over many recordings: groups told apart, runs resumed, findings in words."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.leads import INDEPENDENT, STANDARD
from ecgcore.studies.significance import by_diagnosis as significance
from ecgcore.studies.significance.shares import shares
from models.blocks.number_formats import has_bfloat16
from models.significance import cohort

# -- over many recordings ------------------------------------------------------------------------------------


def rows(shares_of: dict[str, dict[str, float]], measure: str = "raw") -> list[tuple]:
    return [
        (record, record[:2], "attention", "m", "w", "all of it", "positive", measure, lead, amount)
        for record, parts in shares_of.items()
        for lead, amount in parts.items()
    ]


def test_groups_that_differ_are_told_from_groups_that_do_not():
    import pandas as pd

    rng = np.random.default_rng(0)
    records = {f"{number:02d}{part}": rng.normal(0, 0.01) for number in range(40) for part in "ab"}
    members = {
        record: (("MI",) if int(record[:2]) < 20 else ()) + (("CD",) if int(record[:2]) % 2 else ())
        for record in records
    }
    moved = {
        record: {
            "V1": 0.2 + e,
            "V2": 0.6 - e - 0.1 * ("MI" in members[record]),
            "V6": 0.2 + 0.1 * ("MI" in members[record]),
        }
        for record, e in records.items()
    }
    table = significance.summarise(
        pd.DataFrame(rows(moved), columns=list(significance.AMOUNTS.columns[:-1])), members
    )
    p = table.drop_duplicates("group").set_index("group")["p_group"]
    assert p["MI"] < 0.01 and p["CD"] > 0.05 and np.isnan(p["all"])
    everyone = table[table["group"] == "all"].set_index("lead")
    assert everyone.loc["V2", "share"] == pytest.approx(np.mean([parts["V2"] for parts in moved.values()]))
    assert everyone.loc["V2", "patients"] == 40 and everyone.loc["V2", "records"] == 80
    ill = table[table["group"] == "MI"].set_index("lead")
    assert ill.loc["V2", "others"] == pytest.approx(
        np.mean([parts["V2"] for name, parts in moved.items() if "MI" not in members[name]])
    )
    assert significance.largest_difference(table, "MI")[0] in ("V2", "V6")
    assert (
        "1 of 2 groups" in significance.who_differs(table)[0]
        and "MI (V" in significance.who_differs(table)[0]
    )
    assert (
        everyone.loc["V2", "low"]
        > everyone.loc["V2", "chance_high"]
        > 1 / 3
        > everyone.loc["V2", "chance_low"]
    )


def test_a_recording_of_which_next_to_nothing_is_explained_does_not_spoil_its_groups_shares():
    import pandas as pd

    good = {f"{number:02d}": {"V1": 0.3, "V6": 0.6} for number in range(10)}
    poor = {"99": {"V1": -0.05, "V6": 0.051}}  # shares of -50 and 51
    table = significance.summarise(
        pd.DataFrame(rows(good | poor), columns=list(significance.AMOUNTS.columns[:-1])),
        dict.fromkeys(good | poor, ("MI",)),
    )
    everyone = table[table["group"] == "all"].set_index("lead")
    assert everyone.loc["V1", "share"] == pytest.approx((10 * 0.3 - 0.05) / (10 * 0.9 + 0.001))
    assert everyone["share"].sum() == pytest.approx(1) and everyone.loc["V1", "low"] > 0.25


def test_the_findings_say_whether_the_wanted_leads_lead():
    import pandas as pd

    parts = dict(
        zip(STANDARD, (0.02, 0.06, 0.02, 0.02, 0.02, 0.02, 0.06, 0.2, 0.2, 0.2, 0.1, 0.08), strict=True)
    )
    flat = dict(
        zip(STANDARD, (0.2, 0.2, 0.2, 0.04, 0.04, 0.04, 0.04, 0.05, 0.05, 0.05, 0.05, 0.04), strict=True)
    )
    records = [f"{number:02d}" for number in range(6)]
    data = rows(dict.fromkeys(records, parts)) + rows(dict.fromkeys(records, flat), "normalised")
    table = significance.summarise(
        pd.DataFrame(data, columns=list(significance.AMOUNTS.columns[:-1])), dict.fromkeys(records, ("NORM",))
    )
    text = significance.answer(table)
    assert "Raw, in NORM (6 recordings), V2, V3 and V4 lead: V2 20 %" in text
    assert (
        "After variance normalisation V2, V3 and V4 do not lead (places 4, 5, 6 of 12): first I 20 %" in text
    )


def test_a_run_is_resumed_where_it_stopped_and_the_page_can_read_what_it_wrote(
    network, recording, tmp_path, monkeypatch
):

    from models.checkpoint import Trained

    calls = []

    class Base:
        identity = "ptb-xl"

        def records(self, split):
            return [f"{number:05d}" for number in range(4)]

        def info(self, record):
            return {
                "patient": record,
                "superclasses": ("NORM",) if record < "00002" else ("MI",),
                "codes": (),
            }

        def read(self, record):
            calls.append(record)
            if record == "00003":
                raise UnusableEcg("This one is broken.")
            return recording.cut(0.5 * int(record), 5 + 0.5 * int(record))

    card = type("Card", (), {"name": "linear"})()
    use = Trained(network.linear, card, "abc")
    monkeypatch.setattr(cohort, "open_database", lambda name, root: Base())
    out, done = tmp_path / "s.csv.gz", tmp_path / "rows.csv"
    first_words = cohort.run(tmp_path, out, done, "contribution", use, splits=("test",))
    assert sorted(calls) == ["00000", "00001", "00002", "00003"]
    assert "3 recordings of 3 patients" in first_words
    first = done.read_text()
    calls.clear()
    cohort.run(tmp_path, out, done, "contribution", use, splits=("test",))
    assert calls == ["00003"]  # only what could not be read is tried again
    assert done.read_text() == first
    table = significance.TABLE.read(out)
    assert set(table["group"]) == {"all", "NORM", "MI"} and set(table["lead"]) == set(INDEPENDENT)
    assert table[table["group"] == "all"].groupby("measure")["share"].sum().to_numpy() == pytest.approx(
        [1, 1], abs=1e-3
    )
    calls.clear()
    cohort.run(tmp_path, out, done, "contribution", use, splits=("test",), settings=cohort.Settings(2.0))
    assert len(calls) == 4  # other settings are another run
    cohort.run(tmp_path, out, done, "contribution", Trained(network.linear, card, "def"), splits=("test",))
    assert len(calls) == 8 and set(significance.TABLE.read(out)["weights"]) == {"def"}  # and other weights


def test_a_diagnosis_is_a_group_from_twelve_patients_on():
    infos = [
        (f"{n}", {"patient": f"p{n % 12}", "codes": ("LVH", "SR") if n % 2 else ("IMI",)}) for n in range(40)
    ]
    assert cohort.frequent_codes(infos) == set()
    infos += [(f"x{n}", {"patient": f"p{n}", "codes": ("LVH", "SR")}) for n in range(0, 12, 2)]
    assert cohort.frequent_codes(infos) == {"LVH"}


def test_half_precision_changes_shares_by_little(network, recording):
    exact, half = (
        shares(cohort.shapley_of_leads(network, recording.cut(0, 4), bf16)["raw"]) for bf16 in (False, True)
    )
    assert max(abs(half[lead] - exact[lead]) for lead in exact) < 0.01
    assert (half != exact) == has_bfloat16()  # elsewhere nothing is shortened
