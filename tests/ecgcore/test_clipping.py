"""One rule for clipped leads: the recordings on which two earlier rules disagreed, and what only looks like
it."""

import numpy as np
import pytest

from ecgcore.clipping import clipped_s
from ecgcore.measurements import measure
from ecgcore.quality import findings
from ecgcore.synthetic import Heart, simulate

RATE = 500.0
ECG = simulate(Heart(rate=70), RATE, 10.0, seed=1)


def with_lead(lead, row):
    signals = ECG.signals.copy()
    signals[ECG.leads.index(lead)] = row
    return ECG.replace(signals=signals)


def cut_low():
    """Every R wave is cut at 0.8 mV, for 10 to 20 ms each."""
    row = ECG["V5"] * (1.6 / ECG["V5"].max())
    return with_lead("V5", np.minimum(row, 0.8))


def one_stand():
    """The amplifier stands at 4 mV for 120 ms, once."""
    row = ECG["V5"].copy()
    row[2000 : 2000 + round(0.12 * RATE)] = 4.0
    return with_lead("V5", row)


@pytest.mark.parametrize("make", [cut_low, one_stand])
def test_review_and_measurements_agree_that_a_lead_is_clipped(make):
    ecg = make()
    kinds = {finding.kind: finding.leads for finding in findings(ecg)}
    assert kinds["clipped"] == ("V5",)
    values = measure(ecg).leads
    assert values["V5"]["r_uv"].reason == "the lead is clipped"
    assert not values["V4"]["r_uv"].reason


def test_the_longest_stand_is_told_in_seconds():
    assert clipped_s(one_stand()["V5"], RATE) == pytest.approx(0.12)
    assert 0.008 <= clipped_s(cut_low()["V5"], RATE) < 0.05


@pytest.mark.parametrize("scale", [0.25, 1.0, 7.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_clipping_does_not_depend_on_sign_or_offset_nor_on_size_where_it_repeats(scale, sign):
    row = sign * scale * cut_low()["V5"]
    for offset in (0.0, 2.0):
        assert clipped_s(row + offset, RATE) > 0


def test_what_only_looks_like_clipping_is_none():
    time = ECG.time
    level = np.where(np.abs(time % 1 - 0.5) < 0.05, 1.0, 0.0)  # beats on a line that is exactly level
    assert clipped_s(level * np.sin(40 * time) ** 2, RATE) == 0
    assert clipped_s(np.full(5000, 0.3), RATE) == 0  # flat
    coarse = np.round(ECG["II"] / 0.005) * 0.005  # a converter of 5 uV
    assert clipped_s(coarse, RATE) == 0
    twice = ECG["V5"].copy()
    twice[500:505] = twice[3000:3005] = 1.01 * ECG["V5"].max()  # two short stands below 1 mV prove nothing
    assert clipped_s(0.5 * twice, RATE) == 0
