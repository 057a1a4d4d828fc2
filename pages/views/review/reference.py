"""What the reference recording says: whether it is used, and the errors of both estimates side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.ecg import Ecg
from ecgcore.evaluation.agreement import agreement, mean_of_estimated
from ecgcore.figures import style
from pages.shared import widgets
from pages.shared.widgets import number

if TYPE_CHECKING:
    from models.person.reference import PersonalEstimate


def show(result: PersonalEstimate) -> None:
    """Above the paper: used or not, and why."""
    if not result.used:
        st.warning(result.reason, icon=":material/person_off:")
        return
    judged = ""
    if result.error_uv:
        before, after = result.error_uv
        judged = (
            f" RMSE on the reference's second half: {number(before)} µV generic, {number(after)} µV personal."
        )
    st.info(
        f"**Reference in use.** Its beats and today's correlate by {number(result.similarity, 2)}."
        f"{judged} {_copy(result)}",
        icon=":material/person:",
    )


def table(truth: Ecg, result: PersonalEstimate) -> None:
    """r and RMSE of the generic and of the personal estimate, a column each, over the same seconds."""
    from dataclasses import replace

    generic = replace(result.generic, fitted_until=result.personal.fitted_until)
    both = [agreement(truth, reconstruction) for reconstruction in (generic, result.personal)]
    rows = [pair for pair in zip(*both, strict=True) if pair[0].source == "estimated" and pair[0].has_truth]
    means = [mean_of_estimated(reconstruction) for reconstruction in both]
    if not rows or None in means:
        return
    st.markdown("**What the reference adds**")
    cells = [
        (
            f"**{first.lead.replace(' ', style.NO_BREAK)}**",
            number(first.r, 3),
            number(second.r, 3),
            number(first.rmse_uv),
            number(second.rmse_uv),
        )
        for first, second in [*rows, tuple(means)]
    ]
    widgets.grid(("Lead", "r generic", "r personal", "RMSE µV generic", "RMSE µV personal"), cells)


def beats(result: PersonalEstimate) -> None:
    """Below the paper: the reference, today and both estimates, one beat of each on the other."""
    from ecgcore.figures.paper.person_beats import describe_person_beats, person_beats_figure
    from models.person.median_beats import GENERIC, PERSONAL, REFERENCE, TODAY
    from pages.shared import reference

    rows = reference.median_beats(result)
    if REFERENCE not in rows:
        return
    st.markdown(
        "**Reference and today, median beats** :small[brown dashes: reference · black: recorded today · "
        "blue dots: generic estimate · green: personal estimate]"
    )
    figure = person_beats_figure(rows, (REFERENCE, TODAY, GENERIC, PERSONAL))
    widgets.chart(figure, "person_beats", describe_person_beats(rows), bar=False)  # fmt: skip


def _copy(result: PersonalEstimate) -> str:
    if result.use == "session" or result.copy_index is None:
        return ""
    return (
        f"Copy index {number(result.copy_index, 2)}: 0 is the generic estimate, 1 the reference's own beat. "
        "A change since then may not show in full."
    )
