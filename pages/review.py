"""Review: the recorded leads, the reconstruction over them, and how well they agree."""

import streamlit as st

from ecgcore.agreement import agreement
from ecgcore.quality import findings
from pages import _parts, _report, _state

with _parts.page("Review"):
    _parts.recording_and_leads()
    _report.heading()
    _parts.display_options()
    _parts.window_picker()
    found = findings(_state.raw_segment())
    _report.quality_warnings(found)
    truth = _state.segment()
    made, reason = _report.reconstruction_or_reason()
    with st.container(horizontal=True, gap="medium"):
        _report.sheets(truth, made)
        if made is None:
            st.info(reason, icon=":material/touch_app:")
        else:
            with st.container(width=430, gap="xsmall"):
                _report.agreement_table(agreement(truth, made), made.fitted_until)
            with st.container(width=380, gap="xsmall"):
                _report.about_the_estimate(made)
                _report.downloads(made)
    _report.quality_notes(found)
