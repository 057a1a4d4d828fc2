"""The mark by which an exported lead is told apart from a recorded one, in every format that has text.

Twice, so that one survives the loss of the other: a line for programs among the comments,

    Lead roles: I=input II=input III=derived V1=estimated V2=estimated[0:1250]+input[1250:2500]

(sample numbers count from zero, the stop is not included), and a word behind the name of every lead that is
no input: "V1 estimated", "aVF derived", "V1 lower". Such a label is no lead's name, so a reader that knows
nothing of all this does not take an estimate for a recording. DICOM has codes for it
(``ecgcore.export.dicom``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ecgcore.leads import STANDARD, lead_name

ROLES = ("input", "derived", "estimated", "partial", "recorded", "lower", "upper")
"""partial: changes within the recording. recorded: the recorded trace of a lead that was left out, the truth.
lower, upper: the ends of the 90 % prediction interval of an estimated lead."""
SHORT = {
    "derived": "der",
    "estimated": "est",
    "partial": "part",
    "recorded": "rec",
    "lower": "low",
    "upper": "upp",
}
"""For labels of sixteen characters (EDF)."""
BEGINNING = "Lead roles:"
_ANY_SHORT = re.compile("|".join(SHORT.values()))
_LEAD = re.compile(r"(\w+)=(\S+)")
_PART = re.compile(r"([a-z]+)(?:\[(\d+):(\d+)\])?$")
_OLD = re.compile(r"(I{1,3}|aV[RLF]|V[1-6]): (measured|derived|estimated)\b")
_OLD_ROLES = {"measured": "input", "derived": "derived", "estimated": "estimated"}


@dataclass(frozen=True)
class RolePart:
    """A role from sample first up to stop; None, None for the whole lead."""

    role: str
    first: int | None = None
    stop: int | None = None


def role_line(roles: Mapping[str, Iterable[RolePart]]) -> str:
    """The line for programs from lead -> its parts in the order of time."""
    words = (f"{lead}={'+'.join(map(_written, parts))}" for lead, parts in roles.items())
    return f"{BEGINNING} {' '.join(words)}"


def _written(part: RolePart) -> str:
    return part.role if part.first is None else f"{part.role}[{part.first}:{part.stop}]"


def roles_in(lines: Iterable[str]) -> dict[str, tuple[RolePart, ...]]:
    """Lead -> parts from the comments of a file; empty where no line says so.

    Exports of the first version, which had a line per lead ("V1: estimated by ..."), are recognised too.
    """
    old: dict[str, tuple[RolePart, ...]] = {}
    for line in lines:
        text = line.strip("# \t\r\n")
        if text.startswith(BEGINNING):
            return {
                lead: parts
                for lead, roles in _LEAD.findall(text.removeprefix(BEGINNING))
                if lead in STANDARD and (parts := _parts(roles))
            }
        if match := _OLD.match(text):
            old[match[1]] = (RolePart(_OLD_ROLES[match[2]]),)
    return old


def _parts(text: str) -> tuple[RolePart, ...]:
    matches = [_PART.match(word) for word in text.split("+")]
    if not all(match and match[1] in ROLES for match in matches):
        return ()
    return tuple(
        RolePart(match[1], *(None if end is None else int(end) for end in match.group(2, 3)))
        for match in matches
        if match
    )


def label(lead: str, role: str, short: bool = False) -> str:
    """What a channel is called: the lead alone for an input, else with its role."""
    return lead if role == "input" else f"{lead} {SHORT[role] if short else role}"


def lead_and_role(text: str) -> tuple[str, str] | None:
    """("V1", "estimated") from a channel's label in either form, with or without a unit or "ECG" around it;
    None for a label without a role."""
    folded = text.casefold()
    if not _ANY_SHORT.search(folded):
        return None
    words = re.sub(r"[(\[].*?[)\]]", "", text).split()
    role = next((role for role in SHORT if words and words[-1].casefold() in (role, SHORT[role])), None)
    lead = lead_name(" ".join(words[:-1])) if role else None
    return (lead, role) if lead and role else None
