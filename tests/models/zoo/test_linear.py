"""The closed-form estimator against covariances whose answer is known."""

import numpy as np
import pytest
import torch

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import standard_from_independent
from ecgcore.leads import INDEPENDENT, LIMB, STANDARD, LeadSet, all_states
from ecgcore.synthetic import Heart, simulate
from models.linear_estimator import (
    AT_ONCE,
    LinearConfig,
    LinearEstimator,
    ObservedLeads,
    apply_taps,
    condition,
    observed_leads,
)
from models.reconstruct import assemble, reconstruct, trained
from models.training.batches import Dataset

RNG = np.random.default_rng(0)
MIX = RNG.normal(size=(8, 3))


def dipole_recording(n=4000, rate=100.0, noise=0.0, seed=1):
    """Eight leads of three moving sources: any three leads determine the rest."""
    rng = np.random.default_rng(seed)
    time = np.arange(n) / rate
    sources = np.stack(
        [np.sin(2 * np.pi * hz * time + phase) for hz, phase in ((1.3, 0), (3.1, 1), (7.7, 2))]
    )
    return MIX @ sources + noise * rng.normal(size=(8, n))


def fitted(noise=0.0) -> LinearEstimator:
    signals = np.round(1000 * dipole_recording(noise=noise)[None]).astype(np.int16)
    dataset = Dataset(signals, np.array([signals.shape[2]]), 100.0, np.array(["a"]), np.array(["a"]))
    model = LinearEstimator(LinearConfig(ridge=1e-7))
    model.solve(dataset)
    return model


def test_without_noise_three_leads_determine_all():
    truth = dipole_recording(seed=2)
    ecg = Ecg(standard_from_independent() @ truth, STANDARD, 100)
    estimate = fitted().estimate(ecg.pick(["II", "V1", "V5"]))
    inner = slice(300, -300)
    assert estimate.leads == STANDARD
    assert np.abs(estimate.signals[:, inner] - ecg.signals[:, inner]).max() < 0.05


def test_the_posterior_is_that_of_a_gaussian():
    root = RNG.normal(size=(8, 8))
    covariance = root @ root.T
    leads = LeadSet("I II V3")
    rows = [INDEPENDENT.index(lead) for lead in leads]
    other = INDEPENDENT.index("V5")
    posterior = condition(covariance, leads, (0,), 0.0)
    inverse = np.linalg.inv(covariance[np.ix_(rows, rows)])
    assert np.allclose(posterior.taps[other, 0], covariance[other, rows] @ inverse)
    expected = covariance[other, other] - covariance[other, rows] @ inverse @ covariance[rows, other]
    assert posterior.sd[other] == pytest.approx(np.sqrt(expected))
    assert posterior.sd[rows].tolist() == [0, 0, 0]


@pytest.mark.parametrize("lead", LIMB)
def test_a_single_limb_lead_comes_back_and_binds_one_and_two(lead):
    model = trained("linear").model.linear_part()
    posterior = model.posterior(LeadSet([lead]))
    see = standard_from_independent()[STANDARD.index(lead)]
    back = np.einsum("i,ikj->kj", see, posterior.taps)[:, 0]
    expected = [1.0 if lag == 0 else 0.0 for lag in model.config.lags_ms]
    assert np.allclose(back, expected, atol=1e-9)


def test_more_leads_never_raise_the_posterior_spread():
    model = trained("linear").model.linear_part()
    small = model.posterior(LeadSet("I II V2")).sd
    large = model.posterior(LeadSet("I II V2 V5")).sd
    assert (large <= small + 1e-6).all()


def test_every_state_of_knowledge_is_answered_and_measured_leads_are_untouched():
    ecg = Ecg(standard_from_independent() @ (0.3 * dipole_recording(700)), STANDARD, 100)
    model = trained("linear").model
    for state in list(all_states())[::17]:
        reconstruction = assemble(ecg.pick(state), model.estimate(ecg.pick(state)), "linear")
        for lead in state:
            assert np.array_equal(reconstruction.ecg[lead], ecg[lead])
            assert reconstruction.source[lead] == "measured"
        assert np.allclose(
            reconstruction.ecg["III"], reconstruction.ecg["II"] - reconstruction.ecg["I"], atol=1e-5
        )
        assert np.allclose(
            reconstruction.ecg["aVR"], -(reconstruction.ecg["I"] + reconstruction.ecg["II"]) / 2, atol=1e-5
        )
        assert (
            reconstruction.interval[[STANDARD.index(lead) for lead in reconstruction.estimated]] > 0
        ).all()
        assert not reconstruction.interval[[STANDARD.index(lead) for lead in state.determined]].any()


