"""Median beats of reference, today and both estimates: of one recording they lie on each other."""

import numpy as np

from ecgcore.figures.paper.person_beats import describe_person_beats, person_beats_figure
from ecgcore.leads import LeadSet
from ecgcore.synthetic import Heart, simulate
from models.person.median_beats import GENERIC, PERSONAL, REFERENCE, TODAY, median_beats
from models.person.reference import Reference, personal_estimate


def test_of_the_same_heart_the_reference_lies_on_today_and_the_personal_estimate_nearer_than_the_generic():
    today, before = (simulate(Heart(rate=66, noise_uv=2.0), 250.0, seed=seed) for seed in (3, 4))
    result = personal_estimate(today, LeadSet("I II"), "any-subset", Reference(before, "visit"))
    beats = median_beats(today, before, result)
    assert list(beats) == [REFERENCE, TODAY, GENERIC, PERSONAL] and len(beats[TODAY]) == 6
    assert np.corrcoef(beats[REFERENCE]["V3"], beats[TODAY]["V3"])[0, 1] > 0.97
    miss = {name: np.sqrt(np.mean((beats[name]["V3"] - beats[TODAY]["V3"]) ** 2)) for name in beats}
    assert miss[PERSONAL] < miss[GENERIC]
    figure = person_beats_figure(beats, (REFERENCE, TODAY, GENERIC, PERSONAL))
    assert len(figure["data"]) == 4 * 6 and "V3" in describe_person_beats(beats)


def test_a_lead_that_today_does_not_hold_has_no_curve_of_today():
    today, before = (simulate(Heart(rate=66), 250.0, seed=seed) for seed in (3, 4))
    short = today.pick(LeadSet("I II V2"))
    result = personal_estimate(short, LeadSet("I II V2"), "any-subset", Reference(before, "visit"))
    assert TODAY not in median_beats(short, before, result)
