"""Personal model: train a network on this very recording, and see whether it beats least squares on the end it has not seen."""

import streamlit as st

from pages import _parts, _personal, _report, _trials
from pages._open import recording_picker

with _parts.page("Personal model"):
    with st.sidebar:
        recording_picker()
    _report.heading()
    st.caption(
        "One lead to all others, trained on the first nine tenths of this recording (Matyschik et al. 2020), tested on the last. "
        "It is valid for this patient and these electrodes only."
    )
    if reason := _personal.too_short():
        st.info(reason, icon=":material/timer:")
    else:
        lead, model = _personal.choose()
        training = _personal.find(lead, model)
        if reason := _personal.usable(lead):
            st.error(reason)
        else:
            if training is not None and training.active:
                _personal.follow(lead, model)
            elif training is not None:
                _personal.how_it_ended(training)
            _personal.result(lead, model)
    st.divider()
    _trials.outcome()
