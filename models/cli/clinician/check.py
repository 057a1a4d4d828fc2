"""What is odd about a recording: flat, clipped, noisy or drifting leads, contradictions, suspected swaps.

    rlecg check RECORD
    rlecg check --database cinc2011 --data ROOT [--every N]

The first prints the findings of one recording, the second how often each kind is met in a database, by
verdict where the database has verdicts.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from models.cli.frame import Command, recording, recording_arguments

if TYPE_CHECKING:
    from ecgcore.datasets import Database
    from ecgcore.ecg import Ecg


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "record", nargs="?", help="a recording in any format the product reads, or database/record"
    )
    parser.add_argument("--database", help="count findings in a database below --data, like ptb-xl")
    recording_arguments(parser)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="look at every N-th record only")


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

    index = database.index.iloc[::every]
    verdicts = index["quality"] if "quality" in index else [""] * len(index)
    counts: Counter[tuple[str, str]] = Counter()
    records: Counter[str] = Counter()
    for record, verdict in zip(index["record"], verdicts, strict=True):
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


def work(options: argparse.Namespace) -> None:
    from ecgcore.datasets import open_database

    if options.record is None and options.database is None:
        raise ValueError("Name a recording, or a database with --database.")
    if options.database is None:
        print(findings_of(recording(options, options.leads)))
    elif options.record is not None:
        print(findings_of(open_database(options.database, options.data).read(options.record)))
    else:
        print(shares(open_database(options.database, options.data), options.every))


COMMAND = Command(arguments, work, "the databases", needs_data=lambda options: options.database is not None)
