"""Trainings that left a database out: which stand for a model, and what is said where one is lacking."""

import json
from dataclasses import replace

import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.tables import UnusableTable
from models import reconstruct
from models.base import build
from models.blocks.training_mix import MORE_RECORDINGS
from models.checkpoint import WEIGHTS_FILE, load, save
from models.sites import left_out

NAME = "any-subset"
SMALL = {"widths": (8, 8), "lead_channels": 4}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A checkpoint that left Georgia out, another without two sets of CPSC, one with everything."""
    folder = tmp_path_factory.mktemp("left-out")
    for name, without in (("georgia", ("georgia",)), ("cpsc", ("cpsc2018", "cpsc-extra")), ("all", ())):
        model = build(NAME, SMALL | {"without": without}).eval()
        card = reconstruct.trained(NAME).card
        save(model, replace(card, config=model.config_dict(), steps=7), folder / name / WEIGHTS_FILE)
    return folder


def test_checkpoints_are_known_by_what_they_left_out(folder):
    files = left_out.files(folder)
    assert sorted(files) == [("cpsc2018", "cpsc-extra"), ("georgia",)]
    chosen = left_out.weights_without(["cpsc-extra"], files, NAME)
    assert chosen == folder / "cpsc" / WEIGHTS_FILE


def test_where_none_left_the_database_out_the_command_that_trains_one_is_named(folder):
    with pytest.raises(UnusableEcg, match=r"rlecg train any-subset --option without=ludb, then --left-out"):
        left_out.weights_without(["ludb"], left_out.files(folder), NAME)


def test_the_network_says_which_databases_it_learns_from():
    assert set(build(NAME, {}).trained_on) == {"ptb-xl", *MORE_RECORDINGS}
    assert "georgia" not in build(NAME, {"without": ("georgia",)}).trained_on


def test_other_weights_stand_for_a_model_and_rows_with_their_hash_belong_to_it(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(reconstruct, "_REPLACED", {})
    path = folder / "georgia" / WEIGHTS_FILE
    own, other = reconstruct.weights_of(NAME), load(path)
    left_out.store(tmp_path, [(("georgia",), other)])
    (entry,) = json.loads((tmp_path / left_out.FILE).read_text())
    assert entry["databases"] == ["georgia"] and entry["steps"] == 7
    assert left_out.stored(tmp_path)[0].weights == other.weights_hash != own
    reconstruct.replace_weights(NAME, path)
    assert reconstruct.weights_of(NAME) == other.weights_hash
    reconstruct.forget()
    with pytest.raises(UnusableEcg, match="family any-subset, not linear"):
        reconstruct.replace_weights("linear", path)


def test_without_the_file_nothing_was_left_out(tmp_path):
    assert left_out.stored(tmp_path) == ()


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / left_out.FILE).write_text('[{"databases": ["georgia"], "wei')
    with pytest.raises(UnusableTable, match=f"{tmp_path.name}/{left_out.FILE} is damaged"):
        left_out.stored(tmp_path)
