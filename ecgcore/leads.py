"""Names of the standard leads, their order, their spellings, and what a set of them determines.

A lead is always spoken of by name. ``LeadSet`` keeps names unique and in the standard order, so two sets
with the same leads are equal however they were written: ``LeadSet("V2, ii, I") == ("I", "II", "V2")``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import combinations
from typing import Self

LIMB = ("I", "II", "III", "aVR", "aVL", "aVF")
CHEST = ("V1", "V2", "V3", "V4", "V5", "V6")
STANDARD = LIMB + CHEST
INDEPENDENT = ("I", "II", *CHEST)
CABRERA = ("aVL", "I", "aVR", "II", "aVF", "III", *CHEST)

_ORDER = {name: position for position, name in enumerate(STANDARD)}
_SPELLINGS = {name.casefold(): name for name in STANDARD} | {
    "di": "I", "dii": "II", "diii": "III", "d1": "I", "d2": "II", "d3": "III",
    "vr": "aVR", "vl": "aVL", "vf": "aVF",
}  # fmt: skip
_BEFORE = (
    "ecg",
    "ekg",
    "lead",
    "channel",
    "kanal",
    "einthoven",
    "goldberger",
    "wilson",
    "brustwand",
    "extremität",
    "ableitung",
    "abl.",
    "dérivation",
    "derivation",
    "derivação",
    "derivacao",
    "derivación",
    "derivacion",
    "derivazione",
    "afleiding",
    "avledning",
    "afledning",
    "odprowadzenie",
    "отведение",
    "リード",
    "第",
    "誘導",
    "modified",
    "ml",
    "mdc ecg lead",
)
_BEHIND = ("(einthoven)", "(goldberger)", "(wilson)", "-ref", "-av", "lead", "誘導", "导联", "導聯")


def lead_name(text: str) -> str | None:
    """The standard name of a lead as files spell it ("AVR", "Lead II", "ECG V1", "MLII", "v1-Ref"), or None
    if it is none. A bare number is none: "ECG1" and "Lead 1" may be anything."""
    return None if len(text) > 60 else _spelled(text)


@lru_cache(maxsize=4096)  # the same few labels are asked for hundreds of times a recording
def _spelled(text: str) -> str | None:
    word = unicodedata.normalize("NFKC", text).casefold().replace("_", " ").strip()
    for prefix in _BEFORE:
        if word.startswith(prefix) and len(word) > len(prefix):
            sign, after = word[len(prefix) :][:2], word[len(prefix) + 2 :]
            if sign in (" -", " \u2212") and not after[:1].isspace():
                return None  # "Lead -aVR" is the negative of one
            word = word[len(prefix) :].strip(" -:.")
    for suffix in _BEHIND:
        word = word.removesuffix(suffix).strip()
    return _SPELLINGS.get(word.replace(" ", ""))


@lru_cache(maxsize=4096)  # pages and pickers ask for the same few sets thousands of times
def _in_order(leads: str | tuple[str, ...]) -> tuple[str, ...]:
    words = leads.replace(",", " ").replace("+", " ").split() if isinstance(leads, str) else leads
    names = {word: lead_name(word) for word in words}
    if unknown := [word for word in words if names[word] is None]:
        raise ValueError(f"{', '.join(unknown)}: no such lead; the leads are {' '.join(STANDARD)}.")
    return tuple(sorted({name for name in names.values() if name}, key=_ORDER.__getitem__))


class LeadSet(tuple[str, ...]):
    """Known lead names, no doubles, in the standard order I II III aVR aVL aVF V1-V6.

    Takes names in any spelling, as an iterable or as one text separated by blanks, commas or "+".
    Raises ValueError that names what is unknown.
    """

    __slots__ = ()

    def __new__(cls, leads: str | Iterable[str] = ()) -> Self:
        """From names in any spelling; see the class."""
        return super().__new__(cls, _in_order(leads if isinstance(leads, str) else tuple(leads)))

    def __str__(self) -> str:
        return "+".join(self)

    def __or__(self, other: Iterable[str]) -> LeadSet:
        return LeadSet((*self, *other))

    def __sub__(self, other: Iterable[str]) -> LeadSet:
        gone = set(other)
        return LeadSet(lead for lead in self if lead not in gone)

    def __and__(self, other: Iterable[str]) -> LeadSet:
        kept = set(other)
        return LeadSet(lead for lead in self if lead in kept)

    @property
    def limb(self) -> LeadSet:
        """The limb leads among them."""
        return self & LIMB

    @property
    def chest(self) -> LeadSet:
        """The chest leads among them."""
        return self & CHEST

    @property
    def determined(self) -> LeadSet:
        """These leads and all that follow from them exactly: any two limb leads fix all six (Einthoven,
        Goldberger)."""
        return self | LIMB if len(self.limb) >= 2 else self

    @property
    def derived(self) -> LeadSet:
        """Leads that follow exactly but are not in the set."""
        return self.determined - self

    @property
    def missing(self) -> LeadSet:
        """Leads that must be estimated."""
        return LeadSet(STANDARD) - self.determined


NAMED_SETS: dict[str, LeadSet] = {
    "I": LeadSet("I"),
    "II": LeadSet("II"),
    "I + II (limb leads only)": LeadSet("I II"),
    **{f"I + II + {chest}": LeadSet(("I", "II", chest)) for chest in CHEST},
    "I + II + V2 + V4": LeadSet("I II V2 V4"),
    "II + V1 + V5": LeadSet("II V1 V5"),
}
"""Named clinical input sets, in the order a picker shows them."""

NOT_FROM_STANDARD_LEADS = {
    "EASI": "EASI measures between four electrodes (E, A, S, I) that the standard leads do not have; "
    "it cannot be taken from a 12-lead recording.",
}
"""Lead systems users ask for that no subset of the standard leads contains, with the reason."""


def all_states() -> Iterator[LeadSet]:
    """The 510 distinct states of knowledge that proper non-empty subsets of the twelve leads can give.

    Two or more limb leads fix all six and are written as I and II; what remains to choose is eight limb
    states (none, one of six, all) and any of the chest leads.
    """
    limb_states = [(), *((lead,) for lead in LIMB), ("I", "II")]
    for limb in limb_states:
        for size in range(len(CHEST) + 1):
            for chest in combinations(CHEST, size):
                state = LeadSet(limb + chest)
                if state and state.missing:
                    yield state
