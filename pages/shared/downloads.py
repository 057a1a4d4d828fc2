"""What every table and every figure offers to take along: the values as CSV, the figure as SVG.

One helper for all pages. Nothing is computed until it is asked for: the CSV is written when its button is
pressed, the SVG by the browser from what it has drawn.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from ecgcore.figures.style import unbroken
from pages.shared import session
from pages.shared.memory import keep, kept

CSV = "⤓ CSV"
AS_SVG = """<script>(() => {
  if (window.takesSvg) return;
  window.takesSvg = true;
  document.addEventListener('click', (event) => {
    const button = event.target.closest('.take-svg');
    if (!button) return;
    const name = [...button.classList].find((one) => one.startsWith('of-')).slice(3);
    document.querySelector('.st-key-' + name + ' .modebar-btn[data-attr="toImage"], .st-key-' + name
      + ' .modebar-btn[data-title^="Download"]')?.click();
  });
})();</script>"""
"""A click on a figure's SVG button is one on Plotly's own."""
STYLE = """.take-svg { background: none; border: 0; padding: 0; margin: 0; font: inherit; font-size: 13px;
color: inherit; opacity: .8; cursor: pointer; } .take-svg:hover { text-decoration: underline; }
[class*="st-key-take_"]:not(.st-key-take_recordings) { margin-top: -0.6rem; }
[class*="st-key-take_"] button p { font-size: 13px; }
[class*="st-key-take_"] button { padding: 0; min-height: 0; opacity: .8; }
@media print { [class*="st-key-take_"] { display: none !important; } }"""


def table(markdown: str, name: str, make: Callable[[], str] | None = None, **options: Any) -> None:
    """A table in Markdown and its CSV. name: of the file. make: its text, where it has more than is shown."""
    from ecgcore.export.shown import table_csv

    st.markdown(unbroken(markdown), **options)
    name = _unique(name)
    with _row(name):
        _csv_button(name, make or partial(table_csv, markdown, _remarks()))


def values(name: str, make: Callable[[], str], label: str = CSV) -> None:
    """The CSV of what is no table on the screen. name: of the file; make: its text, when it is asked for."""
    name = _unique(name)
    with _row(name):
        _csv_button(name, make, label)


def below(figure: Mapping[str, Any], name: str, values: bool = True) -> None:
    """The row below a figure. name: its key. values: whether its numbers mean something by themselves; those
    of ECG paper are taken along as recordings."""
    from ecgcore.export.shown import figure_csv, has_values

    with _row(name):
        if values and has_values(figure):
            _csv_button(name, partial(figure_csv, figure, _remarks()))
        of = re.sub(r"[^a-zA-Z0-9_-]", "-", name)  # as Streamlit writes a key into a class
        st.html(
            f"<button class='take-svg of-{of}' aria-label='{_words(of)} as SVG'>⤓ SVG</button>",
            width="content",
        )


def image_options(name: str) -> dict[str, Any]:
    """What Plotly's own button makes."""
    return {"toImageButtonOptions": {"format": "svg", "filename": _file(name)}}


def _unique(name: str) -> str:
    """With a number where the page has a table of that name already."""
    taken = kept("tables_taken", [])
    keep(tables_taken=[*taken, name])
    return f"{name}-{taken.count(name) + 1}" if name in taken else name


def _row(name: str) -> Any:
    return st.container(horizontal=True, gap="small", key=f"take_{name}", vertical_alignment="center")


def _csv_button(name: str, make: Any, label: str = CSV) -> None:
    st.download_button(
        label,
        make,
        f"{_file(name)}.csv",
        "text/csv",
        key=f"csv_{name}",
        on_click="ignore",
        type="tertiary",
        help=None,
    )


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _file(name: str) -> str:
    """Of what is shown, never of a file that was uploaded."""
    from ecgcore.io import record_name

    place = session.origin()
    of = "" if place.kind == "upload" else record_name(session.title())
    return "-".join(part for part in (of, name.replace("_", "-")) if part)


def _remarks() -> list[str]:
    """Which page this is of and, where it is about the open recording, of which and of which choices."""
    page = str(kept("page_title", ""))
    if page in ("Results", "Trained models"):
        return [page]
    place, now = session.origin(), session.choices()
    recording = "an uploaded recording" if place.kind == "upload" else session.title()
    return [
        page,
        f"Open recording: {recording}; input leads: {' + '.join(now.inputs)}; model: {now.model or 'none'}",
    ]
