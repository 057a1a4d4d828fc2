"""Twelve leads from a recording and the leads that count as input.

    rlecg reconstruct RECORD --inputs "I II V2" --model NAME --out DIR --format wfdb --format pdf

With a recording of the same person that holds all leads, the estimate is personal where that can be trusted:

    rlecg reconstruct RECORD --inputs "II" --reference REFERENCE --out DIR --json FILE
    rlecg reconstruct RECORD --inputs "II" --reference-seconds 10 --out DIR

Without --inputs, a recording whose leads are known only part of the time (say, a digitised 3x4 page) is
completed: at every moment the leads known then are the inputs.

With --list all recordings of a list are reconstructed, into Parquet tables of results and failures; on demand
with what the check of electrodes says of each:

    rlecg reconstruct --list FILE --inputs "I II V2" --model NAME --out FOLDER [--check-electrodes]

RECORD is a recording in any format the product reads, or ``database/record`` below the data root. Written are
files of twelve leads that say of each, by code and in words, whether it is input, derived or estimated, by
which model, through which filter and for which seconds; on demand the errors of the estimated leads where the
recording has them. All of them, the errors too, are of the seconds from --from to --to. No file
holds the name of the recording's file or anything about a patient. Research and teaching use, not for
diagnosis.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from models.cli.frame import (
    LEADS,
    Command,
    add_json,
    add_list,
    number,
    positive,
    recording,
    recording_arguments,
    refuse_idle,
    refuse_without_list,
    work_on_list,
    write_json,
)

FORMATS = (
    "pdf", "pdf-letter", "png", "svg", "dicom", "edf", "wfdb", "csv", "parquet", "agreement", "measurements",
)  # fmt: skip
"""Spelled here so that no help needs numpy; a test compares them with those of ``ecgcore.export``."""
UNNAMED = "reconstruction"
OF_FILES = "format csv name no_interval with_recorded"
"""Options that mean nothing where no file is written."""
ONE_RECORDING = f"{OF_FILES} start stop json reference same_session reference_seconds leads"
"""Options that mean nothing for a list."""
WHOLE_LEADS = "site with_recorded json reference same_session reference_seconds correct_electrodes"
"""Options that mean nothing where no lead is known all the time."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "record", nargs="?", help="a recording in any format the product reads, or database/record"
    )
    parser.add_argument("--inputs", help=f'input leads, as "I II V2"; {LEADS}')
    parser.add_argument("--model", help="a name from rlecg models (default: the closed form for any leads)")
    parser.add_argument(
        "--site",
        help="what the interval stands on: a site's name or file (rlecg calibrate-site), 'any hospital' or "
        "'hospitals like PTB-XL' (default: any hospital, for recordings of PTB-XL the latter)",
    )
    parser.add_argument("--out", type=Path, help="folder for the files")
    parser.add_argument(
        "--format", action="append", choices=FORMATS, help="of a file in it; repeat (default: wfdb)"
    )
    parser.add_argument("--csv", action="store_true", help="the same as --format csv, beside the others")
    parser.add_argument("--name", help=f"of the files (default: of a database's record, else {UNNAMED})")
    parser.add_argument("--from", type=number, dest="start", help="second at which files and errors begin")
    parser.add_argument(
        "--to", type=positive, dest="stop", help="second at which they end (default: the whole)"
    )
    parser.add_argument(
        "--no-interval", action="store_true", help="leave out the ends of prediction intervals"
    )
    parser.add_argument(
        "--with-recorded", action="store_true", help="add the recorded traces of leads left out"
    )
    add_json(parser, "sources and errors per lead, from --from to --to,")
    parser.add_argument(
        "--high-pass",
        action="store_true",
        help="0.5 Hz high-pass on the recording first (default: as recorded)",
    )
    parser.add_argument(
        "--reference",
        help="a 12-lead recording of the same person, made at another visit: file or database/record; "
        "--rate and --unit hold for it too",
    )
    parser.add_argument(
        "--same-session",
        action="store_true",
        help="the reference is of the same session, electrodes untouched",
    )
    parser.add_argument(
        "--reference-seconds",
        type=positive,
        metavar="S",
        help="the first S seconds of RECORD are the reference",
    )
    parser.add_argument(
        "--check-electrodes",
        action="store_true",
        help="with --list: check the electrodes of each recording and write the answer beside it, about half "
        "the time again (a single recording is always checked)",
    )
    parser.add_argument(
        "--correct-electrodes",
        action="store_true",
        help="undo what the check of electrodes names first, where it raises an alarm (rlecg check)",
    )
    recording_arguments(parser)
    add_list(parser)


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from ecgcore.ecg import UnusableEcg
    from ecgcore.lead_algebra import with_recorded_leads
    from ecgcore.leads import LeadSet
    from ecgcore.signals import high_pass
    from models.electrodes.scores import checked
    from models.reconstruct import fallback
    from models.reconstruct.texts import for_person, report

    if options.listed:
        refuse_idle(options, ONE_RECORDING, "with --list")
        _work_on_list(options)
        return
    refuse_without_list(options)
    if options.record and options.out and not options.inputs and _write_parts(options):
        return
    if not options.record or not options.inputs or not (options.out or options.json):
        raise UnusableEcg("Give RECORD, --inputs, and --out or --json; --help says what they are.")
    if not options.out:
        refuse_idle(options, OF_FILES, "without --out")
    read = recording(options, options.leads)
    recorded = with_recorded_leads(read)
    if recorded is not read:
        print(recorded.notes[-1])
    recorded, _, electrodes = checked(recorded, options.correct_electrodes)
    if electrodes:
        print(electrodes)
    ecg = high_pass(recorded) if options.high_pass else recorded
    options.model = options.model or fallback()
    result, facts = _estimate(ecg, LeadSet(options.inputs), options)
    result = for_person(result, _age(options))
    if options.out:
        _write(options, recorded, ecg, result, electrodes)
    if options.json:
        passband = "high-pass" if options.high_pass else "as-recorded"
        rows = report(ecg, result, passband, options.start or 0.0, options.stop)
        write_json(options, rows | facts | {"electrodes": electrodes})


