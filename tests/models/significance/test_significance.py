"""Lead significance against answers known beforehand: a linear estimator whose weights were chosen, and maps
under many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import standard_from_independent
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from ecgcore.studies.significance.contributions import (
    contribution_of,
    explained_power,
    occlusion,
    shapley,
    subsets,
)
from ecgcore.studies.significance.shares import rank_agreement, shares
from models.linear_estimator import LinearConfig
from models.significance import explain
from models.significance.contributions import (
    Scene,
    check,
    estimates,
    gradient_maps,
    map_curves,
    map_of,
    map_shares,
    occlusion_map,
    of_target,
    randomisation,
    randomised,
    scene,
    variance_removed,
)
from models.zoo.linear import Linear

INPUTS = LeadSet("I V1 V2 V5")
WEIGHTS = {"I": 0.5, "V1": 0.0, "V2": 1.5, "V5": -1.0}
"""How V3 is made of the independent inputs in the chest of these tests."""
N = 4000


def known_chest() -> tuple[Linear, Scene]:
    """An estimator and a recording that obey V3 = 0.5 I + 1.5 V2 - V5 exactly, inputs uncorrelated with power
    1, 1, .25, 1."""
    rng = np.random.default_rng(3)
    sd = dict(zip(INDEPENDENT, (1.0, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0, 1.0), strict=True))
    mix = np.diag(list(sd.values()))
    mix[INDEPENDENT.index("V3")] = [WEIGHTS.get(lead, 0.0) * sd[lead] for lead in INDEPENDENT]
    model = Linear(LinearConfig(lags_ms=(0,), ridge=0.0))
    model.linear.covariance.copy_(torch.from_numpy(mix @ mix.T))
    white, _ = np.linalg.qr(rng.normal(size=(N, 8)))
    eight = (mix @ white.T * np.sqrt(N)).astype(np.float32)
    twelve = dict(zip(STANDARD, (standard_from_independent() @ eight).astype(np.float32), strict=True))
    return model.eval().requires_grad_(False), Scene(
        INPUTS, np.stack([twelve[lead] for lead in INPUTS]), twelve
    )


POWER = {"I": 0.25e6, "V1": 0.0, "V2": 2.25 * 0.25e6, "V5": 1e6}
"""uV^2 that each input adds to V3: weight^2 times power."""
EVERYWHERE = np.ones(N, bool)


# -- the linear estimator is the ground truth ----------------------------------------------------------------


def test_occlusion_shapley_and_map_all_recover_the_known_weights_of_a_linear_estimator():
    model, here = known_chest()
    value = explained_power(here.truth["V3"], of_target(estimates(model, here), "V3"), EVERYWHERE)
    assert shapley(INPUTS, value) == pytest.approx(POWER, abs=1.0)
    assert occlusion(INPUTS, value) == pytest.approx(POWER, abs=1.0)
    assert map_shares(gradient_maps(model, here, "V3", [EVERYWHERE])[0], INPUTS) == pytest.approx(
        POWER, abs=1.0
    )


def test_the_variance_that_leads_remove_without_the_truth_is_the_same_there():
    model, here = known_chest()
    assert shapley(INPUTS, variance_removed(model, here, "V3")) == pytest.approx(POWER, rel=1e-4, abs=1.0)


def test_a_derived_target_uses_both_limb_errors_and_their_correlation():
    """aVF = II - I/2 from I and V1 alone: I adds its quarter, II is unknown, so all that is known is I's
    part."""
    model, here = known_chest()
    here = Scene(LeadSet("I V1"), here.seen[:2], here.truth)
    value = variance_removed(model, here, "aVF")
    assert value[LeadSet("I")] == pytest.approx(0.25e6, rel=1e-4) and value[LeadSet("V1")] == pytest.approx(
        0, abs=1.0
    )


def test_the_map_lies_where_the_window_is_and_sums_to_the_power_of_the_estimate():
    model, here = known_chest()
    window = np.arange(N) < 500
    maps = gradient_maps(model, here, "V3", [window, EVERYWHERE])
    assert np.abs(maps[0][:, 500:]).max() == 0
    estimate = of_target(estimates(model, here, [INPUTS]), "V3")[INPUTS]
    assert maps[0].sum() == pytest.approx(1e6 * np.mean(estimate[:500] ** 2), rel=1e-4)


def test_lags_are_seen_by_the_map(network, recording):
    here = scene(recording, LeadSet("II V1"))
    window = np.zeros(here.n, bool)
    window[400] = True
    levels = np.abs(gradient_maps(network.linear, here, "V4", [window])[0])
    assert levels[:, [394, 399, 406]].max() > 0 and levels[:, :394].max() == levels[:, 407:].max() == 0


# -- the network ---------------------------------------------------------------------------------------------


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
    row = of_target(estimates(network, scene(slow, inputs), [inputs]), "V4")[inputs]
    inner = slice(100, -100)  # both filter once more; edges differ
    assert np.corrcoef(own.signals[own.leads.index("V4")][inner], row[inner])[0, 1] > 0.999


def test_shapley_values_of_the_network_sum_to_the_total(network, recording):
    inputs = LeadSet("I II V1 V2 V4 V6")
    here = scene(recording, inputs)
    window = np.ones(here.n, bool)
    value = explained_power(here.truth["V3"], of_target(estimates(network, here), "V3"), window)
    contribution = contribution_of("V3", inputs, value, here.lead_power(window), 1.0)
    assert len(value) == 64
    assert abs(sum(contribution.shapley.values()) - contribution.total) < 1e-6 * max(
        1.0, abs(contribution.total)
    )


def test_leads_that_follow_from_others_share_their_contribution(network, recording):
    inputs = LeadSet("I II III V2")
    here = scene(recording, inputs)
    values = estimates(network, here)
    np.testing.assert_array_equal(values[LeadSet("I II")], values[LeadSet("II III")])
    assert len(values) == 15


def test_the_occlusion_map_adds_up_to_the_occlusion(network, recording):
    here = scene(recording, LeadSet("I II V2"))
    values, window = estimates(network, here), np.ones(here.n, bool)
    value = explained_power(here.truth["V4"], of_target(values, "V4"), window)
    sums = occlusion_map(here, values, "V4").mean(1)
    assert dict(zip(here.inputs, sums, strict=True)) == pytest.approx(occlusion(here.inputs, value), rel=1e-3)


# -- whether to believe the map ------------------------------------------------------------------------------


def test_shuffled_models_give_other_maps_and_leave_the_model_alone(network, recording):
    here = scene(recording, LeadSet("I II V2"))
    window = np.ones(here.n, bool)
    before = gradient_maps(network, here, "V4", [window])
    assert randomisation(network, here, "V4", window) < 0.5
    np.testing.assert_array_equal(gradient_maps(network, here, "V4", [window]), before)
    own = {name: value.clone() for name, value in network.state_dict().items()}
    other = randomised(network, 0)
    same = [
        name
        for name, value in other.network.named_parameters()
        if value.numel() > 8 and torch.equal(value, own[f"network.{name}"])
    ]
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
    assert (
        rank_agreement(
            {k: round(v) for k, v in amounts.items()},
            {k: round(v) for k, v in shapley(INPUTS, value).items()},
        )
        == 1
    )


def test_maps_made_by_many_threads_at_once_are_those_made_alone(network, recording):
    """Hooks on a shared model would mix users' maps up; a split forward pass with autograd.grad does not."""
    sets = [LeadSet("I II V2"), LeadSet("II V1"), LeadSet("I V6"), LeadSet("II V1 V5")]
    scenes = [scene(recording, inputs) for inputs in sets]
    window = np.ones(scenes[0].n, bool)

    def map_of(number: int) -> np.ndarray:
        return gradient_maps(network, scenes[number % 4], "V4", [window])[0]

    alone = [map_of(number) for number in range(4)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(map_of, range(64)))
    for number, drawn in enumerate(together):
        np.testing.assert_allclose(drawn, alone[number % 4], rtol=1e-4, atol=1e-3)


