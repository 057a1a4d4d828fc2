"""Review: the recorded leads, the reconstruction over them, and how well they agree."""

import streamlit as st

from ecgcore.agreement import agreement
from pages import _parts, _report, _state

with _parts.page("Review"):
    _parts.recording_and_leads()
    _report.heading()
    _parts.display_options()
    _parts.window_picker()
    truth, made = _state.segment(), _state.reconstruction()
    with st.container(horizontal=True, gap="large"):
        _report.sheets(truth, made)
        if made is None:
            st.info(_report.why_nothing(), icon=":material/touch_app:")
        else:
            with st.container(width=500, gap="xsmall"):
                _report.agreement_table(agreement(truth, made))
            with st.container(width=380, gap="xsmall"):
                _report.about_the_estimate(made)
                _report.downloads(made)
    _report.quality()
