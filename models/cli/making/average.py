"""The mean of the weights of several trainings that went on from the same weights, calibrated.

    rlecg average PART1 PART2 --data ROOT --out FILE

After model soups (arXiv:2203.05482). Networks that were begun apart cannot be averaged like this: their
channels mean different things.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from models.cli.frame import Command


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("weights", nargs="+", type=Path, help="checkpoints")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    parser.add_argument(
        "--no-calibration",
        action="store_true",
        help="leave gains and intervals as they are: for comparing trainings, not for use",
    )


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from models.checkpoint import load, save, stored_half
    from models.training.average import average
    from models.training.train import UNCALIBRATED

    model, card = average([load(path) for path in options.weights])
    if model.calibrates and not options.no_calibration:
        model.recalibrate(options.data)
    if options.no_calibration:
        card = replace(card, departures=(*card.departures, UNCALIBRATED))
    print(save(model, card, options.out, half=stored_half(options.weights[0])))


COMMAND = Command(arguments, work, "ptb-xl")