# -- what cannot be explained --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "target", "message"),
    [
        ("", "V1", "at least one input lead"),
        ("I II V2", "V2", "V2 is an input lead"),
        ("I II V2", "aVF", "aVF follows exactly"),
    ],
)
def test_questions_without_an_answer_are_refused_in_a_sentence(inputs, target, message):
    with pytest.raises(UnusableEcg, match=message):
        check(LeadSet(inputs), target)


def test_one_lead_alone_carries_everything_and_has_a_map(network, recording):
    from models.significance.contributions import only_one

    assert "Only II is an input lead" in only_one(LeadSet("II")) and not only_one(LeadSet("I II"))
    explanation = explain.explain(network, recording, LeadSet("II"), "V4", None, [0.4, 1.4, 2.4, 3.4])
    assert explanation.contribution.shapley["II"] == pytest.approx(explanation.contribution.total)
    assert (
        set(explanation.maps) == {"grad-cam", "gradient", "occlusion"}
        and explanation.agreement("gradient") is None
    )
    assert 1e6 * np.mean(explanation.truth**2) - 1e6 * np.mean(
        (explanation.truth - explanation.estimate) ** 2
    ) == pytest.approx(explanation.maps["occlusion"].mean(), rel=1e-3)


def test_every_kind_of_map_is_checked_for_itself(network, recording):
    inputs, r_seconds = LeadSet("I II V2"), [0.4, 1.4, 2.4, 3.4]
    explanation = explain.explain(network, recording, inputs, "V4", None, r_seconds)
    checks = {
        kind: explain.check_map(network, recording, inputs, "V4", explanation, kind)
        for kind in explanation.maps
    }
    assert checks["gradient"].randomisation != checks["occlusion"].randomisation
    assert explanation.agreement("gradient") is not None and explanation.steadiness("occlusion") > 0.3
    here = scene(recording, inputs)
    np.testing.assert_allclose(
        explanation.maps["occlusion"], map_of("occlusion", network, here, "V4", explanation.window), atol=1e-2
    )


