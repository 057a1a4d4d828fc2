"""Networks at full width beside ours, on a table whose differences are decided beforehand."""

import numpy as np
import pandas as pd
import pytest

from ecgcore.figures.published import peers_figure
from ecgcore.studies.published.peers import AHEAD, BEHIND, NOT_TOLD_APART, TABLE, TEST_FOLD, beside, standings


def rows(model: str, database: str, count: int, difference: float, spread: float, classes: str = "NORM"):
    noise = spread * np.resize([1.0, -1.0], count)
    return [
        (
            *(model, "w", "I+II", "V1+V6", database, f"{number}", f"p{number}", classes),
            *(0.8 + noise[number], 100.0, "ours", "o", 0.8 + difference, 90.0),
        )
        for number in range(count)
    ]


@pytest.fixture
def table():
    values = [
        *rows("a", "ptb-xl", 12, 0.1, 0.01),
        *rows("a", "ptb-xl", 8, 0.1, 0.01, "MI STTC"),  # too few for lines of their own
        *rows("a", "ludb", 10, -0.1, 0.01),
        *rows("a", "georgia", 10, 0.0, 0.05),
        *rows("b", "ludb", 4, 0.2, 0.0),
    ]
    return pd.DataFrame(values, columns=list(TABLE.columns))


def test_places_stand_in_order_with_paired_differences_and_who_is_ahead(table):
    compared = beside(table, ["b", "a", "unknown"], {"ludb": "LUDB"})
    assert [(row.model, row.place, row.standing) for row in compared] == [
        ("b", "LUDB", AHEAD),
        ("a", TEST_FOLD, AHEAD),
        ("a", "superclass NORM", AHEAD),
        ("a", "georgia", NOT_TOLD_APART),
        ("a", "LUDB", BEHIND),
    ]
    fold = compared[1]
    assert fold.difference["r"].value == pytest.approx(0.1) and fold.difference["r"].n_records == 20
    assert fold.peer["r"].value == pytest.approx(0.8) and fold.ours["r"].value == pytest.approx(0.9)
    assert fold.difference["rmse_uv"].value == -10 and (fold.inputs, fold.leads) == ("I+II", "V1+V6")
    assert {standing: len(several) for standing, several in standings(compared).items()} == {
        AHEAD: 3,
        NOT_TOLD_APART: 1,
        BEHIND: 1,
    }


def test_the_figure_has_a_mark_for_each_place_and_metric_and_the_test_fold_on_top(table):
    compared = beside(table, ["a"], {})
    figure = peers_figure(compared)
    assert sum(len(trace["x"]) for trace in figure["data"]) == 2 * len(compared)
    assert figure["layout"]["yaxis"]["categoryarray"][-1] == TEST_FOLD
    (even,) = (trace for trace in figure["data"] if trace["name"] == NOT_TOLD_APART and trace["xaxis"] == "x")
    low, high, count = even["customdata"][0]
    assert low < 0 < high and count == 10
    of_error = [trace for trace in figure["data"] if trace["xaxis"] == "x2"]
    assert [(trace["name"], len(trace["x"])) for trace in of_error] == [
        (AHEAD, len(compared))
    ]  # all 10 µV less
    assert [trace["name"] for trace in figure["data"] if trace["showlegend"]] == [
        AHEAD,
        NOT_TOLD_APART,
        BEHIND,
    ]
