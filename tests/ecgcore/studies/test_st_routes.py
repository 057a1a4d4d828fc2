"""Two measurements of the same ST: how often they disagree, on a table with a known answer; the command."""

from __future__ import annotations

import math

import pandas as pd

from ecgcore.studies.measurements.st_routes import COLUMNS, NAMES, WAYS, disagreement

LEADS = ("V3", "V4")


def table(**ways: dict[str, float]) -> pd.DataFrame:
    """One recording, recorded side, V3 and V4 at J and J+60 by each way."""
    fixed = ("m", "w", "I+II+V2", "r", "p", "1", "recorded")
    rows = [
        (*fixed, lead, name, *(ways[way][f"{lead} {name}"] for way in WAYS))
        for lead in LEADS
        for name in NAMES
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def levels(v3_j: float, v4_j: float, v3_j60: float, v4_j60: float) -> dict[str, float]:
    return {"V3 st_j_uv": v3_j, "V4 st_j_uv": v4_j, "V3 st_j60_uv": v3_j60, "V4 st_j60_uv": v4_j60}


ELEVATED, LOWER = levels(300, 150, 225, 120), levels(200, 150, 99, 115)


def test_levels_apart_and_another_answer_to_the_criterion_are_counted():
    both = table(alone=ELEVATED, together=LOWER, listed=LOWER, judged=LOWER)
    before = disagreement(both, "alone", "together")
    assert (before.apart, before.values, before.largest_uv, before.median_uv) == (1, 2, 126.0, 65.5)
    assert (before.criterion, before.judged) == (1, 1)
    now = disagreement(both, "listed", "judged")
    assert (now.apart, now.largest_uv, now.criterion, now.judged) == (0, 0.0, 0, 1)


def test_what_was_not_measurable_is_not_compared():
    unknown = levels(math.nan, math.nan, math.nan, 120)
    of = disagreement(table(alone=unknown, together=LOWER, listed=LOWER, judged=LOWER), "alone", "together")
    assert (of.values, of.judged, of.apart) == (1, 0, 0)
