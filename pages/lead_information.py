"""Lead information: what each lead knows, which are redundant, which to measure."""

import streamlit as st

from pages.shared import frame, pickers, session
from pages.views.lead_information import lead_sets, published_tables

VIEWS = {
    "what-if": "What if",
    "sets": "Every set",
    "paper": "Gradowski's tables",
    "correlation": "Correlations",
    "diagnosis": "Is the diagnosis preserved?",
    "person": "What the person adds",
    "lessons": "Lessons",
}

with frame.page("Lead information"):
    pickers.recording_and_leads()
    st.markdown(f"#### Lead information :small[:gray[{session.title()}]]")
    view = frame.view_picker(VIEWS)
    if view == "what-if":
        pickers.window_picker()
    views = {
        "what-if": lead_sets.what_if,
        "sets": lead_sets.sets,
        "paper": published_tables.paper,
        "correlation": published_tables.correlations,
    }
    if view == "lessons":
        from pages.views.lead_information import lessons

        lessons.lessons()
    elif view == "person":
        from pages.views.lead_information.person import person

        person()
    elif view == "diagnosis":
        from pages.views.lead_information import diagnosis

        diagnosis.preserved()
    else:
        views[view]()
