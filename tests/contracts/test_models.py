"""The contract every registered model family keeps: what it may be given, what it answers, how it is stored,
that it learns."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
import torch

from ecgcore.ecg import Ecg
from ecgcore.lead_algebra import LIMB_FROM_I_II
from ecgcore.leads import INDEPENDENT, LIMB, STANDARD, LeadSet
from ecgcore.signals import resample
from ecgcore.synthetic import Heart, simulate
from models.base import Reconstructor, build, families
from models.checkpoint import card_for, load, save
from models.reconstruct import assemble
from models.training.batches import Shelf
from models.training.loop import Plan, Run

SMALL: dict[str, dict] = {
    "any-subset": {"widths": (16, 24)},
    "beco": {"widths": (4, 8, 8), "pools": (2, 2), "rate": 125, "samples": 256},
    "conv-vae": {"widths": (4, 8), "pools": (4, 4), "dense": 32, "latent": 16, "rate": 125, "samples": 256},
    "gradowski": {"widths": (8, 16, 32), "samples": 256},
    "olaiya": {"widths": (8, 16, 32), "rate": 125, "samples": 256, "dropout": 0.0},
    **{
        name: {"widths": (8, 8, 8), "hidden": 64, "epochs": 25, "stride": 40}
        for name in ("cf", "cr", "cf-d", "cr-d")
    },
}
"""Configs of the same networks that are fast enough for a test."""

ALL = list(families())
LEARNING = [name for name in ALL if hasattr(families()[name], "loss") and not families()[name].personal]
PERSONAL = [name for name in ALL if families()[name].personal]


@cache
def recording(seconds: float = 12.3, rate: float = 360.0) -> Ecg:
    """An odd number of samples at a rate that is no network's own."""
    ecg = simulate(Heart(noise_uv=2.0, wander_uv=5.0), rate, seconds, seed=3)
    return ecg.replace(signals=ecg.signals[:, : ecg.n_samples // 2 * 2 - 1])


def given_to(model: Reconstructor) -> LeadSet:
    return LeadSet("II") if model.personal else getattr(model, "inputs", None) or LeadSet("I II V2")


@cache
def ready(name: str) -> Reconstructor:
    """A model that can estimate; personal ones fitted on a longer recording of the same heart."""
    torch.manual_seed(0)
    model = build(name, SMALL.get(name, {}))
    if model.personal:
        model = model.fit(recording(40.0), LeadSet("II"))
    return model.eval()


@cache
def shelf(rate: float) -> Shelf:
    """Sixteen recordings of simulated hearts, two for watching at the end."""
    hearts = [
        simulate(Heart(rate=55 + 3 * number, noise_uv=2.0, wander_uv=0.0), rate, 10.0, seed=number)
        for number in range(18)
    ]
    signals = np.stack([np.round(1000 * heart.pick(INDEPENDENT).signals) for heart in hearts]).astype(
        np.int16
    )
    names = np.array([f"simulated/{number}" for number in range(18)])
    return Shelf(signals, np.full(18, signals.shape[2]), rate, names, names)


@pytest.mark.parametrize("name", ALL)
def test_the_estimate_has_the_length_of_the_recording_and_is_finite(name):
    model = ready(name)
    ecg = recording().pick(given_to(model))
    for part in (ecg, ecg.cut(0, 3.0), resample(ecg, 1000.0)):
        found = model.estimate(part)
        assert found.signals.shape == (len(found.leads), part.n_samples)
        assert np.isfinite(found.signals).all()
        assert found.half_width is None or (
            found.half_width.shape == found.signals.shape and (found.half_width >= 0).all()
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
    made = assemble(measured, estimate, name)
    for lead in measured.leads:
        np.testing.assert_array_equal(made.ecg[lead], measured[lead])
        assert made.source[lead] == "measured"
    law = np.array([LIMB_FROM_I_II[lead] for lead in LIMB])
    two = np.stack([made.ecg["I"], made.ecg["II"]])
    np.testing.assert_allclose(np.stack([made.ecg[lead] for lead in LIMB]), law @ two, atol=2e-4)


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
    card = card_for(model, shelf(100.0), normalisation="", dataset="simulated", folds="")
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


@pytest.mark.parametrize("name", LEARNING)
def test_the_loss_falls_on_simulated_hearts_and_a_stopped_run_goes_on_where_it_was(name, tmp_path):
    model = build(name, SMALL.get(name, {}))
    whole = shelf(float(model.config.rate))
    learn, watch = whole.take(np.arange(16)), whole.take(np.arange(16, 18))
    window_s = model.config.samples / model.config.rate if hasattr(model.config, "samples") else 8.0
    plan = Plan(epochs=4, batch=2, learning_rate=4e-3, window_s=window_s)
    rows: list[dict] = []
    Run(model, plan, learn, watch, tmp_path, rows.append, stop=lambda: len(rows) == 1).go()
    assert len(rows) == 1
    Run(model, plan, learn, watch, tmp_path, rows.append).go()
    losses = [row["train_loss"] for row in rows]
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert losses[-1] < 0.8 * losses[0], losses


@pytest.mark.parametrize("name", PERSONAL)
def test_a_personal_model_is_in_millivolts_and_says_what_it_has_seen(name):
    model, ecg = ready(name), recording(40.0)
    found = model.estimate(ecg.pick("II"))
    assert 0 < found.fitted_until < ecg.duration
    held_out = int(found.fitted_until * ecg.rate)
    lead = found.leads.index("V5")
    truth, guess = ecg["V5"][held_out:], found.signals[lead, held_out:]
    assert np.sqrt(np.mean((truth - guess) ** 2)) < 0.8 * truth.std() or name == "least-squares-published"


def test_every_lead_a_model_names_is_a_standard_one():
    for name in ALL:
        assert set(ready(name).estimate(recording().pick(given_to(ready(name)))).leads) <= set(STANDARD)
