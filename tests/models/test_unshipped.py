"""Networks whose weights are too large to be shipped: their tables are there, they cannot be chosen."""

import json

import pytest

from ecgcore.ecg import UnusableEcg
from models import reconstruct
from models.checkpoint import CARD_FILE, WEIGHTS_FILE, BadCheckpoint, load, read_card_alone, write_card_alone
from models.cli import main as rlecg
from models.reconstruct import TRAINED, texts

NAME = "linear-no-lags"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two models: one whole, of the other the card alone."""
    for name in ("linear", NAME):
        (tmp_path / name).mkdir()
        (tmp_path / name / WEIGHTS_FILE).write_bytes((TRAINED / name / WEIGHTS_FILE).read_bytes())
    write_card_alone(tmp_path / NAME / WEIGHTS_FILE)
    (tmp_path / NAME / WEIGHTS_FILE).unlink()
    monkeypatch.setattr(reconstruct, "TRAINED", tmp_path)
    return tmp_path


def test_a_card_alone_is_in_tables_with_its_hash_and_not_among_what_can_be_used(folder):
    stored = load(TRAINED / NAME / WEIGHTS_FILE)
    assert read_card_alone(folder / NAME / CARD_FILE) == (stored.card, stored.weights_hash)
    assert [info.name for info in reconstruct.unshipped()] == [NAME]
    assert [info.name for info in reconstruct.in_tables()] == ["linear", NAME]
    assert NAME not in [info.name for info in reconstruct.available()]
    assert reconstruct.weights_of(NAME) == stored.weights_hash


def test_who_asks_for_it_is_told_how_it_is_made(folder):
    with pytest.raises(UnusableEcg, match="do not come with the product; `.*train linear.*` makes them"):
        reconstruct.named(NAME)
    assert f"{NAME:28} weights not shipped" in texts.listing()


def test_with_its_weights_there_it_is_a_model_like_any_other(folder):
    (folder / NAME / WEIGHTS_FILE).write_bytes((TRAINED / NAME / WEIGHTS_FILE).read_bytes())
    reconstruct.forget()
    assert reconstruct.unshipped() == () and NAME in [info.name for info in reconstruct.available()]


def test_another_file_is_no_card(tmp_path):
    for text in ("", "[]", json.dumps({"card": {}})):
        (tmp_path / CARD_FILE).write_text(text)
        with pytest.raises(BadCheckpoint, match=r"card\.json"):
            read_card_alone(tmp_path / CARD_FILE)


@pytest.mark.parametrize("largest", [10, 10_000_000])
def test_installing_large_weights_leaves_their_card_beside_them(tmp_path, monkeypatch, largest):
    def trained(_name, _data, folder, *_arguments, **_options):
        folder.mkdir()
        (folder / WEIGHTS_FILE).write_bytes((TRAINED / NAME / WEIGHTS_FILE).read_bytes())
        return load(folder / WEIGHTS_FILE).card

    place = tmp_path / "trained"
    monkeypatch.setattr("models.training.train.train", trained)
    monkeypatch.setattr(reconstruct, "TRAINED", place)
    monkeypatch.setattr("models.checkpoint.LARGEST_SHIPPED", largest)
    options = ["--data", str(tmp_path), "--out", str(tmp_path / "run"), "--install"]
    assert rlecg(["train", "linear", *options]) == 0
    assert (place / NAME / CARD_FILE).is_file() == (largest == 10)
