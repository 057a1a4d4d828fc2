"""Whether maps of significance can be trusted, over many recordings: what shuffled weights make of them,
whether they order the leads as the Shapley values do, and how alike those of several trainings are.

A row is one number of one map, or of a pair of maps: the kind ("grad-cam", "gradient", or "averaged" for
Grad-CAM by mean gradients), the input leads and the target, the weights, and for a pair the other weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecgcore.evaluation.statistics import Interval, bootstrap_mean
from ecgcore.evaluation.tables import Table

if TYPE_CHECKING:
    import pandas as pd

FILE = "map-trust.csv.gz"
TABLE = Table(
    "checks of maps",
    ("record", "patient", "weights", "other", "kind", "inputs", "target", "check", "value"),
    ("record", "weights", "other", "inputs"),
    {"value": "float64"},
)
CHECKS = {
    "shuffled": "rank correlation with maps of shuffled weights (mean size)",
    "shapley": "rank correlation of lead shares with Shapley shares",
    "points": "lead shares against Shapley shares, mean difference in points",
    "map": "rank correlation of whole maps between two trainings",
    "training": "lead shares between two trainings, mean difference in points",
}
"""What each check measures. Shuffled: near 0 where the map shows what was learned; required is below .2."""
PAIRED = ("map", "training")
"""Checks of two trainings."""


@dataclass(frozen=True)
class Answer:
    """A check of one kind of map over recordings. networks: how many weights, or pairs of them."""

    kind: str
    check: str
    networks: int
    value: Interval


def answers(table: pd.DataFrame) -> list[Answer]:
    """Mean of each check with a 95 % interval by patient, over input sets, targets and networks."""
    groups = table.groupby(["kind", "check"], sort=False)
    return [
        Answer(
            str(kind),
            str(check),
            len(rows[["weights", "other"]].drop_duplicates()),
            bootstrap_mean(rows["value"].to_numpy(), rows["patient"].to_numpy()),
        )
        for check in CHECKS
        for (kind, there), rows in groups
        if there == check
    ]
