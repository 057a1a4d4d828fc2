"""Lead significance against answers known beforehand: a linear estimator whose weights were chosen, and maps under many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from ecgcore.demo import demonstrations
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.explanation import explained_power, occlusion, rank_agreement, shapley, shares, subsets, worth
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from ecgcore.limb import standard_from_independent
from models.significance.worth import (
    Scene,
    check,
    check_seen,
    estimates,
    forward,
    gradient_maps,
    map_curves,
    map_shares,
    occlusion_map,
    of_target,
    randomisation,
    randomised,
    scene,
    variance_removed,
)
from models.zoo.any_subset import AnySubset, AnySubsetConfig
from models.zoo.linear import Linear, LinearConfig

INPUTS = LeadSet("I V1 V2 V5")
WEIGHTS = {"I": 0.5, "V1": 0.0, "V2": 1.5, "V5": -1.0}
"""How V3 is made of the independent inputs in the chest of these tests."""
N = 4000


def known_chest() -> tuple[Linear, Scene]:
    """An estimator and a recording that obey V3 = 0.5 I + 1.5 V2 - V5 exactly, inputs uncorrelated with power 1, 1, .25, 1."""
    rng = np.random.default_rng(3)
    sd = dict(zip(INDEPENDENT, (1.0, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0, 1.0), strict=True))
    mix = np.diag(list(sd.values()))
    mix[INDEPENDENT.index("V3")] = [WEIGHTS.get(lead, 0.0) * sd[lead] for lead in INDEPENDENT]
    model = Linear(LinearConfig(lags_ms=(0,), ridge=0.0))
    model.covariance.copy_(torch.from_numpy(mix @ mix.T))
    white, _ = np.linalg.qr(rng.normal(size=(N, 8)))
    eight = (mix @ white.T * np.sqrt(N)).astype(np.float32)
    twelve = dict(zip(STANDARD, (standard_from_independent() @ eight).astype(np.float32), strict=True))
    return model.eval().requires_grad_(False), Scene(INPUTS, np.stack([twelve[lead] for lead in INPUTS]), twelve)


POWER = {"I": 0.25e6, "V1": 0.0, "V2": 2.25 * 0.25e6, "V5": 1e6}
"""uV^2 that each input adds to V3: weight^2 times power."""
EVERYWHERE = np.ones(N, bool)


def small_network(seed: int = 0) -> AnySubset:
    """An any-subset network of random weights that do something, on a solved covariance of simulated hearts."""
    torch.manual_seed(seed)
    model = AnySubset(AnySubsetConfig(widths=(16, 16), depth=1))
    hearts = [scene(make(), LeadSet("I")) for make in list(demonstrations().values())[1:3]]
    rows = np.concatenate([np.stack([heart.truth[lead] for lead in INDEPENDENT]) for heart in hearts], axis=1)
    lags = model.linear.config.lags_ms
    lagged = np.concatenate([np.roll(rows, -lag // 10, axis=1) for lag in lags])
    model.linear.covariance.copy_(torch.from_numpy(np.cov(lagged) + 1e-4 * np.eye(len(lagged))))
    for parameter in model.network.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.05)
    return model.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def network() -> AnySubset:
    return small_network()


@pytest.fixture(scope="module")
def recording() -> Ecg:
    return list(demonstrations().values())[1]()


# -- the linear estimator is the ground truth ------------------------------------------------------------------------


def test_occlusion_shapley_and_map_all_recover_the_known_weights_of_a_linear_estimator():
    model, here = known_chest()
    value = explained_power(here.truth["V3"], of_target(estimates(model, here), "V3"), EVERYWHERE)
    assert shapley(INPUTS, value) == pytest.approx(POWER, abs=1.0)
    assert occlusion(INPUTS, value) == pytest.approx(POWER, abs=1.0)
    assert map_shares(gradient_maps(model, here, "V3", [EVERYWHERE])[0], INPUTS) == pytest.approx(POWER, abs=1.0)


def test_the_variance_that_leads_remove_without_the_truth_is_the_same_there():
    model, here = known_chest()
    assert shapley(INPUTS, variance_removed(model, here, "V3")) == pytest.approx(POWER, rel=1e-4, abs=1.0)


def test_a_derived_target_uses_both_limb_errors_and_their_correlation():
    """aVF = II - I/2 from I and V1 alone: I adds its quarter, II is unknown, so all that is known is I's part."""
    model, here = known_chest()
    here = Scene(LeadSet("I V1"), here.seen[:2], here.truth)
    value = variance_removed(model, here, "aVF")
    assert value[LeadSet("I")] == pytest.approx(0.25e6, rel=1e-4) and value[LeadSet("V1")] == pytest.approx(0, abs=1.0)


