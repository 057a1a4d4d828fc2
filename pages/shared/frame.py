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

``page`` sets the page up, shows the banner, asks for a log-in where one is configured (``access``), opens the
session and turns an ``UnusableEcg`` into one sentence; nothing else is caught. Streamlit runs every file of
this folder by its address, so each page brings its own frame and none relies on ``app.py`` having run before
(``st.navigation`` would: a deep link to a fresh server goes past it). Widgets that set a common choice are
made by ``session.widget``, those of one view by ``links``. Slow work goes into cached functions in
``pages/shared/reads``.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from ecgcore.ecg import NOT_FOR_DIAGNOSIS, UnusableEcg
from ecgcore.evaluation.tables import UnusableTable
from ecgcore.figures import style
from pages.shared import access, crowd, downloads, links, memory, printing, session
from pages.shared.session import ready

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
[data-testid="stMarkdownContainer"] td[style*="right"] { white-space: nowrap; }
[data-testid="stMarkdownContainer"] thead:not(:has(th:not(:empty))) { display: none; }
[class*="st-key-scroll_"] { overflow-x: auto; }
.stPlotlyChart .heatmap-label text[style*="rgb(68, 68, 68)"] { fill: #000000 !important; }
[class*="st-key-example_"] button { min-height: 2.8rem; line-height: 1.15; padding: 0.2rem 0.5rem; }
[data-testid="stMultiSelect"] :has(> span[title]) { background-color: #0072B2 !important; }
.told-list { list-style: none; margin: 0; padding: 0; }
.told:not(:focus) { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
:is(button, a, input, [tabindex]):focus-visible { outline: 2px solid #0072B2; outline-offset: 1px; }
@media (prefers-color-scheme: dark) {
  :is(button, a, input, [tabindex]):focus-visible { outline-color: #56B4E9; }
  button[kind="primary"]:not(:disabled), button[kind="primary"]:not(:disabled) * {
    color: #0B0D10 !important; } }
@media (max-width: 640px) {
  [data-testid="stExpandSidebarButton"]::after { content: "Menu"; font-size: 0.9rem;
    padding-left: 0.4rem; white-space: nowrap; }
  .stApp:has([data-testid="stSidebar"] [role="tablist"]) [data-testid="stExpandSidebarButton"]::after {
    content: "Menu, recording, leads"; }
  [data-testid="stExpandSidebarButton"] { width: auto !important; padding: 0 0.6rem; }
  [data-testid="stMarkdownContainer"] td:first-child > strong { display: inline-block;
    width: max-content; max-width: 10rem; }
  [data-testid="stMarkdownContainer"] td[style*="left"]:not(:first-child) { min-width: 6.5rem; }
  [data-testid="stMarkdownContainer"] td[style*="left"]:last-child:not(:first-child) { min-width: 14rem; }
  .st-key-display_options { flex-wrap: nowrap !important; overflow-x: auto; }
  .st-key-display_options > * { flex-shrink: 0 !important; } }"""
"""In a narrow window tables and the options of the paper scroll by themselves; numbers stay whole,
chips can be read in both themes."""

IN_THE_DARK = {
    "#000000": "#E8EAED",
    "#222222": "#E8EAED",
    "#444444": "#C9CED6",
    "#6B6B6B": "#A9B0B9",
    "#777777": "#A9B0B9",
    "#7F7F7F": "#A9B0B9",
    "#EEEEEE": "#353B42",
    "#E2E2E2": "#353B42",
    "#F3F3F3": "#2A2F35",
    "#DDDDDD": "#4A525B",
    "#00704F": "#56C9A0",
    "#0072B2": "#56B4E9",
    "#B84A00": "#F0A35E",
    "#D55E00": "#F0A35E",
    "#7A0177": "#E58BDC",
}
"""Colours of charts on a light ground, and what takes their place on a dark one."""


def _dark_charts() -> str:
    """Style: charts follow a dark theme; ECG paper, and whatever has it as its ground, stays paper. Numbers
    inside coloured cells keep the colour that was chosen for their cell."""
    paper = ", ".join(str(int(style.PAPER[at : at + 2], 16)) for at in (1, 3, 5))
    charts = (
        f'.stPlotlyChart:not(:has(rect.bg[style*="{paper}"], [data-paper])):not([class*="st-key-frame_"] *)'
    )
    words = ".xtick text, .ytick text, .gtitle, .xtitle, .ytitle, .legendtext, .cbaxis text, .cbtitle text"
    rules = [
        f"{charts} svg.main-svg {{ background: transparent !important; }}",
        f'{charts} rect.bg[style*="255, 255, 255"] {{ fill: transparent !important; }}',
        f"{charts} :is({words}) {{ fill: #E8EAED !important; }}",
        ".stPlotlyChart .colorbar text { fill: #E8EAED !important; }",
        f"{charts}:has(.heatmaplayer image) .annotation-text {{ fill: #E8EAED !important; }}",  # beside cells
    ]
    rules += [f'{charts} path[style*="fill: rgb(251, 243, 238)"] {{ fill: #2B2623 !important; }}']  # a torso
    for light, dark in IN_THE_DARK.items():
        rgb = ", ".join(str(int(light[at : at + 2], 16)) for at in (1, 3, 5))
        drawn = f"{charts} :is(path, line, rect):not(.bg)"
        marks = f"{charts} :is(.points, .legendpoints) path"
        cells = ":not(.heatmap-label *)"
        free = f"{charts}:not(:has(.heatmaplayer image)) text"
        beside = f"{charts} .textpoint text"
        rules += [
            f'{drawn}[style*="stroke: rgb({rgb})"] {{ stroke: {dark} !important; }}',
            f'{marks}[style*="fill: rgb({rgb})"] {{ fill: {dark} !important; }}',
            f'{free}{cells}[style*="fill: rgb({rgb})"] {{ fill: {dark} !important; }}',
            f'{beside}[style*="fill: rgb({rgb})"] {{ fill: {dark} !important; }}',
        ]
    return "@media screen and (prefers-color-scheme: dark) {" + " ".join(rules) + "}"


REACHED_BY_KEY = """<script>(() => {
  if (window.reachScrolling) return;
  const scrolling = '[data-testid="stMarkdownContainer"]:has(> table), [class*="st-key-frame_"], '
    + '[class*="st-key-scroll_"]';
  let waiting = false;
  window.reachScrolling = () => {
    waiting = false;
    document.querySelectorAll(scrolling).forEach((part) => {
      part.tabIndex = 0;
      const narrow = innerWidth <= 700 && part.scrollWidth > part.clientWidth;
      const whole = getComputedStyle(part).overflowX === 'hidden';
      if (!narrow || whole || part.dataset.begun) return;
      const estimated = [...part.querySelectorAll('.annotation-text')]
        .filter((text) => /^[aVIRLF1-6]+ · estimated/.test(text.textContent))
        .map((text) => text.getBoundingClientRect().left - part.getBoundingClientRect().left);
      const to = Math.min(...estimated) - 12;
      if (!estimated.length || to <= 0) return;
      part.scrollLeft += to;
      if (part.scrollLeft > 0) part.dataset.begun = 'true';
    });
  };
  const soon = () => {
    if (!waiting) { waiting = true; requestAnimationFrame(window.reachScrolling); }
  };
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  addEventListener('resize', soon);
  window.reachScrolling();
})();</script>"""
"""What scrolls sideways can be reached and scrolled without a mouse; on a phone the paper begins with the
estimated leads."""

PROJECTED = """@media screen { html { font-size: 18px !important; }
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"],
[data-testid="stHeader"] { display: none !important; }
[data-testid="stMainBlockContainer"] { padding: 0.5rem 1.5rem 1rem 1.5rem !important; }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: 0.2rem; }
[class*="st-key-take_sheet"] { display: none !important; }
[data-testid="stLayoutWrapper"]:has(> .st-key-desk_controls) { order: 9; } }"""
"""No menu, large type; what has a key stands below the paper."""

DARK_CHARTS = _dark_charts()
FOLDER = Path(__file__).parents[1]


@contextmanager
def page(title: str) -> Iterator[None]:
    """The frame: page setup, menu, banner, open session; one sentence in place of an unusable recording or
    choice."""
    own = OWN.get(title, ())
    ready.wait()
    _name_tab(title)
    memory.keep(page_title=title, tables_taken=[])
    st.html(
        f"<style>{LOOK}{DARK_CHARTS}{printing.ON_PAPER}{downloads.STYLE}</style>{REACHED_BY_KEY}{downloads.AS_SVG}",
        unsafe_allow_javascript=True,
    )
    top = st.container(horizontal=True, vertical_alignment="center", key="page_top")
    top.markdown(f":orange-badge[:material/school: {NOT_FOR_DIAGNOSIS}]", width="content")
    access.require()
    menu = st.sidebar.container()
    with crowd.answered(top):
        try:
            session.begin(own)
            with menu:
                _menu()
            with top:
                _presenter()
            for sentence in memory.take_complaints():
                st.warning(sentence, icon=":material/info:")
            yield
        except (UnusableEcg, UnusableTable) as error:
            st.error(str(error), icon=":material/error:")
        session.end(own)
    _set_apart()


@st.cache_resource(show_spinner=False)
def _set_apart() -> None:
    """Once per server, after the first page: what is loaded stays, so collections need not look at it."""
    gc.collect()
    gc.freeze()


def view_picker(views: Mapping[str, str], name: str = "view") -> str:
    """The views of a page, one at a time: part of the address under that name, and of the tab's name. views:
    title by name; the first is the usual one."""
    view = links.one_of(
        st.segmented_control,
        name.capitalize(),
        name,
        list(views),
        format_func=views.__getitem__,
        label_visibility="collapsed",
    )
    name_view(views[view])
    return view


def grouped_view_picker(views: Mapping[str, str], groups: Mapping[str, Sequence[str]]) -> str:
    """As ``view_picker``, for views that do not fit into one row: a row of groups, and below it the views of
    the one that is open. groups: names of views by title, from the usual group on; views in none of them
    stand beside the groups."""
    grouped = {name for names in groups.values() for name in names}
    beside = {title: (name,) for name, title in views.items() if name not in grouped}
    every = {**groups, **beside}
    view = str(links.remembered("view", list(views), usual=next(iter(views))))
    group = next(title for title, names in every.items() if view in names)
    _view_control("Views", "view_group", list(every), group, lambda title: every[title][0])
    if len(every[group]) > 1:
        _view_control(group, "view_in_group", list(every[group]), view, str, views.__getitem__)
    name_view(views[view])
    return view


def _view_control(
    label: str,
    key: str,
    options: Sequence[str],
    shown: str,
    view_of: Callable[[str], str],
    title_of: Callable[[str], str] = str,
) -> None:
    """A row of options, one of them shown; a click puts the view of an option."""

    def choose() -> None:
        links.put(view=view_of(memory.kept(key) or shown))

    memory.keep(**{key: shown})
    st.segmented_control(
        label, options, key=key, format_func=title_of, on_change=choose, label_visibility="collapsed"
    )


def name_view(title: str) -> None:
    """What the tab is called while this view of the page is open."""
    _name_tab(f"{title} · {memory.kept('page_title')}")


def _name_tab(title: str) -> None:
    """What the tab of the browser and a bookmark are called."""
    icon = FOLDER / "assets/icon.png"  # a file: Streamlit would fetch a symbol from the network
    st.set_page_config(
        page_title=f"{title} · Reduced-lead ECG", page_icon=icon, layout="wide", initial_sidebar_state=310
    )


def _presenter() -> None:
    """To the view for a projector and back."""
    present = session.choices().present
    if present:
        st.html(f"<style>{PROJECTED}</style>")
    st.button(
        "Leave the presenter view" if present else "Present",
        key="page_present",
        shortcut="f",
        icon=":material/cast_for_education:",
        type="tertiary",
        on_click=lambda: session.choose(present=not present),
        help="For a projector: no menu, large type, the whole paper in the window.",
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
        access.tell()
