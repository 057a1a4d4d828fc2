"""The height of QRS against the truth at 500 Hz, for recordings given at 500 Hz and at 100 Hz.

    rlecg study qrs-height linear --data ROOT          (writes trained/NAME/peaks.csv.gz and prints it)

Recordings of the PTB-XL test fold that are stored at 500 Hz, 0.5 Hz high-pass, beats found in the true leads,
means over the learned leads. What the low rate alone does to the true leads is beside it. Stopping and
starting again continues; rows of other weights are dropped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command, add_inputs, add_jobs


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", help="a trained model that takes any leads")
    add_inputs(parser, "Default: I; I+II; I+II+V4; I+II+V2+V4; II+V1+V5")
    parser.add_argument(
        "--out", type=Path, help="table to write or continue (default: trained/NAME/peaks.csv.gz)"
    )
    add_jobs(parser)


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from ecgcore.leads import LeadSet
    from models.reconstruct import TRAINED, weights_of
    from models.studies.qrs_height import FILE, USUAL, lines, run

    weights_of(options.name)
    sets = tuple(map(LeadSet, options.inputs)) if options.inputs else USUAL
    out = options.out or TRAINED / options.name / FILE
    run(options.name, options.data, out, sets, options.jobs)
    for inputs in map(str, sets):
        print("\n".join(lines(out, inputs)))


COMMAND = Command(arguments, work, "ptb-xl")
