"""Finding recordings by words: diagnoses in their full names, age, sex, quality; and recordings like another.

    hits = find(root, Search("anterior infarction, atrial fibrillation", sex="female", oldest=60))

A phrase is met by one diagnosis (all its words begin words of the diagnosis' name or of the groups it belongs
to, or it is the code itself) or by part of the record's name; phrases are separated by commas, and all must
be met. Tables are read, no recordings.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from ecgcore.datasets import local_databases, open_database
from ecgcore.datasets.code_names import SHORT
from ecgcore.datasets.diagnoses import DIAGNOSES

ACCEPTABLE = "acceptable"
QUALITIES = {"good": "Nothing noted by the database", "noted": "Noise or other trouble noted"}
SEXES = ("female", "male")
OLDEST = 200
SYNONYMS = {
    "af": ("atrial fibrillation",),
    "afib": ("atrial fibrillation",),
    "bbb": ("bundle branch block",),
    "infarct": ("infarction",),
    "lbbb": ("left bundle branch block",),
    "lvh": ("left ventricular hypertrophy",),
    "mi": ("infarction",),
    "paced": ("pacing", "pacemaker"),
    "pacemaker": ("pacing", "pacemaker"),
    "pacing": ("pacing", "pacemaker"),
    "rbbb": ("right bundle branch block",),
    "rvh": ("right ventricular hypertrophy",),
}
"""Words that readers type for what the databases call otherwise: the names to look for instead."""


@dataclass(frozen=True)
class Search:
    """What to look for. words: phrases, "" for any. database: a name, "" for all. youngest, oldest: years,
    None for any. quality: out of QUALITIES, "" for any. fold: of the database's folds."""

    words: str = ""
    database: str = ""
    youngest: int | None = None
    oldest: int | None = None
    sex: str = ""
    quality: str = ""
    fold: int | None = None


@dataclass(frozen=True)
class Hit:
    """A recording that meets a search. diagnoses: full names, those looked for first; met: how many these
    are. age: years, None where unknown. quality: what the database's table says, "" for nothing."""

    database: str
    record: str
    age: float | None
    sex: str
    diagnoses: tuple[str, ...]
    patient: str
    fold: int | None
    quality: str
    codes: tuple[str, ...]
    split: str
    met: int = 0


def find(root: Path | None, search: Search) -> tuple[Hit, ...]:
    """Recordings of the databases below the root that meet the search: where words are looked for those that
    no model was trained on first, among them those with the fewest other diagnoses; else by database and
    record."""
    names = local_databases(root)
    wanted = [name for name in names if root is not None and search.database in ("", name)]
    phrases = _phrases(search.words)
    hits = [hit for name in wanted for hit in _found(_entries(Path(root or ""), name), phrases, search)]
    if phrases:
        hits.sort(key=lambda hit: (_PARTS.get(hit.split, 0), len(hit.diagnoses) - hit.met))
    return tuple(hits)


_PARTS = {"val": 1, "train": 2}
"""Splits after all others."""


def alike(root: Path | None, database: str, record: str) -> tuple[Hit, ...]:
    """Other persons' recordings with the same diagnoses, the most alike first: rare diagnoses count more;
    among equals those of the same sex and nearest age. Empty for a recording without diagnoses."""
    every = [hit for name in local_databases(root) for hit in _entries(Path(root or ""), name).hits]
    own = next((hit for hit in every if (hit.database, hit.record) == (database, record)), None)
    if own is None or not own.diagnoses:
        return ()
    counts = Counter(word for hit in every for word in set(hit.diagnoses))
    weight = {word: math.log(len(every) / count) for word, count in counts.items()}

    def likeness(hit: Hit) -> float:
        both, either = set(hit.diagnoses) & set(own.diagnoses), set(hit.diagnoses) | set(own.diagnoses)
        whole = sum(weight[word] for word in either)
        return sum(weight[word] for word in both) / whole if whole else 0.0

    def order(hit: Hit) -> tuple[float, bool, float, str, str]:
        apart = abs(hit.age - own.age) if hit.age is not None and own.age is not None else 200.0
        return (-round(likeness(hit), 6), hit.sex != own.sex, apart, hit.database, hit.record)

    others = [
        hit for hit in every if (hit.database, hit.patient or hit.record) != (database, own.patient or record)
    ]
    return tuple(sorted((hit for hit in others if likeness(hit) > 0), key=order))


