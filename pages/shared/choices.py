"""What a reader has chosen, as a value, and the same in a link. Pure: no signals, nothing drawn.

A link is input from outside: every part of it is checked again here, and what does not hold is replaced by
the usual choice with a sentence that says so. Uploads never enter a link, nor do records of folders that are
no known database: their names may be a person's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ecgcore.datasets import is_private
from ecgcore.datasets.search import QUALITIES, SEXES, Search
from ecgcore.figures import FORMATS, GAINS, SPEEDS, USUAL, Caliper, Paper
from ecgcore.figures.paper import calipers as boxes
from ecgcore.io.text import harmless
from ecgcore.leads import STANDARD, LeadSet

KINDS = ("demo", "local", "physionet", "upload")
FIRST_LEADS = LeadSet("I II V2")
LONGEST_START_S = 7 * 24 * 3600.0


@dataclass(frozen=True)
class Origin:
    """Where a recording came from: its kind out of KINDS, the database (for PhysioNet a known name, or
    folder/version) and the record."""

    kind: str
    database: str = ""
    record: str = ""

    def in_link(self) -> str | None:
        """As in a link: "demo/<title>", "local/<database>/<record>", "physionet/<database>/<record>"; None if
        private."""
        if self.kind == "upload" or is_private(self.database):
            return None
        return "/".join(part for part in (self.kind, self.database, self.record) if part)

    @classmethod
    def from_link(cls, text: str) -> Origin | None:
        """The place a link names; None where it names none."""
        kind, _, rest = text.partition("/")
        if kind == "demo" and rest:
            return cls("demo", "", rest)
        if not re.fullmatch(r"[\w.+-]+(/[\w.+-]+)*", rest) or ".." in rest:
            return None
        database, _, record = rest.partition("/")
        if kind == "local" and record and not is_private(database):
            return cls("local", database, record)
        if kind == "physionet" and record:
            version, _, rest = record.partition("/")
            versioned = rest and re.fullmatch(r"\d+(\.\d+)+", version)
            return (
                cls("physionet", f"{database}/{version}", rest)
                if versioned
                else cls("physionet", database, record)
            )
        return None


@dataclass(frozen=True)
class Choices:
    """One reader's choices, common to all pages. start: s; high_pass: 0.5 Hz on input and truth, else as
    recorded. rung: what the interval stands on, "" for the usual; it is not part of links. boxes: of the
    calipers. true_size: paper is never drawn larger or smaller than it is. present: for a projector, without
    a menu."""

    inputs: LeadSet = FIRST_LEADS
    model: str = ""
    high_pass: bool = True
    start: float = 0.0
    paper: Paper = USUAL
    interval: bool = True
    difference: bool = False
    calipers: bool = False
    boxes: tuple[Caliper, ...] = ()
    true_size: bool = False
    present: bool = False
    rung: str = ""

    def with_paper(self, **changes: object) -> Choices:
        """The same with another look of the paper."""
        return replace(self, paper=replace(self.paper, **changes))

    def to_link(self) -> dict[str, str]:
        """Query parameters; what is as usual is left out, except for leads and model, so that a link keeps
        its meaning."""
        usual, paper = Choices(), self.paper
        link = {"leads": "-".join(self.inputs), "model": self.model}
        optional = {
            "filter": ("as-recorded", self.high_pass != usual.high_pass),
            "start": (f"{self.start:g}", self.start != usual.start),
            "layout": (paper.format, paper.format != usual.paper.format),
            "speed": (f"{paper.speed:g}", paper.speed != usual.paper.speed),
            "gain": (f"{paper.gain:g}", paper.gain != usual.paper.gain),
            "order": ("cabrera", paper.cabrera),
            "rhythm": (paper.rhythm, paper.rhythm != usual.paper.rhythm),
            "band": ("off", not self.interval),
            "difference": ("on", self.difference),
            "size": ("true", self.true_size),
            "present": ("on", self.present),
            "calipers": (boxes.in_link(self.boxes) or "on", self.calipers),
        }
        link |= {name: value for name, (value, given) in optional.items() if given}
        return {name: value for name, value in link.items() if value}


def from_link(link: Mapping[str, str]) -> tuple[Choices, list[str]]:
    """Choices out of query parameters, and a sentence for each that does not hold."""
    usual, complaints = Choices(), []

    def pick(name: str, options: Mapping[str, object], default: object) -> object:
        given = link.get(name)
        if given is None:
            return default
        if given in options:
            return options[given]
        complaints.append(
            f"The link asks for {name} {harmless(given, 20)!r}; possible are {', '.join(options)}."
        )
        return default

    paper = Paper(
        speed=pick("speed", {f"{v:g}": v for v in SPEEDS}, usual.paper.speed),  # type: ignore[arg-type]
        gain=pick("gain", {f"{v:g}": v for v in GAINS}, usual.paper.gain),  # type: ignore[arg-type]
        format=pick("layout", {v: v for v in FORMATS}, usual.paper.format),  # type: ignore[arg-type]
        cabrera=bool(pick("order", {"cabrera": True, "standard": False}, False)),
        rhythm=pick("rhythm", {v: v for v in STANDARD}, usual.paper.rhythm),  # type: ignore[arg-type]
    )
    calipers = _calipers(link.get("calipers"), complaints)
    choices = Choices(
        inputs=_leads(link.get("leads"), usual.inputs, complaints),
        model=re.sub(r"[^\w.-]", "", link.get("model", ""))[:80],
        high_pass=bool(pick("filter", {"high-pass": True, "as-recorded": False}, True)),
        start=_start(link.get("start"), complaints),
        paper=paper,
        interval=bool(pick("band", {"on": True, "off": False}, True)),
        difference=bool(pick("difference", {"on": True, "off": False}, False)),
        true_size=bool(pick("size", {"true": True, "fit": False}, False)),
        present=bool(pick("present", {"on": True, "off": False}, False)),
        calipers=calipers is not None,
        boxes=calipers or (),
    )
    return choices, complaints


def _leads(text: str | None, usual: LeadSet, complaints: list[str]) -> LeadSet:
    if text is None:
        return usual
    try:
        leads = LeadSet(text[:120].replace("-", " "))
    except ValueError:
        leads = LeadSet()
    if leads:
        return leads
    complaints.append(
        f"The link asks for leads {harmless(text, 40)!r}; leads are written like I-II-V2, out of "
        f"{' '.join(STANDARD)}."
    )
    return usual


def _calipers(text: str | None, complaints: list[str]) -> tuple[Caliper, ...] | None:
    """The boxes; none where the calipers are on without one; None where they are off."""
    if text in (None, "off"):
        return None
    if text == "on":
        return ()
    read = boxes.from_link(text)
    if read is None:
        complaints.append(
            f"The link asks for calipers {harmless(text, 40)!r}; they are written like "
            "II_3_1200_1640_-100_850: lead, row, from and to in ms and µV."
        )
    return read


def _start(text: str | None, complaints: list[str]) -> float:
    if text is None:
        return 0.0
    if re.fullmatch(r"\d{1,6}(\.\d{1,3})?", text) and float(text) <= LONGEST_START_S:
        return float(text)
    complaints.append(f"The link asks for start {harmless(text, 20)!r}; it is written in seconds, like 12.5.")
    return 0.0


def search_to_link(search: Search) -> dict[str, str]:
    """What is looked for in the databases, as query parameters. A private folder is not named."""
    link = {
        "find": search.words,
        "database": "" if is_private(search.database) else search.database or "all",
        "sex": search.sex,
        "age": ""
        if search.youngest is search.oldest is None
        else f"{search.youngest or 0}-{search.oldest or 100}",
        "quality": search.quality,
        "fold": "" if search.fold is None else str(search.fold),
    }
    return {name: value for name, value in link.items() if value}


def search_from_link(link: Mapping[str, str]) -> tuple[Search | None, list[str]]:
    """What a link looks for, None for nothing, and a sentence for each part that does not hold."""
    if not set(link) & {"find", "database", "sex", "age", "quality", "fold"}:
        return None, []
    checks = {
        "sex": ("|".join(SEXES), ", ".join(SEXES)),
        "age": (r"\d{1,3}-\d{1,3}", "years, written 40-60"),
        "quality": ("|".join(QUALITIES), ", ".join(QUALITIES)),
        "fold": (r"[1-9]|10", "1 to 10"),
        "database": (r"all|[a-z0-9-]{1,40}", "all, ptb-xl and others"),
    }
    wrong = [
        name for name, (form, _) in checks.items() if name in link and not re.fullmatch(form, link[name])
    ]
    good = {name: value for name, value in link.items() if name not in wrong}
    ages = [int(part) for part in good["age"].split("-")] if "age" in good else [0, 100]
    search = Search(
        words=" ".join(link.get("find", "").split())[:100],
        database=good.get("database", "all").replace("all", ""),
        youngest=ages[0] or None,
        oldest=ages[1] if ages[1] < 100 else None,
        sex=good.get("sex", ""),
        quality=good.get("quality", ""),
        fold=int(good["fold"]) if "fold" in good else None,
    )
    return search, [
        f"The link asks for {name} {harmless(link[name], 20)!r}; possible are {checks[name][1]}."
        for name in wrong
    ]


def in_words(inputs: LeadSet) -> str:
    """What a choice of leads determines exactly and what must be estimated, in one or two sentences of
    Markdown."""
    if not inputs:
        return "Choose at least one input lead."
    exact, missing = inputs.derived, inputs.missing
    first = f"**{' + '.join(inputs)}** "
    if exact:
        first += (
            f"give{'s' if len(inputs) == 1 else ''} {', '.join(exact)} exactly (calculated, "
            f"Einthoven/Goldberger)"
        )
    else:
        first += f"determine{'s' if len(inputs) == 1 else ''} no other lead exactly"
    if not missing:
        return f"{first}. Nothing is left to estimate."
    return f"{first}; {', '.join(missing)} must be estimated."
