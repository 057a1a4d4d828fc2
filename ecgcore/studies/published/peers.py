"""Published systems at their papers' full width beside ours: on the test fold, by superclass, and in
databases that neither was trained on.

The table has a row per network and recording: means over the leads that both estimate, so that differences
are paired. Ours of a database it was trained on is the training that left that database out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecgcore.evaluation import metrics
from ecgcore.evaluation.statistics import Interval, bootstrap_mean
from ecgcore.evaluation.tables import Table

if TYPE_CHECKING:
    import pandas as pd

FILE, COSTS_FILE = "peers.csv.gz", "peers.json"
HOME = "ptb-xl"
"""The database of the test fold; others are whole."""
AWAY = ("georgia", "chapman-ningbo", "cpsc2018", "cpsc-extra", "ludb", "brugada-huca")
METRICS = ("r", "rmse_uv")
TABLE = Table(
    "published systems at full width",
    (
        *("model", "weights", "inputs", "leads", "database", "record", "patient", "superclasses"),
        *("r", "rmse_uv", "ours", "ours_weights", "ours_r", "ours_rmse_uv"),
    ),
    ("model", "weights", "database", "record"),
    dict.fromkeys(("r", "rmse_uv", "ours_r", "ours_rmse_uv"), "float64"),
    digits="%.5g",
)
AHEAD, BEHIND, NOT_TOLD_APART = "ours ahead", "theirs ahead", "not told apart"
TEST_FOLD = "test fold"
FEWEST = 10
"""Recordings of a superclass that are worth a line."""


@dataclass(frozen=True)
class Beside:
    """One published network beside ours in one place: the test fold, a superclass of it, or a database.

    leads: over which both are averaged. peer, ours, difference (ours minus the peer, paired by recording): by
    metric, mean over recordings with its 95 % interval by patient.
    """

    model: str
    inputs: str
    leads: str
    place: str
    peer: Mapping[str, Interval]
    ours: Mapping[str, Interval]
    difference: Mapping[str, Interval]

    @property
    def standing(self) -> str:
        """Who is ahead in r."""
        return self.standing_in("r")

    def standing_in(self, metric: str) -> str:
        """Who is ahead in a metric, where the interval of the difference leaves zero out."""
        difference = self.difference[metric]
        if difference.low <= 0 <= difference.high:
            return NOT_TOLD_APART
        return AHEAD if metrics.METRICS[metric].distance(difference.value) < 0 else BEHIND


@dataclass(frozen=True)
class Cost:
    """What a network took and takes. hours: of training, on what its card names. ms: for one window of
    ``window_s`` seconds on one core."""

    parameters: int
    epochs: int
    best_epoch: int
    hours: float
    ms: float
    window_s: float


def beside(table: pd.DataFrame, order: Sequence[str], titles: Mapping[str, str]) -> list[Beside]:
    """Every network of the table, in the order given: the test fold, its superclasses, then the databases.
    titles: of databases."""
    rows = []
    for model in order:
        own = table[table["model"] == model]
        for place, part in _places(own, titles):
            patients = part["patient"].to_numpy()
            peer, ours, difference = (
                {metric: bootstrap_mean(values(part, metric).to_numpy(), patients) for metric in METRICS}
                for values in (
                    _peer,
                    _ours,
                    lambda rows, metric: _ours(rows, metric) - _peer(rows, metric),
                )
            )
            first = part.iloc[0]
            rows.append(
                Beside(model, str(first["inputs"]), str(first["leads"]), place, peer, ours, difference)
            )
    return rows


def _peer(rows: pd.DataFrame, metric: str) -> pd.Series:
    return rows[metric]


def _ours(rows: pd.DataFrame, metric: str) -> pd.Series:
    return rows[f"ours_{metric}"]


def _places(rows: pd.DataFrame, titles: Mapping[str, str]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Parts of one network's rows by where they are from."""
    home = rows[rows["database"] == HOME]
    if len(home):
        yield TEST_FOLD, home
    classes = home["superclasses"].str.split()
    for name in sorted({name for several in classes for name in several}):
        part = home[classes.map(lambda several, name=name: name in several)]
        if len(part) >= FEWEST:
            yield f"superclass {name}", part
    for database in AWAY:
        part = rows[rows["database"] == database]
        if len(part):
            yield titles.get(database, database), part


def standings(rows: Sequence[Beside]) -> dict[str, list[Beside]]:
    """Rows by who is ahead."""
    return {
        standing: [row for row in rows if row.standing == standing]
        for standing in (AHEAD, NOT_TOLD_APART, BEHIND)
    }
