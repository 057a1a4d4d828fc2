"""What a 12-lead recording of the same person adds to the estimate from few leads.

    rlecg study reference NAME --data ROOT      (calibrates, writes reference.parquet and prints it)
    rlecg study reference NAME --show

Same session: the first 2 s of each recording with all leads, the rest scored; PTB-XL test fold, LUDB, CPSC
2018, Chapman/Ningbo and Georgia, and after 10 s TWADB and PTB, where they lie below ROOT. Another visit:
every ordered pair of recordings of the PTB-XL patients with several. Page: the test fold cut into 3x4 pages
with lead II throughout. 0.5 Hz high-pass, 100 Hz (pages at their own rate), means over the learned leads.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import Command, add_jobs


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", help="a trained model that takes any leads")
    parser.add_argument("--show", action="store_true", help="print the stored table again")
    parser.add_argument(
        "--calibrate",
        choices=("all", "session", "none"),
        default="all",
        help="interval factors to make again (default: %(default)s)",
    )
    parser.add_argument(
        "--untaught",
        type=Path,
        metavar="WEIGHTS",
        help="weights that no teacher taught; visits are scored and calibrated with them, because the "
        "teachers were trained on these patients",
    )
    add_jobs(parser)


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from ecgcore.studies.reference import FILE, TABLE, lines
    from models.reconstruct import TRAINED
    from models.studies import reference

    out = TRAINED / options.name / FILE
    if not options.show:
        data, name, jobs, again = options.data, options.name, options.jobs, ()
        if options.calibrate != "none":
            visits = options.calibrate == "all"
            print(reference.calibrate(data, name, jobs, options.untaught, visits))
            again = ("session", "page", *(("visit",) if visits else ()))
        tasks = reference.all_tasks(data)
        reference.run(data, name, tasks, reference.SETS, jobs, out, options.untaught, again)
    print("\n".join(lines(TABLE.read(out))))


COMMAND = Command(arguments, work, "ptb-xl", needs_data=lambda options: not options.show)