@pytest.mark.slow
def test_whole_explanations_made_by_many_threads_at_once_are_those_made_alone(network, recording):
    """Every reader's page at once: maps, Shapley values and the checks with shuffled models."""
    questions = [("I II V2", "V4"), ("II V1", "V6"), ("I V6", "V3")]

    def explained(number: int) -> tuple[np.ndarray, dict[str, float], float | None]:
        leads, target = questions[number % 3]
        explanation = explain.explain(network, recording, LeadSet(leads), target, [(1.0, 3.0)], [1.4, 2.4])
        return (
            explanation.maps["gradient"],
            dict(explanation.contribution.shapley),
            explain.randomisation(network, scene(recording, LeadSet(leads)), target, explanation.window),
        )

    alone = [explained(number) for number in range(3)]
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(explained, range(12)))
    for number, (drawn, values, shuffled) in enumerate(together):
        np.testing.assert_allclose(drawn, alone[number % 3][0], rtol=1e-3, atol=1e-3)
        assert values == pytest.approx(alone[number % 3][1], rel=1e-3, abs=1e-2)
        assert shuffled == pytest.approx(alone[number % 3][2], abs=1e-2)


def test_a_lead_that_the_recording_does_not_have_is_refused(network, recording):
    with pytest.raises(UnusableEcg, match="V2"):
        explain.explain(network, recording.pick("I II V1"), LeadSet("I II V2"), "V5", None, [0.4])


def test_a_model_of_fixed_leads_is_refused_with_those_that_can(recording):
    from models.base import families

    fixed = next(family for name, family in families().items() if name == "least-squares")
    here = scene(recording, LeadSet("I II"))
    with pytest.raises(UnusableEcg, match="fixed leads"):
        fixed(fixed.Config()).estimate_subsets(torch.zeros(1, 8, here.n), [LeadSet("I")])


def test_shares_exist_for_every_subset_game_of_the_recording(network, recording):
    here = scene(recording, LeadSet("I II V2"))
    amounts = map_shares(gradient_maps(network, here, "V5", [np.ones(here.n, bool)])[0], here.inputs)
    assert sum(shares(amounts).values()) == pytest.approx(1)
    assert len(subsets(here.inputs)) == 8
