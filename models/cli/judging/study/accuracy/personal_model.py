r"""Personal models over many recordings: CR against CF, and both against least squares.

    rlecg study personal-model --data ROOT --out trials.csv.gz [--databases ptbdb twadb] \
        [--only RECORD ...] [--leads II] [--models NAME ...]
    rlecg study personal-model --summary [FILE]

The networks as they would be without fixed scales and with batches of 32 throughout are a table of their own
(unscaled.csv.gz):

    rlecg study personal-model --data ROOT --out unscaled.csv.gz --models NAME ... \
        --option standardise=false --option steps=1

One row per recording, input lead, model and estimated lead, and for networks a row per epoch in the table of
curves beside it. What is there already, made with the present settings or weights, is not done again; rows of
other settings are dropped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import LEADS, Command, whole_number

STORED = Path()
"""Stands for the table beside the weights."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--out", type=Path, help="table to write or to go on with; the curves go to curves... beside it"
    )
    parser.add_argument(
        "--summary", type=Path, nargs="?", const=STORED, help="print what comes out of a table"
    )
    parser.add_argument("--databases", nargs="+", default=["ptbdb", "twadb"])
    parser.add_argument("--only", nargs="+", default=[], metavar="RECORD", help="these recordings alone")
    parser.add_argument(
        "--records", type=whole_number(0), default=0, help="at most so many of each database (default: all)"
    )
    parser.add_argument(
        "--leads", nargs="+", default=["II"], choices=LEADS.split(), help="input leads, one model each"
    )
    parser.add_argument("--models", nargs="+", default=[], help="default: every model that can be tried")
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="config of the networks; repeat"
    )


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from models.studies.personal_model import (
        TRIALS_FILE,
        Trials,
        contestants,
        network_options,
        run,
        summary,
    )

    if options.summary:
        print("\n".join(summary(TRIALS_FILE if options.summary == STORED else options.summary)))
        return
    if options.out is None:
        raise ValueError("Say where the table goes with --out FILE, or ask for --summary.")
    models = tuple(options.models or contestants())
    if unknown := set(models) - set(contestants()):
        raise ValueError(
            f"No model {', '.join(sorted(unknown))} to try; there are {', '.join(contestants())}."
        )
    trials = Trials(
        options.data,
        tuple(options.databases),
        tuple(options.leads),
        models,
        tuple(options.only),
        options.records,
        network_options(options.option, models),
    )
    new = run(trials, options.out, options.out.with_name("curves" + "".join(options.out.suffixes)))
    print(f"{new} new trials in {options.out}")


COMMAND = Command(arguments, work, "the databases", needs_data=lambda options: options.summary is None)
