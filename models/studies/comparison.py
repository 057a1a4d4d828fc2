"""One model against another on the same recordings, from their stored tables (``rlecg compare``)."""

from __future__ import annotations

from pathlib import Path

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.scoring import SCORES
from ecgcore.evaluation.statistics import ALPHA, PairedTest
from ecgcore.evaluation.tables import UnusableTable, made_with_other_weights
from ecgcore.studies import scores as results
from models.hints import hint
from models.reconstruct import weights_in_tables

METRICS = ("r", "rmse_uv")


def differences(
    folder: Path, names: tuple[str, str], table: str, metric: str
) -> dict[tuple[str, str, str], PairedTest]:
    """(database, passband, inputs) -> the first model's learned-lead means less the second's.

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
            differences[(str(database), str(passband), str(inputs))] = compared["mean"]
    return differences


def _stored(folder: Path, name: str, table: str) -> Path:
    path = folder / name / f"{table}.parquet"
    if not path.is_file():
        weights_in_tables(name)  # refuses what is no model
        there = ", ".join(sorted(file.stem for file in path.parent.glob("scores*.parquet"))) or "none"
        raise UnusableTable(f"{name} has no table {table!r}; its tables of scores: {there}.")
    return path


def lines(folder: Path, names: tuple[str, str], table: str, metric: str) -> list[str]:
    """A line per database, passband and input set, and how often the first model is better: by the mean with
    its interval, and by Wilcoxon's signed ranks, which a few recordings with large errors do not decide.
    Raises UnusableEcg."""
    by_condition = differences(folder, names, table, metric)
    sign, digits = (1, 4) if metric == "r" else (-1, 2)
    out, better, clearly, by_ranks = [], 0, 0, 0
    for (database, passband, inputs), test in by_condition.items():
        mean = test.difference
        interval = f"{mean.value:+.{digits}f} [{mean.low:+.{digits}f}, {mean.high:+.{digits}f}]"
        ranks = f"median {test.median:+.{digits}f}, ranks p = {test.wilcoxon_p:.1g}"
        out.append(
            f"{database:15} {passband:12} {inputs:14} {metric:8} {interval}, {ranks}   "
            f"n = {mean.n_records} records of {mean.n_patients} patients"
        )
        better += sign * mean.value > 0
        clearly += test.by_interval == sign
        by_ranks += test.by_ranks == sign
    out.append(
        f"{metric}: {names[0]} is better than {names[1]} in {better} of {len(by_condition)}, clearly "
        f"(interval without zero) in {clearly}, by signed ranks (p < {ALPHA:g}, multiplied by the number of "
        f"leads) in {by_ranks}"
    )
    return out
