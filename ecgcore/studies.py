"""Questions to a training, answered from one table: what do more recordings bring, what does the network make of those it was trained on,
and what does one network for all sets cost?

The table has a row per checkpoint, input set and record: means over the learned leads, so that differences are paired.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.statistics import Interval, bootstrap_mean

if TYPE_CHECKING:
    import pandas as pd

WATCHED, SEEN = "val", "train"
"""Splits: recordings that were held out, and such as the network was trained on."""
COLUMNS = ("weights", "records", "steps", "only", "inputs", "split", "record", "patient", "r", "rmse_uv")


@dataclass(frozen=True)
class Point:
    """A training on so many recordings, for one input set."""

    records: int
    steps: int
    r: Interval
    rmse_uv: Interval


@dataclass(frozen=True)
class Alone:
    """A network trained for one input set beside the one for all. difference: mean r of alone minus together, paired."""

    inputs: str
    alone: float
    together: float
    difference: Interval


def read(path: Path) -> pd.DataFrame:
    """The table; texts as texts."""
    import pandas as pd

    return pd.read_csv(path, dtype={"weights": str, "only": str, "inputs": str, "record": str, "patient": str}, keep_default_na=False)


def learning(table: pd.DataFrame) -> dict[str, list[Point]]:
    """Input set -> the trainings for all sets, from few recordings to many, on held-out recordings."""
    return _points(table[(table["only"] == "") & (table["split"] != SEEN)])


def seen(table: pd.DataFrame) -> dict[str, Point]:
    """Input set -> the training with most recordings, on some of those it was trained on: what is left there, no further recording removes."""
    return {inputs: points[-1] for inputs, points in _points(table[(table["only"] == "") & (table["split"] == SEEN)]).items()}


def _points(general: pd.DataFrame) -> dict[str, list[Point]]:
    return {
        inputs: [
            Point(records, steps, *(bootstrap_mean(part[metric].to_numpy(), part["patient"].to_numpy()) for metric in ("r", "rmse_uv")))
            for (records, steps, _), part in rows.groupby(["records", "steps", "weights"])
        ]
        for inputs, rows in general.groupby("inputs", sort=False)
    }  # type: ignore[misc]


def equal_steps(points: list[Point], within: float = 0.1) -> list[Point]:
    """The trainings that took as many steps as the smallest one, so that recordings are all that differs."""
    return [point for point in points if abs(point.steps / points[0].steps - 1) <= within]


def per_doubling(points: list[Point]) -> float:
    """Gain in r for twice the recordings, from the two largest trainings of as many steps as the smallest one; NaN for fewer than two."""
    alike = equal_steps(points)
    if len(alike) < 2:
        return float("nan")
    before, last = alike[-2:]
    return float((last.r.value - before.r.value) / np.log2(last.records / before.records))


def alone(table: pd.DataFrame) -> list[Alone]:
    """Each network trained for a single set beside the general one with most recordings, on the records both have."""
    import pandas as pd

    general = table[(table["only"] == "") & (table["split"] != SEEN)]
    if general.empty:
        return []
    best = general.sort_values(["records", "steps"])["weights"].iloc[-1]
    together = general[general["weights"] == best]
    found = []
    for (inputs, _), rows in table[table["only"] != ""].groupby(["inputs", "weights"], sort=False):
        both = pd.merge(rows, together[together["inputs"] == inputs], on="record", suffixes=("", "_all"))
        if len(both):
            difference = bootstrap_mean((both["r"] - both["r_all"]).to_numpy(), both["patient"].to_numpy())
            found.append(Alone(str(inputs), float(both["r"].mean()), float(both["r_all"].mean()), difference))
    return found
