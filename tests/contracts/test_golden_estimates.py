"""Estimates, intervals, measurements and significance of six recordings are what they were when the golden
file was written: to .01 uV, since processors differ in the last digits."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ecgcore.datasets import data_root
from models.reconstruct import trained
from tests.golden.make_estimates import DEMONSTRATIONS, FILE, recordings, summary

STORED = json.loads(FILE.read_text())
NAMES = [name for name in STORED if name != "weights"]
TOLERANCE_MV = 1e-5


@pytest.mark.skipif(
    trained("any-subset").weights_hash != STORED["weights"], reason="the stored values are of other weights"
)
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in DEMONSTRATIONS[:2] else pytest.mark.slow) for name in NAMES],
)
def test_a_recording_gives_what_it_gave(name):
    if name not in DEMONSTRATIONS and data_root() is None:
        pytest.skip("needs the real recordings: set ECG_DATA to their folder")
    ecg = next(
        ecg for title, ecg in recordings(data_root() if name not in DEMONSTRATIONS else None) if title == name
    )
    _compare(STORED[name], json.loads(json.dumps(summary(ecg))), name)


def _compare(stored, now, place: str) -> None:
    if isinstance(stored, dict):
        assert stored.keys() == now.keys(), place
        for key in stored:
            _compare(stored[key], now[key], f"{place}, {key}")
    elif "estimate" in place or "half_width" in place:
        np.testing.assert_allclose(now, stored, rtol=0, atol=TOLERANCE_MV, err_msg=place)
    elif "significance" in place:
        assert now == pytest.approx(stored, rel=1e-5, abs=1e-3), place
    elif isinstance(stored, float):
        assert now == pytest.approx(stored, abs=1e3 * TOLERANCE_MV), place
    else:
        assert now == stored, place
