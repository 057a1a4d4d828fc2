"""All results in one text, models/RESULTS.md, and the table of the README, written from the stored tables.

    rlecg study report
    rlecg study report --check

No recording is read and nothing is scored again. ``--check`` writes nothing and refuses where a table is
newer than the text.
"""

from __future__ import annotations

import argparse

from models.cli.frame import Command


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--check", action="store_true", help="only compare the hashes of the tables")


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from models import report
    from models.reconstruct import TRAINED

    if not options.check:
        print("\n".join(f"{path.name} written" for path in report.write(TRAINED)) or "nothing has changed")
    elif report.hashes(TRAINED) not in report.RESULTS.read_text(encoding="utf-8"):
        raise ValueError("RESULTS.md is older than the stored tables; rlecg study report writes it again.")


COMMAND = Command(arguments, work)