def test_the_map_lies_where_the_window_is_and_sums_to_the_power_of_the_estimate():
    model, here = known_chest()
    window = np.arange(N) < 500
    found = gradient_maps(model, here, "V3", [window, EVERYWHERE])
    assert np.abs(found[0][:, 500:]).max() == 0
    estimate = of_target(estimates(model, here, [INPUTS]), "V3")[INPUTS]
    assert found[0].sum() == pytest.approx(1e6 * np.mean(estimate[:500] ** 2), rel=1e-4)


def test_lags_are_seen_by_the_map(network, recording):
    here = scene(recording, LeadSet("II V1"))
    window = np.zeros(here.n, bool)
    window[400] = True
    found = np.abs(gradient_maps(network.linear, here, "V4", [window])[0])
    assert found[:, [394, 399, 406]].max() > 0 and found[:, :394].max() == found[:, 407:].max() == 0


# -- the network -----------------------------------------------------------------------------------------------------


def test_a_subset_is_estimated_as_the_model_itself_would_from_those_leads_alone(network, recording):
    """The mask is the trained one: taking V2 away equals never having measured it."""
    here = scene(recording, LeadSet("I II V2"))
    fewer = scene(recording.pick("I II"), LeadSet("I II"))
    part = LeadSet("I II")
    np.testing.assert_allclose(estimates(network, here)[part], estimates(network, fewer)[part], atol=1e-5)


def test_estimates_agree_with_the_models_own_reconstruction(network, recording):
    slow = Ecg(scene(recording, LeadSet("I")).truth["I"][None], LeadSet("I"), 100.0).replace(
        signals=np.stack([scene(recording, LeadSet("I")).truth[lead] for lead in STANDARD]), leads=STANDARD
    )
    inputs = LeadSet("I II V2")
    own = network.estimate(slow.pick(inputs))
    found = of_target(estimates(network, scene(slow, inputs), [inputs]), "V4")[inputs]
    inner = slice(100, -100)  # both filter once more; edges differ
    assert np.corrcoef(own.signals[own.leads.index("V4")][inner], found[inner])[0, 1] > 0.999


def test_shapley_values_of_the_network_sum_to_the_total(network, recording):
    inputs = LeadSet("I II V1 V2 V4 V6")
    here = scene(recording, inputs)
    window = np.ones(here.n, bool)
    value = explained_power(here.truth["V3"], of_target(estimates(network, here), "V3"), window)
    found = worth("V3", inputs, value, here.lead_power(window), 1.0)
    assert len(value) == 64
    assert abs(sum(found.shapley.values()) - found.total) < 1e-6 * max(1.0, abs(found.total))


def test_leads_that_follow_from_others_share_their_worth(network, recording):
    inputs = LeadSet("I II III V2")
    here = scene(recording, inputs)
    found = estimates(network, here)
    np.testing.assert_array_equal(found[LeadSet("I II")], found[LeadSet("II III")])
    assert len(found) == 15


def test_the_occlusion_map_adds_up_to_the_occlusion(network, recording):
    here = scene(recording, LeadSet("I II V2"))
    found, window = estimates(network, here), np.ones(here.n, bool)
    value = explained_power(here.truth["V4"], of_target(found, "V4"), window)
    sums = occlusion_map(here, found, "V4").mean(1)
    assert dict(zip(here.inputs, sums, strict=True)) == pytest.approx(occlusion(here.inputs, value), rel=1e-3)


