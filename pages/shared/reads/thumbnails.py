"""Small pictures of recordings that are not open: lead II, or the first lead that is there."""

from __future__ import annotations

import streamlit as st

from ecgcore.ecg import UnusableEcg
from pages.shared import session
from pages.shared.choices import Origin

SLOW_HZ = 100.0
"""Enough for a thumbnail; read where a database has it."""


@st.cache_data(scope="session", max_entries=200, show_spinner=False)
def lead_ii(place: Origin) -> tuple[str, str]:
    """An SVG of the first ten seconds, and what our own check of the signal finds, in a few words; an empty
    picture where it cannot be read."""
    from ecgcore.figures.channels import channel_picture
    from ecgcore.io.contents import Preview
    from ecgcore.quality import findings
    from ecgcore.signals import high_pass

    try:
        ecg = session.database(place.database).read(place.record, SLOW_HZ)
        ecg = ecg.cut(0, min(session.SEGMENT_S, ecg.duration))
    except UnusableEcg:
        return "", ""
    lead = "II" if "II" in ecg.leads else ecg.leads[0]
    kinds = [f"{', '.join(note.leads)} {note.kind}".strip() for note in findings(ecg) if not note.harmless]
    return channel_picture(Preview(f"Lead {lead}", high_pass(ecg)[lead], ecg.rate)), "; ".join(kinds[:3])
