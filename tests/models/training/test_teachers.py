"""Trainings that begin from weights, learn from teachers, or are averaged."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ecgcore.leads import LeadSet
from models.base import build
from models.checkpoint import card_for, load, save
from models.cli import main as rlecg
from models.training import average
from models.training.loop import Run
from models.training.train import train
from tests.models.training.small import PLAN, SHORT, SMALL, fresh, quick


def test_the_mean_of_weights_names_what_it_is_the_mean_of(dataset, tmp_path, monkeypatch, capsys):
    models, paths = [fresh(dataset), fresh(dataset)], [tmp_path / "a", tmp_path / "b"]
    torch.nn.init.normal_(models[1].network.head.weight)
    hashes = [
        save(
            model,
            card_for(
                model,
                dataset,
                dataset="made up",
                folds="none",
                normalisation="none",
                steps=n,
                departures=("alike",),
            ),
            path,
            half=True,
        )
        for n, (model, path) in enumerate(zip(models, paths, strict=True), 3)
    ]
    calibrated = []
    monkeypatch.setattr(type(models[0]), "recalibrate", lambda self, root: calibrated.append(root))
    assert rlecg(["average", *map(str, paths), "--data", str(tmp_path), "--out", str(tmp_path / "c")]) == 0
    mean = load(tmp_path / "c")
    assert capsys.readouterr().out.strip() == mean.weights_hash and calibrated == [tmp_path]
    ends = [load(path).model.state_dict() for path in paths]
    assert torch.allclose(
        mean.model.network.head.weight,
        (ends[0]["network.head.weight"] + ends[1]["network.head.weight"]) / 2,
        atol=1e-3,
    )
    assert mean.card.steps == 4 and mean.card.departures.count("alike") == 1
    assert [
        digest in departure for digest, departure in zip(hashes, mean.card.departures[:2], strict=True)
    ] == [True, True]
    other = build("any-subset", {"widths": (8, 12)})
    save(other, card_for(other, dataset, dataset="", folds="", normalisation=""), tmp_path / "d")
    with pytest.raises(ValueError, match="same shapes"):
        average.average([load(paths[0]), load(tmp_path / "d")])


def test_a_training_that_goes_on_from_weights_begins_with_them_and_counts_their_steps(
    dataset, tmp_path, monkeypatch
):
    begun = []

    quick(
        monkeypatch,
        dataset,
        lambda model: begun.append(model.network.stem.convolution.weight.detach().clone()),
    )
    assert train("any-subset", tmp_path, tmp_path / "a", SMALL, SHORT).steps == 3
    first = tmp_path / "a" / "weights.safetensors"
    card = train("any-subset", tmp_path, tmp_path / "b", SMALL, SHORT | {"seed": 2}, start=first)
    assert card.steps == 6 and card.command.endswith(
        f"--start WEIGHTS, the result of: {load(first).card.command}"
    )
    assert torch.equal(load(first).model.network.stem.convolution.weight, begun[1])
    save(
        build("linear", {}),
        card_for(build("linear", {}), dataset, dataset="", folds="", normalisation=""),
        first,
    )
    with pytest.raises(ValueError, match="is of the family linear, not any-subset"):
        train("any-subset", tmp_path, tmp_path / "b", SMALL, SHORT, start=first)


def test_a_taught_training_knows_its_teachers_and_names_them(dataset, tmp_path, monkeypatch):
    taught_by = []

    def note(model):
        taught_by.append(
            [teacher.network.stem.convolution.weight.detach().clone() for teacher in model.teachers]
        )

    quick(monkeypatch, dataset, note)
    for seed in (1, 2):
        train("any-subset", tmp_path, tmp_path / f"{seed}", SMALL, SHORT | {"seed": seed})
    paths = [tmp_path / f"{seed}" / "weights.safetensors" for seed in (1, 2)]
    card = train("any-subset", tmp_path, tmp_path / "c", SMALL, SHORT | {"seed": 3}, teach=paths)
    assert [
        torch.equal(teacher, load(path).model.network.stem.convolution.weight)
        for teacher, path in zip(taught_by[-1], paths, strict=True)
    ] == [True, True]
    assert card.command.endswith("--teach WEIGHTS1 --teach WEIGHTS2")
    assert [
        load(path).weights_hash in departure for path, departure in zip(paths, card.departures, strict=True)
    ] == [
        True,
        True,
    ]
    assert not any(
        name.startswith("teachers")
        for name in load(tmp_path / "c" / "weights.safetensors").model.state_dict()
    )


def test_the_pupil_says_what_its_teachers_say_on_average(dataset):
    """Two teachers who always add .1 and .3 of the recording's size to every missing lead; the truth is
    something else."""
    pupil, teachers = fresh(dataset), (fresh(dataset), fresh(dataset))
    for teacher, value in zip(teachers, (0.1, 0.3), strict=True):
        torch.nn.init.constant_(teacher.eval().network.head.bias[:8], value)
    pupil.teachers = teachers
    plan = replace(PLAN, epochs=8, learning_rate=1e-2, optimiser="muon", window_s=2.56)
    Run(pupil, plan, dataset, dataset, None, watch=lambda row: None).go()
    given = [pupil.given(LeadSet("I II V2"))] * len(dataset)
    linear = pupil.linear_batch(torch.from_numpy(dataset.signals.astype(np.float32) / 1000), given)
    with torch.no_grad():
        estimate, taught = (
            pupil.eval().correct(linear, given)[0],
            [teacher.correct(linear, given)[0] for teacher in teachers],
        )
    assert (estimate - sum(taught) / 2).abs().mean() < 0.3 * (taught[1] - taught[0]).abs().mean()
