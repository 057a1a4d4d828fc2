"""What a session remembers of the open recording and the choices made about it, the link that says so, and
cached reconstructions.

Two values are common to all pages: the open recording (``Ecg`` with its ``Origin``) and the ``Choices`` made
about it. What follows from a recording lives in caches of the session, never in one that others share; models
are shared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import streamlit as st

from pages.shared import links
from pages.shared.choices import Origin, from_link, search_from_link, search_to_link
from pages.shared.memory import complain, keep, kept
from pages.shared.session.chosen import (
    choices,
    choose,
    damaged_models,
    model,
    models_that_fit,
    settle_model,
    widget,
)
from pages.shared.session.estimates import (
    AT_ONCE,
    filtered,
    parts_reconstruction,
    raw_segment,
    reconstruct_here,
    reconstruction,
    segment,
    ten_seconds,
    whole_recording,
)
from pages.shared.session.opened import (
    SEGMENT_S,
    at_first_recording,
    call_right,
    called_right,
    database,
    demonstrations,
    last_start,
    local_databases,
    open_recording,
    origin,
    parts,
    read,
    record_info,
    recording,
    show_as_corrected,
    show_as_recorded,
    shown_as_corrected,
    slug,
    title,
    try_open,
)
from pages.shared.session.sites import UPLOADED, calibration, rungs, use_site_file

__all__ = [
    "AT_ONCE",
    "SEGMENT_S",
    "UPLOADED",
    "address",
    "at_first_recording",
    "begin",
    "calibration",
    "call_right",
    "called_right",
    "choices",
    "choose",
    "damaged_models",
    "database",
    "demonstrations",
    "end",
    "filtered",
    "last_start",
    "local_databases",
    "model",
    "models_that_fit",
    "open_recording",
    "origin",
    "parts",
    "parts_reconstruction",
    "raw_segment",
    "read",
    "reconstruct_here",
    "reconstruction",
    "record_info",
    "recording",
    "rungs",
    "segment",
    "show_as_corrected",
    "show_as_recorded",
    "shown_as_corrected",
    "slug",
    "ten_seconds",
    "title",
    "try_open",
    "use_site_file",
    "whole_recording",
    "widget",
]


def begin(own: Collection[str] = ()) -> None:
    """Open the session: recording and choices from the address, else the first demonstration. Later they
    follow the address where it moved by itself. own: names in the address that this page reads itself."""
    first, moved = "choices" not in st.session_state, links.moved()
    if first or moved:
        _read_address({name: value for name, value in st.query_params.items() if name not in own}, first)
    if moved:
        links.follow()
    settle_model()


def _read_address(link: Mapping[str, str], first: bool) -> None:
    choices_there, complaints = from_link(link)
    search, more = search_from_link(link)
    complaints += more
    keep(choices=choices_there, search=search)
    for sentence in complaints:
        complain(sentence)
    place = Origin.from_link(link["record"]) if "record" in link else None
    if "record" in link and place is None:
        complain("The link names no record that can be opened; the demonstration recording is shown.")
    if first:
        if place is None or not try_open(place, keep_start=True):
            title = next(iter(demonstrations()))
            open_recording(Origin("demo", "", slug(title)), demonstrations()[title](), keep_start=True)
    elif place is None and kept("uploaded") is not None:
        open_recording(Origin("upload"), kept("uploaded"), keep_start=True)
    elif place is not None and place != origin():
        try_open(place, keep_start=True)


def address(own: Collection[str] = ()) -> dict[str, str]:
    """What all pages share, as query parameters."""
    link = choices().to_link()
    if place := origin().in_link():
        link["record"] = place
    if search := kept("search"):
        link |= search_to_link(search)
    return {name: value for name, value in link.items() if name not in own}


def end(own: Collection[str] = ()) -> None:
    """Write the address, once a run."""
    links.written(address(own))
