"""Significance: which leads and moments an estimate rests on, what an autoencoder attends to, and whether to believe the maps."""

import streamlit as st

from pages import _explain, _parts, _state

QUESTIONS = {
    "worth": "What is each input lead worth?",
    "attention": "What does the autoencoder attend to?",
    "groups": "Over many recordings",
}

with _parts.page("Significance"):
    _parts.recording_and_leads()
    st.markdown(f"#### Lead significance :small[:gray[{_state.title()}]]")
    asked = st.segmented_control(
        "Question", list(QUESTIONS), format_func=QUESTIONS.__getitem__, default="worth", key="sig_question", label_visibility="collapsed"
    )
    if asked != "groups":
        _parts.window_picker()
    {"worth": _explain.worth, "attention": _explain.attention, "groups": _explain.groups}[asked or "worth"]()
