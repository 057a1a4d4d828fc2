"""A recording unlike the training data is told from one like it, and its interval is widened."""

import numpy as np
import pytest
import torch

from ecgcore.ecg import Ecg
from ecgcore.lead_algebra import limb_violation, observation
from ecgcore.leads import LeadSet
from ecgcore.signals import high_pass
from ecgcore.synthetic import Heart, simulate
from models.checkpoint import load, stored_half
from models.cli import main as rlecg
from models.out_of_distribution import (
    HARMS,
    SETS,
    UsualRanges,
    arms_exchanged,
    current,
    exchanged,
    forms_of,
    moments,
    surprise,
)
from models.reconstruct import reconstruct, trained
from tests.models.training.small import hearts

INPUTS = LeadSet("I II V2 V4")


@pytest.fixture(scope="module")
def ecg():
    return high_pass(simulate(Heart(noise_uv=3.0, wander_uv=20.0), 500.0, 10.0, seed=2))


def widths(reconstruction):
    return {lead: reconstruction.half_width(lead).mean() for lead in reconstruction.estimated}


@pytest.mark.parametrize("model", ["linear", "any-subset"])
def test_an_ordinary_heart_raises_no_warning(ecg, model):
    assert reconstruct(ecg, INPUTS, model).warnings == ()


@pytest.mark.parametrize("model", ["linear", "any-subset"])
@pytest.mark.parametrize(
    ("harm", "word"),
    [
        ("ten times too large", "unit or gain"),
        ("ten times too small", "unit or gain"),
        ("pacing spikes", "pacing"),
    ],
)
def test_harm_is_named_and_widens_the_interval(ecg, model, harm, word):
    harmed = HARMS[harm](ecg)
    doubtful, usual = reconstruct(harmed, INPUTS, model), reconstruct(ecg, INPUTS, model)
    assert any(word in sentence for sentence in doubtful.warnings)
    size = {"ten times too large": 10, "ten times too small": 0.1}.get(harm, 1)
    if harm != "ten times too small":  # the network's silence floor bounds what is small from below
        assert all(width > 1.2 * size * widths(usual)[lead] for lead, width in widths(doubtful).items())


def white(model):
    """The model's covariance at lag 0 alone, white in time, and 20,000 samples of it."""
    covariance, lags = model.linear_part().covariance.numpy(), model.linear_part().config.lags_ms
    now = lags.index(0) * 8
    here = covariance[now : now + 8, now : now + 8]
    return np.kron(np.eye(len(lags)), here), np.random.default_rng(0).multivariate_normal(
        np.zeros(8), here, size=20000
    ).T


def test_surprise_is_one_for_signals_of_the_training_covariance_and_does_not_know_amplitude():
    model = trained("linear").model
    lags = model.config.lags_ms
    only_now, signals = white(model)
    forms = forms_of(LeadSet("I II V1 V5"), only_now, lags)
    rows = signals[[0, 1, 2, 6]]
    value = surprise(forms, moments(rows, lags))[0]
    assert np.exp(value) == pytest.approx(1, abs=0.1)
    assert surprise(forms, moments(7 * rows, lags))[0] == pytest.approx(value)
    assert np.isfinite(surprise(forms, moments(np.zeros((4, 500)), lags))).all()


def test_an_exchange_is_found_by_undoing_it():
    model = trained("linear").model
    lags = model.config.lags_ms
    only_now, signals = white(model)
    forms = forms_of(LeadSet("I II V2 V4"), only_now, lags)
    assert forms.kinds[:3] == ("arms", "chest", "name")
    i, ii, v2, v4, v5 = signals[[0, 1, 3, 5, 6]]
    _, arms, chest, name = surprise(forms, moments(np.stack([i, ii, v2, v4]), lags))
    assert arms < 0 and chest < 0 and name < 0
    _, arms, chest, _ = surprise(forms, moments(np.stack([-i, ii - i, v2, v4]), lags))
    assert arms > max(chest, 0.1)
    _, arms, chest, _ = surprise(forms, moments(np.stack([i, ii, v4, v2]), lags))
    assert chest > 0.1
    _, _, chest, name = surprise(forms, moments(np.stack([i, ii, v5, v4]), lags))
    assert name > max(chest, 0.1)


