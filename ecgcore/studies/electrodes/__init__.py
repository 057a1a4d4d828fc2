"""How often exchanged electrodes are noticed and rightly named, and how often right ones are doubted.

The table has a row per recording, set of leads and arrangement that was put upon it by its exact algebra;
rows of ``as recorded`` count false alarms, and say what else is known of the recording. Everything is counted
by recording, intervals by patient.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.datasets import SUPERCLASSES
from ecgcore.datasets.diagnoses import DIAGNOSES, NEWCOMERS
from ecgcore.electrodes.arrangements import AS_RECORDED, KINDS, by_name
from ecgcore.evaluation.statistics import Interval
from ecgcore.evaluation.tables import Table

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "weights", "database", "split", "rate_hz", "record", "patient", "superclasses", "leads", "reference",
    "arrangement", "wrong", "alarm", "likeliest", "diagnoses", "quality", "limb_mv", "ms",
)  # fmt: skip
"""The last four only as recorded with all leads. limb_mv: largest departure from Einthoven's and Goldberger's
equations. ms: time of the check on the machine that made the table."""
TABLE = Table(
    "electrode checks",
    COLUMNS,
    ("weights", "database", "rate_hz", "record", "leads", "reference"),
    dict.fromkeys(("rate_hz", "wrong", "alarm", "limb_mv", "ms"), "float64"),
)
READINGS = Table("readings of recordings by eye", ("recording", "verdict", "why"), ("recording",), {})
ALL = "all"
FULL = "I+II+V1+V2+V3+V4+V5+V6"
EACH_ONCE = 0.0
"""In place of a rate: each recording once, at the highest rate it is stored with."""
SELECTED = (NEWCOMERS["paced-rhythm"], *DIAGNOSES)
"""Diagnoses that false alarms are counted by: hearts that may look like exchanged electrodes among them. No
recording of the databases is called dextrocardia."""
UNSORTED = "cinc2011"
"""Recordings of unknown quality: looked at for the worst, they count no false alarms."""
LOOKED_AT = (UNSORTED, "ptb-xl", "chapman-ningbo", "georgia", "cpsc2018", "brugada-huca", "ludb")
"""Databases whose worst recordings are listed, and read by eye."""
LEVELS = (0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 0.95)
"""Probabilities of a mix-up from which on an alarm might be told."""
HARDEST = ("V2-V3", "V4-V5", "V5-V6", "LA-LL")
PERMITTED = (0.005, 0.01, 0.015, 0.02, 0.03, 0.05)
"""Shares of recordings as they are that might raise an alarm."""
TAUGHT = ("train", "val")
"""Parts of a database that taught or calibrated the check."""


@dataclass(frozen=True)
class Shares:
    """Shares of recordings under one arrangement. alarm: any alarm; named: the alarm names this arrangement
    first."""

    name: str
    alarm: Interval
    named: Interval


def conditions(table: pd.DataFrame) -> list[tuple[str, float, str, str]]:
    """(database, rate in Hz, leads, reference) in the order of the table; where there are two rates, both
    together first. Without what taught, and what was only looked at for its worst."""
    rows = table[
        (table["database"] != UNSORTED) & ~(table["split"].isin(TAUGHT) & (table["reference"] == ""))
    ]
    columns = rows[["database", "rate_hz", "leads", "reference"]].drop_duplicates()
    single = [tuple(row) for row in columns.itertuples(index=False)]
    twice = [
        (database, EACH_ONCE, leads, reference)
        for (database, leads, reference), some in columns.groupby(
            ["database", "leads", "reference"], sort=False
        )
        if len(some) > 1
    ]
    return [*twice, *single]


def part(table: pd.DataFrame, condition: tuple[str, float, str, str]) -> pd.DataFrame:
    """The rows of one condition."""
    database, rate, leads, reference = condition
    rows = table[(table["database"] == database) & (table["leads"] == leads)]
    rows = rows[(rows["reference"] == reference) & ~(rows["split"].isin(TAUGHT) & (reference == ""))]
    if rate != EACH_ONCE:
        return rows[rows["rate_hz"] == rate]
    return rows[rows["rate_hz"] == rows.groupby("record")["rate_hz"].transform("max")]


def sensitivity(rows: pd.DataFrame) -> Iterator[Shares]:
    """Every arrangement that was put upon recordings, in the order of the arrangements."""
    for name in by_name():
        some = rows[rows["arrangement"] == name]
        if name != AS_RECORDED.name and len(some):
            yield _shares(name, some)


def by_kind(rows: pd.DataFrame) -> Iterator[Shares]:
    """The same, over all arrangements of a kind alike."""
    kinds = rows["arrangement"].map({name: arrangement.kind for name, arrangement in by_name().items()})
    for kind in KINDS[1:]:
        if (kinds == kind).any():
            yield _shares(kind, rows[kinds == kind])


def false_alarms(rows: pd.DataFrame) -> Iterator[Shares]:
    """Alarms over recordings as they are: all, then by superclass (a recording may have several)."""
    as_they_are = rows[rows["arrangement"] == AS_RECORDED.name]
    if len(as_they_are):
        yield _shares(ALL, as_they_are)
    classes = as_they_are["superclasses"].str.split("+")
    for name in SUPERCLASSES:
        some = as_they_are[[name in own for own in classes]]
        if len(some):
            yield _shares(name, some)


def false_alarms_by_diagnosis(table: pd.DataFrame) -> Iterator[Shares]:
    """Alarms over recordings of all databases as they are, each once: all, then by diagnosis. Without what
    taught."""
    rows = as_recorded(table)
    rows = rows[~rows["split"].isin(TAUGHT) & (rows["database"] != UNSORTED)]
    own = rows["diagnoses"].str.split("+")
    if len(rows):
        yield _shares(ALL, rows)
    for name in (diagnosis.name for diagnosis in SELECTED):
        some = rows[[name in names for names in own]]
        if len(some):
            yield _shares(name, some)


def trade_off(table: pd.DataFrame) -> Iterator[tuple[str, list[float]]]:
    """What an alarm from each of ``LEVELS`` on would give: false alarms by database, then how often the
    hardest exchanges and all of a kind are noticed in PTB-XL's test part."""
    rows = as_recorded(table)
    rows = rows[~rows["split"].isin(TAUGHT) & (rows["database"] != UNSORTED)]
    for name, own in rows.groupby("database", sort=False):
        yield f"false alarms, {name}", _above(own)
    tested = part(table, ("ptb-xl", EACH_ONCE, FULL, ""))
    kinds = tested["arrangement"].map({name: arrangement.kind for name, arrangement in by_name().items()})
    for name in HARDEST:
        if (tested["arrangement"] == name).any():
            yield f"noticed, {name}", _above(tested[tested["arrangement"] == name])
    for kind in ("chest exchange", "limb exchange"):
        if (kinds == kind).any():
            yield f"noticed, {kind}", _above(tested[kinds == kind])


