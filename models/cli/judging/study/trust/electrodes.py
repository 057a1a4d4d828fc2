"""Exchanged electrodes: how often they are noticed and named, and right ones doubted, by exchange and
diagnosis.

    rlecg study electrodes --data ROOT          # scores all databases, writes the table of the Results page
    rlecg study electrodes --print              # prints the stored table
    rlecg study electrodes --print --worst 20   # prints the recordings whose electrodes look least in place

The last are those of each database, as they are.

Every arrangement is put upon PTB-XL's test fold (500 Hz, 100 Hz, few leads) and whole other databases by its
exact algebra; recordings as they are count false alarms. Pairs of recordings of one person in PTB-XL show
what an earlier recording adds: these people taught nothing, and each is scored by what others calibrated.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--print", action="store_true", help="print the stored table, score nothing")
    parser.add_argument(
        "--worst",
        type=whole_number(),
        metavar="N",
        help="print the N worst recordings as they are instead of the shares",
    )
    parser.add_argument("--out", type=Path, help="table (default: trained/electrodes/electrodes.csv.gz)")


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from ecgcore.studies.electrodes import LOOKED_AT, TABLE, in_words, readings, worst_in_words
    from models.electrodes.study import FILE, READ_BY_EYE, score_all

    out = options.out or FILE
    if not options.print:
        score_all(options.data, out)
    table = TABLE.read(out)
    if options.worst:
        seen = readings(READ_BY_EYE) if READ_BY_EYE.is_file() else {}
        print(worst_in_words(table, options.worst, LOOKED_AT, seen))
    else:
        print(in_words(table))


COMMAND = Command(arguments, work, "the databases scored", needs_data=lambda options: not options.print)
