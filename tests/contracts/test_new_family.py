"""Adding a model is one file: a family that stands in a folder of its own is listed, trained, scored,
explained and offered in the app without another edit."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from ecgcore.evaluation.scoring import SCORES
from ecgcore.io.write import write_ecg
from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.synthetic import Heart, simulate
from models import base, zoo
from models import reconstruct as models
from models.cli import main as rlecg
from models.significance.explain import explain
from models.studies import lead_information
from models.training import personal
from tests.contracts.test_pages import dotted, opened, words

FAMILY = '''
"""A single matrix from the observed leads to all eight."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ecgcore.lead_algebra import observation, standard_from_independent
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet, all_states
from ecgcore.synthetic import Heart, simulate
from models.base import Estimate, Material, TrainedByLoop, register
from models.linear_estimator import observed_leads, observed_signals
from models.training.batches import Dataset, windows
from models.training.plan import Plan

STATES = list(all_states())


@dataclass(frozen=True)
class ToyConfig:
    size: float = 1.0


@register
class Toy(TrainedByLoop):
    name = "toy"
    title = "Toy matrix"
    role = "ours"
    rank = 9
    explains_subsets = True
    stored_half = False
    plan = Plan(epochs=3, batch=4, window_s=4.0, learning_rate=1e-2)
    Config = ToyConfig

    def __init__(self, config):
        super().__init__(config)
        self.map = nn.Linear(8, 8, bias=False)
        nn.init.eye_(self.map.weight)

    def accepts(self, inputs):
        return len(inputs) > 0

    def estimate(self, ecg):
        back = np.linalg.pinv(observation(observed_leads(ecg.leads))) @ observed_signals(ecg)
        eight = self.map.weight.detach().numpy() @ back
        twelve = standard_from_independent() @ eight
        return Estimate(twelve.astype(np.float32), LeadSet(STANDARD))

    def estimate_subsets(self, eight, sets, bf16=False):
        seen = [observation(observed_leads(leads)) for leads in sets]
        keep = np.stack([np.linalg.pinv(see) @ see for see in seen])
        return self.map.weight @ (torch.from_numpy(keep).float() @ eight)

    def material(self, root, size):
        hearts = [simulate(Heart(rate=55 + n), 100.0, 10.0, seed=n).pick(INDEPENDENT) for n in range(10)]
        signals = np.stack([np.round(1000 * heart.signals) for heart in hearts]).astype(np.int16)
        names = np.array([f"simulated/{n}" for n in range(10)])
        whole = Dataset(signals, np.full(10, signals.shape[2]), 100.0, names, names)
        card = {"dataset": "simulated", "folds": "none", "normalisation": "none", "rate_hz": 100.0}
        return Material(whole.take(np.arange(8)), whole.take(np.arange(8, 10)), card)

    def batches(self, dataset, plan, rng):
        return windows(dataset, min(plan.batch, len(dataset)), round(plan.window_s * 100), rng)

    def loss(self, signals, rng):
        sets = [STATES[number] for number in rng.integers(len(STATES), size=len(signals))]
        return (self.estimate_subsets(signals, sets) - signals).square().mean()
'''
REMEMBERED = (base.families, models.fallback)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the family's file, one for trained models that shows those of the product, and a
    recording."""
    folder = tmp_path_factory.mktemp("toy")
    for name in ("zoo", "trained", "recordings"):
        (folder / name).mkdir()
    (folder / "zoo" / "toy.py").write_text(FAMILY)
    for entry in models.TRAINED.iterdir():
        (folder / "trained" / entry.name).symlink_to(entry)
    heart = simulate(Heart(rate=66), 500.0, 10.0, seed=77)
    write_ecg(heart, folder / "recordings", "heart")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoo, "__path__", [*zoo.__path__, str(folder / "zoo")])
        patch.setattr(models, "TRAINED", folder / "trained")
        _forget()
        words = ["train", "toy", "--data", str(folder), "--out", str(folder / "run"), "--install"]
        assert rlecg(words) == 0
        _forget()
        yield folder
    base._REGISTER.pop("toy")
    sys.modules.pop("models.zoo.toy")
    _forget()


def _forget() -> None:
    for cache in REMEMBERED:
        cache.cache_clear()
    models.forget()


def test_it_is_listed_after_ours_that_rank_before_it(place, capsys):
    assert rlecg(["models"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line]
    assert names.index("any-subset") < names.index("linear") < names.index("toy") < names.index("mean-beat")
    assert [info.name for info in models.explaining()][-1] == personal.generic()[-1] == "toy"


def test_its_training_is_on_the_card_and_lowered_its_loss(place):
    card = models.trained("toy").card
    assert (card.steps, card.command) == (6, "rlecg train toy --data ROOT")
    losses = [
        float(line.split(",")[2]) for line in (place / "trained/toy/history.csv").read_text().splitlines()[1:]
    ]
    assert losses[-1] < losses[0]


def test_it_is_scored_by_the_command_and_from_every_set_of_leads(place):
    out = place / "scores.csv"
    words = ["score", "toy", "--data", str(place / "recordings"), "--database", "folder", "--split", "all"]
    assert rlecg([*words, "--inputs", "I II V4", "--jobs", "1", "--out", str(out)]) == 0
    table = SCORES.read(out)
    assert set(table["model"]) == {"toy"} and {"V1", "V2", "V3", "V5", "V6"} <= set(table["lead"])
    make, weights, states = lead_information.estimator("toy")
    assert weights == models.trained("toy").weights_hash and len(states) == 510
    truth = simulate(Heart(), 100.0, 5.0, seed=1).pick(INDEPENDENT).signals[None].copy()
    assert make(truth, LeadSet("V2")).shape == (1, 12, 500)


def test_it_is_explained(place):
    ecg = simulate(Heart(), 500.0, 10.0, seed=3)
    explanation = explain(models.trained("toy").model, ecg, LeadSet("I II V2"), "V4", None, [1.0, 2.0])
    assert sum(explanation.contribution.shapley.values()) == pytest.approx(
        explanation.contribution.total, rel=1e-4
    )
    assert np.isfinite(explanation.maps["gradient"]).all()


def test_it_is_offered_in_the_app_reconstructs_there_and_is_explained_there(place):
    app = opened(model="toy")
    picker = app.selectbox(key="pick_model")
    assert picker.value == "toy" and "Toy matrix" in picker.options
    assert {"V1", "V3", "V4", "V5", "V6"} <= dotted(app)
    app.switch_page("pages/significance.py").run()
    assert not app.exception and "was not trained to do without" not in words(app)
