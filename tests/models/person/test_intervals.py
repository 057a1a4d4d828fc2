"""Factors of personal intervals: by use, hospital and length of the reference."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ecgcore.leads import STANDARD, LeadSet
from models.person import intervals
from models.person.intervals import CALIBRATION_FILE, interval_factors, interval_use, of_length, rung_of
from models.reconstruct import TRAINED, of_role, weights_of

MODEL = of_role("ours")[0].name
II = LeadSet("II")


@pytest.fixture
def stored(tmp_path, monkeypatch):
    monkeypatch.setattr(intervals, "TRAINED", tmp_path)
    intervals._calibration.cache_clear()
    folder = tmp_path / "ours"
    folder.mkdir()
    tables = {
        of_length("session", 2.0): 0.6,
        of_length("session", 5.0): 0.5,
        of_length("session", 10.0): 0.4,
        "session, any hospital": 0.9,
    }
    text = {use: {"1": {"V1": factor, "mean": factor + 0.05}} for use, factor in tables.items()}
    (folder / CALIBRATION_FILE).write_text(json.dumps({"weights": "w"} | text))
    yield "ours"
    intervals._calibration.cache_clear()


@pytest.mark.parametrize(
    ("seconds", "factor"),
    [(1.0, 0.6), (2.0, 0.6), (4.9, 0.6), (5.0, 0.5), (9.9, 0.5), (10.0, 0.4), (60.0, 0.4)],
)
def test_a_reference_has_the_factors_of_the_longest_that_is_not_longer(stored, seconds, factor):
    row = interval_factors(stored, "w", "session", II, seconds)
    assert row[STANDARD.index("V1")] == factor
    assert row[STANDARD.index("V4")] == pytest.approx(factor + 0.05)  # a lead that was not calibrated


def test_where_longer_ones_are_not_calibrated_the_shorter_ones_hold(stored):
    assert interval_factors(stored, "w", "session, any hospital", II, 60.0)[STANDARD.index("V1")] == 0.9


def test_without_calibration_there_is_no_interval(stored):
    assert interval_factors(stored, "w", "visit", II) is None
    assert interval_factors(stored, "w", "session", LeadSet("I II V2"), 2.0) is None
    assert interval_factors(stored, "other weights", "session", II) is None


def test_a_recording_of_our_database_has_its_own_rung():
    assert interval_use("session", "ptb-xl/00001") == "session"
    assert interval_use("session", "upload") == "session, any hospital"
    assert interval_use("visit", "upload") == "visit"
    assert rung_of("session, any hospital") != rung_of("session")


def test_stored_factors_fall_with_the_length_of_the_reference():
    texts = json.loads((TRAINED / MODEL / CALIBRATION_FILE).read_text())
    assert texts["weights"] == weights_of(MODEL)
    for inputs in ("II", "I II", "I II V2"):
        at = [
            np.mean(
                interval_factors(MODEL, texts["weights"], "session, any hospital", LeadSet(inputs), seconds)
            )
            for seconds in (2.0, 10.0)
        ]
        assert at[1] < at[0]
