"""Teach and calibrate the check of electrodes on PTB-XL (folds 1-8 teach, fold 9 calibrates; people with
several recordings calibrate it with an earlier one).

    rlecg train-electrodes --data ROOT [--epochs 70] [--networks 4] [--out FILE]
    rlecg train-electrodes --data ROOT --calibrate-again [--out FILE]

Writes trained/electrodes/weights.npz; ``rlecg study electrodes`` then scores it anew.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--epochs",
        type=whole_number(),
        help="at most (default: 70 of mean beats, 35 of second moments, 20 of the terms of variation)",
    )
    parser.add_argument(
        "--networks",
        type=whole_number(),
        default=4,
        help="how many of each kind are averaged (default: %(default)s)",
    )
    parser.add_argument(
        "--calibrate-again", action="store_true", help="keep the networks of the stored weights"
    )
    parser.add_argument("--out", type=Path, help="weights (default: trained/electrodes/weights.npz)")


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from dataclasses import replace

    from models.electrodes.scores import WEIGHTS
    from models.electrodes.training import Plan, calibrate_again, make

    plan = Plan() if options.epochs is None else replace(Plan(), epochs=options.epochs)
    out = options.out or WEIGHTS
    if options.calibrate_again:
        calibrate_again(options.data, out)
    else:
        make(options.data, out, plan, options.networks)


COMMAND = Command(arguments, work, "ptb-xl")
