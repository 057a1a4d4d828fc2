"""The tables of Gradowski and Buchner from scores whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecgcore.datasets.diagnoses import ALL
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.studies.lead_information.states import ScoredStates
from ecgcore.studies.published import gradowski_tables as pt


def paper_table() -> ScoredStates:
    """Every lead is estimated with r = .9, V3 with .5; record 1 is all .1 worse. Patients have two recordings
    each."""
    states = (LeadSet(), *pt.PAPER_SETS)
    r = np.full((len(states), 12, 4), np.nan, np.float32)
    for number, inputs in enumerate(states):
        for lead in inputs.missing if inputs else STANDARD:
            r[number, STANDARD.index(lead)] = (0.5 if lead == "V3" else 0.9) - 0.1 * (np.arange(4) == 1)
    groups = {ALL: np.ones(4, bool), "MI": np.arange(4) < 2}
    return ScoredStates("m", "w", "these", "said", states, r, 100 * (1 - r), np.array([0, 0, 1, 1]), groups)


def test_the_papers_convention_rewards_the_set_that_holds_the_hard_lead_and_common_targets_do_not():
    rows = {row.inputs: row for row in pt.paper_rows(paper_table())}
    assert len(rows) == 25
    with_v3, with_v6 = rows[LeadSet("I II V3")], rows[LeadSet("I II V6")]
    assert with_v3.own.value == pytest.approx(0.875) and with_v6.own.value == pytest.approx(
        (4 * 0.9 + 0.5) / 5 - 0.025
    )
    targets, test = pt.compare(paper_table(), LeadSet("I II V3"), LeadSet("I II V6"))
    assert targets == ("V1", "V2", "V4", "V5") and test.difference.value == pytest.approx(0, abs=1e-6)
    assert "V3" not in with_v3.cells and with_v3.own.n_patients == 2
    assert with_v6.common.value == pytest.approx((5 * with_v6.own.value + 1) / 6)
    assert pt.compare(paper_table(), LeadSet("I II V1 V2"), LeadSet("I II V1 V2"))[0] == (
        "V3",
        "V4",
        "V5",
        "V6",
    )


def test_chosen_targets_leave_out_the_sets_that_hold_one():
    rows = pt.paper_rows(paper_table(), targets=("V1", "V2"))
    assert len(rows) == 4 + 4 + 6 and not any({"V1", "V2"} & set(row.inputs) for row in rows)
    assert all(row.own.value == pytest.approx(0.875) for row in rows)


def test_groups_are_by_whole_name():
    assert pt.paper_rows(paper_table(), group="MI")[0].own.n_records == 2
    assert pt.paper_rows(paper_table(), group="M") == []


def test_the_papers_findings_are_judged_by_the_numbers():
    holds = {finding.sentence: finding.holds for finding in pt.findings(paper_table())}
    assert holds["V3 is the best third lead"] and not holds["V4 has the lowest r from one limb lead"]
    assert (
        holds["V3 has the largest error from one limb lead"]
        and holds["No pair of chest leads is the winner by r"]
    )
    few = paper_table()
    few = replace(few, states=few.states[:2], r=few.r[:2], rmse=few.rmse[:2])
    assert pt.findings(few) == []


def test_models_stand_side_by_side_only_where_both_take_the_set():
    mine = paper_table()
    worse = replace(mine, states=mine.states[:5], r=mine.r[:5] - 0.2, rmse=mine.rmse[:5])
    rows = pt.models_beside({"a": mine, "b": worse})
    assert [row.inputs for row in rows] == list(pt.PAPER_SETS[:4])
    assert rows[0].against["b"].value == pytest.approx(-0.2) and rows[0].against["b"].low == pytest.approx(
        -0.2
    )
    assert pt.models_beside({"a": mine, "b": replace(worse, recordings="others")}) == []
    of_most = pt.models_beside({"z": replace(worse, recordings="others"), "a": mine, "b": worse})
    assert list(of_most[0].means) == ["a", "b"]
