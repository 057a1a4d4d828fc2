"""Intervals and gains at a hospital that was never seen, and what some local recordings bring.

    rlecg study hospitals any-subset
    rlecg study hospitals any-subset --data ROOT --install

The first prints what the stored table says; with --data each hospital below the root is left out in turn,
once more, and --install stores the table and the calibration for any hospital beside the weights. Estimates
are kept in --keep, where a run that was stopped goes on."""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="any-subset", help="a model (default: %(default)s)")
    parser.add_argument(
        "--install", action="store_true", help="make the table and the calibration anew and store both"
    )
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path("runs") / "hospitals",
        help="folder for estimates (default: %(default)s)",
    )
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: %(default)s)")


def work(options: argparse.Namespace) -> None:
    import torch

    from models.sites import hospitals

    torch.set_num_threads(options.threads)
    if options.install:
        hospitals.install(options.name, options.data, options.keep)
    print("\n".join(hospitals.lines(options.name)))


COMMAND = Command(arguments, work, "the hospitals", needs_data=lambda options: options.install)
