"""Published networks at full width: what the command computes is what is stored."""

import dataclasses
import json
from itertools import islice

import pytest

from ecgcore.datasets import data_root
from ecgcore.studies.published.peers import COSTS_FILE, FILE, TABLE
from models.reconstruct import TRAINED, of_role, weights_of
from models.studies import peers

SHIPPED = "calinet-i-ii-v2"


def test_every_network_at_full_width_stands_in_the_table_with_its_own_weights_and_its_cost():
    table, costs = TABLE.read(TRAINED / FILE), json.loads((TRAINED / COSTS_FILE).read_text())
    names = {info.name for info in peers.full_width()}
    assert set(table["model"]) == set(costs) == names and SHIPPED in names
    for name in names:
        assert set(table.loc[table["model"] == name, "weights"]) == {weights_of(name)}
    assert costs["gradowski-i-ii-v4-full"]["parameters"] == 10_824_773
    assert costs["olaiya-baseline-full"]["parameters"] == 17_122_373  # as the paper prints


def test_the_cost_is_that_of_the_network_and_of_its_history():
    cost = peers.cost_of(SHIPPED, TRAINED)
    stored = peers.read(TRAINED)[1][SHIPPED]
    assert dataclasses.replace(cost, ms=0.0) == dataclasses.replace(stored, ms=0.0) and cost.ms > 0


@pytest.mark.skipif(data_root() is None, reason="ECG_DATA names no recordings")
def test_a_row_computed_again_is_the_stored_row():
    ours = of_role("ours")[0].name
    stored = TABLE.read(TRAINED / FILE).set_index(["model", "database", "record"])
    for row in islice(peers._rows(SHIPPED, ours, "ludb", data_root(), TRAINED, frozenset()), 2):
        values = dict(zip(TABLE.columns, row, strict=True))
        same = stored.loc[(SHIPPED, "ludb", values["record"])]
        assert values["leads"] == same["leads"] == "V1+V3+V4+V5+V6"
        for metric in ("r", "rmse_uv", "ours_r", "ours_rmse_uv"):
            assert float(values[metric]) == pytest.approx(same[metric], rel=2e-3)


def test_scores_of_ours_by_other_weights_are_renewed_and_the_peers_stay():
    ours = of_role("ours")[0].name
    stored = TABLE.read(TRAINED / FILE)
    part = stored[(stored["model"] == SHIPPED) & stored["database"].isin(["ludb", "ptb-xl"])]
    old = part.assign(ours_weights="gone", ours_r=0.1, ours_rmse_uv=1.0)
    again = peers.renewed(old, ours, TRAINED)
    assert list(again["record"]) == list(part["record"])
    for column in ("weights", "leads", "ours_weights", "r", "rmse_uv"):
        assert (again[column] == part[column]).all()
    for column in ("ours_r", "ours_rmse_uv"):
        assert again[column].to_numpy() == pytest.approx(part[column].to_numpy(), rel=2e-3)
    nobody = old.assign(record="nobody")
    assert peers.renewed(nobody, ours, TRAINED).empty
    assert peers.renewed(part, ours, TRAINED).equals(part)
