"""Demonstration recordings: there offline, the same each time, physically consistent, and honest about what
they are."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.demonstrations import LONG, REAL, demonstrations, real_measurements
from ecgcore.lead_algebra import limb_violation
from ecgcore.leads import STANDARD
from ecgcore.synthetic import Heart, simulate


def test_the_real_recording_comes_first_and_the_others_say_they_are_simulated():
    titles = list(demonstrations())
    assert titles[0] == REAL and len(titles) >= 4
    assert all(title.startswith("Simulated: ") for title in titles[1:])


@pytest.mark.parametrize("title", list(demonstrations()))
def test_each_has_twelve_leads_of_life_size(title):
    make = demonstrations()[title]
    ecg = make()
    assert ecg.leads == STANDARD and ecg.duration == (120 if title == LONG else 10)
    assert ecg.simulated == (title != REAL)
    assert all(0.2 < np.ptp(ecg[lead]) < 6 for lead in STANDARD)
    assert ecg.digest == make().digest
    assert max(limb_violation(ecg).values()) < 0.006


def test_simulated_hearts_obey_einthoven_and_goldberger_exactly():
    ecg = simulate(Heart(noise_uv=50, wander_uv=200), 500)
    np.testing.assert_allclose(ecg["II"], ecg["I"] + ecg["III"], atol=1e-5)
    np.testing.assert_allclose(ecg["aVR"] + ecg["aVL"] + ecg["aVF"], 0, atol=1e-5)


def test_simulated_hearts_beat_as_told():
    from scipy.signal import find_peaks

    for rate in (60, 110):
        ecg = simulate(Heart(rate=rate, variation=0, noise_uv=0, wander_uv=0), 500)
        peaks, _ = find_peaks(ecg["II"], height=0.6 * ecg["II"].max())
        np.testing.assert_allclose(np.diff(peaks) / 500, 60 / rate, atol=0.002)


def test_the_normal_heart_looks_normal():
    ecg = simulate(Heart(noise_uv=0, wander_uv=0), 500)
    positive = {lead: ecg[lead].max() > -ecg[lead].min() for lead in STANDARD}
    assert (
        positive["I"]
        and positive["II"]
        and not positive["aVR"]
        and not positive["V1"]
        and positive["V5"]
        and positive["V6"]
    )


def test_chest_leads_hold_more_than_a_single_dipole_could():
    ecg = simulate(Heart(noise_uv=0, wander_uv=0), 500)
    chest = ecg.signals[[STANDARD.index(lead) for lead in ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")]]
    strengths = np.linalg.svd(chest, compute_uv=False)
    assert strengths[3] > 0.03 * strengths[0]


def test_the_cart_measured_the_real_one():
    assert real_measurements()["qt_ms"] == 368


def test_a_fibrillating_heart_beats_irregularly_and_has_no_p_waves():
    from scipy.signal import find_peaks

    ecg = demonstrations()["Simulated: like atrial fibrillation, 90/min, 500 Hz"]()
    peaks, _ = find_peaks(ecg["II"], height=0.6 * ecg["II"].max(), distance=150)
    intervals = np.diff(peaks) / 500
    assert np.std(intervals) > 0.08 and 0.5 < np.mean(intervals) < 0.85
    before = np.stack([ecg["II"][peak - 110 : peak - 45] for peak in peaks[1:]])
    sinus = demonstrations()["Simulated: sinus rhythm, 60/min, 500 Hz"]()
    beats, _ = find_peaks(sinus["II"], height=0.6 * sinus["II"].max())
    with_p = np.stack([sinus["II"][peak - 110 : peak - 45] for peak in beats[1:]])
    assert np.ptp(before.mean(axis=0)) < 0.5 * np.ptp(with_p.mean(axis=0))


def test_a_paced_heart_has_a_spike_before_a_wide_qrs_with_its_axis_upwards():
    from ecgcore.measurements import measure

    ecg = demonstrations()["Simulated: like ventricular pacing, 70/min, 1000 Hz"]()
    assert measure(ecg)["qrs_ms"].value > 120
    assert ecg["III"].min() < -1 and np.abs(np.diff(ecg["II"])).max() > 0.3
