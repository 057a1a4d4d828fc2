"""One measurement of ST per lead: how often two that stood side by side used to disagree, and what is now
shown.

    rlecg study st-routes any-subset --data ROOT    (writes trained/NAME/st-routes.csv.gz and prints it)

PTB-XL test fold, 0.5 Hz high-pass, estimated leads, recorded and reconstructed. Stopping and starting again
continues; rows of other weights are dropped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command, add_inputs


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", help="a trained model that takes any leads")
    add_inputs(parser, "Default: I+II+V2; I+II")
    parser.add_argument("--out", type=Path, help="table to write or continue (default: trained/NAME/...)")


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from ecgcore.leads import LeadSet
    from models.reconstruct import weights_of
    from models.studies.measurements.st_routes import USUAL, file_of, lines, run

    weights_of(options.name)
    sets = tuple(map(LeadSet, options.inputs)) if options.inputs else USUAL
    out = options.out or file_of(options.name)
    run(options.name, options.data, out, sets)
    print("\n".join(lines(out)))


COMMAND = Command(arguments, work, "ptb-xl")
