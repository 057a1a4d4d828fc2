"""Twelve leads from a recording and the leads that count as input.

    rlecg reconstruct RECORD --inputs "I II V2" --model linear --out DIR [--json FILE] [--csv]

RECORD is a recording in any format the product reads, or ``database/record`` below the data root. Written
are a WFDB record of twelve leads that says of each whether it is input, derived or estimated, and on demand a
CSV and the errors of the estimated leads where the recording has them. Research and teaching use, not for
diagnosis.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.cli.frame import LEADS, Command, recording, recording_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "record", nargs="?", help="a recording in any format the product reads, or database/record"
    )
    parser.add_argument("--inputs", help=f'input leads, as "I II V2"; {LEADS}')
    parser.add_argument("--model", default="linear", help="a name from rlecg models (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="folder for the twelve-lead WFDB record")
    parser.add_argument("--csv", action="store_true", help="write a CSV beside it")
    parser.add_argument("--json", type=Path, help="file for sources and errors per lead")
    parser.add_argument(
        "--high-pass",
        action="store_true",
        help="0.5 Hz high-pass on the recording first (default: as recorded)",
    )
    recording_arguments(parser)
    parser.add_argument("--list", action="store_true", help="the same as rlecg models")


def work(options: argparse.Namespace) -> None:
    import json

    from ecgcore.ecg import UnusableEcg
    from ecgcore.io.write import record_name, write_csv, write_wfdb
    from ecgcore.leads import LeadSet
    from ecgcore.signals import high_pass
    from models.reconstruct import listing, reconstruct, report

    if options.list:
        print(listing())
        return
    if not options.record or not options.inputs or not (options.out or options.json):
        raise UnusableEcg("Give RECORD, --inputs, and --out or --json; --help says what they are.")
    ecg = recording(options, options.leads)
    ecg = high_pass(ecg) if options.high_pass else ecg
    result = reconstruct(ecg, LeadSet(options.inputs), options.model)
    if options.out:
        name = record_name(ecg.name.split("/")[-1])
        print(write_wfdb(result, options.out, name))
        if options.csv:
            print(write_csv(result, options.out / f"{name}.csv"))
    if options.json:
        text = json.dumps(report(ecg, result, "high-pass" if options.high_pass else "as-recorded"), indent=1)
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(text)


COMMAND = Command(arguments, work, "the databases, for database/record", needs_data=lambda options: False)
