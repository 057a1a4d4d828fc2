"""Examples for a newcomer, one click each, and all demonstration recordings."""

from __future__ import annotations

import streamlit as st

from ecgcore.datasets import data_root
from ecgcore.datasets.diagnoses import NEWCOMERS, newcomers_example
from pages.shared import session
from pages.shared.choices import Origin

HELP = "A recording of a local database where one is there, else a simulated one, which says so."


def show() -> None:
    """Six buttons, and a list of what ships with the product."""
    columns = st.columns(2, gap="xsmall")
    for number, (name, diagnosis) in enumerate(NEWCOMERS.items()):
        columns[number % 2].button(
            diagnosis.name,
            key=f"example_{name}",
            on_click=_open_example,
            args=(name,),
            width="stretch",
            wrap=True,
            help=HELP if diagnosis.words else None,
        )
    titles = {session.slug(title): title for title in session.demonstrations()}
    now = session.origin()
    st.session_state.pick_demo = now.record if now.kind == "demo" else None
    st.selectbox(
        "Demonstration",
        list(titles),
        key="pick_demo",
        format_func=titles.__getitem__,
        placeholder="All that need no file",
        label_visibility="collapsed",
        on_change=_open_demonstration,
    )


def open_long() -> None:
    """From a callback: open the demonstration that is long enough for a personal model."""
    _open_example("two-minutes")


def _open_example(name: str) -> None:
    example = newcomers_example(name, data_root())
    if example.database:
        session.try_open(Origin("local", example.database, example.record))
    else:
        session.try_open(Origin("demo", "", session.slug(example.record)))


def _open_demonstration() -> None:
    """A list of a tab that was left can be heard once more, empty: it asks for nothing."""
    if st.session_state.pick_demo:
        session.try_open(Origin("demo", "", st.session_state.pick_demo))
