"""Review: the recorded leads, the reconstruction over them, and how well they agree."""

import streamlit as st

from ecgcore.agreement import agreement, mean_of_estimated
from pages import _parts, _report, _state

with _parts.page("Review"):
    _parts.recording_and_leads(display=True)
    _report.heading()
    _parts.window_picker()
    truth, made = _state.segment(), _state.reconstruction()
    _report.sheets(truth, made)
    if made is None:
        st.info(_report.why_nothing(), icon=":material/touch_app:")
    else:
        table = agreement(truth, made)
        with st.container(horizontal=True, gap="large"):
            with st.container(width=560):
                _report.agreement_table(table, mean_of_estimated(table))
            with st.container(width=400):
                _report.about_the_estimate(made)
                _report.downloads(made)
    _report.quality()