def _work_on_list(options: argparse.Namespace) -> None:
    from ecgcore.ecg import UnusableEcg
    from ecgcore.leads import LeadSet
    from models.many.jobs import Reconstructions
    from models.reconstruct import fallback

    if options.record or not options.inputs:
        raise UnusableEcg("With --list give --inputs and --out, and no RECORD.")
    passband = "high-pass" if options.high_pass else "as-recorded"
    model, inputs = options.model or fallback(), tuple(LeadSet(options.inputs))
    electrodes = (
        "corrected" if options.correct_electrodes else "checked" if options.check_electrodes else None
    )
    fixed = (options.rate, options.unit, model, inputs, passband, options.site, options.fast, electrodes)
    work_on_list(Reconstructions(*fixed), options)


def _estimate(ecg, inputs, options: argparse.Namespace) -> tuple[Any, dict]:
    """The reconstruction that is written, and what the reference said of it."""
    from dataclasses import replace

    from ecgcore.datasets import read_recording
    from ecgcore.ecg import UnusableEcg
    from ecgcore.signals import high_pass
    from models.person.reference import Reference, from_start, personal_estimate, report
    from models.reconstruct import calibration_for, reconstruct

    if options.reference and options.reference_seconds:
        raise UnusableEcg("Give --reference or --reference-seconds, not both.")
    if options.reference or options.reference_seconds:
        refuse_idle(options, "site", "beside a reference, which has an interval of its own")
    if not options.reference:
        refuse_idle(options, "same_session", "without --reference")
    if options.reference_seconds:
        result = from_start(ecg, options.reference_seconds, inputs, options.model)
    elif options.reference:
        reference = read_recording(options.reference, options.data, options.rate, options.unit)
        reference = high_pass(reference) if options.high_pass else reference
        use = "session" if options.same_session else "visit"
        result = personal_estimate(ecg, inputs, options.model, Reference(reference, use))
    else:
        calibration = calibration_for(options.model, ecg.name, options.site)
        return reconstruct(ecg, inputs, options.model, calibration), {}
    print(result.sentence)
    written = replace(result.personal, warnings=(*result.personal.warnings, result.sentence))
    return written, {"reference": report(ecg, result)}


