"""The ten seconds on view as ECG paper: one sheet, or several below one another; calipers on it."""

from __future__ import annotations

import math

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.figures import describe, lead_at, measure, paper_figure
from pages.shared import printing, session, widgets


def show(truth: Ecg, reconstruction: Reconstruction | None, shown: str = "both") -> None:
    """The ten seconds on view. shown: "both" laid over one another, "recorded" or "reconstructed" alone, or
    both "beside" each other: one below the other, since neither is ever squeezed."""
    if reconstruction is None or shown == "both":
        _sheets(truth, reconstruction, "")
        return
    if shown != "reconstructed":
        _sheets(truth, None, "recorded_")
    if shown != "recorded":
        _sheets(None, reconstruction, "reconstructed_")


def _sheets(truth: Ecg | None, reconstruction: Reconstruction | None, key: str) -> None:
    """One sheet of paper, or several below one another at high speed."""
    ecg = truth if truth is not None else reconstruction.ecg if reconstruction is not None else None
    assert ecg is not None
    now = session.choices()
    first = min(now.start, session.last_start())
    starts = [
        number * now.paper.seconds for number in range(math.ceil(round(ecg.duration / now.paper.seconds, 1)))
    ]
    figures = [
        paper_figure(
            truth,
            reconstruction,
            now.paper,
            start=start,
            band=now.band,
            difference=now.difference,
            filter_text=widgets.filter_text() + _from(first + start),
            calipers=now.calipers,
            px_per_mm=printing.px_per_mm(),
        )
        for start in starts
    ]
    with st.container(width=max(figure["layout"]["width"] for figure in figures)):
        for number, figure in enumerate(figures):
            alt = describe(truth, reconstruction, now.paper)
            _sheet(figure, f"sheet_{key}{number}", alt, now.calipers)


def _sheet(figure: dict, key: str, alt: str, calipers: bool) -> None:
    if not calipers:
        widgets.true_scale(figure, key, printing.px_per_mm(), alt=alt)
        return
    event = widgets.true_scale(
        figure, f"{key}_calipers", printing.px_per_mm(), alt=alt, on_select="rerun", selection_mode="box"
    )
    boxes = event["selection"]["box"]
    texts = [
        f"**{lead_at(figure, box['x'], box['y'])} {measure(box['x'], box['y'])}**".replace("** ", "**")
        for box in boxes
    ]
    hint = "drag a box on the paper; with Shift another; drag a box to move it; a double click removes them"
    st.markdown(f":material/straighten: Calipers: {'   |   '.join(texts) or hint}")


def _from(second: float) -> str:
    return f"   from {second:g} s" if session.last_start() or second else ""
