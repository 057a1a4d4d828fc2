"""Train a model, so that anyone can repeat it.

    rlecg train NAME --data ROOT
    torchrun --nproc-per-node N -m models train NAME --data ROOT
    rlecg train NAME --data ROOT --start WEIGHTS --teach WEIGHTS1 --teach WEIGHTS2 --out runs/taught

Closed forms are solved in one pass. Networks are trained by one loop that runs on a GPU where there is one,
writes a checkpoint that resumes after a kill with nothing lost (same batches, same optimiser, same random
numbers), a history and a plot, and at the end the weights with their card. With torchrun the batches of the
plan are shared among N workers that hold equal weights; the first of them validates, writes and calibrates.
A training can go on from the weights of another and learn the mean estimate of several (``rlecg average`` is
the mean of weights). What a family does not declare (an option, an entry of the plan, a start) is refused.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command, positive, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", help="model family")
    parser.add_argument(
        "--out",
        type=Path,
        help="folder for state, history and weights (default: runs/NAME; resumes what it finds there)",
    )
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="config of the family; repeat"
    )
    parser.add_argument(
        "--plan", action="append", default=[], metavar="NAME=VALUE", help="training plan; repeat"
    )
    parser.add_argument(
        "--size", type=positive, default=1.0, help="part of the training patients, for learning curves (0-1)"
    )
    parser.add_argument(
        "--start", type=Path, help="checkpoint whose weights to begin with, in place of fresh ones"
    )
    parser.add_argument(
        "--teach",
        type=Path,
        action="append",
        default=[],
        metavar="WEIGHTS",
        help="checkpoint to learn from; repeat for the mean of several",
    )
    parser.add_argument("--threads", type=whole_number(), default=0, help="CPU threads (default: all)")
    finish = parser.add_mutually_exclusive_group()
    finish.add_argument(
        "--no-calibration",
        action="store_true",
        help="leave gains and intervals as they are: for comparing trainings, not for use",
    )
    finish.add_argument(
        "--install",
        action="store_true",
        help="write to trained/NAME, where the app finds it, when done; the card of weights above 10 MB "
        "stands beside them, for they are not committed",
    )


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    import torch

    from models.base import families
    from models.checkpoint import LARGEST_SHIPPED, WEIGHTS_FILE, write_card_alone
    from models.reconstruct import TRAINED
    from models.training.plan import Plan, parse_options
    from models.training.train import refuse_undeclared, train
    from models.training.workers import first_worker, leave_together

    if options.threads:
        torch.set_num_threads(options.threads)
    folder = options.out or Path("runs") / options.name
    refuse_undeclared(options.name, {}, options.size, options.start, options.teach)
    config = parse_options(options.option, families()[options.name].Config)
    plan = parse_options(options.plan, Plan)
    card = train(
        options.name,
        options.data,
        folder,
        config,
        plan,
        options.size,
        options.start,
        options.teach,
        calibrated=not options.no_calibration,
    )
    leave_together()
    if not first_worker():
        return
    if options.install:
        place = TRAINED / card.name
        place.mkdir(parents=True, exist_ok=True)
        for file in (WEIGHTS_FILE, "history.csv"):
            if (folder / file).is_file():
                (place / file).write_bytes((folder / file).read_bytes())
        if (place / WEIGHTS_FILE).stat().st_size > LARGEST_SHIPPED:
            write_card_alone(place / WEIGHTS_FILE)
    print(
        f"{card.title}: {card.records} records of {card.patients} patients, {card.steps} steps; weights in "
        f"{folder}"
    )


COMMAND = Command(arguments, work, "the databases")
