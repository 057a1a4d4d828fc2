"""The Measurements page by AppTest: as opened, with choices, with nothing to compare, and with what cannot be
measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.contracts.test_pages import words

ROOT = Path(__file__).parents[2]


def opened(**link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, value in {
        "record": "demo/simulated-sinus-rhythm-60-min-500-hz",
        "model": "linear",
        "leads": "I-II-V2",
        **link,
    }.items():
        app.query_params[name] = value
    app.switch_page("pages/measurements.py").run()
    assert not app.exception, app.exception
    return app


def row(text: str, first: str) -> list[str]:
    """The cells of the table row that begins with this."""
    return [
        cell.strip()
        for cell in re.search(rf"^\| \*\*{re.escape(first)}\*\* \|(.*)\|$", text, re.MULTILINE)[1].split("|")
    ]


@pytest.fixture(scope="module")
def page() -> str:
    return words(opened())


def test_true_and_reconstructed_stand_side_by_side_with_a_verdict_in_words(page):
    true, estimated, difference, tolerance, verdict, beats, alone = row(page, "Heart rate")
    assert (
        true == estimated == "60 bpm" and difference == "0" and tolerance == "±5 bpm" and "within" in verdict
    )
    assert int(beats) >= 8 and alone == "60 bpm"
    for name in ("PR", "QRS", "QT", "QTc Fridericia"):
        assert len(row(page, name)) == 7


def test_no_input_or_derived_lead_is_compared(page):
    table = page[page.index("##### Lead by lead") :]
    assert all(f"| **{lead}** |" in table for lead in ("V1", "V3", "V4", "V5", "V6"))
    assert not any(f"| **{lead}** |" in table for lead in ("I", "II", "III", "aVR", "aVL", "aVF", "V2"))


def test_the_other_tolerances_and_formula_can_be_chosen():
    app = opened()
    app.selectbox(key="link_qtc").set_value("qtc_hodges_ms").run()
    app.segmented_control(key="link_tolerances").set_value("IEC 60601-2-25").run()
    assert not app.exception, app.exception
    assert row(words(app), "PR")[3] == "±10 ms" and "QTc Hodges" in words(app)
    assert row(words(app), "Heart rate")[4] == "no limit set"


def test_axes_are_compared_where_limb_leads_are_estimated():
    text = words(opened(leads="II-V2"))
    assert len(row(text, "QRS axis")) == 7


def test_thresholds_follow_age_and_sex():
    app = opened()
    app.selectbox(key="measured_sex").set_value("female").run()
    assert not app.exception, app.exception
    st_table = words(app)[words(app).index("##### ST: level") :]
    assert row(st_table, "V3")[5].endswith(" (150 µV)") and row(st_table, "V4")[5].endswith(" (100 µV)")


def test_the_carts_own_values_stand_beside_ours_on_its_recording():
    app = opened(record="demo/real-12-lead-recording-of-a-cart-1000-hz")
    theirs = re.search(r"\| electrocardiograph \|(.*)\|", words(app))[1]
    assert [cell.strip() for cell in theirs.split("|")][1:4] == ["161 ms", "75 ms", "368 ms"]


def test_nothing_to_compare_is_said():
    app = opened(leads="I-II-V1-V2-V3-V4-V5-V6")
    assert "Nothing had to be estimated" in words(app) and "measured here" in words(app)


def test_the_recording_is_measured_before_leads_are_chosen():
    app = opened()
    for lead in ("I", "II", "V2"):
        app.checkbox(key=f"pick_lead_{lead}").uncheck().run()
    assert not app.exception, app.exception
    assert "Choose at least one input lead" in words(app) and "measured here" in words(app)


def test_a_flat_recording_says_why_nothing_is_measured():
    import numpy as np

    from ecgcore.ecg import Ecg
    from ecgcore.leads import STANDARD
    from pages.shared.choices import Origin

    app = opened()
    app.session_state.recording = Ecg(np.zeros((12, 5000)), STANDARD, 500.0, name="flat")
    app.session_state.origin = Origin("upload")
    app.run()
    assert not app.exception, app.exception
    assert "every lead is flat" in words(app)


def test_half_a_second_is_refused_in_one_sentence():
    import numpy as np

    from ecgcore.ecg import Ecg
    from ecgcore.leads import STANDARD
    from pages.shared.choices import Origin

    app = opened()
    app.session_state.recording = Ecg(
        np.random.default_rng(0).normal(0, 0.1, (12, 250)), STANDARD, 500.0, name="short"
    )
    app.session_state.origin = Origin("upload")
    app.run()
    assert not app.exception, app.exception
    assert "too short to measure" in words(app)


def test_the_cohort_shows_its_numbers_or_says_how_to_compute_them():
    app = opened(leads="I-II-V4")
    app.segmented_control(key="link_view").set_value("cohort").run()
    assert not app.exception, app.exception
    text = words(app)
    parts = (
        "#### Measurements of all",
        "Errors on the estimated leads",
        "##### QRS, all estimated leads",
        "STEMI criterion",
        "goals set before",
    )
    places = [text.find(part) for part in parts]
    assert -1 not in places and places == sorted(places)
    assert "12-lead ECG from an electrocardiograph" not in text
