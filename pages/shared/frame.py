"""The frame of every page and the pickers pages share.

A page is a script of 20-60 lines in this folder: choose, call, draw. Adding one:

1. ``pages/my_page.py``::

       import streamlit as st
       from pages.shared import frame, session

       with frame.page("My page"):
           frame.recording_and_leads()          # the sidebar's pickers, if the page wants them
           truth, made = session.segment(), session.reconstruction()
           st.plotly_chart(some_figure(truth, made), theme=None, config=frame.PLOTLY)

2. a line in ``PAGES`` below, which puts it into the menu.

``page`` sets the page up, shows the banner, opens the session and turns an ``UnusableEcg`` into one sentence;
nothing else is caught. Streamlit runs every file of this folder by its address, so each page brings its own
frame and none relies on ``app.py`` having run before (``st.navigation`` would: a deep link to a fresh server
goes past it). Widgets that set a common choice are made by ``session.widget``. Slow work goes into functions
cached there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from ecgcore.ecg import NOT_FOR_DIAGNOSIS, UnusableEcg
from ecgcore.figures import FORMATS, GAINS, SPEEDS
from ecgcore.leads import CHEST, LIMB, NAMED_SETS, NOT_FROM_STANDARD_LEADS, STANDARD, LeadSet
from pages.shared import session
from pages.shared.choices import said

PAGES = {
    "review": ("Review", ":material/cardiology:"),
    "measurements": ("Measurements", ":material/straighten:"),
    "lead_information": ("Lead information", ":material/hub:"),
    "significance": ("Significance", ":material/layers:"),
    "personal_model": ("Personal model", ":material/person:"),
    "results": ("Results", ":material/leaderboard:"),
    "trained": ("Trained models", ":material/inventory_2:"),
}
"""The menu: file name without ".py", title and icon. Entries without a file are not shown."""

PLOTLY = {
    "displaylogo": False,
    "scrollZoom": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
}
"""Configuration of every plotly chart."""

TABLES = """[data-testid="stMarkdownContainer"]:has(> table) { overflow-x: auto; }
[data-testid="stMarkdownContainer"] :is(td, th)[style*="right"] { white-space: nowrap; }"""
"""Tables scroll by themselves where the window is narrow, and their numbers stay whole."""

FOLDER = Path(__file__).parents[1]


@contextmanager
def page(title: str) -> Iterator[None]:
    """The frame: page setup, menu, banner, open session; one sentence in place of an unusable recording or
    choice."""
    icon = FOLDER / "assets/icon.png"  # a file: Streamlit would fetch a symbol from the network
    st.set_page_config(
        page_title=f"{title} · Reduced-lead ECG", page_icon=icon, layout="wide", initial_sidebar_state=310
    )
    st.html(f"<style>{TABLES}</style>")
    with st.sidebar:
        _menu()
    st.markdown(f":orange-badge[:material/school: {NOT_FOR_DIAGNOSIS}]")
    try:
        session.begin()
        for sentence in session.take_complaints():
            st.warning(sentence, icon=":material/info:")
        yield
    except UnusableEcg as error:
        st.error(str(error), icon=":material/error:")


def _menu() -> None:
    st.markdown("#### Reduced-lead ECG")
    with st.container(gap="xxsmall"):
        for name, (title, icon) in PAGES.items():
            if (FOLDER / f"{name}.py").is_file():
                st.page_link(f"pages/{name}.py", label=title, icon=icon, width="stretch")


def recording_and_leads() -> None:
    """The sidebar's pickers: recording, leads, model."""
    from pages.shared.recordings import recording_picker

    with st.sidebar:
        for picker in (recording_picker, lead_picker, model_picker):
            with st.container(gap="xsmall"):
                picker()


