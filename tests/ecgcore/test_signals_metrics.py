"""Filters, resampling, metrics and statistics against known answers."""

import numpy as np
import pytest
from scipy import signal

from ecgcore.ecg import Ecg
from ecgcore.evaluation.metrics import all_metrics, lead_metrics
from ecgcore.evaluation.statistics import bootstrap_mean, paired
from ecgcore.heart_vector import dower, inverse_dower
from ecgcore.signals import _resampled, band_pass, high_pass, resample


def wave(hz, rate, seconds=10.0):
    return Ecg.from_leads({"II": np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)}, rate)


@pytest.mark.parametrize("rates", [(500, 100), (100, 500), (1000, 100), (257, 100), (360, 500)])
def test_resampling_keeps_time_and_shape(rates):
    old, new = rates
    out = resample(wave(5, old), new)
    assert out.n_samples == round(10 * new)
    middle = slice(new, -new)
    assert np.abs(out["II"][middle] - wave(5, new)["II"][: out.n_samples][middle]).max() < 0.02


@pytest.mark.parametrize(("up", "down"), [(1, 5), (5, 1), (5, 18), (100, 257), (25, 6), (1001, 1000)])
@pytest.mark.parametrize("n", [2, 37, 5000, 123_457])
def test_resampling_by_products_is_scipy_s(up, down, n):
    rows = 5 + np.cumsum(np.random.default_rng(n).normal(0, 0.02, (3, n)), axis=-1)
    kernel = signal.firwin(20 * max(up, down) + 1, 1 / max(up, down), window=("kaiser", 5.0))
    there = signal.resample_poly(rows, up, down, axis=-1, padtype="line", window=kernel)
    here = _resampled(rows, up, down)
    assert here.shape == there.shape and np.abs(here - there).max() < 1e-9
    assert np.abs(_resampled(rows.astype(np.float32), up, down) - there).max() < 1e-5
    assert _resampled(rows[:0], up, down).shape == there[:0].shape


def test_the_high_pass_takes_drift_and_offset_and_leaves_the_heart():
    slow, fast = wave(0.1, 100), wave(5, 100)
    mixed = fast.replace(signals=fast.signals + 2 * slow.signals + 3)
    inner = slice(200, -200)
    assert np.abs(high_pass(mixed)["II"][inner] - fast["II"][inner]).max() < 0.12
    assert np.abs(band_pass(wave(40, 500), 1, 20)["II"][500:-500]).max() < 0.1


def test_metrics_know_the_answer():
    truth = np.array([0.0, 1.0, 0.0, -1.0] * 50)
    twice = lead_metrics(truth, 2 * truth)
    assert twice["r"] == pytest.approx(1)
    assert twice["sd_ratio"] == pytest.approx(2)
    assert twice["slope"] == pytest.approx(0.5)
    assert twice["rmse_uv"] == pytest.approx(1000 * np.sqrt(0.5))
    assert twice["mae_uv"] == pytest.approx(500)
    assert twice["r2"] == pytest.approx(0)
    assert twice["snr_db"] == pytest.approx(0)


def test_an_offset_is_error_but_not_signal():
    truth = np.sin(np.arange(1000) / 10)
    offset = lead_metrics(truth + 10, truth + 10.1)
    assert offset["r"] == pytest.approx(1)
    assert offset["rmse_uv"] == pytest.approx(100, rel=1e-3)
    assert offset["snr_db"] == pytest.approx(10 * np.log10(0.5 / 0.01), abs=0.1)


def test_constant_traces_have_no_correlation():
    flat = np.zeros(100)
    assert lead_metrics(flat, np.sin(np.arange(100)))["r"] is None
    assert lead_metrics(np.sin(np.arange(100)), flat)["r"] is None
    assert lead_metrics(np.sin(np.arange(100)), flat)["slope"] is None
    assert all_metrics(np.zeros((3, 2, 10)), np.zeros((3, 2, 10)))["rmse_uv"].shape == (3, 2)


def test_the_bootstrap_resamples_patients_not_records():
    values = np.repeat([0.0, 1.0] * 10, 50)
    patients = np.repeat(np.arange(20), 50)
    by_patient = bootstrap_mean(values, patients)
    by_record = bootstrap_mean(values, np.arange(len(values)))
    assert by_patient.value == by_record.value == 0.5
    assert (by_patient.n_records, by_patient.n_patients) == (1000, 20)
    assert by_patient.high - by_patient.low > 4 * (by_record.high - by_record.low)
    assert by_patient.high - by_patient.low == pytest.approx(2 * 1.96 * 0.5 / np.sqrt(20), rel=0.15)


def test_undefined_values_do_not_count():
    interval = bootstrap_mean([1.0, np.nan, 3.0], ["a", "b", "b"])
    assert interval.value == 2.0
    assert (interval.n_records, interval.n_patients) == (2, 2)
    assert bootstrap_mean([np.nan], ["a"]).n_records == 0


def test_paired_statistics_see_a_difference_and_its_absence():
    rng = np.random.default_rng(1)
    a = rng.normal(size=200)
    better = paired(a + 0.5 + 0.1 * rng.normal(size=200), a, np.arange(200))
    assert better.difference.low > 0.4
    assert better.t_p < 1e-6
    assert better.wilcoxon_p < 1e-6
    assert better.cohens_d > 3
    same = paired(a, a, np.arange(200))
    assert (same.t_p, same.cohens_d, same.difference.value) == (1.0, 0.0, 0.0)
    difference = paired(a + 0.02 * rng.normal(size=200), a, np.arange(200))
    three = paired(a + 0.02 * np.random.default_rng(2).normal(size=200), a, np.arange(200), comparisons=3)
    assert 0 <= difference.t_p <= 1
    assert three.t_p <= 1


def test_dower_and_its_inverse_agree_on_dipoles():
    vector = np.random.default_rng(0).normal(size=(3, 20))
    assert np.allclose(inverse_dower() @ dower() @ vector, vector)
