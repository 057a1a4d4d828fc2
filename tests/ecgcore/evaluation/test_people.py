"""Groups of people: every age has one group, what a table does not say makes none."""

import numpy as np
import pandas as pd
import pytest

from ecgcore.evaluation.people import KINDS, age_group, groups


@pytest.mark.parametrize(
    ("age", "group"),
    [
        (0, "under 18"),
        (17.9, "under 18"),
        (18, "18-39"),
        (59.5, "40-59"),
        (80, "80 or older"),
        (103, "80 or older"),
    ],
)
def test_every_age_has_one_group(age, group):
    assert age_group(age) == (group,) and group in KINDS["age"]


def test_what_the_table_does_not_say_makes_no_group():
    rows = {
        "record": ["a", "b"],
        "age": [50.0, np.nan],
        "sex": ["female", ""],
        "superclasses": [("MI", "CD"), ()],
    }
    index = pd.DataFrame(rows)
    assert groups(index, "age") == {"a": ("40-59",)}
    assert groups(index, "sex") == {"a": ("female",)}
    assert groups(index, "superclass") == {"a": ("MI", "CD")}
