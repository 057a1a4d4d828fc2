"""CaLiNet's calibrated form beside our reference recording: what two seconds of the person bring.

    rlecg study person-maps --data ROOT
    rlecg study person-maps --data ROOT --validation --out /tmp/fold9.csv.gz

V1 and V3-V6 from I, II and V2 by the population's linear map, the person's (ridge on the first two seconds
with all leads), both mixed, the trained network that corrects the mixed map (``calinet-calibrated-i-ii-v2``)
and our personal estimate, scored after those seconds: PTB-XL test fold and CPSC 2018, 0.5 Hz high-pass,
100 Hz, with paired differences. Writes ``person_maps.csv.gz`` into the folder of trained models.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--validation", action="store_true", help="PTB-XL fold 9 in place of the test fold and CPSC 2018"
    )
    parser.add_argument("--out", type=Path, help="table to write (default: where the page reads it)")


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from ecgcore.studies.person_maps import FILE, TABLE, lines
    from models.reconstruct import TRAINED
    from models.studies.reference.person_maps import CHOSEN_ON, SCORED, write

    out = options.out or TRAINED / FILE
    write(options.data, out, CHOSEN_ON if options.validation else SCORED)
    print("\n".join(lines(TABLE.read(out))))


COMMAND = Command(arguments, work, "ptb-xl")
