"""Intervals and gains at a hospital that was never seen, and what some local recordings bring.

    rlecg study hospitals NAME
    rlecg study hospitals NAME --data ROOT --left-out FOLDER --install

The first prints what the stored table says; with --data each hospital below the root is left out in turn,
once more, and --install stores the table and the calibration for any hospital beside the weights. Estimates
are kept in --keep, where a run that was stopped goes on."""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", nargs="?", help="a model (default: the first that rlecg models prints)")
    parser.add_argument(
        "--install", action="store_true", help="make the table and the calibration anew and store both"
    )
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path("runs") / "hospitals",
        help="folder for estimates (default: %(default)s)",
    )
    parser.add_argument(
        "--left-out",
        type=Path,
        metavar="FOLDER",
        help="weights of trainings that left a hospital out, each judged by its own "
        "(rlecg train NAME --option without=DATABASES)",
    )
    parser.add_argument(
        "--threads", type=whole_number(), default=1, help="CPU threads (default: %(default)s)"
    )


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    import torch

    from models import load
    from models.sites import hospitals

    torch.set_num_threads(options.threads)
    name = load(options.name).name
    if options.install:
        hospitals.install(name, options.data, options.keep, options.left_out)
    print("\n".join(hospitals.lines(name)))


COMMAND = Command(arguments, work, "the hospitals", needs_data=lambda options: options.install)
