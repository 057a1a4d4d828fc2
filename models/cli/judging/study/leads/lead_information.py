"""What every set of leads tells about the others: every recording of the test fold, every set of leads.

    rlecg study lead-information linear --data ROOT
    rlecg study lead-information NAME --data ROOT --bf16 --threads 2
    rlecg study lead-information gradowski-i-ii-v4 olaiya-baseline --data ROOT
    rlecg study lead-information --fixed --data ROOT

Writes ``lead_information.npz`` beside the weights, bound to them by hash (see
``ecgcore.studies.lead_information.states``). Models of any leads are scored on all 510 sets with and without
what follows from them, models of fixed leads on theirs. 100 Hz, 0.5 Hz high-pass on inputs and truth, 9.9 s
of each recording, without the drift part (there is none above 0.5 Hz). ``--records`` takes a fixed random
part of the recordings. ``--fixed`` takes all models of fixed leads whose file is not there or of other
weights. Stopping and starting again continues.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("names", nargs="*", help="trained models, as rlecg models names them")
    parser.add_argument(
        "--fixed", action="store_true", help="all models of fixed leads that are not scored yet"
    )
    parser.add_argument(
        "--records", type=whole_number(), help="recordings to score (default: all of the test fold)"
    )
    parser.add_argument(
        "--bf16",
        action="store_true",
        help="run the network in bfloat16: 1.7 times as fast, mean r changes by less than .001",
    )
    parser.add_argument("--threads", type=whole_number(), default=1)
    parser.add_argument(
        "--out", type=Path, help="folder for a folder of each model (default: that of trained models)"
    )


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    if not options.names and not options.fixed:
        raise ValueError("Name a model, or give --fixed.")

    import torch

    from ecgcore.studies.lead_information.states import ScoredStates, losses
    from models.reconstruct import TRAINED
    from models.studies.lead_information import load, of_fixed_leads, run

    torch.set_num_threads(options.threads)
    names = [*options.names, *(of_fixed_leads() if options.fixed else ())]
    recordings = load(options.data, options.records) if names else None
    for name in names:
        path = run(name, recordings, (options.out or TRAINED) / name, options.bf16)
        table = ScoredStates.read(path)
        print(f"{path}{f': {losses(table)}' if table.complete else ''}")


COMMAND = Command(arguments, work, "ptb-xl")
