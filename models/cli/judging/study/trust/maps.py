"""Maps of significance checked over many recordings: shuffled weights, Shapley values, other trainings.

    rlecg train NAME --data ROOT --plan seed=2 --out runs/second
    rlecg study maps runs/first runs/second runs/third --data ROOT --out models/trained/NAME/map-trust.csv.gz
    rlecg study maps --out models/trained/NAME/map-trust.csv.gz

Each training explains every other chest lead from I+II+V2 and from I+II+V2+V4 by Grad-CAM, where the network
keeps its leads apart, and by gradient times input. Three trainings that differ in their seed say how far a
map belongs to one of them. A recording that is done is not done again. Without a folder the table is printed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import SPLITS, Command, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("folders", nargs="*", type=Path, metavar="folder", help="folders with weights")
    parser.add_argument("--split", default="test", choices=SPLITS)
    parser.add_argument("--most", type=whole_number(), help="records to explain (default: all of the split)")
    parser.add_argument("--threads", type=whole_number(), default=1, help="CPU threads (default: 1)")
    parser.add_argument("--out", type=Path, required=True, help="table to write or continue")


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from ecgcore.studies.significance.trust import TABLE
    from models.report.studies import checks_of_maps

    if options.folders:
        import torch

        from models.checkpoint import WEIGHTS_FILE, load
        from models.significance.trust import run

        torch.set_num_threads(options.threads)
        trainings = [load(folder / WEIGHTS_FILE) for folder in options.folders]
        run(trainings, options.data, options.split, options.most, options.out)
    print("\n".join(checks_of_maps(TABLE.read(options.out))))


COMMAND = Command(arguments, work, "ptb-xl", needs_data=lambda options: bool(options.folders))
