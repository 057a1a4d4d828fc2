"""Significance: which leads and moments an estimate rests on, what an autoencoder attends to, and whether to believe the maps."""

import streamlit as st

from pages import _attention, _by_diagnosis, _explain, _parts, _state

QUESTIONS = {
    "worth": "What is each input lead worth?",
    "attention": "What does the autoencoder attend to?",
    "groups": "Over many recordings",
}

with _parts.page("Significance"):
    _parts.recording_and_leads()
    st.markdown(f"#### Lead significance :small[:gray[{_state.title()}]]")
    options = {"format_func": QUESTIONS.__getitem__, "label_visibility": "collapsed"}
    asked = _state.linked(st.segmented_control, "Question", "question", list(QUESTIONS), **options)
    if asked != "groups":
        _parts.window_picker()
    {"worth": _explain.worth, "attention": _attention.attention, "groups": _by_diagnosis.groups}[asked]()
