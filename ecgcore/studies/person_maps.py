"""CaLiNet's calibrated form (Zhang, Cai, Duan and Lu 2026) beside our reference recording of the same
session: the chest leads from I, II and V2 and the first two seconds with all leads.

By system: the population's linear map, the person's, both mixed, the network that corrects the mixed map and
is told how it differs from the population's, and our personal estimate. What is scored comes after those two
seconds; 0.5 Hz high-pass, 100 Hz. nRMSE: RMSE over the SD of the true lead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ecgcore.evaluation.statistics import Interval, bootstrap_mean
from ecgcore.evaluation.tables import Table

if TYPE_CHECKING:
    import pandas as pd

FILE = "person_maps.csv.gz"
MAPS = ("population", "person", "mixed")
NETWORK, OURS = "network", "ours"
TITLES = {
    "population": "map, population",
    "person": "map, person",
    "mixed": "map, mixed",
    NETWORK: "calibrated network",
    OURS: "ours",
}
PRINTED = {
    ("ptb-xl", "test", "person"): "r 0.944",
    ("ptb-xl", "test", NETWORK): "r 0.967, nRMSE 0.220",
    ("cpsc2018", "", NETWORK): "r 0.941",
}
"""What the paper has."""
DIFFERENCES = ((NETWORK, "person"), (OURS, "person"), (OURS, NETWORK))
NUMBERS = ("r", "rmse_uv", "nrmse")
TABLE = Table(
    "systems with two seconds of the person",
    ("weights", "database", "split", "record", "patient", "system", "lead", *NUMBERS),
    ("weights", "database", "record"),
    dict.fromkeys(NUMBERS, "float64"),
    digits="%.5g",
)
"""weights: hash of the network's, empty for maps."""


class Score(NamedTuple):
    """Mean over the leads of a recording, then over recordings; 95 % interval by patient."""

    database: str
    split: str
    system: str
    values: dict[str, Interval]


def _means(table: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """(database, split, rows by record and patient, columns by number and system)."""
    for (database, split), part in table.fillna({"split": ""}).groupby(["database", "split"], sort=False):
        means = part.groupby(["record", "patient", "system"], sort=False)[list(NUMBERS)].mean()
        yield str(database), str(split), means.unstack("system")


def summary(table: pd.DataFrame) -> Iterator[Score]:
    """Each system on each database."""
    for database, split, means in _means(table):
        patients = means.index.get_level_values("patient").to_numpy()
        for system in (name for name in TITLES if name in means["r"]):
            values = {name: bootstrap_mean(means[name, system].to_numpy(), patients) for name in NUMBERS}
            yield Score(database, split, system, values)


def differences(table: pd.DataFrame) -> Iterator[Score]:
    """One system less another on the same recordings, of ``DIFFERENCES``; system: "ours - network"."""
    for database, split, means in _means(table):
        patients = means.index.get_level_values("patient").to_numpy()
        for better, other in DIFFERENCES:
            if {better, other} <= set(means["r"].columns):
                values = {
                    name: bootstrap_mean((means[name, better] - means[name, other]).to_numpy(), patients)
                    for name in NUMBERS
                }
                yield Score(database, split, f"{better} - {other}", values)


def lines(table: pd.DataFrame) -> Iterator[str]:
    """A line for each system and database, then for each difference."""
    for database, split, system, values in summary(table):
        r, printed = values["r"], PRINTED.get((database, split, system))
        yield (
            f"{database:10}{split:6}{TITLES[system]:20}r {r}, RMSE {values['rmse_uv'].value:.1f} uV, "
            f"nRMSE {values['nrmse'].value:.3f}; n = {r.n_records} of {r.n_patients} patients"
            + (f"; printed {printed}" if printed else "")
        )
    for database, split, pair, values in differences(table):
        rmse = values["rmse_uv"]
        yield (
            f"{database:10}{split:6}{pair:20}r {values['r'].value:+.4f} "
            f"[{values['r'].low:+.4f}, {values['r'].high:+.4f}], RMSE {rmse.value:+.1f} uV "
            f"[{rmse.low:+.1f}, {rmse.high:+.1f}]"
        )
