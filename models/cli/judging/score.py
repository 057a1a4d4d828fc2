"""Score models on a database: a long table, a row per record, input set, lead and metric, and a summary.

    rlecg score NAME --data ROOT --database ptb-xl --split test --inputs "I II V4" --out scores.csv

Conditions are columns of the table (``ecgcore.evaluation.scoring``). Stopping and starting again continues:
records that the table already holds for a model, its weights, inputs and passband are not computed again.
``--inputs named`` takes all named clinical sets.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from models.cli.frame import BANDS, SPLITS, Command, add_inputs, add_jobs, named_inputs


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="+", help="models (see rlecg models)")
    parser.add_argument("--database", default="ptb-xl")
    parser.add_argument(
        "--split", default="test", choices=(*SPLITS, "all"), help="all for databases without folds"
    )
    add_inputs(parser, 'or "named"', required=True)
    parser.add_argument(
        "--band",
        default="high-pass",
        choices=BANDS,
        help="0.5 Hz high-pass on inputs and truth, or as recorded",
    )
    parser.add_argument(
        "--rate", type=float, default=100.0, help="Hz at which is compared; 0 for each recording's own"
    )
    parser.add_argument(
        "--zones", action="store_true", help="coverage of the interval also by zone (QRS, ST-T, rest)"
    )
    parser.add_argument(
        "--superclasses", action="store_true", help="print r, RMSE and coverage by superclass too"
    )
    parser.add_argument(
        "--people", action="store_true", help="the same and the slope by sex and group of age"
    )
    parser.add_argument(
        "--scaled",
        action="store_true",
        help="also errors in scaled units, and in a system's own (rlecg study published)",
    )
    add_jobs(parser)
    parser.add_argument("--card", action="store_true", help="write the summary onto the models' cards too")
    parser.add_argument(
        "--out", type=Path, required=True, help="table to write or continue: .parquet, .csv or .csv.gz"
    )


def work(options: argparse.Namespace) -> None:
    from models.reconstruct import weights_of
    from models.studies.scores import Task, evaluate, print_groups, print_summary, write_on_card

    split = None if options.split == "all" else options.split
    where = (tuple(options.name), options.data, options.database, split, tuple(named_inputs(options.inputs)))
    task = Task(*where, options.band, options.rate or None, options.zones, options.scaled)
    for name in options.name:
        weights_of(name)
    if options.jobs > 1:
        with ProcessPoolExecutor(options.jobs) as executor:
            evaluate(task, options.out, executor)
    else:
        evaluate(task, options.out)
    print_summary(options.out)
    if kinds := ["superclass"] * options.superclasses + ["sex", "age"] * options.people:
        print_groups(options.out, options.data, kinds)
    for name in options.name if options.card else ():
        write_on_card(name, options.out)


COMMAND = Command(arguments, work, "the databases")
