"""Two opinions on one edge: their mean, their distance, and the refusal where they disagree; NeuroKit2 on
beats whose edges are known."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.measurements import RATE, measure
from ecgcore.measurements.beats import find_beats, find_complexes
from ecgcore.measurements.delineation.delineate import slope_marks
from ecgcore.measurements.delineation.marks import Marks
from ecgcore.measurements.delineation.neurokit import wave_marks
from ecgcore.measurements.delineation.vote import (
    IN_A_LEAD,
    REFUSED_MS,
    VOTES,
    agreed,
    disagreement,
    in_a_lead,
    joined,
)
from ecgcore.measurements.detector import complexes
from ecgcore.measurements.median_beats import median_beat
from tests.ecgcore.measurements.known_beats import P_OFF, P_ON, QRS_ON, T_OFF, known_ecg

MS = RATE / 1000


def marks(**edges: float) -> Marks:
    return Marks(r=250.0, **{name: 250 + ms * MS for name, ms in edges.items()})


def test_the_joint_mark_is_the_weighted_mean_of_both_and_knows_their_distance():
    vote = VOTES["t_off"]
    leads = [marks(t_off=ms) for ms in (300, 310, 320, 330, 340)]
    joint, apart = joined(marks(t_off=350), leads)
    theirs = np.quantile([300, 310, 320, 330, 340], vote.quantile) + vote.shift(5) / MS
    assert (joint.t_off - 250) / MS == pytest.approx(vote.weight * theirs + (1 - vote.weight) * 350)
    assert apart["t_off"] == pytest.approx(abs(theirs - 350))


def test_a_lead_gone_astray_hardly_moves_an_onset():
    leads = [marks(p_on=-190) for _ in range(12)]
    joint, _ = joined(marks(p_on=-195), leads)
    other, _ = joined(marks(p_on=-195), [marks(p_on=-60), *leads[1:]])
    assert joint.p_on == other.p_on


def test_what_the_slope_does_not_see_is_not_there_and_what_few_leads_show_is_the_slopes():
    assert joined(Marks(r=250.0), [marks(p_on=-190)] * 12)[0].p_on is None
    joint, apart = joined(marks(p_on=-195), [marks(p_on=-100)] * 2 + [Marks(r=250.0)] * 10)
    assert (joint.p_on - 250) / MS == pytest.approx(-195) and "p_on" not in apart


def test_waves_stay_in_their_order():
    joint, _ = joined(
        marks(p_off=-60, qrs_on=-50, qrs_off=50, t_on=60),
        [marks(p_off=-30, qrs_on=-45, qrs_off=50, t_on=20)] * 12,
    )
    assert joint.p_off <= joint.qrs_on and joint.t_on >= joint.qrs_off


def test_the_shift_goes_from_one_lead_to_twelve():
    vote = VOTES["qrs_on"]
    assert vote.shift(1) / MS == pytest.approx(vote.one_lead_ms) and vote.shift(12) / MS == pytest.approx(
        vote.twelve_leads_ms
    )
    assert (
        min(vote.one_lead_ms, vote.twelve_leads_ms)
        < vote.shift(4) / MS
        < max(vote.one_lead_ms, vote.twelve_leads_ms)
    )


def test_in_a_lead_both_count():
    weight, shift = IN_A_LEAD["qrs_on"]
    joint, apart = in_a_lead(marks(qrs_on=-50), marks(qrs_on=-30))
    assert (joint.qrs_on - 250) / MS == pytest.approx(weight * (-30 + shift) + (1 - weight) * -50)
    assert apart["qrs_on"] == pytest.approx(abs(-30 + shift + 50))


def test_a_disagreement_is_doubtful_and_a_large_one_refused():
    assert disagreement({"qrs_on": 39.0, "t_off": 39.0}, "qrs_on", "t_off") == ("", False)
    text, refused = disagreement({"qrs_on": 10.0, "t_off": 50.0}, "qrs_on", "t_off")
    assert text == "two methods place the T offset 50 ms apart" and not refused
    assert disagreement({"qrs_on": REFUSED_MS["qrs_on"] + 1, "t_off": 50.0}, "qrs_on", "t_off")[1]
    assert agreed(marks(qrs_on=-50, t_off=350), {"t_off": 200.0}) == marks(qrs_on=-50)


def test_a_refused_interval_has_no_number_and_says_why(monkeypatch):
    from ecgcore.measurements.delineation import delineate

    late = [marks(qrs_on=-44, qrs_off=46, t_off=600)] * 12
    monkeypatch.setattr(delineate, "wave_marks", lambda *_: late)
    measurement = measure(known_ecg()[0], spread=False)
    assert (
        measurement["qt_ms"].value is None and "two methods place the T offset" in measurement["qt_ms"].reason
    )
    assert measurement["qrs_ms"].value is not None
    assert all(time is None for time in measurement.fiducials["global"]["t_off"])


def test_a_first_look_needs_no_second_opinion(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "neurokit2", None)  # importing it now raises
    look = measure(known_ecg()[0], both=False)
    assert look["hr_bpm"].value == pytest.approx(66, abs=0.3) and look["qrs_ms"].value == pytest.approx(
        90, abs=20
    )
    with pytest.raises(ImportError):
        measure(known_ecg()[0])


@pytest.mark.parametrize("upside_down", [False, True])
def test_neurokit_marks_known_edges_on_median_beats_of_either_sign(upside_down):
    ecg, at = known_ecg(leads="I II V4 V5 V6", noise_uv=2)
    rows = np.asarray(ecg.signals, float) * (-1 if upside_down else 1)
    beat = median_beat(rows, (at * RATE).astype(int), (at * RATE).astype(int))
    fiducials = wave_marks(beat, 60 / 66, slope_marks(beat, 60 / 66).p)
    edges = {
        name: np.median([(getattr(lead, name) - beat.r) / RATE for lead in fiducials])
        for name in ("p_on", "p_off", "qrs_on", "t_off")
    }
    for name, truth in {"p_on": P_ON, "p_off": P_OFF, "qrs_on": QRS_ON, "t_off": T_OFF}.items():
        assert edges[name] == pytest.approx(truth, abs=0.035), name


def test_neurokit_finds_the_complexes_and_nothing_in_nothing():
    ecg, at = known_ecg()
    seconds = complexes(np.asarray(ecg.signals, float)) / RATE
    assert all(np.abs(seconds - start).min() < 0.05 for start in at)
    assert len(complexes(np.zeros((3, 5000)))) == 0


def test_complexes_neurokit_misses_are_added_and_those_it_invents_dropped(monkeypatch):
    from ecgcore.measurements import detector

    ecg, at = known_ecg()
    rows = np.asarray(ecg.signals, float)
    half = (at[::2] * RATE).astype(int)
    invented = ((at[:3] + 0.45) * RATE).astype(int)
    monkeypatch.setattr(detector, "complexes", lambda _: np.sort(np.concatenate([half, invented])))
    assert len(find_complexes(rows)) == len(at)
    assert np.abs(find_beats(rows, both=True).at / RATE - at).max() < 0.03
