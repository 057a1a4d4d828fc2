"""A small network, simulated hearts and a short plan for trainings in tests."""

import numpy as np
import torch

from ecgcore.leads import INDEPENDENT
from ecgcore.synthetic import Heart, simulate
from models.base import Material, build
from models.training.batches import Dataset, high_passed
from models.training.plan import Plan

SMALL = {"widths": (8, 8)}


PLAN = Plan(epochs=4, batch=4, window_s=4.0, learning_rate=1e-3, schedule="cosine", average=0.9, every=2)


def hearts():
    signals = np.stack(
        [
            np.round(1000 * simulate(Heart(rate=60 + n), 100.0, 10.0, seed=n).pick(INDEPENDENT).signals)
            for n in range(12)
        ]
    )
    names = np.array([f"p{n // 2}" for n in range(12)])
    return high_passed(
        Dataset(
            signals.astype(np.int16), np.full(12, 1000), 100.0, np.array([f"r{n}" for n in range(12)]), names
        )
    )


def fresh(dataset):
    torch.manual_seed(3)
    model = build("any-subset", SMALL)
    model.linear.solve(dataset)
    return model


SHORT = {"epochs": 1, "batch": 4, "window_s": 4.0, "average": 0.0, "bf16": False, "optimiser": "adamw"}


def quick(monkeypatch, dataset, begins):
    """Any-subset trains on the given recordings and is not calibrated; ``begins`` is called with the model
    that is about to be trained."""

    def material(self, root, size):
        begins(self)
        return Material(dataset, dataset, {"dataset": "made up", "folds": "none", "normalisation": "none"})

    family = type(fresh(dataset))
    monkeypatch.setattr(family, "material", material)
    monkeypatch.setattr(family, "calibrate", lambda self, validation: None)
