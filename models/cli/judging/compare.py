"""One model against another on the same recordings, from their stored tables.

    rlecg compare NAME1 NAME2 --table scores-unseen

For every database, passband and input set: the difference of the learned-lead means of r and RMSE with its 95
% interval by patient (10,000 resamples, paired), and how often the first is better, and clearly so: with an
interval that leaves out zero. Reads ``trained/NAME/TABLE.parquet``; no recordings.
"""

from __future__ import annotations

import argparse

from models.cli.frame import Command


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", nargs=2, help="two models")
    parser.add_argument(
        "--table", default="scores", help="scores, scores-unseen or scores-common (default: scores)"
    )


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from models.reconstruct import TRAINED
    from models.studies.comparison import METRICS, lines

    for metric in METRICS:
        print("\n".join(lines(TRAINED, tuple(options.name), options.table, metric)))


COMMAND = Command(arguments, work)
