"""The local databases: what is looked for, and the records that meet it."""

from __future__ import annotations

import streamlit as st

from pages.shared import session
from pages.shared.choices import Origin
from pages.shared.recordings import search

NO_DATABASE = (
    "No local database. Set the environment variable ECG_DATA to a folder that holds PTB-XL, PTB, LUDB "
    "or others."
)
MOST_LISTED = 2000
"""Records in a drop-down list; more are reached by narrowing down."""


def show() -> None:
    """The search and a list of what it finds."""
    if not session.local_databases():
        st.caption(NO_DATABASE)
        return
    search.words()
    search.database()
    search.filters(width="stretch")
    hits = search.hits()
    if not hits:
        st.caption("No recording meets this.")
        return
    places = search.lines(MOST_LISTED)
    now = session.origin()
    here = (now.database, now.record)
    st.session_state.pick_record = here if now.kind == "local" and here in places else None
    title = f"{len(hits):,} recordings" + (f", the first {MOST_LISTED:,}" if len(hits) > MOST_LISTED else "")
    st.selectbox(
        title,
        list(places),
        key="pick_record",
        format_func=places.__getitem__,
        placeholder="Choose a recording",
        on_change=_open,
    )
    st.page_link(
        "pages/find.py",
        label="Show as a list",
        icon=":material/view_list:",
        query_params=session.address(),
        width="stretch",
    )


def _open() -> None:
    """A list of a tab that was left can be heard once more, empty: it asks for nothing."""
    if place := st.session_state.pick_record:
        session.try_open(Origin("local", *place))