def test_the_answer_does_not_depend_on_rate_length_or_scale():
    base = Ecg(standard_from_independent() @ (0.3 * dipole_recording(4000, 400.0)), STANDARD, 400)
    leads = LeadSet("I II V2")
    at_400 = reconstruct(base, leads, "linear").ecg
    from ecgcore.signals import resample

    inner = slice(200, -200)
    for rate in (100, 250, 500, 1000):
        other = reconstruct(resample(base, rate), leads, "linear").ecg
        assert (
            np.abs(resample(other, 100).signals[:, inner] - resample(at_400, 100).signals[:, inner]).max()
            < 0.03
        )
    twice = reconstruct(base.replace(signals=2 * base.signals), leads, "linear").ecg
    assert np.allclose(twice.signals, 2 * at_400.signals, atol=1e-4)


def test_a_model_is_not_changed_by_use():
    model = trained("linear").model
    before = {name: value.clone() for name, value in model.state_dict().items()}
    reconstruct(Ecg(RNG.normal(size=(1, 999)), ("aVF",), 123.0), LeadSet("aVF"), "linear")
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_less_than_a_beat_is_refused():
    with pytest.raises(UnusableEcg, match="at least 1 s"):
        reconstruct(Ecg(np.zeros((1, 50)) + 1, ("I",), 100.0), LeadSet("I"), "linear")


@pytest.mark.parametrize("model", ["linear", "least-squares"])
def test_no_lead_at_all_is_refused_in_a_sentence(model):
    with pytest.raises(UnusableEcg, match="^Choose at least one input lead"):
        reconstruct(Ecg(RNG.normal(size=(1, 999)), ("aVF",), 100.0), LeadSet(), model)


def test_observed_leads_are_one_and_two_once_two_limb_leads_are_there():
    assert observed_leads(LeadSet("III aVF V3")) == ("I", "II", "V3")
    assert observed_leads(LeadSet("aVF V3")) == ("aVF", "V3")


def test_without_its_estimate_observed_leads_are_kept_and_the_others_are_zero():
    kept, ecg = ObservedLeads(LinearConfig()), simulate(Heart(), 500.0, 10.0)
    signals = kept.estimate(ecg.pick(LeadSet("II V2 V5"))).signals
    for lead in ("V2", "V5"):
        assert np.abs(signals[STANDARD.index(lead)] - ecg[lead]).max() < 1e-5
    assert np.abs(signals[STANDARD.index("II")] - ecg["II"]).max() < 1e-5
    assert all(np.abs(signals[STANDARD.index(lead)]).max() < 1e-6 for lead in ("V1", "V3", "V4", "V6"))
    one = kept.estimate(ecg.pick(LeadSet("aVF"))).signals
    assert np.abs(one[STANDARD.index("aVF")] - ecg["aVF"]).max() < 1e-5


def test_taps_see_every_lag_of_several_recordings_and_hold_the_ends():
    rng = np.random.default_rng(2)
    taps, shifts = rng.normal(size=(8, 3, 2)), np.array([-2, 0, 5])
    signals = rng.normal(size=(2, 2, AT_ONCE + 300)).astype(np.float32)
    n = signals.shape[-1]
    at = np.clip(np.arange(n) + shifts[:, None], 0, n - 1)  # (n_lags, n)
    wanted = np.einsum("olk,bkln->bon", taps, signals[:, :, at])
    np.testing.assert_allclose(apply_taps(taps, signals, shifts), wanted, atol=1e-5)
    np.testing.assert_allclose(apply_taps(taps, signals[1], shifts), wanted[1], atol=1e-5)
