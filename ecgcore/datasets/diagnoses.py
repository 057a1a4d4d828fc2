"""Diagnoses that lead sets are compared on, in the words of each database, and recordings that show them.

A diagnosis is a set of words; a recording has it when one of its database's codes is among them. PTB-XL
writes SCP-ECG statements, the Challenge databases SNOMED CT numbers or the short words of CPSC, LUDB
sentences, Brugada-HUCA and PTB their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ecgcore.datasets import SUPERCLASSES, local_databases, open_database
from ecgcore.demonstrations import LONG, REAL

ALL = "all"
FEWEST = 10
"""Recordings a group must have to be listed by itself."""


@dataclass(frozen=True)
class Diagnosis:
    """words: codes that mean it, of whatever database. teaches: what to look at, for lessons. demonstration:
    the simulated recording like it.
    homes: databases to look for examples in, in that order."""

    name: str
    words: frozenset[str]
    teaches: str = ""
    demonstration: str = ""
    homes: tuple[str, ...] = ("ptb-xl", "ludb", "cpsc2018", "chapman-ningbo", "ptbdb")


def _of(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(","))


DIAGNOSES = (
    Diagnosis(
        "Left bundle branch block",
        _of("CLBBB, LBBB, 164909002, 733534002, Complete left bundle branch block"),
        (
            "V1-V3 carry deep, wide QS complexes and ST-T against them; the limb leads show only that the "
            "QRS is wide."
        ),
        "Simulated: wide QRS like left bundle branch block, 72/min, 1000 Hz",
    ),
    Diagnosis(
        "Right bundle branch block",
        _of("CRBBB, RBBB, 713427006, 59118001, Complete right bundle branch block"),
        (
            "The second R of rSR' stands in V1 and V2, the wide S in I and V6. Is the late R there when V1 "
            "is estimated?"
        ),
        "Simulated: like right bundle branch block, 70/min, 500 Hz",
    ),
    Diagnosis(
        "Anterior infarction",
        _of(
            "AMI, ASMI, ALMI, 54329005, acute infarction anterior, acute infarction antero-septal, "
            "Scar formation: anterior wall, "
            "Scar formation: septal, STEMI: anterior wall"
        ),
        "R is lost and Q appears in V1-V4, over the scar. A model draws the R wave that most hearts have.",
        "Simulated: like an anterior infarction, 75/min, 500 Hz",
    ),
    Diagnosis(
        "Inferior infarction",
        _of("IMI, ILMI, IPMI, IPLMI, 73795002, Scar formation: inferior wall, acute infarction inferior"),
    ),
    Diagnosis("Left anterior fascicular block", _of("LAFB, 445118002, Left anterior hemiblock")),
    Diagnosis("Left ventricular hypertrophy", _of("LVH, VCLVH, 164873001, Left ventricular hypertrophy")),
    Diagnosis(
        "Atrial fibrillation or flutter",
        _of(
            "AFIB, AFLT, AF, 164889003, 164890007, Rhythm: Atrial fibrillation, Rhythm: Atrial "
            "flutter, typical"
        ),
    ),
    Diagnosis(
        "Brugada pattern",
        _of("brugada=1"),
        (
            "The coved ST lies in V1 and V2 alone, a hand's breadth of the chest. From leads that do not "
            "see it, it cannot be known."
        ),
        homes=("brugada-huca",),
    ),
)
"""Those with a lesson say what they teach."""

TAUGHT = tuple(diagnosis for diagnosis in DIAGNOSES if diagnosis.teaches)


NEWCOMERS = {
    "normal": Diagnosis("Normal", frozenset(), demonstration=REAL),
    "anterior-infarction": DIAGNOSES[2],
    "bundle-branch-block": Diagnosis(
        "Bundle branch block", DIAGNOSES[0].words, demonstration=DIAGNOSES[0].demonstration
    ),
    "atrial-fibrillation": Diagnosis(
        "Atrial fibrillation",
        _of("AFIB, AF, 164889003, Rhythm: Atrial fibrillation"),
        demonstration="Simulated: like atrial fibrillation, 90/min, 500 Hz",
    ),
    "paced-rhythm": Diagnosis(
        "Paced rhythm",
        _of("PACE, 10370003, UNIpolar ventricular pacing, BIpolar ventricular pacing"),
        demonstration="Simulated: like ventricular pacing, 70/min, 1000 Hz",
    ),
    "two-minutes": Diagnosis("Two minutes", frozenset(), demonstration=LONG),
}
"""What a newcomer opens with one click. Without words it is always the demonstration."""


def newcomers_example(name: str, root: Path | None) -> Example:
    """A local database's recording, else the demonstration."""
    return examples(NEWCOMERS[name], root, 1)[0]


def groups_of(
    superclasses: Iterable[Iterable[str]], codes: Iterable[Iterable[str]]
) -> Mapping[str, list[bool]]:
    """Group -> for each recording whether it belongs: "all", the five superclasses, and the diagnoses that
    are frequent enough."""
    classes, words = [set(own) for own in superclasses], [set(own) for own in codes]
    groups = {ALL: [True] * len(words)} | {group: [group in own for own in classes] for group in SUPERCLASSES}
    single = {
        diagnosis.name: [bool(diagnosis.words.intersection(own)) for own in words] for diagnosis in DIAGNOSES
    }
    return groups | {name: inside for name, inside in single.items() if sum(inside) >= FEWEST}


@dataclass(frozen=True)
class Example:
    """A recording that shows a diagnosis. note: its database's words and its part, for the reader. database
    "" is a demonstration."""

    diagnosis: str
    database: str
    record: str
    note: str


_PARTS = {"test": 0, "": 1, "val": 2, "train": 3}


def examples(diagnosis: Diagnosis, root: Path | None, most: int = 5) -> tuple[Example, ...]:
    """Recordings of the data root that show a diagnosis, those no model was trained on and the purest first;
    else the simulated one.

    PTB-XL's test fold comes before databases that were never trained on, those before its other folds. Reads
    tables, no recordings; databases are opened one after the other until enough is found.
    """
    here = local_databases(root)
    ranked: list[tuple[tuple[int, int, int, str], Example]] = []
    homes = diagnosis.homes if diagnosis.words else ()
    for place, name in enumerate(home for home in homes if home in here and root is not None):
        base = open_database(name, root)  # type: ignore[arg-type]
        table = base.index
        for record, split, codes in zip(table["record"], table["split"], table["codes"], strict=True):
            if words := [code for code in codes if code in diagnosis.words]:
                key = (_PARTS.get(split, 3), place, len(codes), record)
                ranked.append(
                    (key, Example(diagnosis.name, name, record, _note(base.title, record, split, words)))
                )
        if sum(key[0] <= 1 for key, _ in ranked) >= most:
            break
    chosen = tuple(example for _, example in sorted(ranked, key=lambda row: row[0])[:most])
    if chosen or not diagnosis.demonstration:
        return chosen
    note = "" if diagnosis.demonstration == REAL else "simulated: no patient stands behind it"
    return (Example(diagnosis.name, "", diagnosis.demonstration, note),)


def _note(title: str, record: str, split: str, words: list[str]) -> str:
    part = {
        "test": "test part, never trained on",
        "val": "validation part",
        "train": "in the training data: errors look smaller than on a new patient",
    }.get(split, "")
    return " · ".join(word for word in (f"{title} {record}", ", ".join(words), part) if word)
