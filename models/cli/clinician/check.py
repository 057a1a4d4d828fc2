"""What is odd about a recording: flat, clipped, noisy or drifting leads, contradictions, exchanged
electrodes.

    rlecg check RECORD [--rate HZ --unit mV] [--reference EARLIER] [--exchange-rate 0.04] [--json FILE]
    rlecg check --database cinc2011 --data ROOT [--every N]

The first prints the findings of one recording, the second how often each kind is met in a database, by
verdict where the database has verdicts. Exchanged electrodes are sought from I, II and one chest lead on:
every arrangement has a probability, by a prior that --exchange-rate sets (the share of recordings with a
mix-up); --reference is an earlier recording of the same person.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from models.cli.frame import (
    Command,
    add_json,
    recording,
    recording_arguments,
    refuse_idle,
    whole_number,
    write_json,
)

if TYPE_CHECKING:
    from ecgcore.datasets import Database
    from ecgcore.ecg import Ecg
    from ecgcore.electrodes.check import ElectrodeCheck


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "record", nargs="?", help="a recording in any format the product reads, or database/record"
    )
    parser.add_argument("--database", help="count findings in a database below --data, like ptb-xl")
    recording_arguments(parser)
    parser.add_argument(
        "--reference", help="an earlier recording of the same person, its electrodes in place"
    )
    parser.add_argument(
        "--exchange-rate", type=float, help="prior share of recordings with any mix-up (default: 0.04)"
    )
    add_json(parser, "findings and probabilities")
    parser.add_argument(
        "--every", type=whole_number(), default=1, metavar="N", help="look at every N-th record only"
    )


def findings_of(ecg: Ecg) -> str:
    """Name, leads, rate and length of a recording, and a line for each finding."""
    from ecgcore.quality import findings

    lines = [f"- {sentence}" for sentence in (*ecg.notes, *map(str, findings(ecg)))]
    head = f"{ecg.name}: {' '.join(ecg.leads)}, {ecg.rate:g} Hz, {ecg.duration:.4g} s"
    return "\n".join([head, *(lines or ["- nothing odd"])])


def kinds_of(database: Database, record: str) -> set[str]:
    """The kinds of finding in one record of a database, with "any but offset" where one is not harmless."""
    from ecgcore.ecg import UnusableEcg
    from ecgcore.quality import findings

    try:
        kinds = {finding.kind for finding in findings(database.read(record))}
    except UnusableEcg as error:
        kinds = {f"unusable: {error}"[:60]}
    return kinds | ({"any but offset"} if kinds - {"offset"} else set())


def shares(database: Database, every: int) -> str:
    """A line per kind: in how many records it is met, by verdict where the database has verdicts."""
    from collections import Counter

    from ecgcore.quality import KINDS
    from models.progress import progress

    index = database.index.iloc[::every]
    verdicts = index["quality"] if "quality" in index else [""] * len(index)
    counts: Counter[tuple[str, str]] = Counter()
    records: Counter[str] = Counter()
    for record, verdict in progress(
        zip(index["record"], verdicts, strict=True), total=len(index), about=database.name
    ):
        records[verdict] += 1
        counts.update((verdict, kind) for kind in kinds_of(database, record))
    others = sorted({kind for _, kind in counts} - set(KINDS))
    lines = []
    for verdict, n in sorted(records.items()):
        lines.append(f"{database.name}{f', {verdict}' if verdict else ''}: {n} recordings")
        for kind in (*KINDS, *others):
            count = counts[verdict, kind]
            lines.append(f"  {kind:26s} {count:5d}  {100 * count / n:5.1f} %")
    return "\n".join(lines)


def electrodes_of(ecg: Ecg, options: argparse.Namespace) -> ElectrodeCheck | str:
    """The check of electrodes, or a sentence why there is none."""
    from ecgcore.datasets import read_recording
    from ecgcore.ecg import UnusableEcg
    from models.electrodes.scores import Prior, check

    prior = Prior() if options.exchange_rate is None else Prior(options.exchange_rate)
    earlier = read_recording(options.reference, options.data) if options.reference else None
    try:
        return check(ecg, prior, earlier)
    except UnusableEcg as error:
        return str(error)


def _print_recording(options: argparse.Namespace, ecg: Ecg) -> None:
    from ecgcore.quality import findings

    answer = electrodes_of(ecg, options)
    print(f"{findings_of(ecg)}\n{answer if isinstance(answer, str) else answer.in_words()}")
    if options.json:
        electrodes = {"alarm": None, "text": answer} if isinstance(answer, str) else answer.report()
        odd = [
            {"kind": finding.kind, "leads": list(finding.leads), "text": finding.text}
            for finding in findings(ecg)
        ]
        report = {"record": ecg.name, "rate_hz": ecg.rate, "leads": list(ecg.leads), "notes": list(ecg.notes)}
        write_json(options, report | {"findings": odd, "electrodes": electrodes})


def work(options: argparse.Namespace) -> None:
    """Do the command with these options."""
    from ecgcore.datasets import open_database

    if options.record is None and options.database is None:
        raise ValueError("Name a recording, or a database with --database.")
    if options.record is None:
        idle = "json rate unit leads reference exchange_rate"
        refuse_idle(options, idle, "for a whole database")
    elif options.every != 1:
        raise ValueError("--every does nothing for a single recording.")
    if options.database is None:
        _print_recording(options, recording(options, options.leads))
    elif options.record is not None:
        refuse_idle(options, "rate unit leads", "for a record of a database")
        _print_recording(options, open_database(options.database, options.data).read(options.record))
    else:
        print(shares(open_database(options.database, options.data), options.every))


COMMAND = Command(arguments, work, "the databases", needs_data=lambda options: options.database is not None)