def lead_picker() -> None:
    """Measured leads by checkboxes, laid out as on the sheet, and by named sets."""
    now, there = session.choices().inputs, session.recording().leads
    named = {name: leads for name, leads in NAMED_SETS.items() if set(leads) <= set(there)}
    st.session_state.pick_named = next((name for name, leads in named.items() if leads == now), None)
    options = [*named, *NOT_FROM_STANDARD_LEADS]
    st.markdown("**Measured leads**")
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
            absent = lead not in there
            column.checkbox(
                lead,
                key=key,
                disabled=absent,
                help="Not in this recording" if absent else None,
                on_change=_take_leads,
            )
    st.caption(said(now))


def _take_leads() -> None:
    session.choose(inputs=LeadSet(lead for lead in STANDARD if st.session_state.get(f"pick_lead_{lead}")))


def _take_named() -> None:
    name = st.session_state.pick_named
    if name in NAMED_SETS:
        session.choose(inputs=NAMED_SETS[name])
    elif name in NOT_FROM_STANDARD_LEADS:
        session.complain(NOT_FROM_STANDARD_LEADS[name])


def model_picker() -> None:
    """Models that fit the chosen leads, best first."""
    titles = {
        info.name: f"Fitted on this recording: {info.title}" if info.personal else info.title
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


BESIDE_PX = 410
"""What the open sidebar and the margins take of the window's width."""


def true_scale(figure: dict, key: str, **options):
    """Draw ECG paper in its own size: where the window is narrower it scrolls sideways, it is never squeezed."""
    width = figure["layout"]["width"]
    st.html(
        f"<style>.st-key-frame_{key} {{ overflow-x: auto; }} .st-key-{key} {{ min-width: {width}px; }} .wider-{key} {{ display: none; }}"
        f"@media (max-width: {width + BESIDE_PX}px) {{ .wider-{key} {{ display: block; margin: 0; font-size: 0.875rem; opacity: 0.7; }} }}</style>"
        f"<p class='wider-{key}'>The paper keeps its true size: scroll it sideways to see all of it.</p>"
    )
    with st.container(width=width, key=f"frame_{key}"):
        return st.plotly_chart(figure, width="content", theme=None, key=key, config=PLOTLY, **options)


FILTER_TEXT = {True: "0.5 Hz high-pass (zero-phase)", False: "as recorded"}


def filter_text() -> str:
    """What was done to the recording before anything else, for every picture and table."""
    return FILTER_TEXT[session.choices().high_pass]


def display_options() -> None:
    """One row above the paper: filter, layout, speed, gain, and the rest in a pop-over."""
    paper = session.choices().paper
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        session.widget(
            st.selectbox,
            "Filter",
            "high_pass",
            [True, False],
            format_func={True: "0.5 Hz high-pass", False: "As recorded"}.__getitem__,
            width=170,
            help="On recording and inputs alike. The high-pass takes away the drift of the baseline, which no model can know; "
            "results are stated for it.",
        )
        session.widget(
            st.selectbox, "Layout", "format", list(FORMATS), format_func=FORMATS.__getitem__, width=180
        )
        session.widget(
            st.selectbox, "Speed", "speed", list(SPEEDS), format_func=lambda v: f"{v:g} mm/s", width=125
        )
        session.widget(
            st.selectbox, "Gain", "gain", list(GAINS), format_func=lambda v: f"{v:g} mm/mV", width=125
        )
        if paper.format in ("3x4", "single"):
            session.widget(
                st.selectbox,
                "Rhythm" if paper.format == "3x4" else "Lead",
                "rhythm",
                list(STANDARD),
                width=90,
            )
        with st.popover("More", icon=":material/tune:"):
            session.widget(
                st.toggle,
                "90 % band",
                "band",
                help="Where the true trace is expected to lie for nine samples in ten.",
            )
            session.widget(st.toggle, "Difference strips", "difference")
            session.widget(st.toggle, "Cabrera order", "cabrera")
            session.widget(
                st.toggle,
                "Calipers",
                "calipers",
                help="Drag a box on the paper: its width in ms and per minute, its height in mV.",
            )


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
