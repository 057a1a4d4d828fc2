"""The frame of every page.

A page is a script of 20-60 lines in this folder: choose, call, draw. Adding one:

1. ``pages/my_page.py``::

       import streamlit as st
       from pages.shared import frame, pickers, session, widgets

       with frame.page("My page"):
           pickers.recording_and_leads()          # the sidebar's pickers, if the page wants them
           truth, estimate = session.segment(), session.reconstruction()
           widgets.chart(some_figure(truth, estimate), "my_chart", "What the chart shows, in words")

2. a line in ``PAGES`` below, which puts it into the menu.

``page`` sets the page up, shows the banner, opens the session and turns an ``UnusableEcg`` into one sentence;
nothing else is caught. Streamlit runs every file of this folder by its address, so each page brings its own
frame and none relies on ``app.py`` having run before (``st.navigation`` would: a deep link to a fresh server
goes past it). Widgets that set a common choice are made by ``session.widget``, those of one view by
``links``. Slow work goes into cached functions in ``pages/shared/reads``.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from ecgcore.ecg import NOT_FOR_DIAGNOSIS, UnusableEcg
from pages.shared import downloads, links, memory, printing, session

PAGES = {
    "review": ("Review", ":material/cardiology:"),
    "find": ("Find a recording", ":material/search:"),
    "measurements": ("Measurements", ":material/straighten:"),
    "lead_information": ("Lead information", ":material/hub:"),
    "significance": ("Significance", ":material/layers:"),
    "personal_model": ("Personal model", ":material/person:"),
    "results": ("Results", ":material/leaderboard:"),
    "trained": ("Trained models", ":material/inventory_2:"),
}
"""The menu: file name without ".py", title and icon. Entries without a file are not shown."""

OWN = {"Trained models": ("model",)}
"""Names in the address that a page reads itself although all others share them, by its title."""

LOOK = """[data-testid="stMarkdownContainer"]:has(> table) { overflow-x: auto; }
[data-testid="stMarkdownContainer"] :is(td, th)[style*="right"] { white-space: nowrap; }
[data-testid="stMultiSelect"] :has(> span[title]) { background-color: #0072B2 !important; }"""
"""Tables scroll by themselves in a narrow window, numbers stay whole, chips can be read in both themes."""

REACHED_BY_KEY = """<script>(() => {
  if (window.reachScrolling) return;
  const scrolling = '[data-testid="stMarkdownContainer"]:has(> table), [class*="st-key-frame_"]';
  let waiting = false;
  window.reachScrolling = () => {
    waiting = false;
    document.querySelectorAll(scrolling).forEach((part) => { part.tabIndex = 0; });
  };
  new MutationObserver(() => {
    if (!waiting) { waiting = true; requestAnimationFrame(window.reachScrolling); }
  }).observe(document.body, { childList: true, subtree: true });
  window.reachScrolling();
})();</script>"""
"""What scrolls sideways can be reached and scrolled without a mouse."""

FOLDER = Path(__file__).parents[1]


@contextmanager
def page(title: str) -> Iterator[None]:
    """The frame: page setup, menu, banner, open session; one sentence in place of an unusable recording or
    choice."""
    own = OWN.get(title, ())
    _name_tab(title)
    memory.keep(page_title=title, tables_taken=[])
    st.html(
        f"<style>{LOOK}{printing.ON_PAPER}{downloads.STYLE}</style>{REACHED_BY_KEY}{downloads.AS_SVG}",
        unsafe_allow_javascript=True,
    )
    menu = st.sidebar.container()
    st.markdown(f":orange-badge[:material/school: {NOT_FOR_DIAGNOSIS}]")
    try:
        session.begin(own)
        with menu:
            _menu()
        for sentence in memory.take_complaints():
            st.warning(sentence, icon=":material/info:")
        yield
    except UnusableEcg as error:
        st.error(str(error), icon=":material/error:")
    session.end(own)
    _set_apart()


@st.cache_resource(show_spinner=False)
def _set_apart() -> None:
    """Once per server, after the first page: what is loaded stays, so collections need not look at it."""
    gc.collect()
    gc.freeze()


def view_picker(views: Mapping[str, str]) -> str:
    """The views of a page, one at a time: part of the address, and of the tab's name. views: title by name;
    the first is the usual one."""
    view = links.one_of(
        st.segmented_control,
        "View",
        "view",
        list(views),
        format_func=views.__getitem__,
        label_visibility="collapsed",
    )
    _name_tab(f"{views[view]} · {memory.kept('page_title')}")
    return view


def _name_tab(title: str) -> None:
    """What the tab of the browser and a bookmark are called."""
    icon = FOLDER / "assets/icon.png"  # a file: Streamlit would fetch a symbol from the network
    st.set_page_config(
        page_title=f"{title} · Reduced-lead ECG", page_icon=icon, layout="wide", initial_sidebar_state=310
    )


def _menu() -> None:
    st.markdown("#### Reduced-lead ECG")
    with st.container(gap="xxsmall"):
        for name, (title, icon) in PAGES.items():
            if (FOLDER / f"{name}.py").is_file():
                address = session.address(OWN.get(title, ()))
                st.page_link(
                    f"pages/{name}.py", label=title, icon=icon, width="stretch", query_params=address
                )
