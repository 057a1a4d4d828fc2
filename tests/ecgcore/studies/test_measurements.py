"""Agreement over many recordings on tables whose answer is known, and a cohort that continues where it
stopped."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ecgcore.leads import LeadSet
from ecgcore.studies.measurements import (
    COLUMNS,
    agreement,
    criterion,
    errors,
    in_words,
    reached,
    st_beyond,
    worst,
)
from ecgcore.studies.measurements.rows import beside, rate_by_itself, values_of, with_noise
from ecgcore.synthetic import Heart, simulate


def table(true, other, name: str = "qrs_ms", lead: str = "V1", noisy=None) -> pd.DataFrame:
    n = len(true)
    numbers = [f"{place:05d}" for place in range(n)]
    fixed = {
        "model": "m",
        "weights": "w",
        "inputs": "I+II+V4",
        "database": "d",
        "split": "test",
        "passband": "high-pass",
        "measuring": "2",
        "rate": 500,
    }
    rows = {"record": numbers, "patient": numbers, "lead": lead, "name": name, "true": true, "other": other}
    return pd.DataFrame(fixed | rows | {"noisy": true if noisy is None else noisy})[list(COLUMNS)]


def test_errors_and_failures_have_the_same_denominator():
    result = errors(
        table([100.0, 100.0, 100.0, np.nan], [110.0, 90.0, np.nan, 80.0], noisy=[101.0, 99.0, 100.0, 100.0])
    )
    assert result.n == 3 and result.failed == pytest.approx(1 / 3) and result.failed_noisy == 0
    assert result.mae.value == 10 and result.bias.value == 0 and result.mae.n_records == 2
    assert result.floor_mae.value == pytest.approx(2 / 3)


def test_limits_slopes_and_ratio_are_those_of_plain_formulas():
    rng = np.random.default_rng(0)
    true = rng.normal(100, 15, 300)
    estimate = 20 + 0.7 * true + rng.normal(0, 5, 300)
    result = agreement(table(true, estimate))
    difference = estimate - true
    assert result.bias.value == pytest.approx(difference.mean())
    assert result.upper.value == pytest.approx(difference.mean() + 1.96 * difference.std(ddof=1))
    assert result.proportional.value == pytest.approx(np.polyfit((estimate + true) / 2, difference, 1)[0])
    assert result.truth_slope.value == pytest.approx(np.polyfit(estimate, true, 1)[0])
    assert result.sd_ratio.value == pytest.approx(estimate.std() / true.std())
    assert result.r.value == pytest.approx(np.corrcoef(estimate, true)[0, 1])
    for value in (result.bias, result.lower, result.upper, result.truth_slope):
        assert value.low < value.value < value.high
    width = (
        2 * 1.96 * difference.std(ddof=1) * np.sqrt(3 / 300)
    )  # Bland and Altman's standard error of a limit
    assert result.upper.high - result.upper.low == pytest.approx(width, rel=0.25)


def test_the_best_guess_regresses_to_the_mean_and_truth_on_it_has_slope_one():
    rng = np.random.default_rng(1)
    seen = rng.normal(0, 1, 4000)
    result = agreement(table(seen + rng.normal(0, 1, 4000), seen))
    assert result.truth_slope.value == pytest.approx(1, abs=0.05) and result.sd_ratio.value == pytest.approx(
        0.5**0.5, abs=0.03
    )


def test_the_criterion_fills_its_four_cells():
    high, low = 150.0, 20.0
    leads = [table([high, high, low, low], [high, low, high, low], "st_j_uv", lead) for lead in ("V5", "V6")]
    result = criterion(pd.concat(leads), "I+II+V4", {})
    assert (result.both, result.only_true, result.only_other, result.neither, result.unknown) == (
        1,
        1,
        1,
        1,
        0,
    )
    assert result.sensitivity.value == result.specificity.value == 0.5
    assert (result.sensitivity.low, result.sensitivity.high) == pytest.approx(
        (0.0945, 0.9055), abs=1e-4
    )  # Wilson, 1 of 2


def test_pr_is_told_joined_and_in_each_lead_with_what_was_lost():
    joined = table([150.0] * 4, [156.0, 156.0, 146.0, np.nan], "pr_ms", "global")
    single = table(
        [150.0] * 4, [170.0, 130.0, 150.0, 150.0], "pr_ms", "V1", noisy=[150.0, np.nan, 150.0, 150.0]
    )
    first, second = reached(pd.concat([joined, single]))
    assert "joined" in first.goal.question and first.value.value == pytest.approx(16 / 3) and first.met
    assert (first.n, first.of, first.failed, first.median) == (3, 4, 0.25, 6.0)
    assert (
        "in each" in second.goal.question
        and second.value.value == 10
        and not second.met
        and second.failed_noisy == 0.25
    )


def test_st_counts_recordings_and_a_lost_value_is_off():
    rows = pd.concat(
        [
            table([0.0, 0.0, 0.0], [50.0, 120.0, np.nan], "st_j60_uv", "V1"),
            table([0.0] * 3, [0.0] * 3, "st_j60_uv", "V3"),
        ]
    )
    assert st_beyond(rows).value == pytest.approx(2 / 3)
    assert list(worst(rows)["record"]) == ["00001", "00000", "00002"]
    assert "not reached" in in_words(table([100.0] * 5, [120.0] * 5), "m", "w")


def test_versions_of_a_recording_are_measured_alike():
    from ecgcore.measurements import measure

    ecg = simulate(Heart(rate=70), 500.0, seed=3)
    leads, beats = LeadSet("V1 V3"), measure(ecg).beats
    same, noisy = values_of(ecg, leads, beats), values_of(with_noise(ecg, 1), leads, beats)
    assert rate_by_itself(ecg.pick(leads)) == pytest.approx(70, abs=1.5)
    for lead, name, (a, b, c) in beside(same, same, noisy):
        assert a == b and (c is None or a is None or abs(a - c) < 60), (lead, name)
    assert same != noisy
