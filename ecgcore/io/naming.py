"""Which channel of a file is which lead: by its name, by what the user says, or not at all.

A number is never a lead: "ECG1" may be anything. C1 to C6 are chest leads where the file speaks German, and
EEG or electrodes elsewhere. Where no channel is known, the user is asked; beside known ones if that is
wished.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import LEFT_OUT, Channel, Contents, Hints, Preview
from ecgcore.io.roles import lead_and_role, roles_in
from ecgcore.io.text import harmless
from ecgcore.leads import STANDARD, lead_name

MOST_ASKED = 24
"""Channels that a user is asked about at most."""
PREVIEW_S, PREVIEW_SAMPLES = 5.0, 2500
_GERMAN = re.compile(r"ableitung|einthoven|goldberger|wilson|^ekg|brustwand", re.IGNORECASE)
_GERMAN_CHEST = re.compile(r"(?:ekg|ableitung|brustwand)?[\s_-]*c([1-6])$", re.IGNORECASE)
_NO_ECG = re.compile(
    r"abp|bp|art|cvp|pap|pleth|ppg|spo2|resp|co2|temp|marker|event|annotation|trigger|status|counter|stim|emg|eog|eeg|time"
    r"|acc|gyro|noise|sound|pcg|scg|icg|marks?|pulse|flow|press|v[xyz]|[xyz]|[eas]s|ai|edfannotations?|bdfannotations?"
)
_OTHER = re.compile(
    r"(?:eeg|emg|eog|resp\w*|airflow|nasal|thora\w*|abdo\w*|snor\w*|spo2|sao2|pleth\w*|ppg|abp|art|cvp|pap|temp\w*|"
    r"marker|event|status|trigger|acc\w*|gyro\w*|light|position|pulse|pressure|heart ?rate|hr|rr)\b",
    re.IGNORECASE,
)
"""How channels begin that are no ECG, whatever follows."""
_EEG = re.compile(r"(fp|[fcpto])(?:\d+|z)(?:-?\w+)?")
_NUMBERED = re.compile(r" \(\d+\)$")
"""What ``distinct`` puts behind a label that is there again."""
_INVERTED = re.compile(r"(?:(?:ecg|ekg|lead|ableitung)\s+)?[-\u2212]\s?(\w+)", re.IGNORECASE)
_PAIR = re.compile(r"[\s,;]*([^=,;]+?)\s*=\s*([A-Za-z0-9-]+)(?=[\s,;]|$)")


def leads_by_label(labels: Sequence[str], hints: Hints) -> dict[str, str]:
    """{label: lead} of the channels that are known, by name or by answer; "" where an answer leaves one out.
    Raises UnusableEcg for an answer about no channel or lead."""
    answers = {} if hints.leads is None else _answered(labels, hints.leads)
    return known_leads(labels) | answers


def known_leads(labels: Sequence[str]) -> dict[str, str]:
    """{label: lead} of the channels whose names say it."""
    return dict(_known_leads(tuple(labels)))


@lru_cache(maxsize=256)  # asked for several times a recording, and of a database always the same
def _known_leads(labels: tuple[str, ...]) -> dict[str, str]:
    german = any(_GERMAN.search(label) for label in labels)
    leads = {label: lead for label in labels if (lead := _lead(label, german))}
    turned = {label: lead for label in labels if (lead := inverted(label)) and lead not in leads.values()}
    return leads | turned


def inverted(label: str) -> str | None:
    """The lead of which a channel is the negative: aVR for "-aVR"."""
    if "-" not in label and "\u2212" not in label:
        return None
    match = _INVERTED.fullmatch(_NUMBERED.sub("", label).strip())
    return lead_name(match[1]) if match else None


def _lead(label: str, german: bool) -> str | None:
    label = _NUMBERED.sub("", label)
    role = lead_and_role(label)
    return role[0] if role else lead_name(label) or (_german_chest(label) if german else None)


def origins(contents: Contents, leads: Mapping[str, str]) -> dict[str, str]:
    """{label: "estimated", "derived", "partial", "lower" or "upper"} of the channels that were not recorded:
    by their codes, by the role behind their names, or by what our own exports say in comments."""
    stated = {
        lead: parts[0].role if len(parts) == 1 else "partial"
        for lead, parts in roles_in(contents.comments).items()
        if parts
    }
    origin = {}
    for channel in contents.channels:
        role = lead_and_role(channel.label)
        origin[channel.label] = channel.origin or (
            role[1] if role else stated.get(leads.get(channel.label, ""), "")
        )
    return {label: word for label, word in origin.items() if word not in ("", "input", "recorded")}


def is_simulated(contents: Contents) -> bool:
    """Whether a comment of our own exports says that no patient stands behind the signals."""
    return any(line.strip(" #").casefold().startswith("simulated recording") for line in contents.comments)


def _german_chest(label: str) -> str | None:
    chest = _GERMAN_CHEST.match(label.strip())
    return f"V{chest[1]}" if chest else None


def _answered(labels: Sequence[str], answers: Mapping[str, str]) -> dict[str, str]:
    by_fold = {label.casefold().strip(): label for label in labels}
    named = {}
    for given, lead in answers.items():
        label = by_fold.get(given.casefold().strip())
        if label is None:
            raise UnusableEcg(
                f"There is no channel {harmless(given)}; the channels are "
                f"{', '.join(map(harmless, labels[:MOST_ASKED]))}."
            )
        standard = lead_name(lead)
        if standard is None and lead != LEFT_OUT:
            raise UnusableEcg(
                f"{harmless(lead)} is no lead; the leads are {' '.join(STANDARD)}, or {LEFT_OUT} to "
                "leave out."
            )
        named[label] = standard or ""
    return named


def parse_leads(text: str) -> dict[str, str]:
    """{label: lead} from "ECG1=V1 ECG2=V5". Raises UnusableEcg for anything else."""
    pairs = _PAIR.findall(text)
    if not pairs or _PAIR.sub("", text).strip(" ,;"):
        raise UnusableEcg(f'{harmless(text)} names no leads; write them like "ECG1=V1 ECG2=V5".')
    return {label.strip("\"' "): lead for label, lead in pairs}


def distinct(labels: Iterable[str]) -> list[str]:
    """Labels made unique: an empty one becomes "channel 3", a second "ECG" becomes "ECG (2)"."""
    counts: dict[str, int] = {}
    unique = []
    for position, given in enumerate(labels, start=1):
        label = given.strip() or f"channel {position}"
        counts[label] = counts.get(label, 0) + 1
        unique.append(label if counts[label] == 1 else f"{label} ({counts[label]})")
    return unique


def wanted(labels: Sequence[str], hints: Hints) -> set[str]:
    """The channels whose samples are worth reading: those that are leads, or those a user will be asked
    about."""
    recognised = {label for label, lead in leads_by_label(labels, hints).items() if lead}
    return recognised | set(unnamed(labels)) if hints.ask_for_rest or not recognised else recognised


def unnamed(labels: Sequence[str]) -> list[str]:
    """The channels that no name tells the lead of, and that may be an ECG."""
    named = known_leads(labels)
    return [label for label in askable(labels) if label not in named and not inverted(label)]


def askable(labels: Sequence[str]) -> list[str]:
    """The channels that may be an ECG and could be named by the user."""
    words = {label: re.sub(r"[\s_.]", "", label.casefold()) for label in labels}
    brain = [match[1] for word in words.values() if (match := _EEG.fullmatch(word))]
    eeg = len(set(brain)) > 1 or any(
        _OTHER.match(label.strip()) and "eeg" in label.casefold() for label in labels
    )
    return [
        label
        for label, word in words.items()
        if not _NO_ECG.fullmatch(word.replace("-", ""))
        and not _OTHER.match(label.strip())
        and not (eeg and _EEG.fullmatch(word))
    ][:MOST_ASKED]


def previews(
    channels: Sequence[Channel], rate: float | None, named: Sequence[str] = ()
) -> tuple[Preview, ...]:
    """What is shown of the channels in question; the standard order is offered where as many are in question
    as leads are missing, as for twelve."""
    count = int(PREVIEW_S * rate) if rate else PREVIEW_SAMPLES
    step = max(1, count // PREVIEW_SAMPLES)
    missing = [lead for lead in STANDARD if lead not in named]
    order = missing if len(channels) == len(missing) else [""] * len(channels)
    return tuple(
        Preview(channel.label, channel.samples[:count:step].astype("float32"), rate and rate / step, lead)
        for channel, lead in zip(channels, order, strict=True)
    )
