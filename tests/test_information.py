"""What leads tell about one another: known answers from Gaussian leads, where every estimate's error follows in closed form."""

from __future__ import annotations

import gzip
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from ecgcore import correlation as co
from ecgcore import information as info
from ecgcore.leads import CHEST, INDEPENDENT, STANDARD, LeadSet, all_states
from ecgcore.limb import observation, standard_from_independent

RNG = np.random.default_rng(4)
MIX = RNG.normal(size=(8, 8)) * np.array([3, 2, 1, 0.5, 0.3, 0.2, 0.1, 0.05])
COVARIANCE = MIX @ MIX.T


def table(covariance: np.ndarray) -> pd.DataFrame:
    """The table of states for Gaussian leads of this covariance (uV^2), without sampling error."""
    full, rows = standard_from_independent(), []
    for state in [LeadSet(), *all_states()]:
        left = covariance
        if state:
            see = observation(state)
            left = covariance - covariance @ see.T @ np.linalg.pinv(see @ covariance @ see.T) @ see @ covariance
        rms = np.sqrt(np.clip(np.diag(full @ left @ full.T), 0, None))
        for lead in state.missing if state else STANDARD:
            of_lead = rms[STANDARD.index(lead)]
            rows.append(("w", info.ALL, str(state), lead, 7, 0.5, 0.5, 0.5, of_lead, of_lead))
    return pd.DataFrame(rows, columns=list(info.STATE_COLUMNS))


@pytest.fixture(scope="module")
def known() -> info.Knowledge:
    return info.knowledge(table(COVARIANCE))


def test_nothing_knows_nothing_and_everything_all_and_more_leads_never_less(known):
    assert known(()) == 0 and known(STANDARD) == pytest.approx(1) and known.n == 7
    for state in list(all_states())[::17]:
        for lead in STANDARD:
            assert known((*state, lead)) >= known(state) - 1e-9


def test_all_4096_subsets_have_a_value_and_any_two_limb_leads_the_same(known):
    values = {known(leads) for pair in combinations(STANDARD[:6], 2) for leads in [(*pair, "V2")]}
    assert len(values) == 1
    assert sum(1 for size in range(13) for leads in combinations(STANDARD, size) if 0 <= known(leads) <= 1 + 1e-9) == 4096


@pytest.mark.parametrize("target", ["", "V3", "aVL"])
def test_shapley_values_sum_to_all_there_is_to_know(target):
    known = info.knowledge(table(COVARIANCE), target=target)
    assert sum(info.shapley(known).values()) == pytest.approx(known(known.players) - known(()), abs=1e-12)


def test_shapley_of_independent_leads_is_an_equal_share_each():
    known = info.knowledge(table(np.eye(8)))
    of_eight = info.shapley(known, INDEPENDENT)
    assert np.allclose([of_eight[lead] for lead in INDEPENDENT], 1 / 8)
    assert info.shapley(known)["V1"] == pytest.approx(1 / 8)


def test_twins_share_what_they_know_and_the_second_adds_nothing():
    covariance = np.eye(8)
    covariance[3, 4] = covariance[4, 3] = 1 - 1e-12  # V2 and V3
    known = info.knowledge(table(covariance))
    values = info.shapley(known, INDEPENDENT)
    assert values["V2"] == pytest.approx(values["V3"], abs=1e-6) and known(("V2", "V3")) == pytest.approx(known(("V2",)), abs=1e-6)
    assert known(("V2",)) == pytest.approx(2 / 8, abs=1e-6)


def test_best_sets_beat_greedy_where_greed_misleads():
    # V1 is V2 and V3 with noise of its own, V5 is like V2 and V6 like V3: V1 sees a little of all and comes first, but V2 and V3 know more
    sources = np.eye(8)
    weights = sources.copy()
    weights[2] = 0.67 * (sources[3] + sources[4]) + 0.31 * sources[2]
    weights[5] = sources[3] + 0.3 * sources[5]
    weights[6] = sources[4] + 0.3 * sources[6]
    known = info.knowledge(table(weights @ weights.T))
    best = info.best_sets(known)
    steps = info.greedy(known)
    assert [len(step.leads) for step in best] == list(range(1, 8))
    for optimum, step in zip(best, steps, strict=True):
        assert step.value <= optimum.value + 1e-12
    assert steps[0].leads == best[0].leads == LeadSet("V1")
    assert steps[1].value < best[1].value - 0.01 and best[1].leads == LeadSet("V2 V3")


def test_ranking_is_by_enumeration(known):
    brute = max((known(leads), LeadSet(leads)) for leads in combinations(INDEPENDENT, 3))
    assert info.best_sets(known, [3])[0].value >= brute[0] - 1e-12
    assert all(len(step.leads) == 3 for step in info.ranking(known, 3))


