"""How much of a heart two visits share: what bounds an estimate that knows the earlier one.

Median beats are laid at the beats of a recording and compared with it, lead by lead: those of another
recording of the same patient ("of the reference"), which is all that a perfect memory of that visit knows,
and its own ("its own"), which is all that any memory of one beat could know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ecgcore.evaluation.statistics import Interval, bootstrap_mean
from ecgcore.evaluation.tables import Table

if TYPE_CHECKING:
    import pandas as pd

FILE = "visits.csv.gz"
BEATS = ("of the reference", "its own")
TABLE = Table(
    "visits of a person",
    ("record", "reference", "patient", "beats", "lead", "r", "rmse_uv"),
    ("record", "reference"),
    {"r": "float64", "rmse_uv": "float64"},
    digits="%.5g",
)


def agreement(table: pd.DataFrame) -> dict[str, tuple[Interval, Interval]]:
    """By kind of beats r and RMSE in uV: mean over leads of a pair of visits, then over pairs; 95 % interval
    by patient."""
    values = {}
    for beats in BEATS:
        pairs = table[table["beats"] == beats].groupby(["record", "reference", "patient"], sort=False)
        means = pairs[["r", "rmse_uv"]].mean().dropna()
        patients = means.index.get_level_values("patient").to_numpy()
        values[beats] = tuple(bootstrap_mean(means[name].to_numpy(), patients) for name in ("r", "rmse_uv"))
    return values  # type: ignore[return-value]


def lines(table: pd.DataFrame) -> Iterator[str]:
    """A line for each kind of beats."""
    for beats, (r, rmse) in agreement(table).items():
        yield (
            f"median beats {beats:17} laid at the recording's beats: r {r}, RMSE {rmse.value:.0f} uV "
            f"[{rmse.low:.0f}, {rmse.high:.0f}]; n = {r.n_records} pairs of {r.n_patients} patients"
        )
