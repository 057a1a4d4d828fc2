"""The personal estimate: what the reference says is used where it holds, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.evaluation.metrics import lead_metrics
from ecgcore.lead_algebra import standard_from_independent
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from ecgcore.synthetic import Heart, simulate
from models.person.reference import Reference, beginning, from_start, personal_estimate

INPUTS = LeadSet("I II")


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


def test_of_what_follows_the_reference_the_input_leads_alone_are_seen(ecg):
    hidden = ecg.signals.copy()
    hidden[[STANDARD.index(lead) for lead in ("V1", "V4")], 500:] *= -3
    for seen in (ecg, ecg.replace(signals=hidden)):
        result = from_start(seen, 2.0, INPUTS, "any-subset")
        part = personal_estimate(seen.pick(INPUTS), INPUTS, "any-subset", beginning(ecg, 2.0))
        np.testing.assert_array_equal(result.personal.ecg.signals, part.personal.ecg.signals)
    alone = personal_estimate(ecg, INPUTS, "any-subset", Reference(ecg.cut(0, 2.0), "session"))
    assert not np.array_equal(alone.personal.ecg.signals, result.personal.ecg.signals)
    assert error(ecg, result.personal.ecg, 2.0) < error(ecg, alone.personal.ecg, 2.0)


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
