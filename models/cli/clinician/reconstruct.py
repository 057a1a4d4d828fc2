"""Twelve leads from a recording and the leads that count as input.

    rlecg reconstruct RECORD --inputs "I II V2" --model NAME --out DIR [--json FILE] [--csv]

With a recording of the same person that holds all leads, the estimate is personal where that can be trusted:

    rlecg reconstruct RECORD --inputs "II" --reference REFERENCE --out DIR --json FILE
    rlecg reconstruct RECORD --inputs "II" --reference-seconds 10 --out DIR

RECORD is a recording in any format the product reads, or ``database/record`` below the data root. Written
are a WFDB record of twelve leads that says of each whether it is input, derived or estimated, and on demand a
CSV and the errors of the estimated leads where the recording has them. Research and teaching use, not for
diagnosis.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from models.cli.frame import LEADS, Command, recording, recording_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "record", nargs="?", help="a recording in any format the product reads, or database/record"
    )
    parser.add_argument("--inputs", help=f'input leads, as "I II V2"; {LEADS}')
    parser.add_argument("--model", help="a name from rlecg models (default: the closed form for any leads)")
    parser.add_argument("--out", type=Path, help="folder for the twelve-lead WFDB record")
    parser.add_argument("--csv", action="store_true", help="write a CSV beside it")
    parser.add_argument("--json", type=Path, help="file for sources and errors per lead")
    parser.add_argument(
        "--high-pass",
        action="store_true",
        help="0.5 Hz high-pass on the recording first (default: as recorded)",
    )
    parser.add_argument(
        "--reference",
        help="a 12-lead recording of the same person, made at another visit: file or database/record; --rate and --unit hold for it too",
    )
    parser.add_argument(
        "--same-session",
        action="store_true",
        help="the reference is of the same session, electrodes untouched",
    )
    parser.add_argument(
        "--reference-seconds", type=float, metavar="S", help="the first S seconds of RECORD are the reference"
    )
    recording_arguments(parser)
    parser.add_argument("--list", action="store_true", help="the same as rlecg models")


def work(options: argparse.Namespace) -> None:
    import json

    from ecgcore.ecg import UnusableEcg
    from ecgcore.io.write import record_name, write_csv, write_wfdb
    from ecgcore.leads import LeadSet
    from ecgcore.signals import high_pass
    from models.reconstruct import fallback, listing, report

    if options.list:
        print(listing())
        return
    if not options.record or not options.inputs or not (options.out or options.json):
        raise UnusableEcg("Give RECORD, --inputs, and --out or --json; --help says what they are.")
    ecg = recording(options, options.leads)
    ecg = high_pass(ecg) if options.high_pass else ecg
    options.model = options.model or fallback()
    result, facts = _estimate(ecg, LeadSet(options.inputs), options)
    if options.out:
        name = record_name(ecg.name.split("/")[-1])
        print(write_wfdb(result, options.out, name))
        if options.csv:
            print(write_csv(result, options.out / f"{name}.csv"))
    if options.json:
        text = json.dumps(
            report(ecg, result, "high-pass" if options.high_pass else "as-recorded") | facts, indent=1
        )
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(text)


def _estimate(ecg, inputs, options: argparse.Namespace) -> tuple[Any, dict]:
    """The reconstruction that is written, and what the reference said of it."""
    from dataclasses import replace

    from ecgcore.datasets import read_recording
    from ecgcore.ecg import UnusableEcg
    from ecgcore.signals import high_pass
    from models.reconstruct import reconstruct
    from models.reference import Reference, from_start, personal_estimate, report

    if options.reference and options.reference_seconds:
        raise UnusableEcg("Give --reference or --reference-seconds, not both.")
    if options.reference_seconds:
        result = from_start(ecg, options.reference_seconds, inputs, options.model)
    elif options.reference:
        reference = read_recording(options.reference, options.data, options.rate, options.unit)
        reference = high_pass(reference) if options.high_pass else reference
        use = "session" if options.same_session else "visit"
        result = personal_estimate(ecg, inputs, options.model, Reference(reference, use))
    else:
        return reconstruct(ecg, inputs, options.model), {}
    print(result.sentence)
    written = replace(result.personal, warnings=(*result.personal.warnings, result.sentence))
    return written, {"reference": report(ecg, result)}


COMMAND = Command(arguments, work, "the databases, for database/record", needs_data=lambda options: False)
