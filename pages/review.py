"""Review: the recorded leads, the reconstruction over them, and how well they agree."""

import streamlit as st

from ecgcore.evaluation.agreement import agreement
from ecgcore.quality import findings
from pages.shared import frame, session
from pages.views.review import report

with frame.page("Review"):
    frame.recording_and_leads()
    report.heading()
    frame.display_options()
    frame.window_picker()
    found = findings(session.raw_segment())
    report.quality_warnings(found)
    truth = session.segment()
    made, reason = report.reconstruction_or_reason()
    with st.container(horizontal=True, gap="medium"):
        report.sheets(truth, made)
        if made is None:
            st.info(reason, icon=":material/touch_app:")
        else:
            with st.container(width=430, gap="xsmall"):
                report.agreement_table(agreement(truth, made), made.fitted_until)
            with st.container(width=380, gap="xsmall"):
                report.about_the_estimate(made)
                report.downloads(made)
    report.quality_notes(found)
