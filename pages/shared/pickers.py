"""The pickers that pages share: recording, input leads, model, how the paper looks, which ten seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.figures import FORMATS, GAINS, SPEEDS
from ecgcore.leads import CHEST, LIMB, NAMED_SETS, NOT_FROM_STANDARD_LEADS, STANDARD, LeadSet
from pages.shared import memory, printing, session
from pages.shared.choices import in_words

if TYPE_CHECKING:
    from models.reconstruct import ModelInfo


def recording_and_leads() -> None:
    """The sidebar's pickers: recording, leads, model."""
    from pages.shared.recordings import recording_picker

    with st.sidebar:
        for picker in (recording_picker, lead_picker, model_picker):
            with st.container(gap="xsmall"):
                picker()


def lead_picker() -> None:
    """Input leads by checkboxes, laid out as on the sheet, and by named sets."""
    now, there = session.choices().inputs, session.recording().leads
    named = {name: leads for name, leads in NAMED_SETS.items() if set(leads) <= set(there)}
    st.session_state.pick_named = next((name for name, leads in named.items() if leads == now), None)
    options = [*named, *NOT_FROM_STANDARD_LEADS]
    st.markdown("**Input leads**")
    st.selectbox(
        "Named set",
        options,
        key="pick_named",
        placeholder="Own choice",
        on_change=_take_named,
        label_visibility="collapsed",
    )
    columns = st.columns(4, gap="small")
    for column, leads in zip(columns, (LIMB[:3], LIMB[3:], CHEST[:3], CHEST[3:]), strict=True):
        for lead in leads:
            key = f"pick_lead_{lead}"
            st.session_state[key] = lead in now
            column.checkbox(lead, key=key, disabled=lead not in there, on_change=_take_leads)
    absent = "" if len(there) == len(STANDARD) else " Grey leads are not in this recording."
    st.caption(f"{in_words(now)}{absent}")


def _take_leads() -> None:
    session.choose(inputs=LeadSet(lead for lead in STANDARD if st.session_state.get(f"pick_lead_{lead}")))


def _take_named() -> None:
    name = st.session_state.pick_named
    if name in NAMED_SETS:
        session.choose(inputs=NAMED_SETS[name])
    elif name in NOT_FROM_STANDARD_LEADS:
        memory.complain(NOT_FROM_STANDARD_LEADS[name])


def _title_of(info: ModelInfo) -> str:
    return f"{info.label} · baseline" if info.family.role == "baseline" else info.label


def model_picker() -> None:
    """Models that fit the chosen leads, best first."""
    titles = {
        info.name: f"Fitted on this recording: {info.title}" if info.personal else _title_of(info)
        for info in session.models_that_fit()
    }
    if titles:
        st.markdown("**Model**")
        session.widget(
            st.selectbox,
            "Model",
            "model",
            list(titles),
            format_func=titles.__getitem__,
            label_visibility="collapsed",
        )
    for sentence in session.damaged_models():
        st.warning(sentence)


def display_options() -> None:
    """One row above the paper: filter, layout, speed, gain, and the rest in a pop-over."""
    paper = session.choices().paper
    if session.choices().present:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="display_options"):
        session.widget(
            st.selectbox,
            "Filter",
            "high_pass",
            [True, False],
            format_func={True: "Baseline filter 0.5 Hz (can shift ST)", False: "As recorded"}.__getitem__,
            width=226,
            help="On recording and inputs alike. The high-pass takes away the drift of the baseline, which "
            "no model can know; "
            "results are stated for it.",
        )
        session.widget(
            st.selectbox, "Layout", "format", list(FORMATS), format_func=FORMATS.__getitem__, width=150
        )
        session.widget(
            st.selectbox, "Speed", "speed", list(SPEEDS), format_func=lambda v: f"{v:g} mm/s", width=104
        )
        session.widget(
            st.selectbox, "Gain", "gain", list(GAINS), format_func=lambda v: f"{v:g} mm/mV", width=110
        )
        if paper.format in ("3x4", "single"):
            session.widget(
                st.selectbox,
                "Rhythm" if paper.format == "3x4" else "Lead",
                "rhythm",
                list(STANDARD),
                width=74,
            )
        with st.popover("More", icon=":material/tune:"):
            session.widget(
                st.toggle,
                "90 % prediction band",
                "interval",
                help="Where the true trace is expected to lie for nine samples in ten.",
            )
            session.widget(st.toggle, "Difference strips", "difference")
            session.widget(st.toggle, "Cabrera order", "cabrera")
            printing.calibration()


def window_picker() -> None:
    """Which ten seconds of a long recording; nothing for short ones."""
    if last := session.last_start():
        if session.choices().start > last:
            session.choose(start=last)
        st.slider(
            f"Ten seconds of {session.recording().duration:,.0f} s, from",
            0.0,
            last,
            session.choices().start,
            0.5 if last < 600 else 5.0,
            format="%.1f s",
            key="pick_start",
            on_change=lambda: session.choose(start=st.session_state.pick_start),
        )
