"""The training command: what a family does not declare is refused in one sentence, before anything is
read."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from ecgcore.ecg import UnusableEcg
from models.base import Material, families
from models.checkpoint import load, read_card
from models.cli import main as rlecg
from models.linear_estimator import LinearEstimator
from models.reconstruct import TRAINED
from models.training import train
from models.training.plan import Plan, parse_options
from models.zoo.any_subset import AnySubset
from tests.contracts.test_models import dataset

SOMEWHERE = Path("nowhere")


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("nearest-lead", {"plan_options": {"epochs": 3}}, "closed form and takes no --plan; possible"),
        ("mean-beat", {"start": SOMEWHERE}, "takes no --start"),
        ("linear", {"teach": [SOMEWHERE], "plan_options": {"seed": 2}}, "takes no --plan, --teach"),
        ("linear", {"size": 0.0}, "above 0 and at most 1, not 0"),
        ("any-subset", {"size": 5.0}, "above 0 and at most 1, not 5"),
        ("gradowski", {"teach": [SOMEWHERE]}, "gradowski cannot be taught"),
        ("gradowski", {"plan_options": {"window_s": 3.0}}, "takes no --plan window_s"),
        ("any-subset", {"plan_options": {"epoch": 3}}, "no plan entry epoch; there are average, batch"),
        ("any-subset", {"plan_options": {"epochs": -1}}, "epochs of a plan is at least 1, not -1"),
        (
            "gradowski",
            {"plan_options": {"learning_rate": float("nan")}},
            "learning_rate of a plan is above 0",
        ),
        ("beco", {"plan_options": {"clip": -0.5}}, "clip of a plan is at least 0, not -0.5"),
        ("cr", {}, "fitted on each recording"),
        ("nobody", {}, "no model family 'nobody'; there are any-subset"),
    ],
)
def test_what_a_family_does_not_declare_is_refused(name, given, sentence):
    with pytest.raises(ValueError, match=sentence) as refusal:
        train.train(name, SOMEWHERE, SOMEWHERE, {}, given.pop("plan_options", {}), **given)
    assert "\n" not in str(refusal.value)


def test_a_training_for_comparison_is_left_uncalibrated_and_says_so(tmp_path, monkeypatch):
    def refuse(*_):
        pytest.fail("it was calibrated")

    facts = {"rate_hz": 100.0, "normalisation": "none", "dataset": "a", "folds": "b"}
    material = Material(dataset(100.0), dataset(100.0), facts)
    monkeypatch.setattr(AnySubset, "material", lambda *_: material)
    monkeypatch.setattr(AnySubset, "recordings_at_most", lambda *_: None)
    monkeypatch.setattr(AnySubset, "calibrate", refuse)
    small = {"widths": (16, 24), "depth": 1, "lead_channels": 8}
    card = train.train("any-subset", tmp_path, tmp_path, small, {"epochs": 1, "batch": 4}, calibrated=False)
    assert card.command.endswith(" --no-calibration") and train.UNCALIBRATED in card.departures
    assert (load(tmp_path / "weights.safetensors").model.gain == 1).all()
    with pytest.raises(ValueError, match="closed form, and calibrated with it"):
        train.train("linear", tmp_path, tmp_path, {}, {}, calibrated=False)


def test_the_command_refuses_before_it_reads_anything(tmp_path, capsys):
    arguments = ["nearest-lead", "--size", "0.05", "--plan", "epochs=3", "--data", str(tmp_path)]
    assert rlecg(["train", *arguments]) == 2
    assert capsys.readouterr().err.startswith("nearest-lead is solved in closed form")


def test_too_few_recordings_for_a_batch_are_told_from_the_table_alone(tmp_path, monkeypatch):
    class Index:
        repeated_patients = frozenset({"7"})

        def records(self, split):
            return [f"{number:05}" for number in range(1000)]

        def info(self, record):
            return {"patient": record.lstrip("0")}

    monkeypatch.setattr("models.zoo.any_subset.open_database", lambda *_: Index())
    monkeypatch.setattr(
        "models.zoo.any_subset.load_dataset", lambda *_, **__: pytest.fail("recordings were read")
    )
    with pytest.raises(UnusableEcg, match=r"^20 training recordings give no batch of 96 windows of 2.56 s"):
        train.train("any-subset", tmp_path, tmp_path, {}, {}, size=0.02)


@pytest.mark.parametrize("name", ["linear", "nearest-lead", "mean-beat"])
def test_a_part_of_the_patients_is_taken_by_closed_forms_too_and_stands_in_the_command(
    name, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        f"models.zoo.{'linear' if name == 'linear' else 'baselines'}.load_dataset",
        lambda *_, **__: dataset(100.0),
    )
    monkeypatch.setattr(LinearEstimator, "calibrate", lambda *_: None)
    card = train.train(name, tmp_path, tmp_path, {}, {}, size=0.5)
    assert card.patients == len(dataset(100.0)) // 2
    assert card.command == f"rlecg train {name} --data ROOT --size 0.5"
    assert load(tmp_path / "weights.safetensors").card == card


def test_the_command_on_a_linear_card_names_every_option(tmp_path, monkeypatch):
    monkeypatch.setattr("models.zoo.linear.load_dataset", lambda *_, **__: dataset(100.0))
    monkeypatch.setattr(LinearEstimator, "calibrate", lambda *_: None)
    card = train.train("linear", tmp_path, tmp_path, {"lags_ms": (0,), "ridge": 1e-3}, {})
    assert card.name == "linear-no-lags"
    assert card.command == "rlecg train linear --data ROOT --option lags_ms=0 --option ridge=0.001"


@pytest.mark.parametrize(
    "path", sorted(TRAINED.glob("*/weights.safetensors")), ids=lambda path: path.parent.name
)
def test_the_command_on_every_stored_card_is_of_its_family_and_can_be_taken_apart(path):
    card = read_card(path)
    words = card.command.partition(" --start ")[0].split()
    if "average" in words or "models.average" in words:
        return
    assert words[words.index("--data") - 1] == card.family
    family = families()[card.family]
    pairs = list(pairwise(words))
    options = parse_options([value for word, value in pairs if word == "--option"], family.Config)
    assert replace(family.Config(), **options)
    parse_options([value for word, value in pairs if word == "--plan"], Plan)


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("epoch=3", "no option 'epoch'; there are average"),
        ("epochs=many", "epochs is like 100, not 'many'"),
        ("bf16=perhaps", "bf16 is like false, not 'perhaps'"),
        ("clip", "clip is like 0.0, not ''"),
    ],
)
def test_options_are_refused_by_name_and_by_type(pair, sentence):
    with pytest.raises(ValueError, match=sentence):
        parse_options([pair], Plan)


def test_options_are_read_in_the_type_of_their_default():
    assert parse_options(["epochs=3", "learning_rate=0.5", "bf16=yes"], Plan) == {
        "epochs": 3,
        "learning_rate": 0.5,
        "bf16": True,
    }
    assert parse_options(["widths=3,4"], families()["any-subset"].Config) == {"widths": (3, 4)}
    with pytest.raises(ValueError, match="there are none"):
        parse_options(["rate=3"], families()["nearest-lead"].Config)
