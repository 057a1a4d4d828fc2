"""What leads tell about one another: known answers from Gaussian leads, where every estimate's error follows
in closed form."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from ecgcore.datasets.diagnoses import ALL
from ecgcore.lead_algebra import observation, standard_from_independent
from ecgcore.leads import CHEST, INDEPENDENT, STANDARD, LeadSet, all_states
from ecgcore.studies.lead_information import correlation as co
from ecgcore.studies.lead_information import lead_sets as info
from ecgcore.studies.lead_information.states import ScoredStates, losses, together

RNG = np.random.default_rng(4)
MIX = RNG.normal(size=(8, 8)) * np.array([3, 2, 1, 0.5, 0.3, 0.2, 0.1, 0.05])
COVARIANCE = 1e6 * MIX @ MIX.T


def table(covariance: np.ndarray, n: int = 1, states=info.ORDER[:-1]) -> ScoredStates:
    """Gaussian leads of this covariance (uV^2), without sampling error: n recordings alike."""
    full = standard_from_independent()
    r, rmse = (np.full((len(states), 12, n), np.nan, np.float32) for _ in range(2))
    for number, state in enumerate(states):
        left = covariance
        if state:
            see = observation(state)
            left = (
                covariance - covariance @ see.T @ np.linalg.pinv(see @ covariance @ see.T) @ see @ covariance
            )
        rms = np.sqrt(np.clip(np.diag(full @ left @ full.T), 0, None))
        for lead in state.missing if state else STANDARD:
            row = STANDARD.index(lead)
            rmse[number, row], r[number, row] = rms[row], 0.5
    return ScoredStates(
        "m", "w", "these", "said", tuple(states), r, rmse, np.arange(n), {ALL: np.ones(n, bool)}
    )


@pytest.fixture(scope="module")
def knowledge() -> info.Knowledge:
    return table(COVARIANCE).knowledge()


def test_nothing_knows_nothing_and_everything_all_and_more_leads_never_less(knowledge):
    assert knowledge(()) == 0 and knowledge(STANDARD) == pytest.approx(1) and knowledge.n == 1
    for state in list(all_states())[::17]:
        for lead in STANDARD:
            assert knowledge((*state, lead)) >= knowledge(state) - 1e-6


def test_all_4096_subsets_have_a_value_and_any_two_limb_leads_the_same(knowledge):
    values = {knowledge(leads) for pair in combinations(STANDARD[:6], 2) for leads in [(*pair, "V2")]}
    assert len(values) == 1
    assert (
        sum(
            1
            for size in range(13)
            for leads in combinations(STANDARD, size)
            if 0 <= knowledge(leads) <= 1 + 1e-9
        )
        == 4096
    )


@pytest.mark.parametrize("target", ["", "V3", "aVL"])
def test_shapley_values_sum_to_all_there_is_to_know(target):
    knowledge = table(COVARIANCE).knowledge(target=target)
    assert sum(info.shapley(knowledge).values()) == pytest.approx(
        knowledge(knowledge.players) - knowledge(()), abs=1e-9
    )


def test_shapley_is_the_mean_over_all_orders():
    knowledge = table(COVARIANCE).knowledge()
    players, shares = LeadSet("I III V1 V2"), dict.fromkeys(("I", "III", "V1", "V2"), 0.0)
    from itertools import permutations

    for order in permutations(players):
        for at, lead in enumerate(order):
            shares[lead] += (knowledge(order[: at + 1]) - knowledge(order[:at])) / 24
    assert info.shapley(knowledge, players) == pytest.approx(shares)


def test_shapley_of_independent_leads_is_an_equal_share_each():
    knowledge = table(1e6 * np.eye(8)).knowledge()
    of_eight = info.shapley(knowledge, INDEPENDENT)
    assert np.allclose([of_eight[lead] for lead in INDEPENDENT], 1 / 8)
    assert info.shapley(knowledge)["V1"] == pytest.approx(1 / 8)


def test_twins_share_what_they_know_and_the_second_adds_nothing():
    covariance = np.eye(8)
    covariance[3, 4] = covariance[4, 3] = 1 - 1e-12  # V2 and V3
    knowledge = table(1e6 * covariance).knowledge()
    values = info.shapley(knowledge, INDEPENDENT)
    assert values["V2"] == pytest.approx(values["V3"], abs=1e-5) and knowledge(("V2", "V3")) == pytest.approx(
        knowledge(("V2",)), abs=1e-5
    )
    assert knowledge(("V2",)) == pytest.approx(2 / 8, abs=1e-5)


def test_best_sets_beat_greedy_where_greed_misleads():
    # V1 is V2 and V3 with noise of its own, V5 is like V2 and V6 like V3: V1 sees a little of all and comes
    # first, but V2 and V3 know more
    sources = np.eye(8)
    weights = sources.copy()
    weights[2] = 0.67 * (sources[3] + sources[4]) + 0.31 * sources[2]
    weights[5] = sources[3] + 0.3 * sources[5]
    weights[6] = sources[4] + 0.3 * sources[6]
    knowledge = table(1e6 * weights @ weights.T).knowledge()
    best = [best_set.step for best_set in info.best_sets(knowledge)]
    steps = info.greedy(knowledge)
    assert [len(step.leads) for step in best] == list(range(1, 8))
    for optimum, step in zip(best, steps, strict=True):
        assert step.value <= optimum.value + 1e-6
    assert steps[0].leads == best[0].leads == LeadSet("V1")
    assert steps[1].value < best[1].value - 0.01 and best[1].leads == LeadSet("V2 V3")
    assert best[1].gain == pytest.approx(best[1].value - best[0].value)


def test_the_best_set_is_found_by_enumeration(knowledge):
    brute = max((knowledge(leads), LeadSet(leads)) for leads in combinations(INDEPENDENT, 3))
    assert info.best_sets(knowledge, [3])[0].step.value >= brute[0] - 1e-12


def test_the_next_lead_is_never_one_that_follows_already_nor_the_target():
    knowledge = table(COVARIANCE).knowledge(target="V3")
    added = [step.added for step in info.next_leads(knowledge, "I II V2")]
    assert set(added) == {"V1", "V4", "V5", "V6"}
    values = [step.value for step in info.next_leads(knowledge, "I II V2")]
    assert values == sorted(values, reverse=True)
    assert info.next_leads(knowledge, "I V3") == []


# -- intervals -----------------------------------------------------------------------------------------------


def two_kinds() -> ScoredStates:
    """Forty patients of two recordings: in half of them V2 alone leaves nothing, in the others V5 alone; all
    leads have 100 uV."""
    states = (LeadSet(), *all_states())
    rmse = np.full((len(states), 12, 80), np.nan, np.float32)
    kind = np.repeat(np.arange(40) % 2, 2)
    for number, state in enumerate(states):
        for lead in state.missing if state else STANDARD:
            good = np.where(kind == 0, "V2" in state, "V5" in state)
            rmse[number, STANDARD.index(lead)] = np.where(good, 0, 100)
    groups = {ALL: np.ones(80, bool), "front": kind == 0}
    return ScoredStates(
        "m", "w", "these", "said", states, rmse * 0 + 0.5, rmse, np.repeat(np.arange(40), 2), groups
    )


def test_intervals_are_over_patients_and_hold_the_value():
    knowledge = two_kinds().knowledge(resamples=1000)
    step = knowledge.step(LeadSet("V2"))
    assert knowledge.n == 80 and knowledge.n_patients == 40
    # V2 known fully, the seven others in half of the patients: 1/8 + 7/8 * .5; the half has the spread of 40
    # draws
    assert step.value == pytest.approx(1 / 8 + 7 / 16)
    spread = 7 / 8 * 0.5 / np.sqrt(40)
    assert step.range == pytest.approx((step.value - 1.96 * spread, step.value + 1.96 * spread), abs=0.025)


def test_sets_that_chance_could_exchange_are_called_as_good_and_those_it_could_not_are_not():
    both = info.best_sets(two_kinds().knowledge(resamples=500), [1])[0]
    assert both.step.leads in (LeadSet("V2"), LeadSet("V5")) and 0.35 < both.chosen < 0.65
    assert {step.leads for step in both.rivals} == {LeadSet("V2"), LeadSet("V5")} - {both.step.leads}
    front = info.best_sets(two_kinds().knowledge("front", resamples=500), [1])[0]
    assert front.step.leads == LeadSet("V2") and front.chosen == 1 and not front.rivals
    assert info.best_sets(two_kinds().knowledge(resamples=0), [1])[0].rivals == ()


def test_intervals_of_shapley_values_follow_from_the_same_resamples():
    knowledge = two_kinds().knowledge(resamples=300)
    values, ranges = info.shapley(knowledge), info.shapley_ranges(knowledge)
    for lead in STANDARD:
        assert ranges[lead][0] - 1e-6 <= values[lead] <= ranges[lead][1] + 1e-6
    assert ranges["V2"][1] - ranges["V2"][0] > 0.1 and sum(values.values()) == pytest.approx(1)


# -- the file ------------------------------------------------------------------------------------------------


def test_the_file_comes_back_to_half_a_unit_and_other_files_are_refused(tmp_path):
    rng = np.random.default_rng(0)
    states = (LeadSet(), LeadSet("I II"), LeadSet("V2"))
    rmse = rng.uniform(10, 300, (3, 12, 5)).astype(np.float32)
    for number, state in enumerate(states[1:], 1):
        for lead in state.determined:
            rmse[number, STANDARD.index(lead)] = np.nan
    r = np.where(np.isfinite(rmse), rng.uniform(-1, 1, rmse.shape), np.nan).astype(np.float32)
    r[1, 7, 2] = np.nan  # a constant trace
    there = ScoredStates(
        "m",
        "w",
        "these",
        "said",
        states,
        r,
        rmse,
        np.array([0, 0, 1, 2, 3]),
        {ALL: np.ones(5, bool), "MI": np.arange(5) > 2},
    )
    path = tmp_path / "lead_information.npz"
    there.save(path)
    back = ScoredStates.read(path)
    assert (
        back.states == states
        and back.weights == "w"
        and back.counts() == {ALL: 5, "MI": 2}
        and not back.complete
    )
    np.testing.assert_allclose(back.rmse, rmse, atol=0.5001)
    np.testing.assert_allclose(back.r, r, atol=0.0005001)
    assert back.figures("V2")["V3"].rmse.value == pytest.approx(np.rint(rmse[2, 8]).mean())
    assert set(back.figures("III aVF")) == set(CHEST) and back.figures("V1") == {}
    path.write_bytes(b"no table")
    with pytest.raises(ValueError, match="no table"):
        ScoredStates.read(path)


@pytest.mark.slow
def test_steps_that_hurt_are_found_and_the_rest_is_not():
    """r grows with the number of leads but for one step of one lead; of two records the one without an r in
    both does not count."""
    whole = table(COVARIANCE, n=2)
    rise = np.array([0.1 * len(state) for state in whole.states])[:, None, None]
    altered = replace(whole, r=np.where(np.isfinite(whole.r), rise, np.nan).astype(np.float32))
    assert losses(altered).count == 0 and losses(altered).worst > 0
    altered.r[altered.place[LeadSet("V1 V4")], STANDARD.index("V6")] = [0.094, np.nan]
    steps = losses(altered)
    assert steps.count == 2 and steps.worst == pytest.approx(-0.006, abs=1e-4)
    assert set(steps.at[0]) | {steps.at[1]} == {"V1", "V4"} and steps.at[2] == "V6"
    assert steps.steps == losses(whole).steps and "2 of " in str(steps)
    assert steps.worst_mean == pytest.approx(
        (5 * 0.1 - 0.006) / 6, abs=1e-4
    )  # of I, II, V2, V3, V5 and V6; of the limb leads two are learned
    assert set(steps.mean_at[0]) | {steps.mean_at[1]} == {"V1", "V4"}


def test_models_of_fixed_leads_are_put_together_only_on_the_same_recordings():
    first, other = (table(COVARIANCE, 3, (LeadSet(), LeadSet(leads))) for leads in ("I II", "I II V2"))
    both = together("family", [first, other])
    assert both.states == (LeadSet(), LeadSet("I II"), LeadSet("I II V2")) and both.weights == "w w"
    np.testing.assert_array_equal(both.of("I II V2", "rmse_uv"), other.of("I II V2", "rmse_uv"))
    with pytest.raises(ValueError, match="different recordings"):
        together("family", [first, replace(other, recordings="others")])


# -- correlations --------------------------------------------------------------------------------------------


def test_correlations_obey_einthoven_and_conditioning_is_the_textbooks():
    covariance = COVARIANCE / 1e6
    matrix = co.correlation(covariance)
    sd = np.sqrt(np.diag(standard_from_independent() @ covariance @ standard_from_independent().T))
    full = matrix * np.outer(sd, sd)
    first, two, three = (STANDARD.index(lead) for lead in ("I", "II", "III"))
    assert np.allclose(full[three], full[two] - full[first])
    left, partial, share = co.conditional(covariance, LeadSet("I II"))
    precision = np.linalg.inv(covariance)[2:, 2:]
    expected = np.linalg.inv(precision)
    expected = expected / np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert left == CHEST and np.allclose(partial, expected, atol=1e-5) and (share < 1).all()
    nothing = co.conditional(covariance, LeadSet())
    assert np.allclose(nothing[1], matrix[6:, 6:]) and (nothing[2] == 1).all()


def test_lagged_correlations_take_the_column_lead_at_the_other_time():
    x = RNG.normal(size=(1, 4001))
    later = np.roll(x, 1)
    leads = np.concatenate(
        [np.concatenate([x, later]), RNG.normal(size=(6, 4001))]
    )  # II is I one sample later
    stack = np.concatenate([leads[:, 0:-2], leads[:, 1:-1], leads[:, 2:]])
    covariance = stack @ stack.T
    ahead = co.correlation(covariance, 3, 1, centre=1)
    assert (
        ahead[0, 1] > 0.99
        and abs(ahead[1, 0]) < 0.1
        and np.allclose(np.diag(co.correlation(covariance, 3, 0, centre=1)), 1)
    )


def test_becos_exchanged_columns_fit_einthoven_only_after_the_exchange():
    for lead, sign in (("II", -1), ("I", -1)):
        row = co.printed(lead)
        assert len(row) == 11 and row["aVR"] > 0 and co.exchanged(row)["aVR"] * sign > 0.8
    # with r(I, II) > 0 the correlation of either with -(I + II) / 2 is negative, whatever the amplitudes
    assert all(co.printed(lead, "PTB")["aVR"] < 0 for lead in ("I", "II"))


@pytest.mark.skipif(
    not (Path(__file__).parents[3] / "models/trained" / co.TABLE_FILE).is_file(),
    reason="models.studies.lead_correlation was not run",
)
def test_measured_under_becos_protocol_the_exchanged_columns_are_ours():
    measured = co.read_measured(Path(__file__).parents[3] / "models/trained" / co.TABLE_FILE)
    for lead in ("I", "II"):
        ours, printed = measured.row(lead), co.printed(lead)
        exchanged = co.exchanged(printed)
        for other in ours:
            assert abs(exchanged[other] - ours[other].value) < 0.15
        assert min(abs(printed[other] - ours[other].value) for other in ("aVR", "aVL")) > 0.5
    assert np.allclose(measured.matrix(), measured.matrix().T)
