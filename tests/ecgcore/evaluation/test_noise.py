"""The noise ceiling of beats that are alike but for noise of a known size."""

import numpy as np
import pytest

from ecgcore.evaluation.noise import correlations, mean_beats_laid, median_beat_r, noise_ceiling
from ecgcore.measurements.beats import Beats
from ecgcore.measurements.detector import RATE as RATE_HZ

RATE = int(RATE_HZ)
AT = np.arange(10) * RATE + RATE // 2
BEATS = Beats(AT, np.zeros(10, int))


def beating(noise: float, seed: int = 0) -> np.ndarray:
    """(2, 10 s) a wave of variance one about each beat and white noise; the second lead is flat."""
    time = np.arange(10 * RATE)
    wave = np.sin(2 * np.pi * 5 * (time % RATE) / RATE) * np.sqrt(2)
    rows = np.stack([wave, np.zeros_like(wave)])
    rows[0] += noise * np.random.default_rng(seed).normal(size=wave.shape)
    return rows


def test_the_ceiling_is_what_the_noise_leaves():
    """r of signal plus noise with the mean of the nine other beats: 1 / sqrt((1 + s^2)(1 + s^2 / 9))."""
    rows = beating(0.5)
    expected = 1 / np.sqrt(1.25 * (1 + 0.25 / 9))
    others, itself = noise_ceiling(rows, BEATS)[0], noise_ceiling(rows, BEATS, leave_out=False)[0]
    assert others == pytest.approx(expected, abs=0.01) and itself > others + 0.01
    assert np.isnan(noise_ceiling(rows, BEATS)[1])
    assert noise_ceiling(beating(0.0), BEATS)[0] == pytest.approx(1)


def test_each_kind_has_its_own_mean_and_too_few_have_none():
    kinds = Beats(AT, np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 0]))
    rows = np.zeros((1, 10 * RATE))
    for point, kind in zip(AT, kinds.kind, strict=True):
        rows[0, point - 10 : point + 10] = kind + 1.0
    laid = mean_beats_laid(rows, kinds)[0]
    assert laid[AT[0]] == 1 and laid[AT[4]] == 2 and np.isnan(laid[AT[7]])
    assert np.isnan(noise_ceiling(rows, Beats(AT[:2], np.zeros(2, int)))).all()


def test_on_median_beats_the_noise_is_averaged_out():
    truth, estimate = beating(1.0), beating(0.0)
    whole = correlations(truth, estimate)[0]
    assert (
        whole == pytest.approx(1 / np.sqrt(2), abs=0.02) and median_beat_r(truth, estimate, BEATS)[0] > 0.88
    )
    assert np.isnan(median_beat_r(truth, estimate, Beats(AT[:2], np.zeros(2, int)))).all()
