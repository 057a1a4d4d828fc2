"""Systems with two seconds of the person: a true map is found again, the better one outweighs the other, the
seconds of the reference are not scored, differences are paired."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ecgcore.studies.person_maps import MAPS, TABLE, differences, lines, summary
from models.studies.reference.person_maps import maps_of, rows_of_maps, scored

RNG = np.random.default_rng(0)
TRUE = RNG.normal(size=(5, 3))
X = RNG.normal(size=(3, 800))


def test_a_map_of_the_person_is_found_again_and_outweighs_a_wrong_population():
    wrong = TRUE + 1.0
    maps = maps_of(X[:, :200], TRUE @ X[:, :200], wrong)
    assert maps["person"] == pytest.approx(TRUE, abs=0.01) and maps["population"] is wrong
    assert maps["mixed"] == pytest.approx(TRUE, abs=0.02)


def test_a_right_population_outweighs_two_noisy_seconds():
    noisy = TRUE @ X[:, :20] + RNG.normal(size=(5, 20))
    maps = maps_of(X[:, :20], noisy, TRUE)
    assert np.abs(maps["mixed"] - TRUE).mean() < np.abs(maps["person"] - TRUE).mean()


def test_what_was_fitted_on_is_not_scored():
    y = TRUE @ X
    y[:, :200] += 5  # an error where it is fitted on alone
    rows = pd.DataFrame(rows_of_maps(X, y, TRUE), columns=("system", "lead", "r", "rmse_uv", "nrmse"))
    right = rows[rows["system"] == "population"]
    assert (right["r"].astype(float) > 0.9999).all() and (right["rmse_uv"].astype(float) < 1).all()


def test_nrmse_is_in_parts_of_the_spread():
    y = TRUE @ X
    (row, *_) = scored("ours", y, y + 0.5 * y.std(axis=1, keepdims=True) * np.sign(RNG.normal(size=y.shape)))
    assert float(row[4]) == pytest.approx(0.5, abs=0.02)


def table() -> pd.DataFrame:
    """Two persons on two databases: maps, and a network whose error is half of ours."""
    y, noise = TRUE @ X, RNG.normal(size=(5, 800))
    rows = [
        (weights, database, split, person, person, *row)
        for database, split in (("ptb-xl", "test"), ("cpsc2018", ""))
        for person in ("p", "q")
        for weights, several in (
            ("", rows_of_maps(X, y, TRUE)),
            ("a", scored("network", y, y + 0.1 * noise)),
            ("b", scored("ours", y, y + 0.2 * noise)),
        )
        for row in several
    ]
    return pd.DataFrame(rows, columns=TABLE.columns).astype(TABLE.types)


def test_the_summary_is_by_database_and_system_with_what_is_printed():
    rows = table()
    assert [(score.database, score.system) for score in summary(rows)] == [
        (database, name) for database in ("ptb-xl", "cpsc2018") for name in (*MAPS, "network", "ours")
    ]
    text = list(lines(rows))
    assert sum("printed r 0.944" in line for line in text) == 1
    assert sum("printed r 0.967, nRMSE 0.220" in line for line in text) == 1


def test_differences_are_of_the_same_recordings():
    by_pair = {score.system: score.values["rmse_uv"] for score in differences(table())}
    assert list(by_pair) == ["network - person", "ours - person", "ours - network"]
    assert by_pair["ours - network"].value == pytest.approx(100, rel=0.05)
    assert by_pair["ours - network"].n_records == 2
