"""What the interval of the chosen model stands on: any hospital, one like PTB-XL, a site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecgcore.ecg import UnusableEcg
from pages.shared.memory import complain, keep, kept
from pages.shared.session.chosen import choices, choose, model
from pages.shared.session.opened import origin

if TYPE_CHECKING:
    from models.sites import Calibration

UPLOADED = "uploaded site"
"""The rung of a site file that the reader gave; it belongs to the session."""


def calibration(model_name: str, recording_name: str) -> Calibration | None:
    """What the interval stands on, as chosen; None for the model's own. Raises UnusableEcg."""
    from models.reconstruct import calibration_for

    rung = choices().rung
    if rung == UPLOADED and (given := kept("site")) is not None:
        return given
    return calibration_for(model_name, recording_name, None if rung == UPLOADED else rung or None)


def use_site_file(content: bytes) -> None:
    """Let intervals stand on a site's file. What is wrong with one is told in a sentence."""
    from models.sites import parse_site

    try:
        keep(site=parse_site(content.decode("utf-8", "replace"), "This file"))
    except UnusableEcg as error:
        complain(str(error))
        return
    choose(rung=UPLOADED)


def rung_in_use() -> str:
    """The chosen rung, told apart by the site file where it is one."""
    rung, given = choices().rung, kept("site")
    return f"{rung} {hash(given)}" if rung == UPLOADED and given is not None else rung


def rungs() -> dict[str, str]:
    """What the interval of the chosen model can stand on, and how it is called; empty where there is no
    choice."""
    from models.reconstruct import any_hospital, damage_of_calibration
    from models.sites import ANY, OWN, local_sites

    info = model()
    if info is None or info.personal:
        return {}
    damaged = bool(damage_of_calibration(info.name))
    if not damaged and any_hospital(info.name) is None:
        return {}
    usual = OWN if damaged or origin().database == "ptb-xl" else ANY
    names = {"": f"{usual[0].upper()}{usual[1:]} (default)", OWN: "Hospitals like PTB-XL"}
    names |= {} if damaged else {ANY: "Any hospital"}
    given = kept("site")
    file = "A site's file" if given is None else f"Site {given.name} (from its file)"
    return names | {name: f"Site {name}" for name in local_sites()} | {UPLOADED: file}
