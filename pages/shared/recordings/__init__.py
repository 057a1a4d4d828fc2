"""Opening a recording: examples, local databases, PhysioNet, upload. What fails is told in a sentence; the
open recording stays."""

from __future__ import annotations

import streamlit as st

from pages.shared import session
from pages.shared.recordings import examples, local, physionet, steps, uploads

SOURCES = {"demo": "Examples", "local": "Local", "physionet": "PhysioNet", "upload": "Upload"}


def recording_picker() -> None:
    """The sidebar's sources of recordings, one tab each; only the open tab works. Below them the way to the
    next recording."""
    st.markdown("**Recording**")
    tabs = st.tabs(
        list(SOURCES.values()), key="pick_source", default=SOURCES[session.origin().kind], on_change="rerun"
    )
    shown = (examples.show, local.show, physionet.show, uploads.show)
    for tab, show in zip(tabs, shown, strict=True):
        if tab.open:
            with tab, st.container(gap="xsmall"):
                show()
    steps.show()
