"""Measurements: intervals, heights, ST and axes of the true and the reconstructed leads, here and over many
recordings."""

import streamlit as st

from pages.shared import frame, pickers, widgets
from pages.views.measurements import cohort, recording

VIEWS = {"recording": "This recording", "cohort": "Over the test fold"}

with frame.page("Measurements"):
    pickers.recording_and_leads()
    widgets.heading()
    if "measured_next" in st.session_state:  # a recording was opened from the other view
        st.session_state.measured_view = st.session_state.pop("measured_next")
    st.session_state.setdefault("measured_view", "recording")
    asked = st.segmented_control(
        "View", list(VIEWS), format_func=VIEWS.__getitem__, key="measured_view", label_visibility="collapsed"
    )
    if asked == "cohort":
        cohort.cohort()
    else:
        pickers.window_picker()
        recording.recording()
