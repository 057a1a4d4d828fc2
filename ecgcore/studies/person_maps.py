"""The linear part of CaLiNet's calibrated form (Zhang, Cai, Duan and Lu 2026) on our recordings: the chest
leads as a linear map of I, II and V2, that of the population, that of the person from the first two seconds
with all leads, and both mixed. What is scored comes after those two seconds; 0.5 Hz high-pass, 100 Hz."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ecgcore.evaluation.statistics import Interval, bootstrap_mean
from ecgcore.evaluation.tables import Table

if TYPE_CHECKING:
    import pandas as pd

FILE = "person_maps.csv.gz"
MAPS = ("population", "person", "mixed")
PRINTED = {"person": 0.944}
"""r on PTB-XL as the paper has it."""
TABLE = Table(
    "linear maps of persons",
    ("database", "split", "record", "patient", "map", "lead", "r", "rmse_uv"),
    ("database", "record"),
    {"r": "float64", "rmse_uv": "float64"},
    digits="%.5g",
)


def summary(table: pd.DataFrame) -> Iterator[tuple[str, str, str, Interval, Interval]]:
    """(database, split, map, r, RMSE in uV): mean over the leads of a recording, then over recordings; 95 %
    interval by patient."""
    for (database, split), part in table.fillna({"split": ""}).groupby(["database", "split"], sort=False):
        for name in MAPS:
            means = (
                part[part["map"] == name].groupby(["record", "patient"], sort=False)[["r", "rmse_uv"]].mean()
            )
            patients = means.index.get_level_values("patient").to_numpy()
            r, rmse = (bootstrap_mean(means[column].to_numpy(), patients) for column in ("r", "rmse_uv"))
            yield str(database), str(split), name, r, rmse


def lines(table: pd.DataFrame) -> Iterator[str]:
    """A line for each map and database."""
    for database, split, name, r, rmse in summary(table):
        yield (
            f"{database:16}{split:6}map, {name:11} r {r}, RMSE {rmse.value:.0f} uV; "
            f"n = {r.n_records} of {r.n_patients} patients"
            + (f"; printed {PRINTED[name]:g}" if name in PRINTED and database == "ptb-xl" else "")
        )
