"""What is known of where a recording comes from, and what its prediction interval and gains then are.

Three rungs: hospitals like the one that the weights were calibrated on (their own factors, part of the
weights), any hospital, and one site with some local 12-lead recordings. The last two are small JSON files
beside the weights or of the user's own, bound to the weights by their hash, without patient data."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.leads import INDEPENDENT

OWN = "hospitals like PTB-XL"
OWN_DATABASE = "ptb-xl"
"""Whose validation fold the committed weights were calibrated on."""
ANY = "any hospital"
ANY_FILE = "any-hospital.json"
KIND = "interval factors and gains of reduced-lead ECG"
_N = len(INDEPENDENT)
SHAPE = (_N + 1, _N)
NAME_RULE = (
    "A site's name has 1 to 40 letters, digits, blanks and . , ( ) - characters, no blank at its ends."
)
_NAME = re.compile(r"\w(?:[\w .,()-]{0,38}[\w.,()-])?")


@dataclass(frozen=True, eq=False)
class Calibration:
    """Factors of the expected error and gains of the estimate, for one rung.

    rung: ``ANY`` or "site". name: of a site. weights: hash of those it belongs to. factor, gain: (9, 8) by
    number of observed leads and lead; gain multiplies the weights' own. recordings: how many it rests on.
    basis: a sentence on them. more: further tables by name, for those who shrink towards this one."""

    rung: str
    name: str
    weights: str
    factor: np.ndarray
    gain: np.ndarray
    recordings: int
    basis: str
    date: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for table, least, most in ((self.factor, 0.1, 100.0), (self.gain, 0.2, 5.0)):
            if table.shape != SHAPE or not ((table >= least) & (table <= most)).all():
                raise UnusableEcg("A site file has 9 x 8 factors of .1 to 100 and gains of .2 to 5.")
        texts = (self.rung, self.name, self.weights, self.basis, self.date)
        if (
            type(self.recordings) is not int
            or self.recordings < 1
            or not all(isinstance(t, str) for t in texts)
        ):
            raise TypeError("The number of recordings is whole and above 0; what is said of them are texts.")
        if self.rung not in (ANY, "site") or (self.rung == "site" and not _NAME.fullmatch(self.name)):
            raise UnusableEcg(NAME_RULE)

    @property
    def label(self) -> str:
        """What an interval stands on, in words."""
        return ANY if self.rung == ANY else f"site {self.name} ({self.recordings} recordings)"

    @property
    def moves(self) -> bool:
        """Whether it changes the estimate, not only its interval."""
        return bool((self.gain != 1).any())

    @property
    def text(self) -> str:
        """A site file, JSON."""
        values = asdict(self) | {"kind": KIND, "format": 1}
        values |= {name: np.round(values[name].astype(float), 4).tolist() for name in ("factor", "gain")}
        return json.dumps(values, indent=1, sort_keys=True) + "\n"

    def write(self, path: Path) -> None:
        """Store it as a site file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text, encoding="utf-8")


def parse(text: str, source: str = "The site file") -> Calibration:
    """A calibration from the text of its file. Raises UnusableEcg with what is wrong."""
    try:
        values = json.loads(text)
        if values.pop("kind") != KIND or values.pop("format") != 1:
            raise ValueError
        tables = {name: np.array(values.pop(name), dtype=float) for name in ("factor", "gain")}
        if "made" in values:  # as the first files call it
            values["date"] = values.pop("made")
        return Calibration(**values, **tables)
    except UnusableEcg:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UnusableEcg(
            f"{source} is none that rlecg calibrate-site or the page Trained models wrote."
        ) from error


def read(path: Path) -> Calibration:
    """The calibration for any hospital beside weights. Raises UnusableEcg, FileNotFoundError."""
    try:
        return parse(path.read_text(encoding="utf-8", errors="replace"))
    except UnusableEcg as error:
        raise UnusableEcg(
            f"The calibration of {path.parent.name} for any hospital is damaged; until {path.name} is put "
            f"back, its usual interval is that for {OWN}."
        ) from error


def parse_site(text: str, source: str = "The site file") -> Calibration:
    """As ``parse``, of a site alone. Raises UnusableEcg."""
    calibration = parse(text, source)
    if calibration.rung != "site":
        raise UnusableEcg(f"{source} is the interval for {calibration.rung}, not that of a site.")
    return calibration


def read_site(path: Path) -> Calibration:
    """Raises UnusableEcg, FileNotFoundError."""
    return parse_site(path.read_text(encoding="utf-8", errors="replace"), path.name)


def folder() -> Path:
    """Where site files are kept by name: $RLECG_SITES, else .rlecg/sites in the user's home."""
    place = os.environ.get("RLECG_SITES", "").strip()
    return Path(place) if place else Path.home() / ".rlecg" / "sites"


def local_sites() -> tuple[str, ...]:
    """Names of the sites that are kept there."""
    return tuple(sorted(path.stem for path in folder().glob("*.json")))


def path_of(name: str) -> Path:
    """Where a site's file is kept. Raises UnusableEcg for a name that could not be one, or that says
    something else already."""
    if not _NAME.fullmatch(name):
        raise UnusableEcg(NAME_RULE)
    if name.lower() in (ANY.lower(), OWN.lower()):
        raise UnusableEcg(f"No site can be called {name!r}; that is an interval which is always there.")
    return folder() / f"{name}.json"


def site(text: str) -> Calibration:
    """A site by the path of its file or by its name. Raises UnusableEcg naming those there are."""
    if Path(text).is_file():
        return read_site(Path(text))
    if _NAME.fullmatch(text) and path_of(text).is_file():
        return read_site(path_of(text))
    there = ", ".join(local_sites()) or "none yet"
    raise UnusableEcg(
        f"There is no site file {text[:60]!r}; known sites: {there}. rlecg calibrate-site makes one."
    )
