"""Checks of maps over recordings: of one training, of two, and what the table says of them."""

import dataclasses

import pandas as pd
import pytest

from ecgcore.leads import LeadSet
from ecgcore.studies.significance.trust import TABLE, answers
from ecgcore.synthetic import Heart, simulate
from models.checkpoint import Trained, load
from models.reconstruct import TRAINED
from models.significance.contributions import randomised
from models.significance.trust import rows_of

INPUTS = LeadSet("I II V2 V3 V4 V5")


@pytest.fixture(scope="module")
def trainings() -> list[Trained]:
    whole = load(TRAINED / "any-subset" / "weights.safetensors")
    return [
        whole,
        dataclasses.replace(whole, weights_hash="same"),
        dataclasses.replace(whole, model=randomised(whole.model, 7), weights_hash="other"),
    ]


@pytest.fixture(scope="module")
def rows(trainings) -> pd.DataFrame:
    shuffled = {training.weights_hash: [randomised(training.model, 1)] for training in trainings}
    made = rows_of(trainings, shuffled, simulate(Heart(), 100.0, 4.0, seed=2), INPUTS)
    table = pd.DataFrame([("r", "p", *weights, *words) for *weights, words in made], columns=TABLE.columns)
    return table.astype({"value": float})


def test_equal_weights_have_equal_maps_and_others_do_not(rows, trainings):
    paired = rows[rows["kind"] == "grad-cam"].set_index(["other", "check"]).sort_index()
    assert (paired.loc[("same", "map"), "value"] > 0.999).all()
    assert (paired.loc[("same", "training"), "value"] == 0).all()
    assert (paired.loc[("other", "map"), "value"].abs() < 0.8).all()
    assert (paired.loc[("other", "training"), "value"] > 0.5).all()


def test_every_target_has_each_check_of_each_training_once(rows):
    alone = rows[rows["other"] == ""]
    assert set(alone["target"]) == {"V1", "V6"} and set(alone["kind"]) == {"grad-cam", "gradient", "averaged"}
    assert set(alone["check"]) == {"shuffled", "shapley", "points"}
    assert not alone.duplicated(["weights", "kind", "target", "check"]).any()


def test_the_table_is_answered_by_check_and_kind_with_its_numbers_of_maps():
    lines = [
        (record, record, "w", other, "grad-cam", "I+II+V2", target, check, value)
        for record, value in (("a", 0.1), ("b", 0.3))
        for target in ("V1", "V3")
        for other, check in (("", "shuffled"), ("x", "map"))
    ]
    first, second = answers(pd.DataFrame(lines, columns=TABLE.columns))
    assert (first.check, first.networks, first.value.n_records) == ("shuffled", 1, 4)
    assert first.value.value == pytest.approx(0.2) and second.check == "map"
