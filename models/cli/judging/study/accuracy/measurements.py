"""Intervals, ST and amplitudes measured on true and on reconstructed leads over a database.

    rlecg study measurements linear --data ROOT --inputs "I II V4" --out measurements.csv.gz

A row per record, input set, lead ("global" for all estimated leads together) and name: the true value, the
reconstructed one, and the one of the true lead with 20 uV of noise, which shows what the measuring itself
contributes. An empty field was not measurable. Stopping and starting again continues; rows of other weights
or of another version of the measuring (``ecgcore.measurements.VERSION``) do not count as done. ``--inputs``
can be repeated. With ``--install`` the table of each model goes to its folder, where the Measurements page
reads it.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from models.cli.frame import SPLITS, Command, add_inputs, add_jobs, add_passband, named_inputs, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", nargs="+", help="models (see rlecg models)")
    parser.add_argument("--database", default="ptb-xl")
    parser.add_argument(
        "--split", default="test", choices=(*SPLITS, "all"), help="all for databases without folds"
    )
    add_inputs(parser, required=True)
    add_passband(parser)
    parser.add_argument("--most", type=whole_number(), help="records at most, those of 500 Hz first")
    add_jobs(parser)
    parser.add_argument("--out", type=Path, required=True, help="table to write or continue, .csv or .csv.gz")
    parser.add_argument(
        "--install", action="store_true", help="put each model's rows beside its weights, for the page"
    )


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from ecgcore.studies.measurements import TABLE, in_words
    from models.reconstruct import weights_of
    from models.studies.measurements import Task, install, measure_cohort

    for name in options.name:
        weights_of(name)
    inputs, split = tuple(named_inputs(options.inputs)), None if options.split == "all" else options.split
    task = Task(tuple(options.name), options.data, options.database, split, inputs, options.passband)
    if options.jobs > 1:
        with ProcessPoolExecutor(options.jobs) as executor:
            measure_cohort(task, options.out, executor, options.most)
    else:
        measure_cohort(task, options.out, None, options.most)
    table = TABLE.read(options.out)
    for name in options.name:
        print(in_words(table, name, weights_of(name)))
    if options.install:
        install(table, task.models)


COMMAND = Command(arguments, work, "the databases")
