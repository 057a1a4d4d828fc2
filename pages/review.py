"""Review: the recorded leads, the reconstruction over them, and how well they agree."""

import streamlit as st

from pages.shared import frame, pickers, reference, session, widgets
from pages.shared.reads import measurements
from pages.views.review import (
    agreement,
    checks,
    desk,
    electrodes,
    estimate,
    export,
    partly,
    previous,
    sheet,
    vector_loop,
)
from pages.views.review import reference as person

with frame.page("Review"):
    pickers.recording_and_leads()
    with st.sidebar:
        reference.picker()
    widgets.heading(in_part=True)
    pickers.display_options()
    parts = session.parts()
    if parts is None:
        pickers.window_picker()
    quality = measurements.quality_on_view()
    if parts is not None:
        partly.show(parts, quality)
    else:
        shown = desk.controls()
        if shown != "both":
            frame.name_view(desk.SHOWN[shown])
        place = st.empty()
        truth = session.segment()
        reconstruction, reason = widgets.reconstruction_or_reason()
        personal = reference.personal_estimate() if reconstruction else None
        if personal:
            reference.choice_of_estimate()
            reconstruction = reference.shown(reconstruction, personal)

        # above the paper: what a reader must know before looking
        hidden = reconstruction is not None and shown == "reconstructed"
        electrodes.show()
        checks.warnings(quality)
        if personal:
            person.show(personal)
        if reconstruction is not None:
            estimate.warnings(reconstruction)
            if not hidden:
                agreement.warnings(truth, reconstruction)
        if session.choices().calipers:
            sheet.caliper_keys()
        with st.container(horizontal=not session.choices().present, gap="small"):
            if shown == "vector":
                with st.container(width=1000):
                    vector_loop.show(truth, reconstruction)
            else:
                sheet.show(truth, reconstruction, shown)
            if shown == "previous":
                previous.show(truth)
            if reconstruction is None:
                st.info(reason, icon=":material/touch_app:")
            else:
                with st.container(width=420, gap="xsmall"):
                    if hidden:
                        st.caption(
                            "The recording is hidden, and what was compared with it: H shows it again."
                        )
                    elif personal and personal.used:
                        person.table(truth, personal)
                    else:
                        agreement.show(truth, reconstruction)
                with st.container(width=380, gap="xsmall"):
                    estimate.show(reconstruction)
                    of_person = personal is not None and reconstruction is personal.personal
                    sentence = personal.sentence if of_person else ""
                    export.show(truth, reconstruction, quality, personal=sentence)
        desk.strip(place, truth, reconstruction, hidden)
        if personal and not hidden:
            person.beats(personal)

    # below it: what is good to know
    checks.notes(quality)
