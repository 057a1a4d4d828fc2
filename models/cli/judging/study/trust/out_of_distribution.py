"""How often recordings of the PTB-XL test fold are warned about, as they are and after each kind of harm.

    rlecg study out-of-distribution linear --data ROOT

Harms: electrodes swapped, rate and gain wrong, pacing spikes, noise (``models.out_of_distribution``).
"""

from __future__ import annotations

import argparse

from models.cli.frame import Command, add_inputs


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", help="a model (see rlecg models)")
    add_inputs(parser, "Default: I+II+V2+V4, I+II+V2, I+II, II")


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from models.out_of_distribution import lines

    for line in lines(options.name, options.data, options.inputs or ("I II V2 V4", "I II V2", "I II", "II")):
        print(line, flush=True)


COMMAND = Command(arguments, work, "ptb-xl")
