"""A recording unlike the training data is told from one like it, and its band is widened."""

import numpy as np
import pytest

from ecgcore.ecg import Ecg
from ecgcore.leads import LeadSet
from ecgcore.limb import limb_violation
from ecgcore.signals import high_pass
from ecgcore.synthetic import Heart, simulate
from models.familiarity import HARMS, arms_exchanged, exchanged, surprise
from models.reconstruct import reconstruct, trained

INPUTS = LeadSet("I II V2 V4")


@pytest.fixture(scope="module")
def ecg():
    return high_pass(simulate(Heart(noise_uv=3.0, wander_uv=20.0), 500.0, 10.0, seed=2))


def widths(made):
    return {lead: made.half_width(lead).mean() for lead in made.estimated}


@pytest.mark.parametrize("model", ["linear", "any-subset"])
def test_an_ordinary_heart_raises_no_warning(ecg, model):
    assert reconstruct(ecg, INPUTS, model).warnings == ()


@pytest.mark.parametrize("model", ["linear", "any-subset"])
@pytest.mark.parametrize(
    ("harm", "word"),
    [("ten times too large", "unit or gain"), ("ten times too small", "unit or gain"), ("pacing spikes", "pacing")],
)
def test_harm_is_named_and_widens_the_band(ecg, model, harm, word):
    harmed = HARMS[harm](ecg)
    made, usual = reconstruct(harmed, INPUTS, model), reconstruct(ecg, INPUTS, model)
    assert any(word in sentence for sentence in made.warnings)
    size = {"ten times too large": 10, "ten times too small": 0.1}.get(harm, 1)
    if harm != "ten times too small":  # the network's silence floor bounds what is small from below
        assert all(width > 1.2 * size * widths(usual)[lead] for lead, width in widths(made).items())


def test_surprise_is_one_for_signals_of_the_training_covariance_and_does_not_know_amplitude():
    model = trained("linear").model
    covariance, lags = model.covariance.numpy(), model.config.lags_ms
    now = lags.index(0) * 8
    here = covariance[now : now + 8, now : now + 8]
    only_now = np.kron(np.eye(len(lags)), here)  # white in time
    signals = np.random.default_rng(0).multivariate_normal(np.zeros(8), here, size=20000).T
    leads = LeadSet("I II V1 V5")
    rows = signals[[0, 1, 2, 6]]
    value = surprise(rows, leads, only_now, lags)
    assert value == pytest.approx(1, abs=0.1)
    assert surprise(7 * rows, leads, only_now, lags) == pytest.approx(value)
    assert surprise(np.zeros((4, 500)), leads, only_now, lags) == 0


def test_exchanging_arm_electrodes_keeps_einthoven():
    ecg = simulate(Heart(), 100.0, 10.0, seed=0)
    swapped = arms_exchanged(ecg)
    assert np.array_equal(swapped["I"], -ecg["I"])
    assert np.array_equal(swapped["II"], ecg["III"])
    assert np.array_equal(swapped["aVF"], ecg["aVF"])
    assert max(limb_violation(swapped).values()) < 1e-3
    assert np.array_equal(exchanged(ecg, "V2", "V4")["V2"], ecg["V4"])


def test_below_250_hz_no_spike_is_claimed():
    ecg = HARMS["pacing spikes"](simulate(Heart(), 100.0, 10.0, seed=0))
    assert not any("pacing" in sentence for sentence in reconstruct(ecg, INPUTS, "linear").warnings)
    assert isinstance(ecg, Ecg)
