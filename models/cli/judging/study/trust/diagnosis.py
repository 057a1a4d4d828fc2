"""Is the diagnosis preserved? One classifier, trained on original leads, is shown reconstructed ones.

    rlecg study diagnosis train --data ROOT                       the classifier, about 10 minutes on one core
    rlecg study diagnosis train --hide-leads --data ROOT          the second, which learns with few leads
    rlecg study diagnosis score --data ROOT --models NAME ...     the tables, and what they say
    rlecg study diagnosis show --models NAME                      what stored tables say

``score`` makes the table of the controls (original leads, inputs alone) too; all tables go on where they
stopped. ``--inputs "I II V2"`` can be repeated; usual are the main sets, and the own ones of networks with
fixed inputs. AUROC of the five PTB-XL superclasses with 95 % intervals by patient; the difference to the
original leads with the interval of the paired resampling; non-inferior at a margin where the lower end of
that interval (two-sided 95 %, one-sided 97.5 %) lies above minus the margin.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command, add_inputs, named_inputs, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("do", choices=("train", "score", "show"))
    parser.add_argument("--models", nargs="+", default=[], help="see rlecg models")
    add_inputs(parser, default=[])
    parser.add_argument(
        "--split",
        nargs="+",
        default=["test"],
        choices=("test", "val"),
        help="folds to score or to show (default: test)",
    )
    parser.add_argument("--most", type=whole_number(), help="recordings at most, for a trial")
    parser.add_argument(
        "--out",
        type=Path,
        help="train: folder for state and weights, continued (default: runs/diagnosis); score: folder for "
        "tables",
    )
    parser.add_argument(
        "--hide-leads", action="store_true", help="train the classifier that learns with random leads hidden"
    )
    parser.add_argument(
        "--plan", action="append", default=[], metavar="NAME=VALUE", help="training plan; repeat"
    )
    parser.add_argument(
        "--install",
        action="store_true",
        help="train: put weights and history where score and the app find them",
    )
    parser.add_argument("--threads", type=whole_number(), default=1)


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    import torch

    from models.diagnosis import command

    torch.set_num_threads(options.threads)
    if options.do == "train":
        print(command.train(options.data, options.out, options.plan, options.hide_leads, options.install))
        return
    if options.do == "score":
        inputs = named_inputs(options.inputs)
        command.score(options.models, options.data, options.split, inputs, options.most, options.out)
    print("\n".join(command.lines(options.models, options.split, options.out)))


COMMAND = Command(arguments, work, "ptb-xl", needs_data=lambda options: options.do != "show")
