"""Results: what every model scores on whole databases, with intervals, bands, tests and the papers' own numbers."""

import streamlit as st

from ecgcore.ecg import UnusableEcg
from pages import _parts, _peaks, _population, _systems

VIEWS = {
    "Overview": _population.overview,
    "Lead by lead": _population.leads,
    "Band": _population.band,
    "Superclasses": _population.superclasses,
    "Two models": _population.pair,
    "Worst recordings": _population.worst,
}
OWN_TABLES = {"R peaks": _peaks.show, "Published systems": _systems.show}

with _parts.page("Results"):
    st.markdown("#### Results :small[:gray[over whole databases, from tables bound to the weights by hash]]")
    asked = st.segmented_control("View", [*VIEWS, *OWN_TABLES], default="Overview", key="results_view", label_visibility="collapsed")
    if asked in OWN_TABLES:
        try:
            OWN_TABLES[asked]()
        except UnusableEcg as error:
            st.info(str(error), icon=":material/leaderboard:")
    else:
        try:
            view = _population.choose()
        except UnusableEcg as error:
            st.info(str(error), icon=":material/leaderboard:")
            st.markdown(_population.HOW)
        else:
            _population.warn_of_other_weights(view)
            VIEWS[asked or "Overview"](view)
