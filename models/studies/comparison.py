"""One model against another on the same recordings, for every database, band and input set of their stored
tables.

    python -m models.compare any-subset linear --table scores-unseen

Prints the difference of the learned-lead means of r and RMSE with its 95 % interval by patient (10,000
resamples, paired), and how often the first is better, and clearly so: with an interval that leaves out zero.
Reads ``trained/NAME/TABLE.parquet``; no recordings.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ecgcore.command import parser_for
from ecgcore.command import run as run_command
from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.statistics import Interval
from ecgcore.studies import scores as results
from models.reconstruct import TRAINED, weights_of

METRICS = ("r", "rmse_uv")


def differences(
    folder: Path, names: tuple[str, str], table: str, metric: str
) -> dict[tuple[str, str, str], Interval]:
    """(database, band, inputs) -> mean of the first model's learned-lead means less the second's. Raises
    UnusableEcg where a table is missing."""
    paths = [folder / name / f"{table}.parquet" for name in names]
    if absent := [path for path in paths if not path.is_file()]:
        raise UnusableEcg(f"There is no table {absent[0].parent.name}/{absent[0].name}.")
    rows = results.together(
        [results.read(path) for path in paths], {name: weights_of(name) for name in names}
    )
    found = {}
    for (database, band, inputs), part in rows.groupby(
        ["database", "band", "inputs"], observed=True, sort=False
    ):
        if "mean" in (compared := results.compare(part, metric, *names)):
            found[(str(database), str(band), str(inputs))] = compared["mean"].difference
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = parser_for("models.compare", __doc__, data=None)
    parser.add_argument("name", nargs=2, help="two models")
    parser.add_argument(
        "--table", default="scores", help="scores, scores-unseen or scores-common (default: scores)"
    )

    def work(chosen: argparse.Namespace) -> None:
        for metric in METRICS:
            found = differences(TRAINED, tuple(chosen.name), chosen.table, metric)
            sign, digits = (1, 4) if metric == "r" else (-1, 2)
            for (database, band, inputs), one in found.items():
                interval = f"{one.value:+.{digits}f} [{one.low:+.{digits}f}, {one.high:+.{digits}f}]"
                print(
                    f"{database:15} {band:12} {inputs:14} {metric:8} {interval}   n = {one.n_records} records of {one.n_patients} patients"
                )
            better = sum(sign * one.value > 0 for one in found.values())
            clearly = sum(min(sign * one.low, sign * one.high) > 0 for one in found.values())
            print(
                f"{metric}: {chosen.name[0]} is better than {chosen.name[1]} in {better} of {len(found)}, clearly (interval without zero) in {clearly}"
            )

    return run_command(parser, work, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
