"""One model against another on the same recordings, from their stored tables (``rlecg compare``)."""

from __future__ import annotations

from pathlib import Path

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.scoring import SCORES
from ecgcore.evaluation.statistics import Interval
from ecgcore.evaluation.tables import UnusableTable, made_with_other_weights
from ecgcore.studies import scores as results
from models.hints import hint
from models.reconstruct import weights_in_tables

METRICS = ("r", "rmse_uv")


def differences(
    folder: Path, names: tuple[str, str], table: str, metric: str
) -> dict[tuple[str, str, str], Interval]:
    """(database, passband, inputs) -> mean of the first model's learned-lead means less the second's.

    Raises UnusableTable where a table is missing, UnusableEcg where one is of other weights.
    """
    tables = [SCORES.read(_stored(folder, name, table)) for name in names]
    rows = results.together(tables, {name: weights_in_tables(name) for name in names})
    if old := results.stale(rows):
        raise UnusableEcg(made_with_other_weights(old, hint("scores", model=old[0])))
    differences = {}
    for (database, passband, inputs), part in rows.groupby(
        ["database", "passband", "inputs"], observed=True, sort=False
    ):
        if "mean" in (compared := results.compare(part, metric, *names)):
            differences[(str(database), str(passband), str(inputs))] = compared["mean"].difference
    return differences


def _stored(folder: Path, name: str, table: str) -> Path:
    path = folder / name / f"{table}.parquet"
    if not path.is_file():
        weights_in_tables(name)  # refuses what is no model
        there = ", ".join(sorted(file.stem for file in path.parent.glob("scores*.parquet"))) or "none"
        raise UnusableTable(f"{name} has no table {table!r}; its tables of scores: {there}.")
    return path


def lines(folder: Path, names: tuple[str, str], table: str, metric: str) -> list[str]:
    """A line per database, passband and input set, and how often the first model is better. Raises
    UnusableEcg."""
    by_condition = differences(folder, names, table, metric)
    sign, digits = (1, 4) if metric == "r" else (-1, 2)
    out = []
    for (database, passband, inputs), difference in by_condition.items():
        interval = (
            f"{difference.value:+.{digits}f} [{difference.low:+.{digits}f}, {difference.high:+.{digits}f}]"
        )
        out.append(
            f"{database:15} {passband:12} {inputs:14} {metric:8} {interval}   n = {difference.n_records} "
            f"records of {difference.n_patients} patients"
        )
    better = sum(sign * difference.value > 0 for difference in by_condition.values())
    clearly = sum(
        min(sign * difference.low, sign * difference.high) > 0 for difference in by_condition.values()
    )
    out.append(
        f"{metric}: {names[0]} is better than {names[1]} in {better} of {len(by_condition)}, clearly "
        f"(interval without zero) in {clearly}"
    )
    return out