@pytest.mark.slow
def test_a_single_chest_lead_under_another_name_is_told():
    model = trained("linear").model
    lags = model.config.lags_ms
    only_now, signals = white(model)
    leads = LeadSet("I II V2")
    forms, usual = forms_of(leads, only_now, lags), UsualRanges()
    assert set(forms.kinds) == {"arms", "name"} and len(forms.kinds) == 6
    usual.fit([signals[:, start : start + 1000] for start in range(0, 19000, 80)], only_now, lags)
    assert usual.check(signals[[0, 1, 3]], leads, forms, lags) == ((), 1.0)
    warnings, wider = usual.check(signals[[0, 1, 6]], leads, forms, lags)
    assert (
        "The input leads do not go together as they usually do. The interval is widened." in warnings
        and wider >= 1.5
    )
    assert forms_of(LeadSet("V2 V3"), only_now, lags).kinds == ("chest",)


@pytest.mark.slow
def test_every_set_has_limits_that_its_calibration_recordings_keep():
    model = trained("linear").model
    lags = model.config.lags_ms
    only_now, signals = white(model)
    recordings = [signals[:, start : start + 1000] for start in range(0, 19000, 80)]
    usual = UsualRanges()
    usual.fit(recordings, only_now, lags)
    assert len(SETS) == 511 and torch.isfinite(usual.sets[:, 0]).all()
    leads = LeadSet("aVR V3")
    forms, see = forms_of(leads, only_now, lags), observation(leads)
    flagged = [bool(usual.check(see @ signals, leads, forms, lags)[0]) for signals in recordings]
    assert np.mean(flagged) < 0.08
    assert usual.check(-see @ recordings[0] + 2, leads, forms, lags)[1] >= 1.5


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


def test_weights_of_before_keep_their_limits():
    rms = torch.tensor([[0.01, 2.0]]).repeat(8, 1).double()
    old = {
        "familiarity.surprise": torch.tensor([[0.5, 4.0]]).repeat(9, 1).double(),
        "familiarity.rms": rms,
        "covariance": torch.eye(72),
    }
    now = current(old)
    assert set(now) == {"covariance", "usual.leads", "usual.sets"}
    assert torch.allclose(now["usual.sets"][:, 0].exp(), torch.tensor([0.5, 4.0]))
    assert torch.allclose(now["usual.leads"][0].exp(), torch.tensor([0.01, 2.0]))
    assert current(now) is now and now["usual.sets"].shape == (511, 4, 2)
    fewer = now | {"usual.sets": now["usual.sets"][:, :3]}
    assert torch.equal(current(fewer)["usual.sets"], now["usual.sets"])
    factors = torch.ones(9, 8)
    assert current({"linear.band_factor": factors}) == {"linear.interval_factor": factors}


@pytest.mark.slow
def test_recalibration_changes_intervals_and_limits_but_no_estimate(ecg, tmp_path, monkeypatch):
    monkeypatch.setattr("models.zoo.linear.load_dataset", lambda *_, **__: hearts())
    out = tmp_path / "again.safetensors"
    assert rlecg(["recalibrate", "linear", "--data", str(tmp_path), "--out", str(out)]) == 0
    before, after = trained("linear"), load(out)
    assert before.weights_hash != after.weights_hash and after.card.metrics == {} and not stored_half(out)
    first, other = (trained.model.estimate(ecg.pick(INPUTS)) for trained in (before, after))
    assert np.array_equal(first.signals, other.signals) and not np.array_equal(
        first.half_width, other.half_width
    )
    assert rlecg(["recalibrate", "nearest-lead", "--data", str(tmp_path), "--out", str(out)]) == 2
    assert rlecg(["recalibrate", "nobody", "--data", str(tmp_path)]) == 2
