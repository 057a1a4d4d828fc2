"""Review: the recorded leads, the reconstruction over them, and how well they agree."""

import streamlit as st

from ecgcore.quality import findings
from pages.shared import frame, pickers, session, widgets
from pages.views.review import agreement, checks, estimate, export, sheet

with frame.page("Review"):
    pickers.recording_and_leads()
    widgets.heading()
    pickers.display_options()
    pickers.window_picker()
    quality = findings(session.raw_segment())
    truth = session.segment()
    reconstruction, reason = widgets.reconstruction_or_reason()

    # above the paper: what a reader must know before looking
    checks.warnings(quality)

    with st.container(horizontal=True, gap="medium"):
        sheet.show(truth, reconstruction)
        if reconstruction is None:
            st.info(reason, icon=":material/touch_app:")
        else:
            with st.container(width=430, gap="xsmall"):
                agreement.show(truth, reconstruction)
            with st.container(width=380, gap="xsmall"):
                estimate.show(reconstruction)
                export.show(truth, reconstruction, quality)

    # below it: what is good to know
    checks.notes(quality)
