"""What a training reads: patients, recordings and windows."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ecgcore.synthetic import Heart, simulate
from models.base import families
from models.training.batches import Dataset, load_dataset, part_of_patients, windows
from models.training.train import train
from tests.models.training.small import SMALL


def test_training_takes_no_patient_of_several_recordings_and_the_hospitals_that_are_wanted(
    dataset, monkeypatch, tmp_path
):
    """Patient 1 has two recordings in PTB-XL, patient 2 has one; Brugada-HUCA is never a training
    database."""
    kept = {}

    class PtbXl:
        repeated_patients = frozenset({"1"})

    def draw(root, base, rate, *, split=None, keep=lambda row: True, passband=(0.5, None), most=None):
        kept[base, split] = [
            patient for patient in ("1", "2") if keep({"patient": patient, "quality": "acceptable"})
        ]
        return dataset if base == "ptb-xl" else dataset.take(np.arange(1))

    monkeypatch.setattr("models.zoo.any_subset.open_database", lambda name, root: PtbXl())
    for module in ("models.zoo.any_subset", "models.blocks.training_mix"):
        monkeypatch.setattr(f"{module}.load_dataset", draw)
    monkeypatch.setattr(families()["any-subset"], "calibrate", lambda self, dataset: None)
    plan = {"epochs": 1, "batch": 4, "optimiser": "adamw"}
    card = train("any-subset", tmp_path, tmp_path / "all", SMALL, plan)
    assert kept["ptb-xl", "train"] == ["2"]
    assert {base for base, _ in kept} == {
        "ptb-xl",
        "cinc2011",
        "twadb",
        "ptbdb",
        "cpsc2018",
        "cpsc-extra",
        "chapman-ningbo",
        "georgia",
        "ludb",
    }
    assert "Georgia" in card.dataset and "1 patients of several" in card.folds
    kept.clear()
    card = train("any-subset", tmp_path, tmp_path / "left", SMALL | {"without": ("georgia", "ludb")}, plan)
    assert {"georgia", "ludb"}.isdisjoint({base for base, _ in kept}) and "Georgia" not in card.dataset
    assert "--option without=georgia,ludb" in card.command


def test_parts_for_learning_curves_are_of_patients_and_nested(dataset):
    half, third = part_of_patients(dataset, 0.5), part_of_patients(dataset, 0.34)
    assert set(third.patients) <= set(half.patients) < set(dataset.patients)
    assert len(half) == 2 * len(set(half.patients)) == 6


def test_windows_come_from_within_recordings(dataset):
    batches = list(windows(dataset, 5, 300, np.random.default_rng(0)))
    assert [batch.shape for batch in batches] == [(5, 8, 300)] * 2
    short = Dataset(dataset.signals, np.full(12, 200), 100.0, dataset.records, dataset.patients)
    assert list(windows(short, 5, 300, np.random.default_rng(0))) == []


def test_a_recording_that_lacks_a_little_of_a_window_is_held_at_its_last_value(dataset):
    n, ends = 300, np.full(len(dataset), 295)
    (batch,) = windows(replace(dataset, lengths=ends), len(dataset), n, np.random.default_rng(0))
    assert batch.shape[-1] == n and (batch[..., 295:] == batch[..., 294:295]).all()
    assert list(windows(replace(dataset, lengths=ends - 2), len(dataset), n, np.random.default_rng(0))) == []


def test_of_a_long_recording_as_many_pieces_are_taken_as_wanted(monkeypatch):
    class Base:
        def records(self, split=None):
            return ["a", "b"]

        def info(self, record):
            return {"patient": record}

        def read(self, record, rate):
            return simulate(Heart(), 100.0, 35.0 if record == "a" else 8.0, seed=1)

    monkeypatch.setattr("models.training.batches.open_database", lambda *_: Base())
    assert list(load_dataset(Path(), "any", 100).records) == ["any/a"] * 3 + ["any/b"]
    first = load_dataset(Path(), "any", 100, most=1)
    assert list(first.records) == ["any/a", "any/b"] and list(first.lengths) == [1000, 800]
    assert np.array_equal(first.signals[0], load_dataset(Path(), "any", 100).signals[0])
