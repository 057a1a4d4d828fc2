"""The ten seconds on view as ECG paper: one sheet, or several below one another; calipers on it."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.figures import describe, paper_figure
from ecgcore.figures.paper import calipers as boxes
from ecgcore.figures.paper.words import leads_in_words
from pages.shared import memory, printing, session, widgets

STEP_MS, STEP_UV = 10, 50
"""Of a key: a quarter of a small square, half of one."""
SINGLE_ZOOM = 2.0
"""A single lead is drawn this much larger, on lines of half the time: it fills the page."""


def show(truth: Ecg, reconstruction: Reconstruction | None, shown: str = "both") -> None:
    """The ten seconds on view. shown: "both" laid over one another, "recorded" or "reconstructed" alone, or
    both "beside" each other: one below the other, since neither is ever squeezed."""
    if reconstruction is None or shown not in ("recorded", "reconstructed", "beside"):
        sheets(truth, reconstruction, "")
        return
    if shown != "reconstructed":
        sheets(truth, None, "recorded_")
    if shown != "recorded":
        sheets(None, reconstruction, "reconstructed_")


def sheets(
    truth: Ecg | None, reconstruction: Reconstruction | None, key: str, first: float | None = None
) -> None:
    """One sheet of paper, or several below one another at high speed and of a single lead. first: s at which
    the trace begins, where that is not what is on view."""
    ecg = truth if truth is not None else reconstruction.ecg if reconstruction is not None else None
    assert ecg is not None
    now = session.choices()
    first = min(now.start, session.last_start()) if first is None else first
    zoom = SINGLE_ZOOM if now.paper.format == "single" and not now.true_size else 1.0
    seconds = now.paper.seconds / zoom
    starts = [number * seconds for number in range(math.ceil(round(ecg.duration / seconds, 1)))]
    px_per_mm = printing.px_per_mm()
    figures = [
        paper_figure(
            truth,
            reconstruction,
            now.paper,
            start=start,
            interval=now.interval,
            difference=now.difference,
            filter_text=widgets.filter_text() + _from(first + start) + _rung(reconstruction),
            px_per_mm=px_per_mm,
            zoom=zoom,
        )
        for start in starts
    ]
    alt = describe(truth, reconstruction, now.paper)
    wide = "stretch" if now.present else max(figure["layout"]["width"] for figure in figures)
    with st.container(width=wide):
        for number, figure in enumerate(figures):
            _sheet(figure, f"sheet_{key}{number}", alt, zoom)
            widgets.in_words(
                leads_in_words(figure, truth, reconstruction), "The leads of this sheet in words"
            )


def _rung(reconstruction: Reconstruction | None) -> str:
    """What the interval stands on, where one is drawn."""
    now = session.choices()
    if reconstruction is None or not reconstruction.rung or not now.interval:
        return ""
    leads = [now.paper.rhythm] if now.paper.format == "single" else reconstruction.estimated
    drawn = any(lead in reconstruction.estimated for lead in leads)
    return f"   90 % band: {reconstruction.rung}" if drawn else ""


def _sheet(figure: dict, key: str, alt: str, zoom: float) -> None:
    now = session.choices()
    if not now.calipers:
        widgets.true_scale(figure, key, printing.px_per_mm(), zoom, alt=alt)
        return
    memory.keep(caliper_sheet=figure)
    drawn, there = boxes.placed(figure, now.boxes, _chosen())
    key = f"{key}_calipers"
    widgets.true_scale(
        drawn,
        key,
        printing.px_per_mm(),
        zoom,
        alt=alt,
        on_select=partial(_take, key, figure, tuple(there)),
        selection_mode="box",
    )


def _take(key: str, figure: dict, there: tuple[int, ...]) -> None:
    """What was dragged on a sheet becomes its calipers; those of other sheets stay."""
    now = session.choices().boxes
    event: Any = memory.kept(key) or {}
    taken = [boxes.on_sheet(figure, box["x"], box["y"]) for box in event.get("selection", {}).get("box", [])]
    before = [now[number] for number in there if number < len(now)]
    others = [box for number, box in enumerate(now) if number not in there]
    _keep((*others, *boxes.dragged([box for box in taken if box], before)))


# -- by key ------------------------------------------------------------------------------------------------


def caliper_keys() -> None:
    """Keys that draw, move and remove calipers, and what each of them measures in words."""
    now = session.choices().boxes
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _key("New", "k", _new)
        if now:
            _key("Next", "j", _next)
            _key("Narrower", "Left", partial(_change, "stretched", -STEP_MS, 0))
            _key("Wider", "Right", partial(_change, "stretched", STEP_MS, 0))
            _key("Earlier", "Shift+Left", partial(_change, "moved", -STEP_MS, 0))
            _key("Later", "Shift+Right", partial(_change, "moved", STEP_MS, 0))
            _key("Higher", "Up", partial(_change, "stretched", 0, STEP_UV))
            _key("Lower", "Down", partial(_change, "stretched", 0, -STEP_UV))
            _key("Remove", "Delete", _remove)
    if not now:
        widgets.instruction(
            ":material/straighten: Drag a box on the paper, or press K; each further box stays beside it.",
            "drag_calipers",
        )
        return
    words = [f"**{box}**" if number == _chosen() else str(box) for number, box in enumerate(now)]
    st.markdown(f":material/straighten: Calipers: {' · '.join(words)}")


def _key(label: str, shortcut: str, change: Any) -> None:
    st.button(label, key=f"caliper_{label}", shortcut=shortcut, on_click=change, type="tertiary")


def _chosen() -> int:
    last = len(session.choices().boxes) - 1
    return min(memory.kept("caliper_chosen", last), last) if last >= 0 else -1


def _keep(all_of_them: tuple[boxes.Caliper, ...], chosen: int | None = None) -> None:
    memory.keep(caliper_chosen=len(all_of_them) - 1 if chosen is None else chosen)
    session.choose(boxes=all_of_them[-boxes.MOST :])


def _new() -> None:
    now = session.choices().boxes
    box = boxes.fresh(memory.kept("caliper_sheet", {}), len(now))
    if box is not None:
        _keep((*now, box))


def _next() -> None:
    memory.keep(caliper_chosen=(_chosen() + 1) % len(session.choices().boxes))


def _change(how: str, ms: int, uv: int) -> None:
    now, chosen = session.choices().boxes, _chosen()
    changed = getattr(now[chosen], how)(ms, uv)
    _keep((*now[:chosen], changed, *now[chosen + 1 :]), chosen)


def _remove() -> None:
    now, chosen = session.choices().boxes, _chosen()
    _keep((*now[:chosen], *now[chosen + 1 :]))


def _from(second: float) -> str:
    return f"   from {second:g} s" if session.last_start() or second else ""
