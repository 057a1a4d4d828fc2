"""Results: what every model scores on whole databases, with intervals, bands, tests and the papers' own
numbers."""

import streamlit as st

from ecgcore.ecg import UnusableEcg
from models.hints import hint
from pages.shared import frame
from pages.views.results import published, qrs_height, scores

VIEWS = {
    "Overview": scores.overview,
    "Lead by lead": scores.leads,
    "Band": scores.band,
    "Superclasses": scores.superclasses,
    "Two models": scores.pair,
    "Worst recordings": scores.worst,
}
OWN_TABLES = {"R peaks": qrs_height.show, "Published systems": published.show}

with frame.page("Results"):
    st.markdown("#### Results :small[:gray[over whole databases, from tables bound to the weights by hash]]")
    asked = st.segmented_control(
        "View", [*VIEWS, *OWN_TABLES], default="Overview", key="results_view", label_visibility="collapsed"
    )
    if asked in OWN_TABLES:
        try:
            OWN_TABLES[asked]()
        except UnusableEcg as error:
            st.info(str(error), icon=":material/leaderboard:")
    else:
        try:
            view = scores.choose()
        except UnusableEcg as error:
            st.info(str(error), icon=":material/leaderboard:")
            st.markdown(f"```sh\n{hint('scores')}\n```")
        else:
            scores.warn_of_other_weights(view)
            VIEWS[asked or "Overview"](view)
