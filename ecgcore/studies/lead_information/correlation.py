"""How the twelve leads go together: correlations out of the linear estimator's covariance; beside them what
Beco et al. print.

Covariance: (8 n_lags, 8 n_lags) of the eight independent leads at several lags, by lag then lead, each
training record divided by its power. The other four leads follow by algebra, so every matrix here obeys
Einthoven and Goldberger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecgcore.evaluation.statistics import Interval
from ecgcore.evaluation.tables import Table
from ecgcore.lead_algebra import observation, standard_from_independent
from ecgcore.leads import CHEST, INDEPENDENT, STANDARD, LeadSet

N = len(INDEPENDENT)

BECO: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "II": {
        "PTB": (0.45, 0.36, -0.71, 0.01, 0.77, -0.34, -0.20, 0.00, 0.28, 0.72, 0.81),
        "INCART": (0.46, 0.80, -0.86, -0.49, 0.95, -0.45, -0.19, 0.25, 0.65, 0.82, 0.77),
        "PTB-XL": (0.70, 0.31, 0.25, -0.82, 0.83, -0.44, -0.04, 0.37, 0.68, 0.81, 0.84),
    },
    "I": {
        "PTB": (0.45, -0.49, -0.82, 0.82, -0.05, -0.47, -0.21, 0.03, 0.30, 0.64, 0.68),
        "INCART": (0.46, 0.02, -0.62, 0.32, 0.26, -0.36, 0.01, 0.11, 0.35, 0.51, 0.44),
        "PTB-XL": (0.70, -0.24, 0.77, -0.86, 0.32, -0.54, -0.06, 0.33, 0.63, 0.80, 0.83),
    },
}
"""Tables 2 (lead II) and 4 (lead I) as printed: the mean correlation of the lead with the other eleven, in
standard order."""


def printed(lead: str, database: str = "PTB-XL") -> dict[str, float]:
    """A row of Beco's Table 2 (lead II) or 4 (lead I), by lead."""
    return dict(zip([other for other in STANDARD if other != lead], BECO[lead][database], strict=True))


def exchanged(row: Mapping[str, float]) -> dict[str, float]:
    """The row with its aVR and aVL columns exchanged."""
    return dict(row) | {"aVR": row["aVL"], "aVL": row["aVR"]}


def _normalised(covariance: np.ndarray) -> np.ndarray:
    sd = np.sqrt(np.diag(covariance))
    values: np.ndarray = covariance / np.outer(sd, sd)
    return values


def correlation(covariance: np.ndarray, n_lags: int = 1, lag: int = 0, centre: int = 0) -> np.ndarray:
    """(12, 12): row lead at the moment, column lead ``lag`` places away in the list of lags. centre: place of
    lag 0."""
    blocks = covariance.reshape(n_lags, N, n_lags, N)
    full = standard_from_independent()
    now, cross = (full @ blocks[centre, :, place] @ full.T for place in (centre, centre + lag))
    sd = np.sqrt(np.diag(now))
    values: np.ndarray = cross / np.outer(sd, sd)
    return values


def conditional(
    covariance: np.ndarray, given: LeadSet, n_lags: int = 1, centre: int = 0
) -> tuple[LeadSet, np.ndarray, np.ndarray]:
    """What is left between the chest leads when others are known at all lags: leads, their partial
    correlations, and the share of each lead's power left."""
    left = LeadSet(CHEST) - given
    if not given:
        every = correlation(covariance, n_lags, 0, centre)
        rows = [STANDARD.index(lead) for lead in left]
        return left, every[np.ix_(rows, rows)], np.ones(len(left))
    see = np.kron(np.eye(n_lags), observation(given))
    want = np.kron(np.eye(1, n_lags, centre), observation(left))
    seen = see @ covariance @ see.T
    seen += 1e-9 * np.trace(seen) / len(seen) * np.eye(len(seen))
    cross = want @ covariance @ see.T
    before = want @ covariance @ want.T
    rest = before - cross @ np.linalg.solve(seen, cross.T)
    return left, _normalised(rest), np.diag(rest) / np.diag(before)


# -- measured on recordings ----------------------------------------------------------------------------------

TABLE_FILE = "lead_correlation.csv.gz"
TABLE = Table(
    "lead correlation",
    ("protocol", "group", "one", "other", "r", "low", "high", "n", "patients"),
    ("protocol", "group", "one", "other"),
    {"r": "float64", "low": "float64", "high": "float64", "n": "int64", "patients": "int64"},
    digits="%.4f",
)


@dataclass(frozen=True)
class Measured:
    """Mean correlations over recordings, from ``rlecg study lead-correlation``: (protocol, group) ->
    {one, other} -> interval."""

    tables: Mapping[tuple[str, str], Mapping[frozenset[str], Interval]]

    def row(self, lead: str, protocol: str = "segments", group: str = "all") -> dict[str, Interval]:
        """The lead with the other eleven, in standard order."""
        table = self.tables[protocol, group]
        return {other: table[frozenset((lead, other))] for other in STANDARD if other != lead}

    def matrix(self, protocol: str = "high-pass", group: str = "all") -> np.ndarray:
        """(12, 12)."""
        table = self.tables[protocol, group]
        return np.array(
            [
                [1.0 if first == second else table[frozenset((first, second))].value for second in STANDARD]
                for first in STANDARD
            ]
        )

    def groups(self, protocol: str = "high-pass") -> dict[str, int]:
        """Group -> recordings."""
        return {
            group: next(iter(table.values())).n_records
            for (name, group), table in self.tables.items()
            if name == protocol
        }


def read_measured(path: Path) -> Measured:
    """Raises UnusableTable for a file that is none."""
    tables: dict[tuple[str, str], dict[frozenset[str], Interval]] = {}
    for protocol, group, first, second, *numbers in TABLE.read(path).itertuples(index=False, name=None):
        tables.setdefault((protocol, group), {})[frozenset((first, second))] = Interval(*numbers)
    return Measured(tables)
