"""What pages draw alike: the heading, paper in its true size, charts, tables, downloads, numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import streamlit as st

from ecgcore.datasets import SUPERCLASSES
from ecgcore.datasets.code_names import full_name
from ecgcore.ecg import Reconstruction, UnusableEcg
from ecgcore.figures.style import drawn, written
from ecgcore.partial import PartialEcg
from pages.shared import downloads, printing, session

PLOTLY = {
    "displaylogo": False,
    "scrollZoom": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
}
"""Configuration of every plotly chart."""


def markdown(text: str, help: str | None = None, **more: Any) -> None:  # noqa: A002 - as Streamlit calls it
    """Markdown, ``written``; help: what is behind its mark."""
    st.markdown(written(text), help=help and written(help), **more)


def caption(text: str, help: str | None = None, **more: Any) -> None:  # noqa: A002
    """A caption, ``written``; help: what is behind its mark."""
    st.caption(written(text), help=help and written(help), **more)


def instruction(text: str, key: str) -> None:
    """A caption that says what to do with the mouse or the keys: not on paper."""
    with st.container(key=f"screen_only_{key}", width="content"):
        caption(text)


def heading(in_part: bool = False) -> None:
    """Which recording this is, in one line. in_part: all of one whose leads are known part of the time, not
    its widest part."""
    ecg = session.parts() if in_part else None
    ecg = session.recording() if ecg is None else ecg
    length = f"{ecg.duration:.1f} s" if ecg.duration < 120 else f"{ecg.duration / 60:.1f} min"
    leads = "12 leads" if len(ecg.leads) == 12 else f"leads {' '.join(ecg.leads)}"
    leads += ", part of the time" if isinstance(ecg, PartialEcg) else ""
    simulated = "  :violet-badge[simulated]" if ecg.simulated else ""
    simulated += "  :orange-badge[shown as corrected]" if session.shown_as_corrected() else ""
    more = " · ".join(part for part in (length, f"{ecg.rate:g} Hz", leads, _indexed()) if part)
    st.markdown(f"#### {session.title()}{simulated} :small[:gray[{more}]]")


MOST_NAMED = 5
"""Diagnoses in a heading."""


def _indexed() -> str:
    """Diagnoses and split of a local record, as its database's table has them."""
    row, place = session.record_info(), session.origin()
    codes = [*row.get("codes", ()), *(() if row.get("codes") else row.get("superclasses", ()))]
    name = session.database(place.database).code_name if codes else str
    words = [title for title in dict.fromkeys(name(code) for code in codes) if title]
    more = f" and {len(words) - MOST_NAMED} more" if len(words) > MOST_NAMED else ""
    parts = [", ".join(words[:MOST_NAMED]) + more] if words else []
    if row.get("fold") is not None and row["fold"] == row["fold"]:
        parts.append(f"fold {row['fold']}")
    if row.get("split"):
        parts.append(
            {"train": "training", "val": "validation", "test": "test"}.get(row["split"], row["split"])
            + " part"
        )
    return " · ".join(parts)


def reconstruction_or_reason() -> tuple[Reconstruction | None, str]:
    """The reconstruction, or None and a sentence why there is none; the recording is shown all the same."""
    try:
        reconstruction = session.reconstruction()
    except UnusableEcg as error:
        return None, f"{error} The recording is shown as it is."
    if not session.choices().inputs:
        return None, "Choose at least one input lead; until then the recording is shown as it is."
    return (
        reconstruction,
        "" if reconstruction else "No model here works from these leads; the recording is shown as it is.",
    )


# -- paper, charts, tables -----------------------------------------------------------------------------------


SMALLEST = 0.6
"""Smallest part of its true size in which a sheet can still be read; a narrower window scrolls it."""
LARGEST, ABOVE_PX = 3.0, 175
"""For a projector: how many times its true size a sheet is drawn at most, and what its page has above it."""
SCROLLED = "The paper keeps its true size: scroll it sideways to see all of it."
SMALLER = "Drawn smaller than true size to fit this window. Printed, or with True size, 25 mm are 25 mm."
SMALLER_ON_PAPER_TOO = "Drawn smaller than true size to fit this window. With True size, 25 mm are 25 mm."
ENLARGED = "Drawn larger than true size. With True size, 25 mm are 25 mm."
ENLARGED_SCROLLED = f"{ENLARGED} Scroll it sideways to see all of it."


def true_scale(
    figure: dict, key: str, px_per_mm: float = printing.CSS_PX_PER_MM, zoom: float = 1.0, **options: Any
) -> Any:
    """Draw ECG paper in its own size. In a window too narrow for it the screen shows it smaller, or scrolls
    it sideways where that would be too small or its true size is asked for. px_per_mm: what it was made
    for. zoom: how much larger than true it was made."""
    width, height, now = figure["layout"]["width"], figure["layout"]["height"], session.choices()
    fitted = "" if now.true_size else (_projected if now.present else _fitted)(key, width, height)
    wide = "stretch" if now.present and not now.true_size else width
    part, page_mm = printing.on_pages(figure, px_per_mm)
    scrolled, smaller = (SCROLLED, SMALLER) if zoom == 1 else (ENLARGED_SCROLLED, ENLARGED)
    smaller = SMALLER_ON_PAPER_TOO if part < 1 and smaller == SMALLER else smaller
    printed = f"Printed at {100 * part:.0f} % of true size: 25 mm are {25 * part:.1f} mm." if part < 1 else ""
    from ecgcore.figures.paper.unchecked import Unchecked

    with st.container(width=wide, key=f"room_{key}", gap="xsmall"):
        st.html(
            f"<style>{printing.paper_style(key, px_per_mm, part, page_mm)}"
            f"@media print {{ .printed-{key} {{ display: block !important; }} }} "
            f".st-key-frame_{key} {{ overflow-x: auto; }} .st-key-{key} {{ min-width: {width}px; }} "
            f".room-{key} {{ display: none; margin: 0; font-size: 0.875rem; opacity: 0.7; }} "
            f"@media screen {{ .st-key-room_{key} {{ container-type: inline-size; }} "
            f"@container (max-width: {width - 1}px) {{ .scrolled-{key} {{ display: block; }} }} "
            f"{fitted} }}</style>"
            f"<p class='room-{key} scrolled-{key}'>{scrolled}</p>"
            f"<p class='room-{key} smaller-{key}'>{smaller}</p>"
            f"<p class='room-{key} printed-{key}'>{printed}</p>"
        )
        with st.container(width="stretch", key=f"frame_{key}"):
            config = PLOTLY | downloads.image_options(key)
            selected = st.plotly_chart(
                Unchecked(figure), width="content", theme=None, key=key, config=config, **options
            )
        downloads.below(figure, key, values=False)
    return selected


