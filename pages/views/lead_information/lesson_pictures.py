"""What stands beside the lessons on exchanged electrodes and on a reference recording."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.electrodes.arrangements import becomes, by_name
from ecgcore.electrodes.correction import recorded_as
from ecgcore.figures import describe, paper_figure
from ecgcore.leads import STANDARD, LeadSet
from pages.shared import links, printing, reference, session, widgets
from pages.shared.reads import electrode_checks
from pages.shared.reads import reference as tables
from pages.views.lead_information import lead_sets
from pages.views.review.reference import table

EXCHANGES = {
    "RA-LA": "RA ↔ LA",
    "RA-LL": "RA ↔ LL",
    "LA-LL": "LA ↔ LL",
    "V1-V3": "V1 ↔ V3",
    "V2-V5": "V2 ↔ V5",
}
"""R right, L left, A arm, L leg."""
FIRST_S = 2
"""Seconds of the reference, as in the table of the population."""


def exchanged() -> Callable[[], None] | None:
    """What two electrodes in each other's place do to the open recording, whether the check of electrodes
    notices, and what draws it."""
    chosen = links.one_of(
        st.segmented_control,
        "Exchange",
        "exchange",
        list(EXCHANGES),
        format_func=EXCHANGES.__getitem__,
        label_visibility="collapsed",
    )
    arrangement, whole = by_name()[chosen], session.recording()
    try:
        ecg = session.filtered(recorded_as(whole, arrangement)).cut(0.0, session.SEGMENT_S)
    except UnusableEcg as error:
        st.info(str(error), icon=":material/info:")
        return None
    names = becomes(arrangement)
    moved = [f"{lead} shows {names[lead] or 'a mixture'}" for lead in STANDARD if names[lead] != lead]
    same = [lead for lead in STANDARD if names[lead] == lead]
    st.markdown(f"{', '.join(moved)}. Unchanged: {', '.join(same) or 'none'}.")
    answer = electrode_checks.answer(recorded_as(whole, arrangement), None)
    if answer is not None:
        noticed = f"**{answer.text}.**" if answer.alarm else "nothing that it would warn of."
        st.markdown(f"The check of electrodes on Review says: {noticed}")
    return partial(_sheet, ecg, EXCHANGES[chosen])


def _sheet(ecg: Ecg, exchange: str) -> None:
    paper = session.choices().paper
    figure = paper_figure(ecg, None, paper, filter_text=f"{widgets.filter_text()}   {exchange} exchanged")
    widgets.true_scale(figure, "lesson_exchange", printing.px_per_mm(), alt=describe(ecg, None, paper))


def with_reference() -> None:
    """Both estimates of the open recording from the chosen leads, its first seconds being the reference."""
    result = reference.first_seconds(FIRST_S)
    if result is None:
        st.info(
            "This lesson needs a recording with all leads and a model that is not fitted on it.",
            icon=":material/info:",
        )
        return
    if not result.used:
        st.info(result.reason, icon=":material/info:")
        return
    table(session.segment(), result)
    lead_sets.panes(
        result.personal, LeadSet(result.personal.estimated) & session.segment().leads, "lesson_personal"
    )
    st.caption(
        f"{session.title()}: the personal estimate, from the first {FIRST_S} s with all leads; errors are of "
        "what follows them."
    )


def fall_of_error(model: str) -> float | None:
    """By which part (0-1) the first seconds lower the mean RMSE from I and II on the test fold of PTB-XL;
    None where it was not studied."""
    gains = tables.gains()
    _, rows = gains.get(model, next(iter(gains.values()), (set(), [])))
    for row in rows:
        if row.condition[:4] == ("session", "ptb-xl", "test", "I+II"):
            before, after = (row.values[name, "rmse_uv"].value for name in ("generic", "personal"))
            return float(1 - after / before)
    return None
