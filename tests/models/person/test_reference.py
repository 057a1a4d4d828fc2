"""The personal estimate: what the reference says is used where it holds, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.evaluation.metrics import lead_metrics
from ecgcore.lead_algebra import standard_from_independent
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from ecgcore.measurements.beats import Beats
from ecgcore.synthetic import Heart, simulate
from models.person.beats import RATE
from models.person.reference import (
    BEAT_RATE,
    Correction,
    Recipe,
    Reference,
    apply,
    fit,
    from_start,
    lagged,
    personal_estimate,
    second_half,
)

INPUTS = LeadSet("I II")
NO_BEATS = Beats(np.zeros(0, int), np.zeros(0, int))


@pytest.fixture(scope="module")
def ecg() -> Ecg:
    return simulate(Heart(rate=66, noise_uv=5.0), 250.0, seed=3)


def error(ecg: Ecg, estimate: Ecg, first: float = 0.0) -> float:
    start = round(first * ecg.rate)
    return float(
        np.mean(
            [lead_metrics(ecg[lead][start:], estimate[lead][start:])["rmse_uv"] for lead in INDEPENDENT[2:]]
        )
    )


def rows(n: int = 1000, seed: int = 0) -> np.ndarray:
    """(8, n) independent samples: every shift says something of its own."""
    return np.random.default_rng(seed).normal(size=(8, n))


def test_a_linear_miss_is_learned_from_one_part_and_holds_in_the_other():
    estimate = rows()
    matrix = np.random.default_rng(1).normal(scale=0.3, size=(8, len(lagged(estimate))))
    truth = estimate + matrix @ lagged(estimate)
    correction = fit(truth[:, :600], estimate[:, :600], NO_BEATS, Recipe(1e-9, 1.0, 0.0))
    left = truth - estimate - apply(correction, estimate, NO_BEATS)
    assert left[:, 620:-30].std() < 0.06 * (truth - estimate)[:, 620:-30].std()
    before, after = second_half(truth, estimate, NO_BEATS, Recipe(1e-6, 1.0, 0.0))
    assert after < 0.2 * before


def test_the_residual_beat_is_laid_on_beats_of_the_same_kind_alone():
    beat = np.ones((8, 80))
    beats = Beats(np.array([1000, 2500, 4000]), np.array([0, 1, 0]))
    correction = Correction(np.zeros((8, 8 * 15)), beat, Recipe(0.1, 1.0, 1.0))
    added = apply(correction, np.zeros((8, 1000)), beats)
    r = (beats.at * RATE / BEAT_RATE).astype(int)
    assert added[:, r[0]] == pytest.approx(1) and added[:, r[2]] == pytest.approx(1)
    assert not added[:, r[1] - 25 : r[1] + 45].any()


def test_the_person_s_reference_lowers_the_error_and_touches_no_input_or_derived_lead(ecg):
    result = from_start(ecg, 2.0, INPUTS, "linear")
    assert result.used and result.similarity > 0.95
    assert error(ecg, result.personal.ecg, 2.0) < 0.6 * error(ecg, result.generic.ecg, 2.0)
    for lead in result.generic.leads_that_are("measured", "derived"):
        np.testing.assert_array_equal(result.personal.ecg[lead], result.generic.ecg[lead])
    assert result.personal.fitted_until == 2.0 and result.generic.fitted_until == 0.0


def test_estimated_limb_leads_obey_einthoven_after_the_correction(ecg):
    personal = from_start(ecg, 3.0, LeadSet("II"), "linear").personal.ecg
    eight = np.stack([personal[lead] for lead in INDEPENDENT])
    np.testing.assert_allclose(personal.signals, standard_from_independent() @ eight, atol=2e-5)


def test_another_visit_counts_in_part(ecg):
    later = simulate(Heart(rate=75, noise_uv=5.0), 250.0, seed=9)
    visit = personal_estimate(later, INPUTS, "linear", Reference(ecg, "visit"))
    session = personal_estimate(later, INPUTS, "linear", Reference(ecg, "session"))
    assert visit.used
    moved = [
        np.abs(result.personal.ecg.signals - result.generic.ecg.signals).mean() for result in (visit, session)
    ]
    assert 0 < moved[0] < moved[1]
    assert error(later, visit.personal.ecg) < error(later, visit.generic.ecg)


def test_a_reference_whose_beats_are_of_another_kind_is_refused(ecg):
    inverted = ecg.replace(signals=-ecg.signals)
    result = personal_estimate(ecg, INPUTS, "linear", Reference(inverted, "session"))
    assert not result.used and "unlike" in result.reason
    assert result.personal is result.generic


def test_a_reference_whose_limb_leads_contradict_each_other_is_refused(ecg):
    signals = ecg.signals.copy()
    signals[STANDARD.index("III")] *= -1
    result = personal_estimate(ecg, INPUTS, "linear", Reference(ecg.replace(signals=signals), "visit"))
    assert not result.used and "contradict" in result.reason


def test_a_reference_with_exchanged_electrodes_is_refused_and_so_are_those_of_today(ecg):
    swapped = ecg.replace(
        signals=np.stack([ecg[{"V2": "V5", "V5": "V2"}.get(lead, lead)] for lead in ecg.leads])
    )
    inputs = LeadSet("I II V2 V5")
    result = personal_estimate(ecg, inputs, "any-subset", Reference(swapped, "visit"))
    assert not result.used and "In the reference: V2 and V5 look exchanged" in result.reason
    result = personal_estimate(swapped, inputs, "any-subset", Reference(ecg, "visit"))
    assert not result.used and "Beside the reference: V2 and V5 look exchanged" in result.reason


def test_premature_beats_keep_the_generic_estimate():
    ecg = simulate(Heart(rate=75, premature=5), 250.0, seed=4)
    result = personal_estimate(ecg, INPUTS, "linear", Reference(ecg.cut(0, 3), "session"))
    assert result.used
    same = np.all(result.personal.ecg.signals == result.generic.ecg.signals, axis=0)
    assert 0.02 < same.mean() < 0.6


def test_a_reference_needs_twelve_leads_and_a_second(ecg):
    with pytest.raises(UnusableEcg, match="needs all twelve leads; V1"):
        Reference(ecg.pick(LeadSet("I II")), "visit")
    with pytest.raises(UnusableEcg, match=r"lasts 0\.5 s"):
        Reference(ecg.cut(0, 0.5), "session")
    with pytest.raises(UnusableEcg, match="nothing would be left"):
        from_start(ecg, ecg.duration, INPUTS, "linear")


def test_without_calibration_there_is_no_interval_rather_than_the_generic_one(ecg):
    result = from_start(ecg, 2.0, INPUTS, "linear")
    assert result.generic.interval is not None and result.personal.interval is None