def _write_parts(options: argparse.Namespace) -> bool:
    """Write a recording whose leads are known only part of the time; false where it is none."""
    from ecgcore.datasets import of_database
    from ecgcore.export import Export
    from ecgcore.io import parse_leads, read_parts
    from ecgcore.partial import PartialEcg
    from ecgcore.quality import findings_of_parts
    from ecgcore.signals import high_pass
    from models.partial import models_for, reconstruct_partial

    if of_database(options.record):
        return False
    leads = parse_leads(options.leads) if options.leads else None
    parts = read_parts(options.record, rate=options.rate, unit=options.unit, leads=leads)
    if not isinstance(parts, PartialEcg):
        return False
    refuse_idle(options, WHOLE_LEADS, "for leads that are known only part of the time")
    model = options.model or models_for(parts)[0].name
    reconstruction = reconstruct_partial(parts.mapped(high_pass) if options.high_pass else parts, model)
    texts = tuple(finding.text for finding in findings_of_parts(parts) if not finding.harmless)
    whole = Export(reconstruction, None, options.high_pass, interval=not options.no_interval, findings=texts)
    stop = parts.duration if options.stop is None else options.stop
    _write_files(options, whole.cut(options.start, stop) if options.start or options.stop else whole)
    return True


def _write(options: argparse.Namespace, recorded, ecg, result, electrodes: str) -> None:
    from dataclasses import replace

    from ecgcore.export import Export
    from ecgcore.quality import findings

    whole = Export(
        result, ecg, options.high_pass, interval=not options.no_interval, recorded=options.with_recorded
    )
    if electrodes and not options.correct_electrodes:  # a corrected recording carries its note itself
        whole = replace(whole, remarks=(electrodes,))
    start, stop = options.start or 0.0, ecg.duration if options.stop is None else options.stop
    out = whole if (start, stop) == (0.0, ecg.duration) else whole.cut(start, stop)
    view = recorded.cut(start, min(stop, start + 10))
    texts = tuple(finding.text for finding in findings(view) if not finding.harmless)
    _write_files(options, out.with_findings(texts))


def _write_files(options: argparse.Namespace, out) -> None:
    from ecgcore.export import export_format
    from ecgcore.export.wfdb import write_record

    names = dict.fromkeys([*(options.format or ["wfdb"]), *(["csv"] if options.csv else [])])
    name = _name(options)
    options.out.mkdir(parents=True, exist_ok=True)
    for form in map(export_format, names):
        if form.name == "wfdb":
            print(write_record(out, options.out, name))
            continue
        path = options.out / f"{name}{form.suffix}"
        path.write_bytes(form.bytes_of(out))
        print(path)


def _name(options: argparse.Namespace) -> str:
    """Of the files: as asked, or of a database's record; never of the recording's own file, which may be a
    patient's. Raises UnusableEcg where that would write over other files."""
    from ecgcore.datasets import of_database
    from ecgcore.ecg import UnusableEcg
    from ecgcore.io.write import record_name

    if options.name:
        return record_name(options.name)
    if of_database(options.record):
        return record_name(options.record.rsplit("/", 1)[-1])
    if options.out.is_dir() and any(options.out.glob(f"{UNNAMED}*")):
        raise UnusableEcg(f"There are files named {UNNAMED} in that folder; give another --name.")
    return UNNAMED


def _age(options: argparse.Namespace) -> float | None:
    """Of the person, where a database says it."""
    from ecgcore.datasets import of_database, open_database

    if not of_database(options.record):
        return None
    name, _, record = options.record.partition("/")
    age: float = open_database(name, options.data).info(record)["age"]
    return age


COMMAND = Command(arguments, work, "the databases, for database/record", needs_data=lambda _options: False)
