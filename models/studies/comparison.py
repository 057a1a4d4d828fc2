"""One model against another on the same recordings, from their stored tables (``rlecg compare``)."""

from __future__ import annotations

from pathlib import Path

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.scoring import SCORES
from ecgcore.evaluation.statistics import Interval
from ecgcore.evaluation.tables import made_with_other_weights
from ecgcore.studies import scores as results
from models.hints import hint
from models.reconstruct import weights_of

METRICS = ("r", "rmse_uv")


def differences(
    folder: Path, names: tuple[str, str], table: str, metric: str
) -> dict[tuple[str, str, str], Interval]:
    """(database, band, inputs) -> mean of the first model's learned-lead means less the second's.

    Raises UnusableTable where a table is missing, UnusableEcg where one is of other weights.
    """
    tables = [SCORES.read(folder / name / f"{table}.parquet") for name in names]
    rows = results.together(tables, {name: weights_of(name) for name in names})
    if old := results.stale(rows):
        raise UnusableEcg(made_with_other_weights(old, hint("scores", model=old[0])))
    found = {}
    for (database, band, inputs), part in rows.groupby(
        ["database", "band", "inputs"], observed=True, sort=False
    ):
        if "mean" in (compared := results.compare(part, metric, *names)):
            found[(str(database), str(band), str(inputs))] = compared["mean"].difference
    return found


def lines(folder: Path, names: tuple[str, str], table: str, metric: str) -> list[str]:
    """A line per database, band and input set, and how often the first model is better. Raises
    UnusableEcg."""
    found = differences(folder, names, table, metric)
    sign, digits = (1, 4) if metric == "r" else (-1, 2)
    out = []
    for (database, band, inputs), one in found.items():
        interval = f"{one.value:+.{digits}f} [{one.low:+.{digits}f}, {one.high:+.{digits}f}]"
        out.append(
            f"{database:15} {band:12} {inputs:14} {metric:8} {interval}   n = {one.n_records} records of "
            f"{one.n_patients} patients"
        )
    better = sum(sign * one.value > 0 for one in found.values())
    clearly = sum(min(sign * one.low, sign * one.high) > 0 for one in found.values())
    out.append(
        f"{metric}: {names[0]} is better than {names[1]} in {better} of {len(found)}, clearly (interval "
        f"without zero) in {clearly}"
    )
    return out
