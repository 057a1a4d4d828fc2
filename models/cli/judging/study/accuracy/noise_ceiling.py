"""How well a lead can be known at all, and r of a model on median beats, in which the noise is averaged out.

    rlecg study noise-ceiling any-subset --data ROOT

The noise ceiling of a lead is its r with its own mean beat, of the other beats of the same kind: above it an
estimate would have to know the noise. PTB-XL test fold, 0.5 Hz high-pass, 100 Hz. Writes ``noise.csv.gz``
beside the weights, and goes on with it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command, add_inputs


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", help="a model (see rlecg models)")
    add_inputs(parser, 'or "named". Default: named')
    parser.add_argument("--out", type=Path, help="table to write (default: beside the weights)")


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from ecgcore.studies.noise import FILE, TABLE, lines
    from models.cli.frame import named_inputs
    from models.reconstruct import TRAINED
    from models.studies.noise import write

    out = options.out or TRAINED / options.name / FILE
    write(options.name, options.data, named_inputs(options.inputs or ["named"]), out)
    print("\n".join(lines(TABLE.read(out))))


COMMAND = Command(arguments, work, "ptb-xl")
