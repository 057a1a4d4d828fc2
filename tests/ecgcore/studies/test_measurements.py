"""Agreement over many recordings on tables whose answer is known, and a cohort that continues where it
stopped."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ecgcore.leads import LeadSet
from ecgcore.studies.measurement_rows import beside, rate_by_itself, values_of, with_noise
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
        "band": "high-pass",
        "measuring": "2",
        "rate": 500,
    }
    rows = {"record": numbers, "patient": numbers, "lead": lead, "name": name, "true": true, "other": other}
    return pd.DataFrame(fixed | rows | {"noisy": true if noisy is None else noisy})[list(COLUMNS)]


def test_errors_and_failures_have_the_same_denominator():
    found = errors(
        table([100.0, 100.0, 100.0, np.nan], [110.0, 90.0, np.nan, 80.0], noisy=[101.0, 99.0, 100.0, 100.0])
    )
    assert found.n == 3 and found.failed == pytest.approx(1 / 3) and found.failed_noisy == 0
    assert found.mae.value == 10 and found.bias.value == 0 and found.mae.n_records == 2
    assert found.floor_mae.value == pytest.approx(2 / 3)


def test_limits_slopes_and_ratio_are_those_of_plain_formulas():
    rng = np.random.default_rng(0)
    true = rng.normal(100, 15, 300)
    made = 20 + 0.7 * true + rng.normal(0, 5, 300)
    found = agreement(table(true, made))
    difference = made - true
    assert found.bias.value == pytest.approx(difference.mean())
    assert found.upper.value == pytest.approx(difference.mean() + 1.96 * difference.std(ddof=1))
    assert found.proportional.value == pytest.approx(np.polyfit((made + true) / 2, difference, 1)[0])
    assert found.truth_slope.value == pytest.approx(np.polyfit(made, true, 1)[0])
    assert found.sd_ratio.value == pytest.approx(made.std() / true.std())
    assert found.r.value == pytest.approx(np.corrcoef(made, true)[0, 1])
    for value in (found.bias, found.lower, found.upper, found.truth_slope):
        assert value.low < value.value < value.high
    width = (
        2 * 1.96 * difference.std(ddof=1) * np.sqrt(3 / 300)
    )  # Bland and Altman's standard error of a limit
    assert found.upper.high - found.upper.low == pytest.approx(width, rel=0.25)


def test_the_best_guess_regresses_to_the_mean_and_truth_on_it_has_slope_one():
    rng = np.random.default_rng(1)
    seen = rng.normal(0, 1, 4000)
    found = agreement(table(seen + rng.normal(0, 1, 4000), seen))
    assert found.truth_slope.value == pytest.approx(1, abs=0.05) and found.sd_ratio.value == pytest.approx(
        0.5**0.5, abs=0.03
    )


def test_the_criterion_fills_its_four_cells():
    high, low = 150.0, 20.0
    leads = [table([high, high, low, low], [high, low, high, low], "st_j_uv", lead) for lead in ("V5", "V6")]
    found = criterion(pd.concat(leads), "I+II+V4", {})
    assert (found.both, found.only_true, found.only_other, found.neither, found.unknown) == (1, 1, 1, 1, 0)
    assert found.sensitivity.value == found.specificity.value == 0.5
    assert (found.sensitivity.low, found.sensitivity.high) == pytest.approx(
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
