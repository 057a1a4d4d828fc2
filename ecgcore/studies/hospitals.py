"""Intervals and gains at hospitals that were left out: a row by way of pooling, hospital, named set and lead.

A cell is one hospital, set and lead. width is of the interval, over that of the weights' own factor;
own_rmse_uv is with the weights' own gains; slope is of truth on estimate, below 1 where estimates are too
tall. Of a site's n recordings there are several draws, each judged on the recordings it left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecgcore.evaluation.tables import Table

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = {
    "draw": "int64",
    "n": "int64",
    "coverage": "float64",
    "width": "float64",
    "rmse_uv": "float64",
    "own_rmse_uv": "float64",
    "slope": "float64",
}
KEYS = ("model", "weights", "way")
COLUMNS = (
    *KEYS,
    "draw",
    "hospital",
    "inputs",
    "lead",
    "n",
    "coverage",
    "width",
    "rmse_uv",
    "own_rmse_uv",
    "slope",
)
TABLE = Table("hospitals left out", COLUMNS, KEYS, NUMBERS, digits="%.4g")
LOW, HIGH = 0.88, 0.92
"""Coverage of a nominal 90 % that counts as kept."""


def summary(table: pd.DataFrame) -> list[str]:
    """A line a way: shares of cells, the worst cell, mean width, the RMSE against that of the weights' own
    gains, and how tall estimates are."""
    lines = []
    for way, rows in table.groupby("way", sort=False):
        coverage = rows["coverage"]
        change = rows["rmse_uv"] / rows["own_rmse_uv"] - 1
        by_hospital = change.groupby(rows["hospital"]).mean()
        cells = len(rows) // rows["draw"].nunique()
        within = coverage.between(LOW, HIGH).mean()
        span = f"{100 * by_hospital.min():+.1f} to {100 * by_hospital.max():+.1f}"
        slope = rows["slope"].groupby(rows["hospital"]).mean()
        lines.append(
            f"{way:32} >= 88 %: {(coverage >= LOW).mean():.2f}  88-92 %: {within:.2f}  "
            f"worst {coverage.min():.3f}  mean {coverage.mean():.3f}  width x{rows['width'].mean():.2f}  "
            f"RMSE {100 * change.mean():+.1f} % (by hospital {span})  "
            f"slope {rows['slope'].mean():.2f} (by hospital {slope.min():.2f} to {slope.max():.2f}; "
            f"{(rows['slope'] - 1).abs().mean():.2f} from 1 in a cell)  "
            f"n = {cells} cells of {rows['hospital'].nunique()} hospitals"
        )
    return lines
