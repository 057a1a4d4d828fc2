"""Score the check of electrodes: every arrangement put upon whole databases by its exact algebra (``rlecg
study electrodes``).

PTB-XL's test fold stored at 500 Hz and at 100 Hz with all eight independent leads and with few, and other
databases as a whole. Mean beat and second moments are taken from the recording as it is; an arrangement acts
on them, for both commute with it. Recordings as they are count false alarms. Recordings that calibrated
the check, and those of the Challenge 2011, are looked at only as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

from ecgcore.datasets import Database, open_database
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.electrodes.arrangements import AS_RECORDED, KINDS
from ecgcore.lead_algebra import limb_violation, observation
from ecgcore.leads import CHEST, INDEPENDENT, LeadSet
from ecgcore.studies.electrodes import SELECTED, TABLE
from models.electrodes.candidates import candidates
from models.electrodes.features import Beat, mean_beat, recorded
from models.electrodes.scores import WEIGHTS, Prior, decide, evidence, fifths_of, network, stamp
from models.progress import progress

FILE = WEIGHTS.with_name("electrodes.csv.gz")
READ_BY_EYE = WEIGHTS.with_name("read_by_eye.csv")
FULL = LeadSet(INDEPENDENT)
FEW = (*tuple(LeadSet(("I", "II", lead)) for lead in CHEST), LeadSet("I II V2 V4"), LeadSet("I II V1 V5"))
ONLY = (AS_RECORDED.name,)
EXCHANGES = (AS_RECORDED.name, "chest exchange", "limb exchange")
EARLIER = "an earlier recording"


class Answer(NamedTuple):
    """As the table has it."""

    arrangement: str
    wrong: str
    alarm: str
    likeliest: str


class Seen(NamedTuple):
    """A recording as it is. ms: that its mean beat and moments took."""

    ecg: Ecg
    beat: Beat
    ms: float


class Scored(NamedTuple):
    """What is scored of one database. rate: wished in Hz. exact: only what is stored at it. keep: only
    records with this code, "" for all. kinds: of arrangements."""

    database: str
    split: str
    rate: float
    leads: tuple[LeadSet, ...]
    keep: str = ""
    kinds: tuple[str, ...] = EXCHANGES
    exact: bool = False


SCORED = (
    Scored("ptb-xl", "test", 500.0, (FULL,), kinds=KINDS, exact=True),
    Scored("ptb-xl", "test", 100.0, (FULL,), exact=True),
    Scored("ptb-xl", "test", 500.0, FEW, exact=True),
    Scored("ludb", "", 500.0, (FULL,)),
    *(
        Scored(name, "", 500.0, (FULL,), kinds=ONLY)
        for name in ("chapman-ningbo", "georgia", "cpsc2018", "cpsc-extra")
    ),
    Scored("brugada-huca", "", 500.0, (FULL,), keep="brugada=0", kinds=ONLY),
    Scored("cinc2011", "", 500.0, (FULL,), kinds=ONLY),
    Scored("ptb-xl", "val", 500.0, (FULL,), kinds=ONLY),
)


def rows_of(
    beat: Beat, leads: LeadSet, kinds: Collection[str], earlier: Beat | None = None, fifth: int = 0
) -> Iterator[Answer]:
    """What the check says of arrangements of these kinds put upon a recording of eight leads, of which
    ``leads`` are seen. earlier, fifth: see ``evidence``."""
    ways, net, prior, see = candidates(leads), network(), Prior(), observation(leads)
    for arrangement in ways.arrangements:
        if arrangement.kind not in kinds:
            continue
        seen = beat.through(see @ arrangement.matrix, leads)
        _, values, limit = evidence(seen, net, earlier, fifth)
        answer = decide(ways, values, prior)
        wrong = 1 - answer[AS_RECORDED.name]
        alarm = wrong >= limit
        likeliest = next(name for name in answer if not alarm or name != AS_RECORDED.name)
        yield Answer(arrangement.name, f"{wrong:.4f}", str(int(alarm)), likeliest)


def score(root: Path, what: Scored, done: frozenset, write: Callable) -> None:
    """The rows of one database."""
    base = open_database(what.database, root)
    for record in progress(base.records(split=what.split or None), about=what.database):
        row = base.info(record)
        if what.keep and what.keep not in row["codes"]:
            continue
        rates = row["rates"] or (what.rate,)
        if what.exact and what.rate not in rates:
            continue
        stored_at = (what.rate,) if what.exact else (what.rate, *rates)
        if _done(done, (what.database, record, str(what.leads[-1]), ""), *stored_at):
            continue
        seen = _seen(base, record, what.rate)
        if seen is not None:
            head = _head(what.database, seen.ecg.rate, row)
            write(
                (*head, *answer) for leads in what.leads for answer in _answers(seen, row, leads, what.kinds)
            )


def _answers(
    seen: Seen, row: dict[str, Any], leads: LeadSet, kinds: Collection[str]
) -> Iterator[tuple[str, ...]]:
    """The rest of the rows of a recording; what else is known of it stands in that of all leads as they
    are."""
    answers = rows_of(seen.beat, leads, kinds)
    start = process_time()
    first = next(answers)
    took = seen.ms + 1000 * (process_time() - start)
    names = [diagnosis.name for diagnosis in SELECTED if diagnosis.words.intersection(row["codes"])]
    apart = max(limb_violation(seen.ecg).values(), default=float("nan"))
    more = (
        "+".join(names),
        row["quality"] if isinstance(row.get("quality"), str) else "",
        f"{apart:.3f}",
        f"{took:.1f}",
    )
    yield (str(leads), "", *first, *(more if leads == FULL else [""] * len(more)))
    for answer in answers:
        yield (str(leads), "", *answer, "", "", "", "")


def _head(database: str, rate: float, row: dict[str, Any]) -> tuple[str, ...]:
    patient = row["patient"] or row["record"]
    classes = "+".join(row["superclasses"])
    return (stamp(), database, row["split"], f"{rate:g}", row["record"], patient, classes)


def _done(done: frozenset, key: tuple[str, str, str, str], *rates: float) -> bool:
    """Whether rows of these weights stand in the table. key: database, record, leads, reference."""
    database, *rest = key
    spelled = [text for rate in rates for text in (f"{rate:g}", f"{rate}")]
    return any((stamp(), database, rate, *rest) in done for rate in spelled)


def _seen(base: Database, record: str, rate: float | None = None) -> Seen | None:
    """A recording with all eight leads and a beat; None where they are not there or no beat is."""
    try:
        ecg = recorded(base.read(record, rate))
        if not set(FULL) <= set(ecg.leads):
            return None
        start = process_time()
        beat = mean_beat(ecg.pick(FULL))
    except UnusableEcg:
        return None
    return None if beat is None else Seen(ecg, beat, 1000 * (process_time() - start))


def with_reference(root: Path, done: frozenset, write: Callable) -> None:
    """Pairs of recordings of one person in PTB-XL, the earlier one being the reference. These people taught
    nothing, and the other four fifths of them calibrated."""
    base = open_database("ptb-xl", root)
    fifths = fifths_of(base.repeated_patients)
    for patient, own in base.index[base.index["patient"].isin(list(fifths))].groupby("patient"):
        beats = {
            record: seen for record in sorted(own["record"]) if (seen := _seen(base, record)) is not None
        }
        for record, earlier in zip(list(beats)[1:], beats, strict=False):
            if _done(done, ("ptb-xl", record, str(FULL), EARLIER), 500.0):
                continue
            head = _head("ptb-xl", 500.0, base.info(record))
            answers = rows_of(beats[record].beat, FULL, EXCHANGES, beats[earlier].beat, fifths[str(patient)])
            write((*head, str(FULL), EARLIER, *answer, "", "", "", "") for answer in answers)


def score_all(root: Path, out: Path) -> None:
    """Score everything and write the table; what is there already for these weights is not done again."""
    TABLE.keep(out, lambda table: table["weights"] == stamp())
    with TABLE.appending(out) as (done, write):
        for what in SCORED:
            score(root, what, done, write)
        with_reference(root, done, write)
