"""Another recording of the same patient under this one, and what has changed between them."""

from __future__ import annotations

import streamlit as st

from ecgcore.ecg import Ecg
from pages.shared import links, reference
from pages.views.review import desk, sheet

WIDTH = 1010
"""Of a sheet, so that what stands beside the paper stays there."""


def show(truth: Ecg) -> None:
    """The earlier recording as it was recorded, with its numbers where they differ."""
    with st.container(width=WIDTH):
        _show(truth)


def _show(truth: Ecg) -> None:
    titles = reference.other_visits()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        record = links.one_of(
            st.selectbox,
            "Other recording of this patient",
            "previous",
            list(titles),
            usual=reference.previous_visit(),
            format_func=titles.__getitem__,
            label_visibility="collapsed",
            width=320,
        )
        st.markdown(" · ".join(desk.changes(truth, other := reference.read_visit(record))))
    sheet.sheets(other, None, "previous_", first=0.0)
