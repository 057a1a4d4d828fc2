r"""Trainings of one family compared: what more recordings bring, and what one network for all sets costs.

    rlecg train NAME --data ROOT --size 0.25 --out runs/quarter
    rlecg train NAME --data ROOT --option only=I+II+V4 --start WEIGHTS --out runs/I+II+V4
    rlecg study trainings runs/quarter runs/I+II+V4 models/trained/NAME --data ROOT \
        --out models/trained/NAME/studies.csv.gz
    rlecg study trainings models/trained/NAME --split train --most 480 --data ROOT \
        --out models/trained/NAME/studies.csv.gz

Every checkpoint is scored for the named input sets it was trained for, recording by recording, under the
conditions of ``models.studies.scores`` (0.5 Hz high-pass on inputs and truth, 100 Hz). A finished checkpoint
is not scored again. On the split "train" a network is asked about recordings it was trained on; ``--most``
takes a fixed random choice of them. Without a folder the table is printed again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import SPLITS, Command, add_jobs, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "folder", type=Path, nargs="*", help="folders with weights; none prints the table again"
    )
    parser.add_argument("--split", default="val", choices=SPLITS)
    parser.add_argument("--most", type=whole_number(), help="records to score (default: all of the split)")
    add_jobs(parser)
    parser.add_argument("--out", type=Path, required=True, help="table to write or continue")


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from models.checkpoint import WEIGHTS_FILE
    from models.studies.trainings import lines, run

    if options.folder:
        checkpoints = [folder / WEIGHTS_FILE for folder in options.folder]
        run(checkpoints, options.data, options.split, options.out, options.jobs, options.most)
    print("\n".join(lines(options.out)))


COMMAND = Command(arguments, work, "ptb-xl", needs_data=lambda options: bool(options.folder))
