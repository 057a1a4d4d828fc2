"""A recording whose leads are known only part of the time: a printed page, a lead that fell off."""

from __future__ import annotations

import math
from dataclasses import replace

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.figures import Paper, describe, paper_figure
from ecgcore.partial import PartialEcg, PartialReconstruction
from ecgcore.quality import Finding
from pages.shared import printing, session, widgets
from pages.views.review import estimate, export


def show(parts: PartialEcg, quality: tuple[Finding, ...]) -> None:
    """All twelve leads over ten seconds, each stretch drawn as what it is; what that rests on; exports."""
    widest = session.recording()
    st.info(
        "Each lead is known only part of the time: at every moment those known then are inputs. The other "
        f"pages work with the widest part, {' '.join(widest.leads)} for {widest.duration:.1f} s.",
        icon=":material/view_column:",
    )
    start = _start(parts)
    try:
        reconstruction = session.parts_reconstruction(start)
    except UnusableEcg as error:
        st.error(str(error), icon=":material/error:")
        return
    estimate.warnings(reconstruction)
    with st.container(horizontal=True, gap="medium"):
        _sheet(reconstruction, start)
        with st.container(width=380, gap="xsmall"):
            _about(reconstruction)
            now = session.choices()
            longer = parts.duration if parts.duration > reconstruction.ecg.duration else None
            export.show(None, reconstruction, quality, replace(now, paper=_paper(), start=start), longer)


def _start(parts: PartialEcg) -> float:
    last = math.floor(parts.duration - session.SEGMENT_S)
    if last < 1:
        return 0.0
    if session.choices().start > last:
        session.choose(start=float(last))
    start: float = session.widget(
        st.slider, "Ten seconds, from", "start", 0.0, float(last), step=0.5, format="%.1f s"
    )
    return start


def _paper() -> Paper:
    """As chosen; in place of 3x4, which shows of a page no more than it has, all leads over all the time."""
    paper = session.choices().paper
    return replace(paper, format="12x1") if paper.format == "3x4" else paper


def _sheet(reconstruction: PartialReconstruction, start: float) -> None:
    now, paper = session.choices(), _paper()
    figure = paper_figure(
        None,
        reconstruction,
        paper,
        interval=now.interval,
        filter_text=f"{widgets.filter_text()}   from {start:g} s",
        px_per_mm=printing.px_per_mm(),
    )
    with st.container(width=figure["layout"]["width"]):
        widgets.true_scale(figure, "parts", printing.px_per_mm(), alt=describe(None, reconstruction, paper))


def _about(reconstruction: PartialReconstruction) -> None:
    st.markdown("**About this estimate**")
    st.caption(
        f"Model {reconstruction.model}, weights `{reconstruction.weights}`. What was not recorded has no "
        "truth here; `rlecg study reference` scores pages made of test recordings."
    )
