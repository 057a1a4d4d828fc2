"""The twelve leads as files: everything that can be taken along from the Review page."""

from __future__ import annotations

import streamlit as st

from ecgcore.ecg import Reconstruction
from pages.shared import session


def show(reconstruction: Reconstruction) -> None:
    """The twelve leads as files that say which is measured, derived or estimated, and by what."""
    from ecgcore.io import csv_bytes, record_name, wfdb_zip

    name = (
        record_name(f"{session.title()}-{reconstruction.model}")
        if session.origin().kind != "upload"
        else "reconstruction"
    )
    with st.container(horizontal=True):
        st.download_button(
            "WFDB",
            lambda: wfdb_zip(reconstruction, name),
            f"{name}.zip",
            "application/zip",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "CSV",
            lambda: csv_bytes(reconstruction),
            f"{name}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
