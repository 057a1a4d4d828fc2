"""Score models on a database: a long table, a row per record, input set, lead and metric, and a summary.

    rlecg score NAME --data ROOT --database ptb-xl --split test --inputs "I II V4" --out scores.csv

    rlecg score NAME --list FILE --inputs "I II V4" --out FOLDER [--workers N | --scheduler ADDRESS]

Conditions are columns of the table (``ecgcore.evaluation.scoring``). Stopping and starting again continues:
records that the table already holds for a model, its weights, inputs and passband are not computed again.
``--inputs named`` takes all named clinical sets. With --list the recordings of a list are scored with one
model from one set of inputs, into tables of results and failures. Coverage and width are those of the
weights' own interval ("hospitals like PTB-XL"), wherever the recordings are from.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from models.cli.frame import (
    SPLITS,
    Command,
    add_inputs,
    add_jobs,
    add_list,
    add_passband,
    named_inputs,
    number,
    positive,
    refuse_idle,
    refuse_without_list,
    work_on_list,
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", nargs="+", help="models (see rlecg models)")
    parser.add_argument("--database", default="ptb-xl")
    parser.add_argument(
        "--split", default="test", choices=(*SPLITS, "all"), help="all for databases without folds"
    )
    add_inputs(parser, 'or "named"', required=True)
    add_passband(parser)
    parser.add_argument(
        "--rate", type=number, default=100.0, help="Hz at which is compared; 0 for each recording's own"
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
        "--groups", type=Path, metavar="FILE", help="table to write of what these two print (.csv.gz)"
    )
    parser.add_argument(
        "--scaled",
        action="store_true",
        help="also errors in scaled units, and in a system's own (rlecg study published)",
    )
    parser.add_argument(
        "--left-out",
        type=Path,
        metavar="FOLDER",
        help="weights of trainings that left a database out, which stand for a model that was trained on it",
    )
    add_jobs(parser)
    add_list(parser)
    parser.add_argument("--file-rate", type=positive, help="Hz, for files of a list that do not say")
    parser.add_argument("--unit", help="mV, uV ..., for files of a list that do not say")
    parser.add_argument("--card", action="store_true", help="write the summary onto the models' cards too")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="table to write or continue: .parquet, .csv or .csv.gz; of a list a folder",
    )


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from models.reconstruct import weights_of
    from models.studies.scores import Task, evaluate, print_groups, print_summary, write_on_card

    if options.listed:
        refuse_idle(options, "zones superclasses people groups scaled left_out card", "with --list")
        _score_list(options)
        return
    refuse_without_list(options, "file_rate unit")
    if not (kinds := ["superclass"] * options.superclasses + ["sex", "age"] * options.people):
        refuse_idle(options, "groups", "without --superclasses or --people")
    split = None if options.split == "all" else options.split
    where = (tuple(options.name), options.data, options.database, split, tuple(named_inputs(options.inputs)))
    task = Task(*where, options.passband, options.rate or None, options.zones, options.scaled)
    for name in options.name:
        weights_of(name)
    replaced = unseen_weights(options.name, options.database, options.left_out) if options.left_out else {}
    replace_all(replaced)
    if options.jobs > 1:
        with ProcessPoolExecutor(options.jobs, initializer=replace_all, initargs=(replaced,)) as executor:
            evaluate(task, options.out, executor)
    else:
        evaluate(task, options.out)
    print_summary(options.out)
    if kinds:
        print_groups(options.out, options.data, kinds, options.groups)
    for name in options.name if options.card else ():
        write_on_card(name, options.out)


def unseen_weights(names: Sequence[str], database: str, folder: Path) -> dict[str, Path]:
    """The checkpoints of models that were trained on a database, by name. Raises UnusableEcg where one is
    lacking."""
    from models.reconstruct import trained
    from models.sites import left_out

    checkpoints = left_out.files(folder)
    return {
        name: left_out.weights_without([database], checkpoints, name)
        for name in names
        if left_out.needed(trained(name), [database])
    }


def replace_all(replaced: Mapping[str, Path]) -> None:
    """Let other checkpoints stand for these models in this process."""
    from models.reconstruct import replace_weights

    for name, path in replaced.items():
        replace_weights(name, path)


def _score_list(options: argparse.Namespace) -> None:
    from models.many.jobs import Scores

    inputs = named_inputs(options.inputs)
    if len(options.name) != 1 or len(inputs) != 1:
        raise ValueError("A list is scored with one model from one set of inputs.")
    fixed = (options.file_rate, options.unit, options.name[0], tuple(inputs[0]), options.passband, None)
    work_on_list(Scores(*fixed, options.fast, options.rate or None), options)


COMMAND = Command(arguments, work, "the databases", needs_data=lambda options: options.listed is None)
