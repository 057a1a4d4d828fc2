"""The ten seconds on view as ECG paper: one sheet, or several below one another; calipers on it."""

from __future__ import annotations

import math

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.figures import describe, measure, paper_figure
from pages.shared import printing, session, widgets


def show(truth: Ecg, reconstruction: Reconstruction | None) -> None:
    """The ten seconds on view: one sheet of paper, or several below one another at high speed."""
    now = session.choices()
    first = min(now.start, session.last_start())
    starts = [
        number * now.paper.seconds
        for number in range(math.ceil(round(truth.duration / now.paper.seconds, 1)))
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
            _sheet(figure, f"sheet_{number}", alt, now.calipers)


def _sheet(figure: dict, key: str, alt: str, calipers: bool) -> None:
    if not calipers:
        widgets.true_scale(figure, key, printing.px_per_mm(), alt=alt)
        return
    event = widgets.true_scale(
        figure, f"{key}_calipers", printing.px_per_mm(), alt=alt, on_select="rerun", selection_mode="box"
    )
    boxes = event["selection"]["box"]
    text = (
        f"**{measure(boxes[0]['x'], boxes[0]['y'])}**"
        if boxes
        else "drag a box on the paper; a double click removes it"
    )
    st.markdown(f":material/straighten: Calipers: {text}")


def _from(second: float) -> str:
    return f"   from {second:g} s" if session.last_start() or second else ""
