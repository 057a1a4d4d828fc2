"""Leads known part of the time: what is known when, and what each stretch of a reconstruction is."""

import pickle

import numpy as np
import pytest

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.partial import (
    Moment,
    PartialEcg,
    PartialReconstruction,
    Stretch,
    cut_into_page,
    parts,
    runs,
    where,
)
from ecgcore.synthetic import Heart, simulate

RATE = 100.0


@pytest.fixture(scope="module")
def truth():
    return simulate(Heart(), rate=RATE, seconds=10)


def test_a_page_has_four_moments_of_three_leads(truth):
    page = cut_into_page(truth)
    assert [tuple(moment.leads) for moment in page.moments] == [STANDARD[n : n + 3] for n in (0, 3, 6, 9)]
    assert [(moment.first, moment.stop) for moment in page.moments] == [
        (0, 250),
        (250, 500),
        (500, 750),
        (750, 1000),
    ]
    assert page.throughout() is None


def test_a_rhythm_strip_is_known_at_every_moment(truth):
    page = cut_into_page(truth, rhythm="II")
    assert all("II" in moment.leads for moment in page.moments)
    assert np.array_equal(page.throughout()["II"], truth["II"])
    assert page.around(500, 750, LeadSet("II")) == (0, 1000)
    assert page.around(500, 750, LeadSet("II V1")) == (500, 750)


def test_a_recording_of_whole_leads_is_one_moment(truth):
    page = PartialEcg.from_ecg(truth)
    assert page.moments == (Moment(0, 1000, LeadSet(STANDARD)),)
    assert page.throughout().digest == truth.digest


def test_gaps_become_stretches_and_short_ones_are_bridged_with_a_note(truth):
    rows = {lead: truth[lead].astype(float).copy() for lead in ("I", "V1", "V2")}
    rows["I"][400:600] = np.nan
    rows["V1"][300:310] = np.nan
    rows["V2"][40:] = np.nan
    page = PartialEcg.from_gaps(rows, RATE, name="page")
    assert [(stretch.lead, stretch.first, stretch.stop) for stretch in page.stretches] == [
        ("I", 0, 400),
        ("I", 600, 1000),
        ("V1", 0, 1000),
    ]
    assert [text.split()[-1] for text in page.notes] == ["V1.", "V2."]
    v1 = next(stretch for stretch in page.stretches if stretch.lead == "V1").samples
    assert np.allclose(np.diff(v1[299:311]), (v1[310] - v1[299]) / 11, atol=1e-6)
    assert sum(stretch.stop - stretch.first for stretch in page.stretches if stretch.lead == "I") == 800


def test_nothing_in_the_value_is_not_a_number_or_writeable(truth):
    with pytest.raises(UnusableEcg, match="not numbers"):
        PartialEcg((Stretch("I", 0, np.array([0.0, np.nan])),), 2, RATE)
    stretch = cut_into_page(truth).stretches[0]
    with pytest.raises(ValueError, match="read-only"):
        stretch.samples[0] = 1


@pytest.mark.parametrize(
    ("stretches", "words"),
    [
        ([("I", 0, 5), ("I", 5, 5)], "there twice at 0.05 s"),
        ([("I", 8, 5)], "outside"),
        ([("X", 0, 5)], "no standard lead"),
        ([], "No lead is known"),
    ],
)
def test_impossible_stretches_are_refused_in_a_sentence(stretches, words):
    with pytest.raises(UnusableEcg, match=words):
        PartialEcg(tuple(Stretch(lead, first, np.zeros(n)) for lead, first, n in stretches), 10, RATE)


def test_a_cut_keeps_what_is_known_then(truth):
    page = cut_into_page(truth).cut(2.0, 6.0)
    assert page.duration == 4
    assert [(moment.first, moment.stop, tuple(moment.leads)) for moment in page.moments] == [
        (0, 50, ("I", "II", "III")),
        (50, 300, ("aVR", "aVL", "aVF")),
        (300, 400, ("V1", "V2", "V3")),
    ]
    with pytest.raises(UnusableEcg):
        page.cut(11, 12)


def test_the_digest_tells_where_and_what(truth):
    page = cut_into_page(truth)
    moved = page.replace(
        stretches=tuple(Stretch(o.lead, max(0, o.first - 1), o.samples) for o in page.stretches)
    )
    assert page.digest == cut_into_page(truth).digest == pickle.loads(pickle.dumps(page)).digest
    assert page.digest != moved.digest


def test_each_stretch_of_a_lead_says_where_it_comes_from(truth):
    reconstruction = PartialReconstruction(truth, cut_into_page(truth, "II").moments, "model")
    assert [(part.first, part.stop, part.source) for part in reconstruction.parts("I")] == [
        (0, 250, "measured"),
        (250, 500, "derived"),
        (500, 1000, "estimated"),
    ]
    assert [part.source for part in reconstruction.parts("II")] == ["measured"]
    assert [part.source for part in reconstruction.parts("V3")] == ["estimated", "measured", "estimated"]
    assert where(reconstruction, "V3", "measured").sum() == 250
    later = reconstruction.cut(4, 8)
    assert [(part.first, part.stop, part.source) for part in parts(later, "V3")] == [
        (0, 100, "estimated"),
        (100, 350, "measured"),
        (350, 400, "estimated"),
    ]
    assert later.inputs == LeadSet(STANDARD) - ("I", "III")


def test_moments_must_cover_the_recording(truth):
    with pytest.raises(ValueError, match="follow one another"):
        PartialReconstruction(truth, (Moment(0, 900, LeadSet("I")),), "model")


def test_runs():
    assert runs(np.array([1, 1, 0, 1], bool)) == [(0, 2), (3, 4)]
    assert runs(np.zeros(3, bool)) == []


def test_a_filter_works_on_each_stretch_by_itself(truth):
    page = cut_into_page(truth).mapped(lambda ecg: ecg.replace(signals=2 * ecg.signals))
    assert np.allclose(page.between(500, 750, LeadSet("V2"))["V2"], 2 * truth["V2"][500:750])
    assert isinstance(page.between(0, 10, LeadSet("I")), Ecg)


def test_the_widest_part_is_a_recording_of_its_own(truth):
    strip = cut_into_page(truth, "II").widest()
    assert tuple(strip.leads) == ("II",) or strip.n_samples == 250
    rows = {lead: truth[lead].astype(float).copy() for lead in ("I", "II", "V2")}
    rows["V2"][100:] = np.nan
    part = PartialEcg.from_gaps(rows, RATE).widest()
    assert part.n_samples == 1000
    assert tuple(part.leads) == STANDARD[:6]  # I and II, and what follows from them
    assert "0.0-10.0 s of 10.0 s, where I II are known" in part.notes[-1]
    with pytest.raises(UnusableEcg, match="No lead is known for 1 s"):
        PartialEcg((Stretch("I", 0, np.zeros(80)),), 1000, RATE).widest()
