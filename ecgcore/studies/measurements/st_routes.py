"""One measurement of ST per lead: how often two that stood side by side used to disagree, and what is now
shown.

A table beside the paper used to measure the estimated leads alone, a sentence above it all twelve leads
together: other leads, another J point. The table here has a row per record, input set, side (recorded,
reconstructed), estimated lead and name (ST at J and at J + 60 ms): "alone" and "together" by those two
earlier ways, "listed" and "judged" what the list of leads and the verdicts show now, all in uV.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.evaluation.tables import Table
from ecgcore.measurements.st.criteria import stemi

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("st_j_uv", "st_j60_uv")
SIDES = ("recorded", "reconstructed")
WAYS = ("alone", "together", "listed", "judged")
COLUMNS = ("model", "weights", "inputs", "record", "patient", "measuring", "side", "lead", "name", *WAYS)
TABLE = Table("ST measurements", COLUMNS, ("weights", "record", "measuring"), dict.fromkeys(WAYS, "float64"))
APART_UV = 20.0
"""From which difference two measurements of a lead are called different: a fifth of a small square."""


@dataclass(frozen=True)
class Disagreement:
    """Two measurements of the same leads. apart: of `values` those that differ by more than APART_UV; "
    "largest:
    uV; criterion: of `judged` recordings and sides those where one meets the ST criterion and the other does
    not."""

    apart: int
    values: int
    median_uv: float
    largest_uv: float
    criterion: int
    judged: int


def disagreement(table: pd.DataFrame, first: str, second: str) -> Disagreement:
    """How two of WAYS disagree over the rows of one input set."""
    both = table[table[first].notna() & table[second].notna()]
    levels = both[both["name"] == "st_j60_uv"]
    difference = (levels[first] - levels[second]).abs().to_numpy()
    of_j = both[both["name"] == "st_j_uv"]
    answers = [
        (_met(rows, first), _met(rows, second)) for _, rows in of_j.groupby(["record", "side"], observed=True)
    ]
    judged = [pair for pair in answers if None not in pair]
    return Disagreement(
        int((difference > APART_UV).sum()),
        len(difference),
        float(np.median(difference)) if len(difference) else 0.0,
        float(difference.max(initial=0.0)),
        sum(first != second for first, second in judged),
        len(judged),
    )


def _met(rows: pd.DataFrame, way: str) -> bool | None:
    levels: Mapping[str, float] = dict(zip(rows["lead"], rows[way], strict=True))
    return stemi(levels).met
