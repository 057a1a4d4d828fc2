"""Lead information: what each lead knows, which are redundant, which to measure."""

import streamlit as st

from pages import _information, _parts, _state, _tables

VIEWS = {
    "what-if": "What if",
    "sets": "Every set",
    "paper": "Gradowski's tables",
    "correlation": "Correlations",
    "survival": "Does the diagnosis survive?",
    "lessons": "Lessons",
}

with _parts.page("Lead information"):
    _parts.recording_and_leads()
    st.markdown(f"#### What each lead knows :small[:gray[{_state.title()}]]")
    asked = _state.linked(st.segmented_control, "View", "view", list(VIEWS), format_func=VIEWS.__getitem__, label_visibility="collapsed")
    if asked == "what-if":
        _parts.window_picker()
    views = {"what-if": _information.what_if, "sets": _information.sets, "paper": _tables.paper, "correlation": _tables.correlations}
    if asked == "lessons":
        from pages import _lessons

        _lessons.lessons()
    elif asked == "survival":
        from pages import _survival

        _survival.survival_view()
    else:
        views[asked]()
