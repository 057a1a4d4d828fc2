"""Noise ceilings of a simulated heart, and how they are summed up and stored."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.studies.noise import CEILING, ITSELF, MEDIAN, TABLE, WHOLE, ceilings, lines, near
from ecgcore.synthetic import Heart, simulate
from models.studies.noise import rows_of


def values(noise_uv: float) -> dict[tuple[str, str, str], float]:
    ecg = simulate(Heart(noise_uv=noise_uv, wander_uv=0.0), 100.0, 10.0, seed=1).pick(INDEPENDENT)
    rows = rows_of(ecg, "linear", [LeadSet("I II V2")])
    return {(inputs, lead, what): float(value) for inputs, lead, what, value in rows}


def test_noise_lowers_the_ceiling_and_median_beats_know_less_of_it():
    clean, noisy = values(0.0), values(100.0)
    assert min(clean["", lead, CEILING] for lead in INDEPENDENT) > 0.98
    for lead in ("V1", "V3", "V6"):
        assert noisy["", lead, CEILING] < noisy["", lead, ITSELF] < clean["", lead, CEILING]
        assert noisy["I+II+V2", lead, MEDIAN] > noisy["I+II+V2", lead, WHOLE]
    assert ("I+II+V2", "V2", WHOLE) not in noisy


def test_means_are_of_the_same_leads_and_records(tmp_path):
    rows = [
        ("linear", "w", record, f"p{record}", inputs, lead, what, value)
        for record, shift in (("1", 0.0), ("2", 0.1))
        for inputs, lead, what, value in (
            ("", "V1", CEILING, 0.8 + shift),
            ("", "V2", CEILING, 0.6 + shift),
            ("", "V1", ITSELF, 0.9),
            ("", "V2", ITSELF, 0.9),
            ("I+II", "V1", WHOLE, 0.5 + shift),
            ("I+II", "V1", MEDIAN, 0.7 + shift),
            ("I+II", "V2", WHOLE, 0.3),
            ("I+II", "V2", MEDIAN, np.nan),  # no beats: neither r nor ceiling of this lead counts
        )
    ]
    TABLE.write(pd.DataFrame(rows, columns=list(TABLE.columns)), tmp_path / "noise.csv.gz")
    table = TABLE.read(tmp_path / "noise.csv.gz")
    assert {lead: value.value for lead, value in ceilings(table).items()} == pytest.approx(
        {"V1": 0.85, "V2": 0.65}
    )
    (answer,) = near(table).values()
    assert [answer.r.value, answer.median_beats.value, answer.ceiling.value] == pytest.approx(
        [0.55, 0.75, 0.85]
    )
    assert answer.r.n_records == 2 and "I+II" in list(lines(table))[-1]
