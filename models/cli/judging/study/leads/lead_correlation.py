"""How leads go together, recording by recording, beside what Beco et al. print.

    rlecg study lead-correlation --data ROOT

Over the PTB-XL test fold. Writes ``lead_correlation.csv.gz`` into the folder of trained models: for every
pair of the twelve leads the mean correlation with its interval by patient, under two protocols. "segments":
1-40 Hz, segments of 5 s, mean over segments, as their Tables 2 and 4. "high-pass": above 0.5 Hz, whole
recordings, for all patients and each group. No model stands behind it.
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
    from ecgcore.studies.lead_information.correlation import TABLE_FILE
    from models.reconstruct import TRAINED
    from models.studies.lead_correlation import write

    print(write(options.data, options.out or TRAINED / TABLE_FILE))


COMMAND = Command(arguments, work, "ptb-xl")
