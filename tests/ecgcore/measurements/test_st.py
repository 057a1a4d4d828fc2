"""ST recorded against reconstructed: identities, known shifts, and the records on which two routes once
disagreed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from ecgcore.datasets import open_database
from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.measurements import measure
from ecgcore.measurements.st.comparison import StComparison, at_points_of, compare_st, shape
from ecgcore.signals import high_pass
from tests.ecgcore.measurements.known_beats import known_ecg

DATA = os.environ.get("ECG_DATA")
INPUTS = LeadSet("I II V2")


def compared(truth: Ecg, estimate: Ecg, inputs: LeadSet = INPUTS) -> StComparison:
    true, own = measure(truth), measure(estimate, measure(truth).beats)
    source = {
        lead: "measured" if lead in inputs else "derived" if lead in inputs.derived else "estimated"
        for lead in STANDARD
    }
    reconstruction = Reconstruction(estimate, source, inputs, "test")
    return compare_st(true, at_points_of(true, truth, own, estimate), own, reconstruction)


def shifted(truth: Ecg, lead: str, uv: float, start: float = 0.05, stop: float = 0.14) -> Ecg:
    """A lead whose ST is higher by uv from start to stop after each R."""
    signals, (_, at) = truth.signals.copy(), known_ecg()
    for r in at:
        window = slice(round((r + start) * truth.rate), round((r + stop) * truth.rate) + 1)
        signals[STANDARD.index(lead), window] += uv / 1000
    return truth.replace(signals=signals)


@pytest.fixture(scope="module")
def truth() -> Ecg:
    return known_ecg(noise_uv=0)[0]


def test_a_recording_against_itself_differs_by_nothing(truth):
    comparison = compared(truth, truth)
    assert set(comparison.leads) == set(STANDARD) and not comparison.sentences
    assert all(row.difference_uv == 0 and row.within and not row.changes for row in comparison.leads.values())


def test_a_known_shift_is_read_in_its_lead_alone(truth):
    comparison = compared(truth, shifted(truth, "V4", 150))
    assert (
        comparison.leads["V4"].difference_uv == pytest.approx(150, abs=15)
        and not comparison.leads["V4"].within
    )
    assert all(abs(row.difference_uv) < 0.01 for lead, row in comparison.leads.items() if lead != "V4")


def test_inputs_do_not_move_where_the_reconstructions_own_j_point_does(truth):
    """A late wave in the estimated leads moves the J point of the reconstruction, not where ST is read."""
    altered = truth
    for lead in ("V1", "V3", "V4", "V5", "V6"):
        altered = shifted(altered, lead, 900, 0.05, 0.09)
    comparison = compared(truth, altered)
    own = measure(altered, measure(truth).beats)
    assert own.marks.qrs_off > measure(truth).marks.qrs_off + 1
    assert all(comparison.leads[lead].difference_uv == 0 for lead in INPUTS)
    assert all(comparison.leads[lead].own.j_uv != comparison.leads[lead].recorded.j_uv for lead in INPUTS)


def test_a_criterion_that_differs_says_by_how_much(truth):
    altered = shifted(shifted(truth, "V4", 130), "V5", 130)
    comparison = compared(truth, altered)
    assert not comparison.recorded.met and comparison.reconstructed.pairs == (("V4", "V5"),)
    assert any(
        text.startswith("V4: ") and "above the threshold of 100 µV" in text for text in comparison.sentences
    )


def test_a_terminal_r_is_seen_in_an_rs_complex_alone():
    ecg, at = known_ecg(noise_uv=0)
    signals = ecg.signals.copy()
    for r in at:
        signals[STANDARD.index("V1")] += 0.5 * np.exp(-(((ecg.time - r - 0.044) / 0.008) ** 2))
    true, other = measure(ecg), measure(ecg.replace(signals=signals))
    assert shape(true, "V1").terminal_uv is None
    assert shape(other, "V1").terminal_uv > 100 and shape(other, "V6").terminal_uv is None


# -- records on which the routes disagreed -------------------------------------------------------------------


def real(database: str, record: str, inputs: str) -> StComparison:
    from models.reconstruct import reconstruct

    part = high_pass(open_database(database, Path(DATA)).read(record)).cut(0, 10)
    reconstruction = reconstruct(part, LeadSet(inputs), "linear")
    true, own = measure(part), measure(reconstruction.ecg, measure(part).beats)
    return compare_st(true, at_points_of(true, part, own, reconstruction.ecg), own, reconstruction)


@pytest.mark.skipif(not DATA, reason="needs ECG_DATA")
def test_a_paced_recording_has_one_st_level_for_table_sentence_and_criterion():
    comparison = real("ptb-xl", "00144", "I II V2")
    exact = [row for row in comparison.leads.values() if row.source != "estimated"]
    assert len(exact) == 7 and all(abs(row.difference_uv) < 3 for row in exact)
    assert comparison.leads["V3"].recorded.j60_uv == pytest.approx(200, abs=10)
    assert comparison.recorded.pairs == ()


@pytest.mark.skipif(not DATA, reason="needs ECG_DATA")
def test_a_lost_brugada_pattern_is_said():
    comparison = real("brugada-huca", "1141322", "I II")
    outside = {lead for lead, row in comparison.leads.items() if not row.within}
    assert {"V2", "V3"} <= outside and not outside & {"I", "II", "III", "aVR", "aVL", "aVF"}
    assert any("terminal r' with a high J point recorded, lost" in text for text in comparison.sentences)