# -- tables -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Entries:
    """A database's recordings, and its codes with the words that find them."""

    hits: tuple[Hit, ...]
    words: dict[str, frozenset[str]]
    names: dict[str, str]


@lru_cache(maxsize=32)
def _entries(root: Path, name: str) -> _Entries:
    database = open_database(name, root)
    table = database.index
    quality = table["quality"] if "quality" in table else [""] * len(table)
    columns = (
        table[column]
        for column in ("record", "age", "sex", "patient", "fold", "superclasses", "codes", "split")
    )
    names: dict[str, str] = {}
    hits = []
    for record, age, sex, patient, fold, classes, codes, split, noted in zip(*columns, quality, strict=True):
        for code in (*codes, *classes):
            names.setdefault(code, database.code_name(code))
        titles = [names[code] for code in codes if names[code]] or [names[code] for code in classes]
        hits.append(
            Hit(
                name,
                record,
                None if math.isnan(age) else float(age),
                sex,
                tuple(dict.fromkeys(titles)),
                patient,
                int(fold) if str(fold).isdigit() else None,
                noted if isinstance(noted, str) else "",
                (*codes, *(group for group in classes if group not in codes)),
                split,
            )
        )
    return _Entries(tuple(hits), {code: _words_of(code, title) for code, title in names.items()}, names)


def _words_of(code: str, title: str) -> frozenset[str]:
    """What begins a phrase can meet: words of the code's name and of its groups; "" for the absence of
    something."""
    groups = [diagnosis.name for diagnosis in DIAGNOSES if code in diagnosis.words]
    return frozenset(_split(" ".join([title, *groups]))) if title else frozenset()


def _found(entries: _Entries, phrases: Sequence[_Phrase], search: Search) -> Iterator[Hit]:
    meeting = [
        {code for code, words in entries.words.items() if phrase.meets(code, words)} for phrase in phrases
    ]
    for hit in entries.hits:
        if _fits(hit, search) and all(
            not codes.isdisjoint(hit.codes) or phrase.text in hit.record.casefold()
            for codes, phrase in zip(meeting, phrases, strict=True)
        ):
            yield (
                _with_first(hit, {entries.names[code] for codes in meeting for code in codes})
                if phrases
                else hit
            )


def _with_first(hit: Hit, names: set[str]) -> Hit:
    """The same with these of its diagnoses first."""
    first = [name for name in hit.diagnoses if name in names]
    rest = [name for name in hit.diagnoses if name not in names]
    return replace(hit, diagnoses=(*first, *rest), met=len(first))


def _fits(hit: Hit, search: Search) -> bool:
    if search.sex and hit.sex != search.sex:
        return False
    if search.fold is not None and hit.fold != search.fold:
        return False
    if search.quality and (not hit.quality or (hit.quality == ACCEPTABLE) != (search.quality == "good")):
        return False
    if search.youngest is None and search.oldest is None:
        return True
    return hit.age is not None and (search.youngest or 0) <= hit.age <= (search.oldest or OLDEST)


# -- words --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Phrase:
    """text: as typed, in lower case. words: for each the beginnings that all must be there, or others."""

    text: str
    words: tuple[tuple[tuple[str, ...], ...], ...]

    def meets(self, code: str, words: frozenset[str]) -> bool:
        """Whether a code, or the words of its name, meet this phrase."""
        if not words:
            return False
        return self.text == code.casefold() or all(
            any(all(_begins(start, words) for start in starts) for starts in others) for others in self.words
        )


def _begins(start: str, words: frozenset[str]) -> bool:
    """Two letters, and words that are codes themselves, must be there as they are: PAC is no pacemaker."""
    whole = len(start) < 3 or start in _CODES
    return start in words or (not whole and any(word.startswith(start) for word in words))


_CODES = frozenset(code.casefold() for code in SHORT)


def _phrases(text: str) -> list[_Phrase]:
    parts = [part.strip() for part in re.split(r"[,;+]|\band\b", text.casefold())]
    return [
        _Phrase(part, tuple(_alternatives(word) for word in _split(part))) for part in parts if _split(part)
    ]


def _alternatives(word: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(_split(name)) for name in SYNONYMS.get(word, (word,)))


def _split(text: str) -> list[str]:
    """Words in lower case, "aemia" written "emia"."""
    return [word.replace("aemi", "emi") for word in re.findall(r"\w+", text.casefold())]