def _projected(key: str, width: int, height: int) -> str:
    """Style by which a projector shows all of a sheet, as large as its window has room for."""
    across, down = f"tan(atan2(100cqw, {width}px))", f"tan(atan2(100vh - {ABOVE_PX}px, {height}px))"
    part = f"clamp(0.3, min({across}, {down}), {LARGEST})"
    return (
        f".scrolled-{key} {{ display: none !important; }} .st-key-frame_{key} {{ overflow: hidden; }} "
        f".st-key-{key} {{ margin-bottom: calc({height}px * ({part} - 1)); overflow: visible !important; }} "
        f".st-key-{key} .js-plotly-plot {{ transform-origin: 0 0; transform: scale({part}); }}"
    )


def _fitted(key: str, width: int, height: int) -> str:
    """Style by which the screen draws a sheet as wide as the room there is for it. What measures the sheet
    sees its true size: only the picture in it is made smaller."""
    part = f"tan(atan2(100cqw, {width}px))"
    return (
        f"@container (min-width: {SMALLEST * width:.0f}px) and (max-width: {width - 1}px) {{ "
        f".scrolled-{key} {{ display: none; }} .smaller-{key} {{ display: block; }} "
        f".st-key-frame_{key} {{ overflow: hidden; }} "
        f".st-key-{key} {{ margin-bottom: calc({height}px * ({part} - 1)); }} "
        f".st-key-{key} .js-plotly-plot {{ transform-origin: 0 0; transform: scale({part}); }} }}"
    )


def in_words(sentences: Sequence[str], label: str) -> None:
    """Sentences that the Tab key reaches one after the other, unseen until then: a picture for those who do
    not see it."""
    items = "".join(f"<li tabindex='0' class='told'>{escape(sentence)}</li>" for sentence in sentences)
    st.html(f"<ul class='told-list' aria-label='{escape(label, quote=True)}'>{items}</ul>")


def chart(
    figure: dict, key: str, alt: str | None, bar: bool = True, narrowest: int = 0, **options: Any
) -> Any:
    """A plotly figure that the reader of a screen is told in words; bar: with plotly's own row of buttons;
    narrowest: pixels below which a window scrolls it sideways."""
    if narrowest:
        with st.container(key=f"scroll_{key}"):
            st.html(f"<style>@media screen {{ .st-key-{key} {{ min-width: {narrowest}px; }} }}</style>")
            return chart(figure, key, alt, bar, **options)
    config = PLOTLY if bar else PLOTLY | {"modeBarButtons": [["toImage"]]}
    config |= downloads.image_options(key)
    selected = st.plotly_chart(drawn(figure), theme=None, config=config, key=key, alt=alt, **options)
    downloads.below(figure, key)
    return selected


def group_name(group: str) -> str:
    """A superclass of PTB-XL with its name in words; any other group of patients as it is called."""
    return f"{group} · {full_name(group)}" if group in SUPERCLASSES else group


SUPERCLASSES_IN_WORDS = "; ".join(f"{code}: {full_name(code)}" for code in SUPERCLASSES)


def grid(
    head: Sequence[str],
    lines: Sequence[Sequence[str]],
    align: str = "--:",
    name: str = "",
    make: Callable[[], str] | None = None,
) -> None:
    """A table of texts; the first column to the left, the others as asked. name, make: of its file, see
    ``downloads.table``."""
    downloads.table(
        f"| {' | '.join(head)} |\n|:--|{f'{align}|' * (len(head) - 1)}\n"
        + "\n".join(f"| {' | '.join(line)} |" for line in lines),
        name or session.slug(" ".join(head))[:40].strip("-"),
        make,
    )


FILTER_TEXT = {True: "0.5 Hz high-pass (zero-phase)", False: "as recorded"}


def filter_text() -> str:
    """What was done to the recording before anything else, for every picture and table."""
    return FILTER_TEXT[session.choices().high_pass]


# -- numbers -------------------------------------------------------------------------------------------------


def number(value: float | None, digits: int = 0) -> str:
    """With a true minus; a dash for what is not there."""
    return "–" if value is None or math.isnan(value) else f"{value:,.{digits}f}".replace("-", "−")


def percent(part: float | None, digits: int = 1) -> str:
    """A share as a number of percent, without the sign."""
    return number(None if part is None else 100 * part, digits)


def p_value(value: float) -> str:
    """To three digits, or that it is smaller."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
