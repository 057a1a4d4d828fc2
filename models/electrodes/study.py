"""Score the check of electrodes: every arrangement put upon whole databases by its exact algebra (``rlecg
study electrodes``).

PTB-XL's test fold stored at 500 Hz and at 100 Hz with all eight independent leads and with few, and other
databases as a whole. The mean beat is taken from the recording as it is; an arrangement acts on that beat,
for the mean of beats commutes with it. Recordings as they are count false alarms.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from ecgcore.datasets import Database, open_database
from ecgcore.ecg import UnusableEcg
from ecgcore.electrodes.arrangements import AS_RECORDED, KINDS
from ecgcore.lead_algebra import observation
from ecgcore.leads import CHEST, INDEPENDENT, LeadSet
from ecgcore.studies.electrodes import TABLE
from models.electrodes.candidates import N, candidates
from models.electrodes.features import Beat, mean_beat
from models.electrodes.reference import nearness_of
from models.electrodes.scores import WEIGHTS, Prior, decide, evidence, network, stamp

FILE = WEIGHTS.with_name("electrodes.csv.gz")
FULL = LeadSet(INDEPENDENT)
FEW = (*tuple(LeadSet(("I", "II", lead)) for lead in CHEST), LeadSet("I II V2 V4"), LeadSet("I II V1 V5"))


EXCHANGES = ("as recorded", "chest exchange", "limb exchange")
REFERENCE = "earlier recording"


class Answer(NamedTuple):
    """As the table has it."""

    arrangement: str
    wrong: str
    alarm: str
    likeliest: str


class Scored(NamedTuple):
    """What is scored of one database. keep: only records with this code, "" for all. kinds: of
    arrangements."""

    database: str
    split: str
    rate: float
    leads: tuple[LeadSet, ...]
    keep: str = ""
    kinds: tuple[str, ...] = EXCHANGES


SCORED = (
    Scored("ptb-xl", "test", 500.0, (FULL, *FEW), kinds=KINDS),
    Scored("ptb-xl", "test", 100.0, (FULL,)),
    *(
        Scored(name, "", 500.0, (FULL,))
        for name in ("ludb", "chapman-ningbo", "georgia", "cpsc2018", "cpsc-extra")
    ),
    Scored("brugada-huca", "", 500.0, (FULL,), keep="brugada=0"),
)


def rows_of(
    beat: Beat, leads: LeadSet, most: Collection[str], earlier: Beat | None = None
) -> Iterator[Answer]:
    """What the check says of arrangements put upon the mean beat of eight leads, of which ``leads`` are
    seen. most: kinds of arrangements."""
    ways, net, prior, see = candidates(leads), network(), Prior(), observation(leads)
    for arrangement in ways.arrangements:
        if arrangement.kind not in most:
            continue
        seen = Beat(see @ arrangement.matrix @ beat.signals, leads, beat.n, beat.rr)
        _, values = evidence(seen, net)
        if earlier is not None:
            values = values + nearness_of(
                ways.back @ seen.signals, ways.state, earlier.signals, np.ones(N + 1)
            )
        answer = decide(ways, values, prior, net)
        wrong = 1 - answer[AS_RECORDED.name]
        alarm = wrong >= net.alarms[len(leads.chest)]
        likeliest = next(name for name in answer if not alarm or name != AS_RECORDED.name)
        yield Answer(arrangement.name, f"{wrong:.4f}", str(int(alarm)), likeliest)


def score(root: Path, what: Scored, done: frozenset, write: Callable) -> None:
    """The rows of one database."""
    base = open_database(what.database, root)
    for record in tqdm(
        base.records(split=what.split or None), desc=what.database, unit="record", disable=None
    ):
        row = base.info(record)
        if what.keep and what.keep not in row["codes"]:
            continue
        if any((stamp(), what.database, rate, record, "") in done for rate in _spelled(what.rate)):
            continue
        beat, rate = _beat(base, record, what.rate)
        if beat is None or (what.database == "ptb-xl" and rate != what.rate):
            continue
        head = (stamp(), what.database, what.split, f"{what.rate:g}", record, row["patient"] or record)
        classes = "+".join(row["superclasses"])
        write(
            (*head, classes, str(leads), "", *row)
            for leads in what.leads
            for row in rows_of(beat, leads, what.kinds)
        )


def _spelled(rate: float) -> tuple[str, str]:
    return f"{rate:g}", f"{rate}"


def _beat(base: Database, record: str, rate: float | None = None) -> tuple[Beat | None, float]:
    """The mean beat of all eight leads and the rate of the file; None where they are not there or no beat
    is."""
    try:
        ecg = base.read(record, rate)
        return (mean_beat(ecg.pick(FULL)) if set(FULL) <= set(ecg.leads) else None), ecg.rate
    except UnusableEcg:
        return None, 0.0


def with_reference(root: Path, done: frozenset, write: Callable) -> None:
    """Pairs of recordings of one person in PTB-XL folds 9 and 10, and for want of more in 1 to 8, which
    taught the networks but not what an earlier recording weighs: the earlier one is the reference."""
    base = open_database("ptb-xl", root)
    for patient, own in base.index.groupby("patient"):
        if str(patient).startswith("record-") or len(own) < 2:
            continue
        beats = {
            record: beat for record in sorted(own["record"]) if (beat := _beat(base, record)[0]) is not None
        }
        for record, earlier in zip(list(beats)[1:], beats, strict=False):
            if any((stamp(), "ptb-xl", rate, record, REFERENCE) in done for rate in _spelled(500.0)):
                continue
            row = base.info(record)
            head = (stamp(), "ptb-xl", row["split"], "500", record, patient, "+".join(row["superclasses"]))
            rows = rows_of(beats[record], FULL, EXCHANGES, beats[earlier])
            write((*head, str(FULL), REFERENCE, *row) for row in rows)


def score_all(root: Path, out: Path) -> None:
    """Score everything and write the table; what is there already for these weights is not done again."""
    TABLE.keep(out, lambda table: table["weights"] == stamp())
    with TABLE.appending(out) as (done, write):
        for what in SCORED:
            score(root, what, done, write)
        with_reference(root, done, write)
