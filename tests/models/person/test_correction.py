"""The correction: linear misses and bent ones are learned, the closed form is the mean of a Gaussian process,
beats of another kind are left alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import toeplitz
from scipy.signal import lfilter, unit_impulse

from ecgcore.measurements.beats import Beats
from models.person import correction as module
from models.person.beats import RATE
from models.person.correction import (
    BEAT_RATE,
    SESSION,
    WHITENING,
    Correction,
    Recipe,
    Regression,
    alike,
    apply,
    fit,
    lagged,
    second_half,
)

NOTHING = Regression(np.zeros((8, 8 * 15)), np.zeros((8 * 15, 0)), 1.0)
NO_BEATS = Beats(np.zeros(0, int), np.zeros(0, int))


def rows(n: int = 1000, seed: int = 0) -> np.ndarray:
    """(8, n) independent samples: every shift says something of its own."""
    return np.random.default_rng(seed).normal(size=(8, n))


def test_a_linear_miss_is_learned_from_one_part_and_holds_in_the_other():
    estimate = rows()
    matrix = np.random.default_rng(1).normal(scale=0.3, size=(8, len(lagged(estimate))))
    truth = estimate + matrix @ lagged(estimate)
    correction = fit(truth[:, :600], estimate[:, :600], NO_BEATS, Recipe(1e-9, 1.0, 0.0))
    left = truth - estimate - apply(correction, estimate, NO_BEATS)
    assert left[:, 620:-30].std() < 0.06 * (truth - estimate)[:, 620:-30].std()
    before, after = second_half(truth, estimate, NO_BEATS, Recipe(1e-6, 1.0, 0.0))
    assert after < 0.2 * before


def test_the_residual_beat_is_laid_on_beats_of_the_same_kind_alone():
    beat = np.ones((8, 80))
    beats = Beats(np.array([1000, 2500, 4000]), np.array([0, 1, 0]))
    correction = Correction(NOTHING, beat, Recipe(0.1, 1.0, 1.0))
    added = apply(correction, np.zeros((8, 1000)), beats)
    r = (beats.at * RATE / BEAT_RATE).astype(int)
    assert added[:, r[0]] == pytest.approx(1) and added[:, r[2]] == pytest.approx(1)
    assert not added[:, r[1] - 25 : r[1] + 45].any()


def smooth(n: int) -> np.ndarray:
    """(8, n): the same slow course in every beat, as hearts have it, with a little noise."""
    time = np.arange(n) / RATE
    beat = np.exp(3 * np.cos(2 * np.pi * (time - np.linspace(0, 0.3, 8)[:, None])) - 3)
    return beat + rows(n) * 0.01


def test_what_is_missed_in_one_part_of_the_beat_is_learned_by_the_bent_form_alone():
    estimate = smooth(800)
    truth = estimate + np.abs(estimate - 0.5)
    left = {}
    for bend in (0.0, 8.0):
        correction = fit(truth[:, :200], estimate[:, :200], NO_BEATS, Recipe(0.15, 1.0, 0.0, bend))
        left[bend] = (truth - estimate - apply(correction, estimate, NO_BEATS))[:, 220:-20].std()
    assert left[8.0] < 0.3 * left[0.0]


def test_with_every_moment_a_centre_it_is_the_mean_of_the_gaussian_process():
    estimate = smooth(300)
    truth = estimate + 0.2 * np.square(estimate) + 0.05 * rows(300, seed=2)
    recipe = Recipe(0.15, 1.0, 0.0, 8.0)
    correction = fit(truth[:, :150], estimate[:, :150], NO_BEATS, recipe)
    moments = lagged(estimate[:, :150])
    power = np.square(moments).sum(0).mean()
    prior = recipe.ridge * power * 150 / len(moments)
    later = lagged(estimate)

    def covariance(others: np.ndarray) -> np.ndarray:
        return moments.T @ others / prior + recipe.bend * alike(others, moments, power)

    whitening = np.tril(toeplitz(lfilter(*WHITENING, unit_impulse(150))))
    noise = np.linalg.inv(whitening.T @ whitening)
    weights = np.linalg.solve(covariance(moments) + noise, (truth - estimate)[:, :150].T)
    assert correction.regression.at(later) == pytest.approx((covariance(later).T @ weights).T, abs=1e-4)


def test_of_a_slow_error_that_passes_once_less_is_taken_for_the_person_s(monkeypatch):
    estimate, own = smooth(1000), 0.3 * np.square(smooth(1000))
    passing = lfilter((1.0,), (1.0, -0.9), rows(1000, seed=4) * 0.02)
    left = []
    for whitening in (WHITENING, ((1.0, 0.0), (1.0, 0.0))):
        monkeypatch.setattr(module, "WHITENING", whitening)
        correction = fit((estimate + own + passing)[:, :200], estimate[:, :200], NO_BEATS, SESSION)
        left.append((own - apply(correction, estimate, NO_BEATS))[:, 220:-20].std())
    assert left[0] < 0.9 * left[1]


def test_a_long_recording_is_corrected_piece_by_piece_without_seams(monkeypatch):
    estimate = smooth(900)
    correction = fit(estimate[:, :300] ** 2, estimate[:, :300], NO_BEATS, Recipe(0.15, 1.0, 0.0, 8.0))
    whole = correction.regression.at(lagged(estimate))
    monkeypatch.setattr(module, "AT_ONCE", 128)
    assert correction.regression.at(lagged(estimate)) == pytest.approx(whole, abs=1e-9)
    assert correction.regression.centres.shape == (8 * 15, 150)
