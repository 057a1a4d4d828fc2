"""Heart rate, intervals, axes and amplitudes of one recording.

    rlecg measure RECORD [--leads "I II V2"] [--json FILE]
    rlecg measure --list FILE --out FOLDER

A line per value: name, number, spread over beats, beats, and what is doubtful or why it is not measurable.
With --list all recordings of a list are measured, into tables of results and failures.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.cli.frame import (
    Command,
    add_json,
    add_list,
    recording,
    recording_arguments,
    refuse_idle,
    refuse_without_list,
    work_on_list,
    write_json,
)

if TYPE_CHECKING:
    from ecgcore.ecg import Ecg
    from ecgcore.measurements import Measurements


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "record", nargs="?", help="a recording in any format the product reads, or database/record"
    )
    parser.add_argument(
        "--leads",
        help='measure on these leads alone, "I II V2"; or which lead each channel is where the file does not '
        'say, "ECG1=V1 ECG2=V5"',
    )
    recording_arguments(parser, with_leads=False)
    add_json(parser, "all values, per-lead values and fiducial times")
    add_list(parser, reconstructs=False)
    parser.add_argument("--out", type=Path, help="folder for the tables of a list")


def table(measurements: Measurements) -> str:
    """A line per global value: name, number, spread, beats, and what is doubtful or why it is missing."""
    from ecgcore.measurements import AXES, CORRECTED, INTERVALS

    lines = []
    for name in (*INTERVALS, *CORRECTED, *AXES):
        value = measurements[name]
        number = "-" if value.value is None else f"{value.value:.0f}"
        spread = "" if value.spread is None else f"+-{value.spread:.0f}"
        lines.append(f"{name:20}{number:>7} {spread:7} n={value.n:<4} {value.reason}".rstrip())
    return "\n".join([*lines, *measurements.findings])


def report(ecg: Ecg, measurements: Measurements) -> dict[str, Any]:
    """Everything measured, with the leads it was measured on, in JSON types."""
    of = {"leads_used": list(ecg.leads), "rate_hz": ecg.rate, "duration_s": ecg.duration}
    return {**of, **measurements.as_dict()}


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from ecgcore.leads import LeadSet
    from ecgcore.measurements import measure

    if (options.record is None) == (options.listed is None):
        raise ValueError("Name a recording, or a list of them with --list.")
    named = options.leads is not None and "=" in options.leads
    if options.listed:
        from models.many.jobs import Measurements

        refuse_idle(options, "json", "with --list")

        if named:
            raise ValueError("Of a list --leads names the leads to measure on.")
        leads = () if options.leads is None else tuple(LeadSet(options.leads))
        work_on_list(Measurements(options.rate, options.unit, leads), options)
        return
    refuse_without_list(options, "out")
    ecg = recording(options, options.leads if named else None)
    if options.leads is not None and not named:
        ecg = ecg.pick(LeadSet(options.leads))
    measurements = measure(ecg)
    print(table(measurements))
    if options.json:
        write_json(options, report(ecg, measurements))


COMMAND = Command(arguments, work, "the databases, for database/record", needs_data=lambda _options: False)
