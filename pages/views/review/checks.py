"""What speaks against the recording: lines above the paper, notes below it."""

from __future__ import annotations

import streamlit as st

from ecgcore.leads import LeadSet
from ecgcore.quality import Finding
from pages.shared import session


def warnings(findings: tuple[Finding, ...]) -> None:
    """What speaks against the recording, above the paper."""
    if serious := [finding.text for finding in findings if not finding.harmless]:
        st.warning("  \n".join(serious), icon=":material/warning:")


def notes(findings: tuple[Finding, ...]) -> None:
    """What the reader of the file had to do, and what is odd but harmless."""
    sentences = [*session.recording().notes, *(finding.text for finding in findings if finding.harmless)]
    if sentences:
        with st.expander(f"Notes on the recording ({len(sentences)})"):
            st.markdown("\n".join(f"- {sentence}" for sentence in sentences))
    elif not findings:
        st.caption(nothing_odd(session.recording().leads))


def nothing_odd(leads: LeadSet) -> str:
    """What was looked for in these leads and is not there: two limb leads cannot contradict each other."""
    lawful = ", and no contradiction between the limb leads" if len(leads.limb) > 2 else ""
    return f"Signal quality: nothing flat, clipped or noisy was found in these ten seconds{lawful}."
