"""Checkpoints are exact, refuse what does not fit, and are bound by hash."""

import pytest
import torch

from models.checkpoint import BadCheckpoint, card_for, load, read_card, save
from tests.models.training.small import fresh, hearts


@pytest.fixture(scope="module")
def dataset():
    return hearts()


def test_a_checkpoint_comes_back_exactly_and_its_hash_knows_the_weights(dataset, tmp_path):
    model = fresh(dataset).eval()
    card = card_for(model, dataset, dataset="made up", folds="none", normalisation="none")
    path = tmp_path / "w.safetensors"
    first = save(model, card, path)
    again = load(path)
    assert again.weights_hash == first
    assert again.card == card == read_card(path)
    assert card.config["widths"] == [8, 8]
    assert all(
        torch.equal(value, again.model.state_dict()[name]) for name, value in model.state_dict().items()
    )
    noted = card_for(
        model, dataset, dataset="made up", folds="none", normalisation="none", metrics={"r": ".9"}
    )
    assert save(model, noted, path) == first
    with torch.no_grad():
        model.network.head.bias += 0.01
    assert save(model, card, path) != first
    half = save(model, card, path, half=True)
    assert load(path).weights_hash == half
    assert load(path).model.network.head.bias.dtype == torch.float32


def test_what_does_not_fit_is_refused(dataset, tmp_path):
    model = fresh(dataset)
    path = tmp_path / "w.safetensors"
    wrong = card_for(
        model,
        dataset,
        config=model.config_dict() | {"widths": (8, 16)},
        dataset="",
        folds="",
        normalisation="",
    )
    save(model, wrong, path)
    with pytest.raises(BadCheckpoint, match="shape|do not fit"):
        load(path)
    path.write_bytes(b"not a checkpoint at all")
    with pytest.raises(BadCheckpoint, match="not a checkpoint"):
        load(path)
    with pytest.raises(BadCheckpoint):
        read_card(tmp_path / "absent.safetensors")
