"""What a session keeps between two runs of a page. Streamlit's own store is used in this folder alone."""

from __future__ import annotations

from typing import Any

import streamlit as st


def kept(name: str, usual: Any = None) -> Any:
    """What was kept under that name, or the value of the widget of that key."""
    return st.session_state.get(name, usual)


def keep(**values: Any) -> None:
    """Keep values; from a callback also the next value of a widget of that key."""
    for name, value in values.items():
        st.session_state[name] = value


def forget(*names: str) -> None:
    """Keep these no longer."""
    for name in names:
        st.session_state.pop(name, None)


def complain(sentence: str) -> None:
    """Something to tell the reader at the top of the next page drawn."""
    keep(complaints=[*kept("complaints", []), sentence])


def take_complaints() -> list[str]:
    """What there is to tell the reader, once."""
    complaints = kept("complaints", [])
    keep(complaints=[])
    return complaints