# -- whether to believe the map --------------------------------------------------------------------------------------


def test_shuffled_models_give_other_maps_and_leave_the_model_alone(network, recording):
    here = scene(recording, LeadSet("I II V2"))
    window = np.ones(here.n, bool)
    before = gradient_maps(network, here, "V4", [window])
    assert randomisation(network, here, "V4", window) < 0.5
    np.testing.assert_array_equal(gradient_maps(network, here, "V4", [window]), before)
    own = {name: value.clone() for name, value in network.state_dict().items()}
    other = randomised(network, 0)
    same = [name for name, value in other.network.named_parameters() if value.numel() > 8 and torch.equal(value, own[f"network.{name}"])]
    constant = [name for name, value in network.network.named_parameters() if value.unique().numel() == 1]
    assert set(same) <= set(constant)


def test_deletion_of_the_known_leads_first_beats_random_order():
    model, here = known_chest()
    curves = map_curves(model, here, "V3", EVERYWHERE, gradient_maps(model, here, "V3", [EVERYWHERE])[0])
    assert curves.gain_deletion > 0.05 and curves.gain_insertion > 0.05


def test_the_map_agrees_with_shapley_on_the_linear_estimator():
    model, here = known_chest()
    value = explained_power(here.truth["V3"], of_target(estimates(model, here), "V3"), EVERYWHERE)
    amounts = map_shares(gradient_maps(model, here, "V3", [EVERYWHERE])[0], INPUTS)
    assert rank_agreement({k: round(v) for k, v in amounts.items()}, {k: round(v) for k, v in shapley(INPUTS, value).items()}) == 1


def test_maps_made_by_many_threads_at_once_are_those_made_alone(network, recording):
    """Hooks on a shared model would mix users' maps up; a split forward pass with autograd.grad does not."""
    sets = [LeadSet("I II V2"), LeadSet("II V1"), LeadSet("I V6"), LeadSet("II V1 V5")]
    scenes = [scene(recording, inputs) for inputs in sets]
    window = np.ones(scenes[0].n, bool)

    def one(number: int) -> np.ndarray:
        return gradient_maps(network, scenes[number % 4], "V4", [window])[0]

    alone = [one(number) for number in range(4)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(one, range(64)))
    for number, found in enumerate(together):
        np.testing.assert_allclose(found, alone[number % 4], rtol=1e-4, atol=1e-3)


# -- what cannot be explained ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "target", "said"),
    [
        ("", "V1", "at least two leads"),
        ("II", "V1", "Only II is measured"),
        ("I II V2", "V2", "V2 is measured"),
        ("I II V2", "aVF", "aVF follows exactly"),
    ],
)
def test_questions_without_an_answer_are_refused_in_a_sentence(inputs, target, said):
    with pytest.raises(UnusableEcg, match=said):
        check(LeadSet(inputs), target)


def test_a_lead_the_estimate_never_saw_is_refused():
    with pytest.raises(UnusableEcg, match="never saw V3.*made from I, II"):
        check_seen(["V3"], LeadSet("I II"))


def test_a_model_of_fixed_leads_is_refused_with_those_that_can(recording):
    from models.base import families

    fixed = next(family for name, family in families().items() if name == "least-squares")
    here = scene(recording, LeadSet("I II"))
    with pytest.raises(UnusableEcg, match="fixed leads"):
        forward(fixed(fixed.Config()), torch.zeros(1, 8, here.n), [LeadSet("I")])


def test_shares_exist_for_every_subset_game_of_the_recording(network, recording):
    here = scene(recording, LeadSet("I II V2"))
    amounts = map_shares(gradient_maps(network, here, "V5", [np.ones(here.n, bool)])[0], here.inputs)
    assert sum(shares(amounts).values()) == pytest.approx(1)
    assert len(subsets(here.inputs)) == 8
