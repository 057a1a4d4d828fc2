"""The published systems and ours on one benchmark: same recordings, leads, passbands and metrics for all.

    rlecg study published --data ROOT               (every trained model)
    rlecg study published NAME --data ROOT    (one, after new weights)
    rlecg study published --peers [NAME] --data ROOT

Writes ``trained/NAME/scores-common.parquet`` in the columns of ``ecgcore.evaluation.scoring``, by
``models.studies.scores``: the PTB-XL test fold and the PTB recordings above 0.5 Hz, with errors in uV, in
scaled units and in a system's own, and the test fold as recorded. A system with fixed inputs is scored from
these; one that takes any leads from the usual sets, ours also from the other sets of Gradowski and Buchner.
--peers: networks of papers at full width whose weights are here (weights above 10 MB do not come with the
product, the command on their cards makes them) beside ours, on the test fold, by superclass and in databases
that neither was trained on; writes ``trained/peers.csv.gz`` and ``peers.json``.
Stopping and starting again continues; rows of weights that are no longer on disk are dropped at the end.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command, add_jobs


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", nargs="*", help="trained models (default: all that leave leads to estimate)")
    parser.add_argument("--out", type=Path, help="folder of folders for the tables (default: models/trained)")
    parser.add_argument(
        "--peers", action="store_true", help="networks at full width beside ours, also at other hospitals"
    )
    add_jobs(parser)


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from models.reconstruct import TRAINED, available
    from models.studies import peers
    from models.studies.published import input_sets, run

    if options.peers:
        here = {info.name for info in available()}
        folder = options.out or TRAINED
        peers.run(
            [*(options.name or [i.name for i in peers.full_width() if i.name in here])], options.data, folder
        )
        print("\n".join(peers.lines(peers.read(folder)[0])))
        return
    for name in options.name or [info.name for info in available() if info.card]:
        if input_sets(name):
            run(name, options.data, options.out or TRAINED, options.jobs)


COMMAND = Command(arguments, work, "ptb-xl and ptbdb")
