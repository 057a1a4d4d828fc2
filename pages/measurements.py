"""Measurements: intervals, heights, ST and axes of the true and the reconstructed leads, here and over many recordings."""

import streamlit as st

from pages import _cohort, _measured, _parts, _report

VIEWS = {"recording": "This recording", "cohort": "Over the test fold"}

with _parts.page("Measurements"):
    _parts.recording_and_leads()
    _report.heading()
    if "measured_next" in st.session_state:  # a recording was opened from the other view
        st.session_state.measured_view = st.session_state.pop("measured_next")
    st.session_state.setdefault("measured_view", "recording")
    asked = st.segmented_control(
        "View", list(VIEWS), format_func=VIEWS.__getitem__, key="measured_view", label_visibility="collapsed"
    )
    if asked == "cohort":
        _cohort.cohort()
    else:
        _parts.window_picker()
        _measured.recording()
