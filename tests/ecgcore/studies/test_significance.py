"""The game of leads, with answers known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.studies.significance.chance import permutation_null, shift_null
from ecgcore.studies.significance.contributions import (
    contribution_of,
    explained_power,
    in_words,
    occlusion,
    shapley,
    subsets,
)
from ecgcore.studies.significance.curves import beat_agreement, lead_curves, patch_curves, spread, stability
from ecgcore.studies.significance.shares import rank_agreement, shares, variance_normalised
from ecgcore.studies.significance.windows import beat_spans, mask, require_beat, wave_levels, wave_spans


def additive(weights: dict[str, float]) -> dict[LeadSet, float]:
    return {some: sum(weights[lead] for lead in some) for some in subsets(list(weights))}


def random_game(n: int, seed: int = 0) -> tuple[list[str], dict[LeadSet, float]]:
    rng = np.random.default_rng(seed)
    leads = list(INDEPENDENT[:n])
    return leads, {some: float(rng.normal()) for some in subsets(leads)}


def test_there_are_two_to_the_n_subsets_and_the_empty_one_is_first():
    sets = subsets(INDEPENDENT)
    assert len(set(sets)) == 256 and sets[0] == LeadSet() and sets[-1] == LeadSet(INDEPENDENT)


def test_in_a_game_without_interaction_shapley_and_occlusion_are_the_weights():
    weights = {"I": 3.0, "II": -1.0, "V2": 10.0}
    assert shapley(list(weights), additive(weights)) == pytest.approx(weights)
    assert occlusion(list(weights), additive(weights)) == pytest.approx(weights)


def test_two_leads_that_say_the_same_share_their_value_and_occlusion_sees_neither():
    value = {some: 6.0 if some else 0.0 for some in subsets(["V3", "V4"])}
    assert shapley(["V3", "V4"], value) == pytest.approx({"V3": 3.0, "V4": 3.0})
    assert occlusion(["V3", "V4"], value) == pytest.approx({"V3": 0.0, "V4": 0.0})


def test_the_glove_game_has_its_textbook_answer():
    """One left glove (I), two right ones (V1, V2); only a pair has a value: 2/3, 1/6, 1/6."""
    value = {some: float("I" in some and len(some) > 1) for some in subsets(["I", "V1", "V2"])}
    assert shapley(["I", "V1", "V2"], value) == pytest.approx({"I": 2 / 3, "V1": 1 / 6, "V2": 1 / 6})


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_shapley_values_sum_to_the_total(n):
    leads, value = random_game(n)
    total = value[LeadSet(leads)] - value[LeadSet()]
    assert sum(shapley(leads, value).values()) == pytest.approx(total, abs=1e-9)


def test_a_lead_that_never_changes_anything_is_worth_nothing():
    leads, value = random_game(4)
    dummy = leads[2]
    value = {some: value[some - (dummy,)] for some in value}
    assert shapley(leads, value)[dummy] == pytest.approx(0, abs=1e-12)


def test_explained_power_is_all_of_it_for_a_perfect_estimate_and_negative_for_a_wrong_one():
    truth = np.sin(np.arange(200) / 9)
    everywhere = np.ones(200, bool)
    value = explained_power(truth, {LeadSet("I"): truth, LeadSet("V1"): -truth}, everywhere)
    power = 1e6 * np.mean(truth**2)
    assert value == pytest.approx({LeadSet(): 0.0, LeadSet("I"): power, LeadSet("V1"): -3 * power})


def test_explained_power_looks_at_the_window_alone():
    truth, estimate = np.ones(10), np.ones(10)
    estimate[5:] = 7.0
    assert explained_power(truth, {LeadSet("I"): estimate}, np.arange(10) < 5)[LeadSet("I")] == pytest.approx(
        1e6
    )


def test_variance_normalisation_undoes_a_change_of_gain():
    amounts, powers = {"I": 4.0, "V2": 4.0}, {"I": 1.0, "V2": 1.0}
    louder = {"I": 4.0, "V2": 400.0}, {"I": 1.0, "V2": 100.0}
    assert variance_normalised(*louder) == pytest.approx(variance_normalised(amounts, powers))
    assert shares(louder[0])["V2"] > 0.98


def test_amounts_without_a_positive_sum_have_no_shares():
    assert shares({"I": -1.0, "II": 0.5}) is None


def test_rank_agreement_is_spearmans_and_silent_where_it_means_nothing():
    shares = {"I": 1.0, "II": 2.0, "V1": 30.0}
    assert rank_agreement(shares, {"V1": 9.0, "II": 3.0, "I": 1.0}) == pytest.approx(1)
    assert rank_agreement(shares, {"I": 3.0, "II": 2.0, "V1": 1.0}) == pytest.approx(-1)
    assert rank_agreement({"I": 1.0, "II": 2.0}, {"I": 1.0, "II": 2.0}) is None
    assert rank_agreement(shares, dict.fromkeys(shares, 1.0)) is None


def test_permutation_p_counts_the_draws_that_reach_the_observed_amount():
    null = permutation_null({"I": 5.0}, {"I": np.arange(10.0)})
    assert null.p["I"] == pytest.approx(6 / 11) and null.mean["I"] == pytest.approx(4.5)


def test_moving_the_target_in_time_takes_the_contribution_of_a_true_lead_but_not_of_noise():
    rng = np.random.default_rng(1)
    truth, noise = rng.normal(size=(2, 600))
    estimates = {LeadSet("I"): truth, LeadSet("V1"): 0.3 * noise, LeadSet("I V1"): truth}
    null = shift_null(LeadSet("I V1"), truth, estimates, np.ones(600, bool))
    assert null.p["I"] < 0.01 and null.p["V1"] > 0.05
    assert null.observed["I"] > 0.5e6 > null.high["I"]


def test_deleting_the_most_important_lead_first_beats_chance_and_the_reverse_loses():
    weights = {"I": 1.0, "II": 2.0, "V2": 7.0}
    good = lead_curves(LeadSet(weights), weights, additive(weights))
    bad = lead_curves(LeadSet(weights), {lead: -w for lead, w in weights.items()}, additive(weights))
    np.testing.assert_allclose(good.deletion, [1.0, 0.3, 0.1, 0.0])
    np.testing.assert_allclose(good.insertion, [0.0, 0.7, 0.9, 1.0])
    np.testing.assert_allclose(good.random_deletion, [1, 2 / 3, 1 / 3, 0])
    assert good.gain_deletion > 0.1 and bad.gain_deletion < -0.1
    assert good.gain_insertion > 0.1 and bad.gain_insertion < -0.1


def test_patch_curves_know_a_map_that_is_right_from_one_that_is_not():
    truth = np.random.default_rng(0).exponential(size=(3, 20)) ** 2
    right = patch_curves(truth, lambda keep: (keep * truth).sum((1, 2)))
    wrong = patch_curves(-truth, lambda keep: (keep * truth).sum((1, 2)))
    assert right.gain_deletion > 0.2 and right.gain_insertion > 0.2
    assert wrong.gain_deletion < -0.2
    assert right.deletion[0] == right.insertion[-1] == 1 and right.deletion[-1] == right.insertion[0] == 0


def test_beats_that_agree_are_stable_and_their_spread_is_small():
    beats = [{"I": 0.1, "II": 0.3, "V2": 0.6 + 0.01 * k} for k in range(4)]
    assert stability(beats) == pytest.approx(1)
    assert spread(beats)["V2"] == pytest.approx((0.615, np.std([0, 0.01, 0.02, 0.03], ddof=1)))
    assert stability(beats[:1]) is None


def test_a_map_that_repeats_with_the_beat_is_steady_and_noise_is_not():
    rate, r = 100.0, [0.5, 1.5, 2.5, 3.5]
    beat = np.random.default_rng(0).normal(size=(2, 100))
    noise = np.random.default_rng(1).normal(size=(2, 400))
    assert beat_agreement(np.tile(beat, 4), r, rate) == pytest.approx(1)
    assert abs(beat_agreement(noise, r, rate)) < 0.2
    assert beat_agreement(noise, r[:1], rate) is None
    assert beat_agreement(np.zeros((2, 400)), r, rate) is None
    first = np.arange(400) < 60
    assert beat_agreement(np.tile(beat, 4), r, rate, first) is None  # one beat in the window


def test_wave_levels_say_where_in_the_beat_a_map_is_high():
    amounts = np.ones((3, 100))
    amounts[:, 20:30] = 11.0
    levels = wave_levels(
        amounts,
        100.0,
        {"qrs_on": [0.2], "qrs_off": [0.3], "t_on": [0.5], "t_off": [None], "p_on": [0.05], "p_off": [0.1]},
    )
    assert levels == pytest.approx({"P": 0.5, "QRS": 5.5, "ST": 0.5})


def test_waves_become_spans_and_beats_without_them_are_left_out():
    marks = {
        "p_on": [0.8, None],
        "p_off": [0.9, 1.9],
        "qrs_on": [1.0, 2.0],
        "qrs_off": [1.1, 2.1],
        "t_on": [None, None],
        "t_off": [1.5, 2.5],
    }
    assert wave_spans(marks, "P") == [(0.8, 0.9)]
    assert len(wave_spans(marks, "QRS")) == 2
    with pytest.raises(UnusableEcg, match="No beat of these seconds has a T wave"):
        wave_spans(marks, "T")


def test_spans_of_beats_do_not_overlap_and_cut_beats_are_left_out():
    spans = beat_spans([0.1, 1.1, 2.1, 3.1], 3.4)
    np.testing.assert_allclose(spans, [(0.7, 1.7), (1.7, 2.7)])
    assert mask(spans, 340, 100).sum() == 200


def test_a_window_without_a_beat_is_refused_in_a_sentence():
    require_beat([1.0], [(0.9, 1.2)])
    with pytest.raises(UnusableEcg, match="no heart beat in the window from 3 to 3.5 s"):
        require_beat([1.0], [(3.0, 3.5)])


def test_the_sentence_names_the_leads_in_order_with_their_shares():
    weights = {"I": 2.0, "II": 6.1, "V2": 1.9}
    text = in_words(
        contribution_of("V5", LeadSet(weights), additive(weights), dict.fromkeys(weights, 1.0), 12.5)
    )
    assert (
        "For V5 in the whole recording this estimate rests mostly on II (61 %), then I (20 %), V2 (19 %)."
        in text
    )
    assert "explain 80 % of the lead's power" in text


def test_the_sentence_about_one_lead_does_not_compare():
    text = in_words(contribution_of("V5", LeadSet("II"), additive({"II": 3.0}), {"II": 1.0}, 4.0))
    assert text == (
        "For V5 in the whole recording this estimate rests on II alone. It explains 75 % of the lead's power."
    )


def test_the_sentence_says_when_a_lead_harms_and_when_nothing_is_explained():
    weights = {"I": 6.0, "V1": -1.0}
    assert "V1 (−20 %) makes it worse" in in_words(
        contribution_of("V5", LeadSet(weights), additive(weights), weights, None)
    )
    nothing = {"I": -6.0, "V1": 1.0}
    contribution = contribution_of("V5", LeadSet(nothing), additive(nothing), nothing, None)
    assert contribution.shares is None and "explain nothing" in in_words(contribution)
