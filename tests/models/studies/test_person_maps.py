"""Linear maps of persons: a true map is found again, the better one outweighs the other, the seconds of the
reference are not scored."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ecgcore.studies.person_maps import MAPS, TABLE, lines, summary
from models.studies.reference.person_maps import maps_of, rows_of

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
    rows = pd.DataFrame(rows_of(X, y, TRUE), columns=("map", "lead", "r", "rmse_uv"))
    right = rows[rows["map"] == "population"]
    assert (right["r"].astype(float) > 0.9999).all() and (right["rmse_uv"].astype(float) < 1).all()


def test_the_summary_is_by_database_and_map_with_what_is_printed():
    y = TRUE @ X
    rows = pd.DataFrame(
        [
            (database, split, "1", "p", *row)
            for database, split in (("ptb-xl", "test"), ("cpsc2018", ""))
            for row in rows_of(X, y, TRUE)
        ],
        columns=TABLE.columns,
    ).astype({"r": float, "rmse_uv": float})
    assert [(database, name) for database, _, name, _, _ in summary(rows)] == [
        (database, name) for database in ("ptb-xl", "cpsc2018") for name in MAPS
    ]
    assert sum("printed 0.944" in line for line in lines(rows)) == 1