def test_the_next_lead_is_never_one_that_follows_already_nor_the_target():
    known = info.knowledge(table(COVARIANCE), target="V3")
    added = [step.added for step in info.next_leads(known, "I II V2")]
    assert set(added) == {"V1", "V4", "V5", "V6"}
    values = [step.value for step in info.next_leads(known, "I II V2")]
    assert values == sorted(values, reverse=True)
    assert info.next_leads(known, "I V3") == []


def records() -> pd.DataFrame:
    """Every lead is estimated with r = .9, V3 with .5; record 1 is all .1 worse."""
    rows = []
    for inputs in info.PAPER_SETS:
        for record in range(4):
            for lead in LeadSet(STANDARD) - inputs.determined:
                r = (0.5 if lead == "V3" else 0.9) - (0.1 if record == 1 else 0.0)
                rows.append(("w", str(inputs), record, record // 2, "MI+CD" if record < 2 else "", lead, r, 100 * (1 - r)))
    return pd.DataFrame(rows, columns=list(info.RECORD_COLUMNS))


def test_the_papers_convention_rewards_the_set_that_holds_the_hard_lead_and_common_targets_do_not():
    rows = {row.inputs: row for row in info.paper_rows(records(), resamples=50)}
    assert len(rows) == 25
    with_v3, with_v6 = rows[LeadSet("I II V3")], rows[LeadSet("I II V6")]
    assert with_v3.own.value == pytest.approx(0.875) and with_v6.own.value == pytest.approx((4 * 0.9 + 0.5) / 5 - 0.025)
    targets, test = info.compare(records(), LeadSet("I II V3"), LeadSet("I II V6"))
    assert targets == ("V1", "V2", "V4", "V5") and test.difference.value == pytest.approx(0)
    assert "V3" not in with_v3.cells and with_v3.own.n_patients == 2
    assert with_v6.common.value == pytest.approx((5 * with_v6.own.value + 1) / 6)
    assert info.compare(records(), LeadSet("I II V1 V2"), LeadSet("I II V1 V2"))[0] == ("V3", "V4", "V5", "V6")


def test_groups_are_by_whole_name():
    assert info.paper_rows(records(), group="MI", resamples=20)[0].own.n_records == 2
    assert info.paper_rows(records(), group="M", resamples=20) == []


def test_the_papers_findings_are_judged_by_the_numbers():
    rows = info.paper_rows(records(), resamples=20)
    verdicts = {text: holds for text, holds, _ in info.findings(rows)}
    assert verdicts["V3 is the best third lead"] and not verdicts["V3 and V4 are the hardest from one limb lead"]


def test_tables_of_states_are_read_back_and_files_of_another_kind_refused(tmp_path):
    path = tmp_path / info.STATES_FILE
    table(COVARIANCE).to_csv(path, index=False)
    back = info.read_table(path)
    assert info.knowledge(back)(("V2",)) == pytest.approx(info.knowledge(table(COVARIANCE))(("V2",)))
    assert set(info.figures_of(back, "I III V2")) == set(CHEST) - {"V2"}
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    with pytest.raises(ValueError, match="no column"):
        info.read_table(path)


def test_correlations_obey_einthoven_and_conditioning_is_the_textbooks():
    matrix = co.correlation(COVARIANCE)
    sd = np.sqrt(np.diag(standard_from_independent() @ COVARIANCE @ standard_from_independent().T))
    covariance = matrix * np.outer(sd, sd)
    one, two, three = (STANDARD.index(lead) for lead in ("I", "II", "III"))
    assert np.allclose(covariance[three], covariance[two] - covariance[one])
    left, partial, share = co.conditional(COVARIANCE, LeadSet("I II"))
    precision = np.linalg.inv(COVARIANCE)[2:, 2:]
    expected = np.linalg.inv(precision)
    expected = expected / np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert left == CHEST and np.allclose(partial, expected, atol=1e-5) and (share < 1).all()


def test_lagged_correlations_take_the_column_lead_at_the_other_time():
    x = RNG.normal(size=(1, 4001))
    later = np.roll(x, 1)
    leads = np.concatenate([np.concatenate([x, later]), RNG.normal(size=(6, 4001))])  # II is I one sample later
    stack = np.concatenate([leads[:, 0:-2], leads[:, 1:-1], leads[:, 2:]])
    covariance = stack @ stack.T
    ahead = co.correlation(covariance, 3, 1, centre=1)
    assert ahead[0, 1] > 0.99 and abs(ahead[1, 0]) < 0.1 and np.allclose(np.diag(co.correlation(covariance, 3, 0, centre=1)), 1)


def test_becos_exchanged_columns_fit_einthoven_only_after_the_exchange():
    for lead, sign in (("II", -1), ("I", -1)):
        row = co.printed(lead)
        assert len(row) == 11 and row["aVR"] > 0 and co.exchanged(row)["aVR"] * sign > 0.8
    # with r(I, II) > 0 the correlation of either with -(I + II) / 2 is negative, whatever the amplitudes
    assert all(co.printed(lead, "PTB")["aVR"] < 0 for lead in ("I", "II"))