def at_false_alarms(table: pd.DataFrame) -> Iterator[tuple[str, list[float]]]:
    """How often the hardest exchanges are noticed in PTB-XL's test part where each of ``PERMITTED`` of its
    recordings as they are raises an alarm: where this rises steeply, not the exchanges bound the check but
    the few recordings that look exchanged as they are."""
    tested = part(table, ("ptb-xl", EACH_ONCE, FULL, ""))
    usual = tested[tested["arrangement"] == AS_RECORDED.name]["wrong"]
    if len(usual):
        ends = usual.quantile([1 - share for share in PERMITTED])
        for name in HARDEST:
            some = tested[tested["arrangement"] == name]["wrong"]
            if len(some):
                yield f"noticed, {name}", [float((some > end).mean()) for end in ends]


def _above(rows: pd.DataFrame) -> list[float]:
    return [float((rows["wrong"] >= level).mean()) for level in LEVELS]


def as_recorded(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of recordings as they are with all leads, each once."""
    rows = table[(table["arrangement"] == AS_RECORDED.name) & (table["leads"] == FULL)]
    rows = rows[rows["reference"] == ""].sort_values("rate_hz", kind="stable")
    return rows.drop_duplicates(["database", "record"], keep="last").sort_index()


def worst(table: pd.DataFrame, count: int, databases: Collection[str]) -> pd.DataFrame:
    """Up to so many recordings of each database, as they are, whose electrodes look least in place, worst
    first; without those whose signal the database's readers call unacceptable."""
    rows = as_recorded(table)
    rows = rows[(rows["alarm"] > 0) & (rows["quality"] != "unacceptable")]
    rows = rows.sort_values(["wrong", "record"], ascending=[False, True], kind="stable")
    parts = [rows[rows["database"] == name].head(count) for name in databases]
    return rows.loc[[number for part_ in parts for number in part_.index]]


def readings(path: Path) -> dict[str, tuple[str, str]]:
    """What was seen on the paper of single recordings: {database/record: (verdict, why)}."""
    rows = READINGS.read(path)
    return {row.recording: (row.verdict, row.why) for row in rows.itertuples()}


def summary(
    table: pd.DataFrame, databases: Collection[str], seen: Mapping[str, tuple[str, str]], count: int = 20
) -> str:
    """How many recordings raise an alarm, and what the worst were read as by eye, in a sentence for each
    database."""
    every, sentences = as_recorded(table), []
    for name in databases:
        rows = every[every["database"] == name]
        if not len(rows):
            continue
        bad = rows["quality"] == "unacceptable"
        of_bad = f" ({int((rows['alarm'][bad] > 0).sum())} of them called unacceptable)" if bad.any() else ""
        text = f"{int((rows['alarm'] > 0).sum())} of {len(rows):,} in {name} raise an alarm{of_bad}"
        read = [f"{name}/{record}" for record in worst(table, count, [name])["record"]]
        verdicts = Counter(seen[record][0] for record in read if record in seen)
        listed = ", ".join(f"{number} {verdict}" for verdict, number in verdicts.most_common())
        number = sum(verdicts.values())
        sentences.append(f"{text}; of the worst {number}, read by eye: {listed}." if number else f"{text}.")
    return f"As they are, {' '.join(sentences)}"


def milliseconds(table: pd.DataFrame) -> tuple[float, float, int]:
    """Median and 95th percentile of the time a check takes, and of how many recordings."""
    times = table["ms"].dropna()
    return float(times.median()), float(times.quantile(0.95)), len(times)


def sensitivity_by_diagnosis(rows: pd.DataFrame) -> Iterator[tuple[str, Shares]]:
    """(superclass, share) by kind within each superclass."""
    classes = rows["superclasses"].str.split("+")
    for name in SUPERCLASSES:
        some = rows[[name in own for own in classes]]
        for share in by_kind(some):
            yield name, share


def share(hits: np.ndarray, patients: np.ndarray) -> Interval:
    """A share of records with Wilson's 95 % interval for as many independent cases as there are patients:
    it says something where none or all were hit, and counts no person twice."""
    from scipy.stats import binomtest

    n_patients, value = len(set(patients)), float(np.mean(hits))
    ends = binomtest(round(value * n_patients), n_patients).proportion_ci(method="wilson")
    return Interval(value, float(ends.low), float(ends.high), len(hits), n_patients)


def _shares(name: str, rows: pd.DataFrame) -> Shares:
    alarm = (rows["alarm"] > 0).to_numpy()
    named = alarm & (rows["likeliest"] == rows["arrangement"]).to_numpy()
    patients = rows["patient"].to_numpy()
    return Shares(name, share(alarm, patients), share(named, patients))


def in_words(table: pd.DataFrame) -> str:
    """All shares of every condition, a line each."""
    lines = []
    for condition in conditions(table):
        rows = part(table, condition)
        database, rate, leads, reference = condition
        stored = "each recording once" if rate == EACH_ONCE else f"{rate:g} Hz"
        lines.append(
            f"\n{database}, {stored}, {leads}{f', with {reference} as reference' if reference else ''}"
        )
        lines += [_line("false alarms", row) for row in false_alarms(rows)]
        lines += [
            f"  {row.name:35} noticed {row.alarm}  named {row.named}  n = {row.alarm.n_records}"
            for row in (*by_kind(rows), *sensitivity(rows))
        ]
    lines.append("\nall databases but what taught, each recording once")
    lines += [_line("false alarms", row) for row in false_alarms_by_diagnosis(table)]
    lines.append(f"\nwith an alarm from a probability of {', '.join(map(str, LEVELS))} on")
    lines += [
        f"  {title:35} {' '.join(f'{share:.3f}' for share in shares)}" for title, shares in trade_off(table)
    ]
    lines.append(f"\nwhere a share of {', '.join(map(str, PERMITTED))} of ptb-xl's test part raises an alarm")
    lines += [
        f"  {title:35} {' '.join(f'{share:.3f}' for share in shares)}"
        for title, shares in at_false_alarms(table)
    ]
    median, late, n = milliseconds(table)
    lines.append(f"\na check takes {median:.0f} ms (95 % within {late:.0f} ms), n = {n}")
    return "\n".join(lines)


def worst_in_words(
    table: pd.DataFrame, count: int, databases: Collection[str], seen: Mapping[str, tuple[str, str]]
) -> str:
    """How many recordings raise an alarm as they are, and the worst, a line each."""
    lines = [summary(table, databases, seen, count)]
    for row in worst(table, count, databases).itertuples():
        limb = "" if np.isnan(row.limb_mv) else f"limb leads apart {1000 * row.limb_mv:.0f} uV"
        words = [f"{row.database}/{row.record}", row.split, f"{row.wrong:.3f}", row.likeliest, limb]
        words += [row.quality, row.superclasses, row.diagnoses, *seen.get(words[0], ())]
        lines.append("  ".join(word for word in words if word))
    return "\n".join(lines)


def _line(title: str, row: Shares) -> str:
    return f"  {title}, {row.name:35} {row.alarm}  n = {row.alarm.n_records}"
