"""Beats of one visit laid on another: the same heart agrees, a changed one less, and its own beats most."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ecgcore.leads import INDEPENDENT
from ecgcore.measurements.beats import find_beats
from ecgcore.measurements.detector import RATE as BEAT_RATE
from ecgcore.signals import filter_array, resample_array
from ecgcore.studies.visits import BEATS, TABLE, agreement, lines
from ecgcore.synthetic import Heart, simulate
from models.person.beats import RATE
from models.studies.reference.visits import Seen, rows_of


def visit(seed: int, gain: float = 1.0, rate: float = 70.0, turned: bool = False) -> Seen:
    ecg = simulate(Heart(rate=rate), 500.0, 10.0, seed=seed)
    rows = gain * filter_array(ecg.pick(INDEPENDENT).signals.astype(float), 500.0, 0.5)
    if turned:
        rows[2] = -rows[2]
    rows = resample_array(rows, 500.0, RATE)
    fast = resample_array(rows, RATE, BEAT_RATE)
    return Seen(rows, fast, find_beats(fast))


def table(today: Seen, earlier: Seen, patient: str = "p") -> pd.DataFrame:
    rows = [("now", "then", patient, *row) for row in rows_of(today, earlier)]
    return pd.DataFrame(rows, columns=TABLE.columns).astype({"r": float, "rmse_uv": float})


def test_the_same_heart_at_another_rate_agrees_as_its_own_beats_do():
    rows = table(visit(1), visit(2, rate=76.0))
    assert set(rows["beats"]) == set(BEATS) and len(rows) == 16
    by_beats = rows.groupby("beats")["r"].mean()
    assert by_beats[BEATS[0]] == pytest.approx(by_beats[BEATS[1]], abs=0.02) and by_beats.min() > 0.9


def test_a_lead_that_changed_is_seen_in_that_lead_alone():
    rows = table(visit(1), visit(2, turned=True))
    copied = rows[rows["beats"] == BEATS[0]].set_index("lead")["r"]
    assert copied["V1"] < -0.8 and copied.drop("V1").min() > 0.9
    louder = table(visit(1), visit(2, gain=2.0))
    copied = louder[louder["beats"] == BEATS[0]]
    assert copied["r"].min() > 0.9 and copied["rmse_uv"].mean() > 100


def test_the_summary_is_the_mean_over_pairs():
    rows = pd.concat(
        [table(visit(1), visit(2)), table(visit(3), visit(4, turned=True), "q").assign(record="b")]
    )
    r, rmse = agreement(rows)[BEATS[0]]
    wanted = rows[rows["beats"] == BEATS[0]].groupby("record")["r"].mean().mean()
    assert r.value == pytest.approx(wanted) and r.n_records == 2 and r.n_patients == 2
    assert rmse.value > 0 and np.isfinite(r.low) and len(list(lines(rows))) == 2
