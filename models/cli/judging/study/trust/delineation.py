"""Waves marked by the product against marks by hand (LUDB), beside plain NeuroKit2.

    rlecg study delineation --data ROOT [--csv FILE]

Conventions, tolerances and which records the constants were fitted on: ``ecgcore.studies.delineation``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command

METHODS = ("dwt", "cwt", "prominence", "peak")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--csv", type=Path, help="write the whole table here")
    parser.add_argument("--methods", nargs="*", default=list(METHODS), help="NeuroKit2 methods beside ours")


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from ecgcore.datasets import open_database
    from ecgcore.studies.delineation import lines, prove, write

    database = open_database("ludb", options.data)
    rows = prove(database, database.records(), tuple(options.methods))
    print("\n".join(lines(rows)))
    if options.csv:
        write(rows, options.csv)


COMMAND = Command(arguments, work, "ludb")
