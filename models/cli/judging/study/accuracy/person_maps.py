"""The linear part of CaLiNet's calibrated form, on our recordings: a map of the person from two seconds.

    rlecg study person-maps --data ROOT

V1 and V3-V6 from I, II and V2 by the population's linear map, the person's (ridge on the first two seconds
with all leads) and both mixed, scored after those seconds: PTB-XL test fold and CPSC 2018, 0.5 Hz high-pass,
100 Hz. Writes ``person_maps.csv.gz`` into the folder of trained models. Its peer is our reference recording
of the same session (``rlecg study reference``).
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
    from ecgcore.studies.person_maps import FILE, TABLE, lines
    from models.reconstruct import TRAINED
    from models.studies.reference.person_maps import write

    out = options.out or TRAINED / FILE
    write(options.data, out)
    print("\n".join(lines(TABLE.read(out))))


COMMAND = Command(arguments, work, "ptb-xl")
