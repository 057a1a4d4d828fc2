"""Results: what every model scores on whole databases, with intervals, passbands, tests and the papers' own
numbers."""

import streamlit as st

from ecgcore.ecg import UnusableEcg
from pages.shared import frame
from pages.views.results import comparisons, condition, electrodes, published, qrs_height, reference, scores

VIEWS = {
    "overview": "Overview",
    "leads": "Lead by lead",
    "interval": "Prediction interval",
    "superclasses": "Groups",
    "pair": "Two models",
    "worst": "Worst recordings",
    "qrs": "QRS height",
    "person": "Same person",
    "published": "Published systems",
    "electrodes": "Electrodes",
}
OF_SCORES = {
    "overview": scores.overview,
    "leads": scores.leads,
    "interval": scores.interval,
    "superclasses": comparisons.superclasses,
    "pair": comparisons.pair,
    "worst": comparisons.worst,
}
WITHOUT_METRIC = ("interval",)  # all that is scored of one: coverage and width
OWN_TABLES = {
    "qrs": qrs_height.show,
    "person": reference.show,
    "published": published.show,
    "electrodes": electrodes.show,
}

with frame.page("Results"):
    st.markdown("#### Results :small[:gray[scores over whole databases]]")
    view = frame.grouped_view_picker(VIEWS, {"Scores": list(OF_SCORES)})
    if rows := condition.choose_or_explain(view not in WITHOUT_METRIC) if view in OF_SCORES else None:
        condition.warn_of_other_weights(rows)
        OF_SCORES[view](rows)
    elif view in OWN_TABLES:
        try:
            OWN_TABLES[view]()
        except UnusableEcg as error:
            st.info(str(error), icon=":material/leaderboard:")
