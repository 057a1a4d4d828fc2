"""Significance: which leads and moments an estimate rests on, Grad-CAM of an autoencoder, their checks."""

import streamlit as st

from pages.shared import frame, pickers, session
from pages.shared.reads import significance
from pages.views.significance import attention, by_diagnosis, contributions, fixed_leads

QUESTIONS = {
    "contribution": "Grad-CAM of the network",
    "attention": "Grad-CAM of the autoencoder",
    "groups": "Over many recordings",
}

with frame.page("Significance"):
    pickers.recording_and_leads()
    st.markdown(f"#### Lead significance :small[:gray[{session.title()}]]")
    question = frame.view_picker(QUESTIONS, "question")
    if question != "groups":
        pickers.window_picker()
    map_of_leads = fixed_leads.show if significance.fixed_network() else contributions.contribution
    views = {"contribution": map_of_leads, "attention": attention.attention, "groups": by_diagnosis.groups}
    views[question]()
