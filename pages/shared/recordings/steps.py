"""The next recording, the one before, and another like this, by a click or a key."""

from __future__ import annotations

import streamlit as st

from ecgcore.datasets import data_root
from ecgcore.datasets.diagnoses import NEWCOMERS, examples
from pages.shared import session
from pages.shared.choices import Origin
from pages.shared.memory import complain, keep, kept
from pages.shared.recordings import search


def show() -> None:
    """Three buttons; nothing for what was uploaded or fetched."""
    if session.origin().kind not in ("demo", "local"):
        return
    with st.container(horizontal=True, gap="xsmall", key="steps"):
        st.button("Previous", key="step_back", shortcut="p", on_click=_step, args=(-1,), type="tertiary")
        st.button("Next", key="step_on", shortcut="n", on_click=_step, args=(1,), type="tertiary")
        st.button(
            "Another like this",
            key="step_alike",
            shortcut="a",
            on_click=_another,
            type="tertiary",
            help="Another person's recording whose diagnoses are most alike; again for the one after it.",
        )


def _step(by: int) -> None:
    """To the next of what was found, or of the demonstrations; round at the end. From a demonstration to what
    was found where the reader looks at that."""
    now = session.origin()
    if now.kind == "demo" and not (kept("search") and kept("pick_source") == "Local"):
        every = [Origin("demo", "", session.slug(title)) for title in session.demonstrations()]
    else:
        every = [Origin("local", hit.database, hit.record) for hit in search.hits()]
    if not every:
        complain("No recording meets the search.")
        return
    at = every.index(now) if now in every else (-1 if by > 0 else 0)
    session.try_open(every[(at + by) % len(every)])


def _another() -> None:
    """The likest that was not shown yet, counted from the recording this began with."""
    now = session.origin()
    first, shown = kept("alike", (now, ()))
    if now not in (first, *shown):
        first, shown = now, ()
    places = [place for place in _alike(first) if place not in shown]
    if not places:
        complain("No other recording here has diagnoses like this one's.")
        return
    keep(alike=(first, (*shown, places[0])))
    session.try_open(places[0])


def _alike(place: Origin) -> list[Origin]:
    from ecgcore.datasets.search import alike

    if place.kind == "local":
        return [
            Origin("local", hit.database, hit.record)
            for hit in alike(data_root(), place.database, place.record)
        ]
    titles = [title for title in session.demonstrations() if session.slug(title) == place.record]
    same = [
        diagnosis for diagnosis in NEWCOMERS.values() if diagnosis.words and diagnosis.demonstration in titles
    ]
    return [
        Origin("local", example.database, example.record)
        for diagnosis in same
        for example in examples(diagnosis, data_root(), 20)
        if example.database
    ]
