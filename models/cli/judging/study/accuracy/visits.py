"""How much of a heart two visits share: what bounds an estimate that knows the earlier one.

    rlecg study visits --data ROOT

Every ordered pair of recordings of the PTB-XL patients with several, above 0.5 Hz at 100 Hz: the median beats
of the earlier recording, and the recording's own, laid at its beats and compared with it in all eight leads.
Writes ``visits.csv.gz`` into the folder of trained models. No model stands behind it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--out", type=Path, help="table to write (default: where the page reads it)")


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from ecgcore.studies.visits import FILE, TABLE, lines
    from models.reconstruct import TRAINED
    from models.studies.reference.visits import write

    out = options.out or TRAINED / FILE
    write(options.data, out)
    print("\n".join(lines(TABLE.read(out))))


COMMAND = Command(arguments, work, "ptb-xl")
