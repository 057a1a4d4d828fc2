"""Score the published systems and ours on common ground: the same recordings, leads, bands and metrics for
all.

    python -m models.common_ground --data ROOT               (every trained model)
    python -m models.common_ground any-subset --data ROOT    (one, after new weights)

Writes ``trained/NAME/scores-common.parquet`` in the columns of ``ecgcore.evaluation.scoring``, by
``models.studies.scores``: the PTB-XL test fold and the PTB recordings above 0.5 Hz, with errors in uV, in
scaled units and in a system's own, and the test fold as recorded. A system with fixed inputs is scored from
these; one that takes any leads from the usual sets, ours also from the other sets of Gradowski and Buchner.
Stopping and starting again continues; rows of weights that are no longer on disk are dropped at the end.
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from ecgcore.command import parser_for
from ecgcore.command import run as run_command
from ecgcore.leads import LeadSet
from ecgcore.studies import scores as results
from ecgcore.studies.published.benchmark import FILE, INPUTS, MORE, OURS
from models.reconstruct import TRAINED, available, weights_of
from models.studies.scores import Task, evaluate, print_summary

METRICS = ("r", "rmse_uv", "rmse_scaled", "ssim", "mse_joint", "own_r", "own_rmse", "own_ssim")
AS_RECORDED = ("r", "rmse_uv")


def input_sets(name: str) -> tuple[LeadSet, ...]:
    """The sets a model is scored from; none for one that needs all leads. Raises UnusableEcg for an unknown
    name."""
    weights_of(name)
    info = next(one for one in available() if one.name == name)
    if info.card is None or info.card.inputs == "any":
        return INPUTS
    return tuple(one for one in map(LeadSet, info.card.inputs) if one.missing)


def tasks(name: str, root: Path) -> list[Task]:
    """What one model is asked."""
    sets = input_sets(name)
    fold, ptb = ("ptb-xl", "test", sets), ("ptbdb", None, sets)
    asked = [
        Task((name,), root, *fold, "high-pass", scaled=True, only=METRICS),
        Task((name,), root, *ptb, "high-pass", scaled=True, only=METRICS),
        Task((name,), root, *fold, "as-recorded", only=AS_RECORDED),
    ]
    return (
        [*asked, Task((name,), root, "ptb-xl", "test", MORE, "high-pass", only=AS_RECORDED)]
        if name in OURS
        else asked
    )


def drop_other_weights(out: Path, weights: str) -> int:
    """Take rows of other weights out of a finished table; how many there were."""
    table = results.read(out)
    kept = table["weights"] == weights
    if not kept.all():
        results.write(table[kept], out)
    return int((~kept).sum())


def run(name: str, root: Path, folder: Path, jobs: int) -> None:
    """Write or continue one model's table."""
    out = folder / name / f"{FILE}.parquet"
    for task in tasks(name, root):
        if jobs > 1:
            with ProcessPoolExecutor(jobs) as executor:
                evaluate(task, out, executor)
        else:
            evaluate(task, out)
    drop_other_weights(out, weights_of(name))
    print_summary(out)


def main(arguments: list[str] | None = None) -> int:
    parser = parser_for("models.common_ground", __doc__, "ptb-xl and ptbdb")
    parser.add_argument("name", nargs="*", help="trained models (default: all that leave leads to estimate)")
    parser.add_argument(
        "--out", type=Path, default=TRAINED, help="folder of folders for the tables (default: models/trained)"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)

    def work(chosen: argparse.Namespace) -> None:
        names = chosen.name or [info.name for info in available() if info.card]
        for name in names:
            if input_sets(name):
                run(name, chosen.data, chosen.out, chosen.jobs)

    return run_command(parser, work, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
