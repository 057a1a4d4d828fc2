"""Measurements: intervals, amplitudes, ST and axes of true and reconstructed leads, here and over many
recordings."""

import streamlit as st

from pages.shared import frame, pickers, widgets
from pages.views.measurements import cohort, recording

VIEWS = {"recording": "This recording", "cohort": "All test patients"}

with frame.page("Measurements"):
    pickers.recording_and_leads()
    top = st.container()
    view = frame.view_picker(VIEWS)
    with top:
        if view == "cohort":
            st.markdown("#### Measurements of all test patients")
        else:
            widgets.heading()
    if view == "cohort":
        cohort.cohort()
    else:
        pickers.window_picker()
        recording.recording()
