"""The command that scores every set of leads: right numbers, nothing but the input leads, going on where
it stopped."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.evaluation.metrics import all_metrics
from ecgcore.lead_algebra import observation, standard_from_independent
from ecgcore.leads import CHEST, STANDARD, LeadSet
from models.base import Estimate
from models.studies import lead_information as li

RNG = np.random.default_rng(1)
TRUTH = RNG.normal(size=(3, 8, 300)).astype(np.float32)


def test_scores_are_those_of_the_metrics():
    truth, altered = RNG.normal(size=(2, 4, 3, 500)).astype(np.float32)
    altered[0, 0] = 0.25  # constant
    r, rmse = li.score(truth, altered)
    wanted = all_metrics(truth, altered)
    np.testing.assert_allclose(r, wanted["r"], atol=1e-5)
    np.testing.assert_allclose(rmse, wanted["rmse_uv"], rtol=1e-5)


def test_a_state_is_scored_on_the_leads_it_leaves_and_no_leads_on_their_size():
    full = standard_from_independent().astype(np.float32) @ TRUTH
    values = li.score_state(lambda truth, inputs: full + 0.1, TRUTH, LeadSet("I II V1"))
    rows = [STANDARD.index(lead) for lead in STANDARD]
    knowledge = [row for row, lead in zip(rows, STANDARD, strict=True) if lead not in CHEST[1:]]
    assert np.isnan(values[:, knowledge]).all()
    np.testing.assert_allclose(values[1, 7:], 100, rtol=1e-4)
    np.testing.assert_allclose(values[0, 7:], 1, atol=1e-5)
    none = li.score_state(lambda truth, inputs: full, TRUTH, LeadSet())
    np.testing.assert_allclose(none[1], 1000 * np.sqrt(np.square(full).mean(-1)).T, rtol=1e-5)


@pytest.mark.parametrize("leads", ["V2", "I II V4", "aVL V1 V6"])
def test_the_linear_product_is_the_linear_estimator(leads):
    from models.linear_estimator import apply_taps, observed_leads
    from models.reconstruct import trained

    make, _, states = li.estimator("linear")
    model, inputs = trained("linear").model.linear_part(), LeadSet(leads)
    shifts = np.array(model.config.lags_ms) // 10
    see = observation(observed_leads(inputs)).astype(np.float32)
    wanted = [
        apply_taps(model.posterior(observed_leads(inputs)).taps, see @ segment, shifts) for segment in TRUTH
    ]
    np.testing.assert_allclose(make(TRUTH, inputs), standard_from_independent() @ np.stack(wanted), atol=2e-4)
    assert len(states) == 510


def test_a_model_of_fixed_leads_sees_nothing_else_and_is_not_credited_with_leads_it_does_not_estimate():
    class Fixed:
        def estimate(self, ecg):
            assert ecg.leads == ("I", "II", "V4") and ecg.rate == 100
            return Estimate(np.stack([ecg["V4"], ecg["V4"]]) * 0.5, LeadSet("V3 V5"))

    altered = li._by_recording(Fixed(), "linear")(TRUTH, LeadSet("I II V4"))
    np.testing.assert_allclose(altered[:, STANDARD.index("V3")], 0.5 * TRUTH[:, 5], atol=1e-6)
    values = li.score_state(lambda truth, inputs: altered, TRUTH, LeadSet("I II V4"))
    credited = np.isfinite(values[1]).all(-1)
    assert [lead for lead, there in zip(STANDARD, credited, strict=True) if there] == ["V3", "V5"]


def test_a_killed_run_is_gone_on_with_and_another_one_begins_anew(tmp_path):
    part, states, calls = tmp_path / "x.part", [LeadSet(lead) for lead in STANDARD[:5]], []

    def rows_of(inputs):
        calls.append(str(inputs))
        if len(calls) == 4:
            raise KeyboardInterrupt
        return np.full((2, 12, 2), len(calls), np.float32)

    with pytest.raises(KeyboardInterrupt):
        li.fill(part, {"weights": "a"}, states, 2, rows_of)
    with part.open("ab") as file:
        file.write(b"half a block")
    values = li.fill(part, {"weights": "a"}, states, 2, rows_of)
    assert calls == ["I", "II", "III", "aVR", "aVR", "aVL"] and values[:, 0, 0, 0].tolist() == [1, 2, 3, 5, 6]
    li.fill(part, {"weights": "b"}, states, 2, rows_of)
    assert len(calls) == 11


def test_correlations_are_means_over_segments():
    from models.studies.lead_correlation import correlations
    from models.training.batches import Dataset

    time = np.arange(1000) / 100
    signals = np.zeros((1, 8, 1000))
    signals[0, 0] = np.sin(2 * np.pi * time)
    signals[0, 1] = np.where(time < 5, 1, -0.1) * np.sin(2 * np.pi * time)
    signals[0, 2:] = RNG.normal(size=(6, 1000))
    dataset = Dataset(
        np.round(1000 * signals).astype(np.int16),
        np.array([1000]),
        100.0,
        np.array(["x/1"]),
        np.array(["x/1"]),
    )
    matrix = correlations(dataset, 5.0)[0]
    assert matrix[0, 1] == pytest.approx(0, abs=1e-3) and matrix[0, 0] == pytest.approx(1)
    assert correlations(dataset, 2.5)[0][0, 1] == pytest.approx(0, abs=1e-3)
    assert correlations(dataset, None)[0][0, 1] == pytest.approx(0.45 / np.sqrt(0.505), abs=1e-3)
    first_half = Dataset(
        dataset.signals[:, :, :500], np.array([500]), 100.0, dataset.records, dataset.patients
    )
    assert correlations(first_half, 5.0)[0][0, 1] == pytest.approx(1, abs=1e-5)
