"""Errors in scaled units against plain formulas and answers known beforehand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ecgcore.ecg import Reconstruction
from ecgcore.evaluation.scaled_metrics import centre_and_half, scaled_scores, segments, ssim
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.synthetic import Heart, simulate


def by_hand(x: np.ndarray, y: np.ndarray, span: float) -> float:
    """The index of the source, place by place."""
    weights = [math.exp(-((step / 1.5) ** 2) / 2) for step in range(-5, 6)]
    weights = [weight / sum(weights) for weight in weights]
    c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
    values = []
    for start in range(len(x) - 10):
        a, b = x[start : start + 11], y[start : start + 11]
        ma, mb = (
            sum(w * v for w, v in zip(weights, a, strict=True)),
            sum(w * v for w, v in zip(weights, b, strict=True)),
        )
        va = sum(w * (v - ma) ** 2 for w, v in zip(weights, a, strict=True))
        vb = sum(w * (v - mb) ** 2 for w, v in zip(weights, b, strict=True))
        both = sum(w * (v - ma) * (u - mb) for w, v, u in zip(weights, a, b, strict=True))
        values.append((2 * ma * mb + c1) / (ma**2 + mb**2 + c1) * (2 * both + c2) / (va + vb + c2))
    return sum(values) / len(values)


def test_structural_similarity_is_the_formula_of_its_source():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 2, (2, 3, 40))
    assert ssim(x, y) == pytest.approx([by_hand(a, b, 2.0) for a, b in zip(x, y, strict=True)], abs=1e-9)
    assert ssim(x / 2, y / 2, span=1.0) == pytest.approx(ssim(x, y), abs=1e-9)  # the unit does not matter
    assert ssim(x, x) == pytest.approx([1, 1, 1]) and (ssim(x, y) < 0.9).all()
    flat = ssim(np.full(20, 0.5), np.full(20, 1.0))
    assert flat == pytest.approx((2 * 0.5 + 4e-4) / (0.25 + 1 + 4e-4))  # luminance alone
    assert ssim(x, 2 - x).max() < 0  # upside down is unlike, once values are not negative
    with pytest.raises(ValueError, match="11 samples, not 10"):
        ssim(np.zeros(10), np.zeros(10))


def test_segments_are_whole_and_a_short_recording_is_one():
    assert segments(1000, 100.0) == [slice(0, 500), slice(500, 1000)]
    assert segments(999, 100.0) == [slice(0, 500)] and segments(300, 100.0) == [slice(0, 300)]


def made_from(truth, change):
    """V1-V6 estimated, changed by a function of (lead, mV)."""
    source = {
        lead: "measured" if lead in ("I", "II") else "derived" if lead in STANDARD[:6] else "estimated"
        for lead in STANDARD
    }
    signals = np.stack(
        [change(lead, truth[lead]) if source[lead] == "estimated" else truth[lead] for lead in STANDARD]
    )
    return Reconstruction(truth.replace(signals=signals), source, LeadSet("I II"), "test")


def test_a_known_offset_has_the_error_it_should_in_each_unit():
    truth = simulate(Heart(noise_uv=0.0), 100.0, 10.0, seed=1)
    scores = {
        (lead, metric): value
        for lead, metric, value in scaled_scores(truth, made_from(truth, lambda lead, row: row + 0.1))
    }
    assert {lead for lead, _ in scores} == set(STANDARD[6:])
    for lead in ("V1", "V5"):
        halves = [np.ptp(part) / 2 for part in np.split(truth[lead].astype(float), 2)]
        assert scores[(lead, "rmse_scaled")] == pytest.approx(
            np.mean([0.1 / half for half in halves]), rel=1e-3
        )
        joint = (truth.signals.max() - truth.signals.min()) / 2
        assert scores[(lead, "mse_joint")] == pytest.approx((0.1 / joint) ** 2, rel=1e-3)
        assert scores[(lead, "ssim")] < 1
    perfect = {
        (lead, metric): value
        for lead, metric, value in scaled_scores(truth, made_from(truth, lambda lead, row: row))
    }
    assert all(
        value == pytest.approx(float(metric == "ssim"), abs=1e-6) for (_, metric), value in perfect.items()
    )


def test_scaled_errors_do_not_see_the_gain_of_the_recording():
    truth = simulate(Heart(noise_uv=0.0), 100.0, 10.0, seed=1)
    louder = truth.replace(signals=4 * truth.signals)
    scores = [
        list(scaled_scores(ecg, made_from(ecg, lambda lead, row: 0.7 * row))) for ecg in (truth, louder)
    ]
    assert [value for *_, value in scores[0]] == pytest.approx([value for *_, value in scores[1]], rel=1e-3)


def test_a_flat_lead_is_not_blown_up():
    centre, half = centre_and_half(np.zeros((2, 50)))
    assert centre.shape == half.shape == (2, 1) and (half == 0.005).all()
