"""Reconstruction of leads known part of the time, by a model whose answers are known."""

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.lead_algebra import LIMB_FROM_I_II
from ecgcore.leads import LIMB, STANDARD, LeadSet
from ecgcore.partial import PartialEcg, Stretch, cut_into_page, where
from ecgcore.synthetic import Heart, simulate
from models.partial import FADE_S, reconstruct_partial
from models.reconstruct import reconstruct

MODEL = "linear"


@pytest.fixture(scope="module")
def truth():
    return simulate(Heart(), rate=250, seconds=10)


@pytest.fixture(scope="module")
def page(truth):
    return cut_into_page(truth, rhythm="II")


@pytest.fixture(scope="module")
def reconstruction(page):
    return reconstruct_partial(page, MODEL)


def test_all_leads_known_all_the_time_come_back_unchanged(truth):
    reconstruction = reconstruct_partial(PartialEcg.from_ecg(truth), MODEL)
    assert np.array_equal(reconstruction.ecg.signals, truth.signals)
    assert all([part.source for part in reconstruction.parts(lead)] == ["measured"] for lead in STANDARD)


def test_leads_known_all_the_time_give_what_the_model_gives(truth):
    inputs = LeadSet("I II V2")
    reconstruction = reconstruct_partial(PartialEcg.from_ecg(truth.pick(inputs)), MODEL)
    plain = reconstruct(truth, inputs, MODEL)
    assert np.allclose(reconstruction.ecg.signals, plain.ecg.signals, atol=1e-6)
    assert np.allclose(reconstruction.interval, plain.interval)
    assert reconstruction.weights == plain.weights


def test_recorded_and_derived_samples_are_never_moved(truth, reconstruction):
    for row, lead in enumerate(STANDARD):
        assert np.array_equal(
            reconstruction.ecg[lead][where(reconstruction, lead, "measured")],
            truth[lead][where(reconstruction, lead, "measured")],
        )
        exact = where(reconstruction, lead, "derived")
        assert np.allclose(reconstruction.ecg[lead][exact], truth[lead][exact], atol=1e-6)
        assert not reconstruction.interval[row][~where(reconstruction, lead, "estimated")].any()


def test_no_seam_is_left_between_the_moments(page, reconstruction):
    """A step at a join is no larger than what the traces do elsewhere around it."""
    for lead in STANDARD:
        jump = np.abs(np.diff(reconstruction.ecg[lead]))
        for moment in page.moments[1:]:
            edge = moment.first
            near = np.concatenate([jump[edge - 4 : edge - 1], jump[edge : edge + 3]])
            assert jump[edge - 1] <= 2 * near.max() + 0.004, (lead, edge)


def test_the_join_reaches_no_further_than_the_fade(truth, page):
    reconstruction = reconstruct_partial(page, MODEL, person=False)
    inputs, first, stop = page.moments[2].leads, page.moments[2].first, page.moments[2].stop
    plain = reconstruct(truth.replace(signals=truth.signals[:, first:stop]), inputs, MODEL)
    away = slice(round(FADE_S * 250) + 1, stop - first - round(FADE_S * 250) - 1)
    assert np.allclose(
        reconstruction.ecg.signals[:, first:stop][:, away], plain.ecg.signals[:, away], atol=2e-5
    )


def test_the_limb_laws_hold_everywhere(reconstruction):
    for lead in LIMB:
        lawful = np.array(LIMB_FROM_I_II[lead]) @ reconstruction.ecg.signals[:2]
        assert np.allclose(reconstruction.ecg[lead], lawful, atol=1e-5)


def test_a_lead_that_falls_off_is_estimated_from_then_on(truth):
    rows = {lead: truth[lead].astype(float).copy() for lead in STANDARD}
    rows["V2"][1500:] = np.nan
    reconstruction = reconstruct_partial(PartialEcg.from_gaps(rows, truth.rate), MODEL)
    assert [(part.stop, part.source) for part in reconstruction.parts("V2")] == [
        (1500, "measured"),
        (2500, "estimated"),
    ]
    assert np.corrcoef(reconstruction.ecg["V2"][1500:], truth["V2"][1500:])[0, 1] > 0.8
    assert np.array_equal(reconstruction.ecg["V5"], truth["V5"])


def test_a_short_moment_is_estimated_from_what_is_known_around_it(truth):
    """Twenty milliseconds between two columns in which the rhythm strip alone is known."""
    stretches = [Stretch("II", 0, truth["II"])]
    stretches += [Stretch(lead, 0, truth[lead][:1250]) for lead in ("I", "V1")]
    stretches += [Stretch(lead, 1255, truth[lead][1255:]) for lead in ("V4", "V5")]
    reconstruction = reconstruct_partial(PartialEcg(tuple(stretches), 2500, 250), MODEL)
    assert [tuple(moment.leads) for moment in reconstruction.moments] == [
        ("I", "II", "V1"),
        ("II",),
        ("II", "V4", "V5"),
    ]
    assert np.isfinite(reconstruction.ecg.signals).all()


def test_a_moment_without_leads_is_bridged_when_short_and_refused_when_long(truth):
    def page_with_hole(samples):
        first = [Stretch(lead, 0, truth[lead][:1250]) for lead in ("I", "II")]
        second = [Stretch(lead, 1250 + samples, truth[lead][1250 + samples :]) for lead in ("V1", "V2")]
        return PartialEcg((*first, *second), 2500, 250)

    reconstruction = reconstruct_partial(page_with_hole(25), MODEL)
    assert np.isfinite(reconstruction.ecg.signals).all()
    assert (reconstruction.interval[:, 1255:1270] > 0).all()
    assert "straight line" in reconstruction.warnings[-1]
    with pytest.raises(UnusableEcg, match=r"From 5.00 to 5.60 s no lead is known"):
        reconstruct_partial(page_with_hole(150), MODEL)


def test_models_that_need_all_leads_for_a_while_are_refused(page):
    from models.reconstruct import available

    personal = next(info.name for info in available() if info.personal)
    with pytest.raises(UnusableEcg, match="fitted on the recording itself"):
        reconstruct_partial(page, personal)


def test_a_lead_s_own_beats_complete_it(truth, page, reconstruction):
    """The strip alone cannot know this chest; each lead's own stretch tells it."""
    plain = reconstruct_partial(page, MODEL, person=False)
    errors = {}
    for name, result in (("own", reconstruction), ("plain", plain)):
        rows = [(lead, where(result, lead, "estimated")) for lead in STANDARD]
        errors[name] = np.mean(
            [np.std((result.ecg[lead] - truth[lead])[at]) for lead, at in rows if at.any()]
        )
    assert errors["own"] < 0.65 * errors["plain"]
