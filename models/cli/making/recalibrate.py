"""Calibrate trained weights again: gains, prediction intervals and usual ranges, without training.

    rlecg recalibrate NAME --data ROOT [--out FILE]

NAME is a model or a checkpoint. Without --out the checkpoint is rewritten; its hash changes, since the hash
covers what the intervals depend on, so tables made before belong to other weights.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", help="a trained model's name, or a checkpoint")
    parser.add_argument("--out", type=Path, help="file to write (default: the checkpoint itself)")
    parser.add_argument("--threads", type=whole_number(), default=0, help="CPU threads (default: all)")


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    import torch

    from models.checkpoint import WEIGHTS_FILE
    from models.reconstruct import TRAINED, weights_of
    from models.training.recalibrate import recalibrate

    if options.threads:
        torch.set_num_threads(options.threads)
    path = Path(options.name) if Path(options.name).is_file() else TRAINED / options.name / WEIGHTS_FILE
    if not path.is_file():
        weights_of(options.name)  # refuses what is no model
    before, after = recalibrate(path, options.data, options.out or path)
    print(f"{options.name}: {before} -> {after}")


COMMAND = Command(arguments, work, "ptb-xl")
