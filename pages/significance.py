"""Significance: which leads and moments an estimate rests on, Grad-CAM of an autoencoder, their checks."""

import streamlit as st

from pages.shared import frame, links, pickers, session
from pages.views.significance import attention, by_diagnosis, contributions

QUESTIONS = {
    "contribution": "What each input lead contributes",
    "attention": "Grad-CAM of the autoencoder",
    "groups": "Over many recordings",
}

with frame.page("Significance"):
    pickers.recording_and_leads()
    st.markdown(f"#### Lead significance :small[:gray[{session.title()}]]")
    options = {"format_func": QUESTIONS.__getitem__, "label_visibility": "collapsed"}
    question = links.one_of(st.segmented_control, "Question", "question", list(QUESTIONS), **options)
    if question != "groups":
        pickers.window_picker()
    {"contribution": contributions.worth, "attention": attention.attention, "groups": by_diagnosis.groups}[
        question
    ]()
