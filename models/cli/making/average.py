"""The mean of the weights of several trainings that went on from the same weights, calibrated.

    rlecg average PART1 PART2 --data ROOT --out FILE

After model soups (arXiv:2203.05482). Networks that were begun apart cannot be averaged like this: their
channels mean different things.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("weights", nargs="+", type=Path, help="checkpoints")
    parser.add_argument("--out", type=Path, required=True, help="file to write")


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from models.checkpoint import load, save, stored_half
    from models.training.average import average

    model, card = average([load(path) for path in options.weights])
    if model.calibrates:
        model.recalibrate(options.data)
    print(save(model, card, options.out, half=stored_half(options.weights[0])))


COMMAND = Command(arguments, work, "ptb-xl")
