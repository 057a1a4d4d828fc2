"""How well a lead can be known at all, and r of a model on median beats, in which the noise is averaged out.

    rlecg study noise-ceiling any-subset --data ROOT --inputs "I II V4" --inputs I

The noise ceiling of a lead is its r with its own mean beat, of the other beats of the same kind: above it an
estimate would have to know the noise. PTB-XL test fold, 0.5 Hz high-pass, 100 Hz.
"""

from __future__ import annotations

import argparse

from models.cli.frame import Command, add_inputs


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", help="a model (see rlecg models)")
    add_inputs(parser, 'or "named". Default: I+II+V4')


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from models.cli.frame import named_inputs
    from models.studies.scores import noise_lines

    for line in noise_lines(options.name, options.data, named_inputs(options.inputs or ["I II V4"])):
        print(line, flush=True)


COMMAND = Command(arguments, work, "ptb-xl")
