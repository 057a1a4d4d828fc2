"""The contract every registered model family keeps: what it may be given, what it answers, how it is stored,
that it learns."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
import torch

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import LIMB_FROM_I_II
from ecgcore.leads import INDEPENDENT, LIMB, STANDARD, LeadSet
from ecgcore.signals import resample
from ecgcore.synthetic import Heart, simulate
from models.base import (
    FittedOnRecording,
    Reconstructor,
    SolvedInClosedForm,
    TrainedByLoop,
    build,
    families,
    in_order,
    register,
)
from models.checkpoint import card_for, load, save
from models.reconstruct import assemble, available
from models.training.batches import Dataset
from models.training.loop import Run
from models.training.plan import Plan
from tests.contracts.test_architecture import NAMES, SOURCES, nodes

SMALL: dict[str, dict] = {
    "any-subset": {"widths": (16, 24)},
    "beco": {"widths": (4, 8, 8), "pools": (2, 2), "rate": 125, "samples": 256},
    "calinet": {"widths": (8, 16, 32), "samples": 256},
    "conv-vae": {"widths": (4, 8), "pools": (4, 4), "dense": 32, "latent": 16, "rate": 125, "samples": 256},
    "gradowski": {"widths": (8, 16, 32), "samples": 256},
    "morphrec": {"widths": (8, 16, 32), "style": 8, "rate": 125, "samples": 256},
    "olaiya": {"widths": (8, 16, 32), "rate": 125, "samples": 256, "dropout": 0.0},
    **{
        name: {"widths": (8, 8, 8), "hidden": 64, "epochs": 20, "stride": 80, "learning_rate": 3e-3}
        for name in ("cf", "cr", "cf-d", "cr-d")
    },
}
"""Configs of the same networks that are fast enough for a test."""
QUICK = Plan(epochs=4, batch=2, learning_rate=4e-3)

ALL = list(families())
LEARNING = [name for name in ALL if issubclass(families()[name], TrainedByLoop)]
FITTED = [name for name in ALL if issubclass(families()[name], FittedOnRecording)]


TRIED = ("II", "I II V2", "I II V4", "I II V1 V2 V3 V4 V5 V6")


@cache
def recording(seconds: float = 12.3, rate: float = 360.0) -> Ecg:
    """An odd number of samples at a rate that is no network's own."""
    ecg = simulate(Heart(noise_uv=2.0, wander_uv=5.0), rate, seconds, seed=3)
    return ecg.replace(signals=ecg.signals[:, : ecg.n_samples // 2 * 2 - 1])


def given_to(model: Reconstructor) -> LeadSet:
    """The first input leads it takes."""
    return next(leads for leads in map(LeadSet, TRIED) if model.accepts(leads))


@cache
def ready(name: str) -> Reconstructor:
    """A model that can estimate; personal ones fitted on a longer recording of the same heart."""
    torch.manual_seed(0)
    model = build(name, SMALL.get(name, {}))
    if isinstance(model, FittedOnRecording):
        model = model.fit(recording(25.0), LeadSet("II"))
    return model.eval()


@cache
def dataset(rate: float) -> Dataset:
    """Sixteen recordings of simulated hearts, two for watching at the end."""
    hearts = [
        simulate(Heart(rate=55 + 3 * number, noise_uv=2.0, wander_uv=0.0), rate, 10.0, seed=number)
        for number in range(18)
    ]
    signals = np.stack([np.round(1000 * heart.pick(INDEPENDENT).signals) for heart in hearts]).astype(
        np.int16
    )
    names = np.array([f"simulated/{number}" for number in range(18)])
    return Dataset(signals, np.full(18, signals.shape[2]), rate, names, names)


@pytest.mark.parametrize("name", ALL)
def test_the_estimate_has_the_length_of_the_recording_and_is_finite(name):
    model = ready(name)
    ecg = recording().pick(given_to(model))
    for part in (ecg, ecg.cut(0, 3.0), resample(ecg, 1000.0)):
        estimate = model.estimate(part)
        assert estimate.signals.shape == (len(estimate.leads), part.n_samples)
        assert np.isfinite(estimate.signals).all()
        assert estimate.half_width is None or (
            estimate.half_width.shape == estimate.signals.shape and (estimate.half_width >= 0).all()
        )


@pytest.mark.parametrize("name", ALL)
def test_estimating_changes_nothing_and_is_repeatable(name):
    model = ready(name)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    ecg = recording().pick(given_to(model))
    first, again = model.estimate(ecg), model.estimate(ecg)
    np.testing.assert_array_equal(first.signals, again.signals)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


@pytest.mark.parametrize("name", ALL)
def test_measured_leads_are_untouched_and_limb_leads_obey_the_law(name):
    model = ready(name)
    measured = recording().pick(given_to(model))
    estimate = model.estimate(measured)
    reconstruction = assemble(measured, estimate, name)
    for lead in measured.leads:
        np.testing.assert_array_equal(reconstruction.ecg[lead], measured[lead])
        assert reconstruction.source[lead] == "measured"
    law = np.array([LIMB_FROM_I_II[lead] for lead in LIMB])
    two = np.stack([reconstruction.ecg["I"], reconstruction.ecg["II"]])
    np.testing.assert_allclose(np.stack([reconstruction.ecg[lead] for lead in LIMB]), law @ two, atol=2e-4)


@pytest.mark.parametrize("name", ALL)
def test_a_config_goes_through_json_and_rebuilds_the_model(name):
    model = ready(name)
    again = build(name, json.loads(json.dumps(model.config_dict())))
    assert again.config == model.config
    assert {key: value.shape for key, value in again.state_dict().items()} == {
        key: value.shape for key, value in model.state_dict().items()
    }


@pytest.mark.parametrize("name", ALL)
def test_an_unknown_option_is_refused_by_name(name):
    with pytest.raises(ValueError, match="no option wdiths"):
        build(name, {"wdiths": (8,)})


@pytest.mark.parametrize("name", [name for name in ALL if build(name, SMALL.get(name, {})).state_dict()])
def test_a_checkpoint_brings_back_the_same_estimate_exactly(name, tmp_path):
    model = ready(name)
    path = tmp_path / "weights.safetensors"
    card = card_for(model, dataset(100.0), normalisation="", dataset="simulated", folds="")
    weights = save(model, card, path)
    back = load(path)
    assert back.weights_hash == weights
    ecg = recording().pick(given_to(model))
    np.testing.assert_array_equal(back.model.estimate(ecg).signals, model.estimate(ecg).signals)
    assert back.model.estimate(ecg).fitted_until == model.estimate(ecg).fitted_until


@pytest.mark.parametrize("name", ALL)
def test_a_family_says_what_it_takes(name):
    model = ready(name)
    assert model.accepts(given_to(model)) and not model.accepts(LeadSet())
    assert model.title and (not model.paper or model.departures)


@pytest.mark.slow
@pytest.mark.parametrize("name", LEARNING)
def test_the_loss_falls_on_simulated_hearts_and_a_stopped_run_goes_on_where_it_was(name, tmp_path):
    model = build(name, SMALL.get(name, {}))
    whole = dataset(float(model.config.rate))
    learn, watch = whole.take(np.arange(16)), whole.take(np.arange(16, 18))
    plan = replace(QUICK, window_s=8.0)
    rows: list[dict] = []
    Run(model, plan, learn, watch, tmp_path, rows.append, stop=lambda: len(rows) == 1).go()
    assert len(rows) == 1
    Run(model, plan, learn, watch, tmp_path, rows.append).go()
    losses = [row["train_loss"] for row in rows]
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert losses[-1] < 0.8 * losses[0], losses


@pytest.mark.parametrize("name", FITTED)
def test_a_personal_model_is_in_millivolts_and_says_what_it_has_seen(name):
    model, ecg = ready(name), recording(40.0)
    estimate = model.estimate(ecg.pick("II"))
    assert 0 < estimate.fitted_until < ecg.duration
    held_out = int(estimate.fitted_until * ecg.rate)
    lead = estimate.leads.index("V5")
    truth, guess = ecg["V5"][held_out:], estimate.signals[lead, held_out:]
    assert np.sqrt(np.mean((truth - guess) ** 2)) < 0.8 * truth.std() or name == "least-squares-published"


def test_every_lead_a_model_names_is_a_standard_one():
    for name in ALL:
        assert set(ready(name).estimate(recording().pick(given_to(ready(name)))).leads) <= set(STANDARD)


def test_every_family_is_of_exactly_one_kind_and_ours_come_first():
    kinds = (SolvedInClosedForm, TrainedByLoop, FittedOnRecording)
    assert all(sum(issubclass(family, kind) for kind in kinds) == 1 for family in families().values())
    roles = [family.role for family in in_order()]
    assert roles == sorted(roles, key=["ours", "baseline", "published"].index)
    assert [family.name for family in in_order() if family.fallback] == ["linear"]


@pytest.mark.parametrize("name", ALL)
def test_what_a_family_says_of_subsets_holds(name):
    """Estimates of many sets at once are differentiable, see the leads of their set alone and agree with the
    family's estimate of a recording."""
    model, eight = ready(name), torch.from_numpy(recording().pick(INDEPENDENT).signals[None, :, :990].copy())
    sets = [LeadSet("I II V2"), LeadSet("V5"), LeadSet("aVL V1")]
    if not model.explains_subsets:
        with pytest.raises(UnusableEcg, match=r"can be computed with .*Linear MMSE"):
            model.estimate_subsets(eight, sets)
        return
    eight.requires_grad_()
    estimates = model.estimate_subsets(eight, sets)
    assert estimates.shape == (3, 8, 990) and torch.isfinite(estimates).all()
    (slope,) = torch.autograd.grad(estimates[1].square().sum(), eight)
    assert slope[0, INDEPENDENT.index("V5")].abs().max() > 0
    assert not slope[0, [row for row, lead in enumerate(INDEPENDENT) if lead != "V5"]].any()
    assert model.linear_part() is not None


@pytest.mark.parametrize("name", ALL)
def test_what_a_family_cannot_do_has_an_answer_all_the_same(name, tmp_path):
    model = ready(name)
    if not model.calibrates:
        with pytest.raises(UnusableEcg, match="nothing to calibrate"):
            model.recalibrate(tmp_path)
    rows = list(model.own_scores(recording()))
    assert bool(rows) == (model.own_rate is not None)
    assert all(lead in STANDARD and metric.startswith("own_") for lead, metric, _ in rows)
    assert (model.network_pass() is None) == (name not in LEARNING)


@dataclass(frozen=True)
class Options:
    rate: int = 100


def toy(*kinds: type, **attributes):
    """A class of these kinds that keeps the contract but for what the attributes change; None takes out."""

    def fit(self, ecg, inputs, progress=None, cancel=None):
        return self

    whole = {
        "name": "toy",
        "title": "Toy",
        "role": "baseline",
        "Config": Options,
        "accepts": lambda self, inputs: True,
        "estimate": lambda self, ecg: None,
        "solve_on": lambda self, root, size: None,
        "material": lambda self, root, size: None,
        "batches": lambda self, dataset, plan, rng: iter(()),
        "loss": lambda self, windows, rng: None,
        "sparing": lambda self, part: self,
        "fit": fit,
    } | attributes
    return type("Toy", kinds, {name: value for name, value in whole.items() if value is not None})


@pytest.mark.parametrize(
    ("kinds", "attributes", "sentence"),
    [
        ((Reconstructor,), {}, "it is of 0 kinds; exactly one of SolvedInClosedForm"),
        ((SolvedInClosedForm, TrainedByLoop), {}, "it is of 2 kinds"),
        ((TrainedByLoop,), {"loss": None}, "it lacks loss"),
        ((SolvedInClosedForm,), {"role": None, "title": None}, "it declares no title, role"),
        ((SolvedInClosedForm,), {"role": "mine"}, "its role is one of ours, baseline, published"),
        ((SolvedInClosedForm,), {"paper": "A paper"}, "does not say where it departs"),
        ((SolvedInClosedForm,), {"Config": dict}, "no frozen dataclass"),
        (
            (SolvedInClosedForm,),
            {"explains_subsets": True},
            "explains_subsets and estimate_subsets contradict",
        ),
        (
            (SolvedInClosedForm,),
            {"recalibrate": lambda self, root: None},
            "calibrates and recalibrate contradict",
        ),
    ],
)
def test_a_class_that_does_not_keep_the_contract_is_not_registered(kinds, attributes, sentence):
    with pytest.raises(TypeError, match=sentence):
        register(toy(*kinds, **attributes))
    assert "toy" not in families()


@cache
def modes(path) -> list[ast.expr]:
    """What stands behind ``mode=``: a way to interpolate, not a model."""
    calls = (node for node in nodes(path) if isinstance(node, ast.keyword))
    return [keyword.value for keyword in calls if keyword.arg == "mode"]


def test_no_module_but_its_own_names_a_family_or_one_of_its_trainings():
    """What others need of a family is declared, and the register answers."""
    names = {*families(), *(info.name for info in available())}
    strays = {
        f"{NAMES[path]}:{node.lineno}"
        for path in SOURCES
        if not NAMES[path].startswith("models.zoo")
        for node in nodes(path)
        if isinstance(node, ast.Constant) and node.value in names and node not in modes(path)
    }
    assert len(names) >= 40 and not strays, sorted(strays)
