"""Results: what every model scores on whole databases, with intervals, bands, tests and the papers' own numbers."""

import streamlit as st

from ecgcore.ecg import UnusableEcg
from pages import _parts, _population

VIEWS = {
    "Overview": _population.overview,
    "Lead by lead": _population.leads,
    "Band": _population.band,
    "Superclasses": _population.superclasses,
    "Two models": _population.pair,
    "Worst recordings": _population.worst,
    "Beside the papers": _population.papers,
}

with _parts.page("Results"):
    st.markdown("#### Results :small[:gray[over whole databases, from tables bound to the weights by hash]]")
    try:
        view = _population.choose()
    except UnusableEcg as error:
        st.info(str(error), icon=":material/leaderboard:")
        st.markdown(_population.HOW)
    else:
        _population.warn_of_other_weights(view)
        asked = st.segmented_control("View", list(VIEWS), default="Overview", key="results_view", label_visibility="collapsed")
        VIEWS[asked or "Overview"](view)
