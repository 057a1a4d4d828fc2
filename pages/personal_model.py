"""Personal model: train a network on this very recording, and see whether it beats least squares on the end
it has not seen."""

import streamlit as st

from pages.shared import frame, widgets
from pages.shared.recordings import recording_picker
from pages.views.personal_model import cohort, training

with frame.page("Personal model"):
    with st.sidebar:
        recording_picker()
    widgets.heading()
    st.caption(
        "Trained on the first nine tenths of this recording, tested on the last: valid for this patient and "
        "these electrodes only.",
        help="One lead to all others, after Matyschik et al. (2020).",
    )
    if reason := training.too_short():
        st.info(reason, icon=":material/timer:")
        training.offer_a_long_one()
    else:
        lead, model = training.choose()
        current = training.find(lead, model)
        if reason := training.usable(lead):
            st.error(reason)
        else:
            if current is not None and current.active:
                training.follow(lead, model)
            elif current is not None:
                training.how_it_ended(current)
            training.result(lead, model)
    st.divider()
    cohort.outcome()
