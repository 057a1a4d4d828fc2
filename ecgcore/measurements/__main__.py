"""``python -m ecgcore.measure RECORD [--leads "I II V2"] [--json FILE]``: the measurements of one recording,
without a screen."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import LeadSet
from ecgcore.measurements import AXES, CORRECTED, INTERVALS, Measurements, measure


def table(found: Measurements) -> str:
    """A line per global value: name, number, spread, beats, and what is doubtful or why it is missing."""
    lines = []
    for name in (*INTERVALS, *CORRECTED, *AXES):
        value = found[name]
        number = "-" if value.value is None else f"{value.value:.0f}"
        spread = "" if value.spread is None else f"+-{value.spread:.0f}"
        lines.append(f"{name:20}{number:>7} {spread:7} n={value.n:<4} {value.reason}".rstrip())
    return "\n".join([*lines, *found.findings])


def measure_record(path: Path, leads: str | None = None) -> tuple[Ecg, Measurements]:
    """Read and measure one recording, all of its leads or those named. Raises UnusableEcg."""
    from ecgcore.io import read_path

    ecg = read_path(path)
    if leads is not None:
        try:
            wanted = LeadSet(leads)
        except ValueError as unknown:
            raise UnusableEcg(str(unknown)) from unknown
        ecg = ecg.pick(wanted)
    return ecg, measure(ecg)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ecgcore.measure", description=__doc__.splitlines()[0])
    parser.add_argument("record", type=Path, help="a recording in any format the product reads")
    parser.add_argument("--leads", help='measure on these leads alone, "I II V2"')
    parser.add_argument("--json", type=Path, help="write all values, per-lead values and fiducial times here")
    options = parser.parse_args(arguments)
    try:
        ecg, found = measure_record(options.record, options.leads)
    except UnusableEcg as problem:
        print(problem, file=sys.stderr)
        return 2
    print(table(found))
    if options.json:
        said = {
            "leads_used": list(ecg.leads),
            "rate_hz": ecg.rate,
            "duration_s": ecg.duration,
            **found.as_dict(),
        }
        options.json.write_text(json.dumps(said, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
