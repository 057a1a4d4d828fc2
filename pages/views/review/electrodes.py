"""What the leads say about their electrodes: a line on top of the paper, the places on a body outline, and
the choice to see the recording as corrected or to say that it is right."""

from __future__ import annotations

import streamlit as st

from ecgcore.electrodes.check import ElectrodeCheck
from ecgcore.electrodes.correction import correction_notes
from ecgcore.evaluation.statistics import Interval
from pages.shared import session, widgets
from pages.shared.reads import electrode_checks


def show() -> None:
    """The line, if there is anything to say about the open recording; what it asks is answered by two
    buttons."""
    if session.shown_as_corrected():
        _corrected_line()
        return
    answer = electrode_checks.open_alarm()
    if answer is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(width="stretch", gap="small"):
            st.markdown(f":material/sync_problem: **{answer.text}.**")
            st.caption(_why(answer))
            _buttons(answer)
        if answer.exchanged:
            _outline(answer)


def _corrected_line() -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
        notes = " ".join(correction_notes(session.recording()))
        st.markdown(
            f":material/swap_horiz: **{notes}** "
            "Estimates, measurements and exports are of the corrected recording and say so."
        )
        st.button(
            "Show as recorded",
            key="electrodes_as_recorded",
            icon=":material/undo:",
            on_click=session.show_as_recorded,
        )


def _outline(answer: ElectrodeCheck) -> None:
    from ecgcore.figures.electrodes import alt_text, electrodes_figure

    figure = electrodes_figure(answer.likeliest)
    with st.container(width=figure["layout"]["width"]):
        widgets.chart(figure, "electrodes_outline", alt_text(answer.likeliest), bar=False, width="content")


def _buttons(answer: ElectrodeCheck) -> None:
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Show as corrected",
            key="electrodes_correct",
            icon=":material/swap_horiz:",
            type="primary",
            on_click=session.show_as_corrected,
            args=(answer,),
            help="Draws, estimates, measures and exports the recording with the electrodes put back, "
            "and says so everywhere.",
        )
        st.button("It is right", key="electrodes_right", icon=":material/check:", on_click=session.call_right)
        _how_often()


def _how_often() -> None:
    checks = electrode_checks.whole()
    if checks is None:
        return
    with st.popover("How often is this wrong?", icon=":material/help:"):
        st.markdown("**Alarms on recordings as they are, none of which taught the check**")
        lines = [
            [
                f"**{rate.name}**",
                widgets.percent(rate.alarm.value),
                _interval(rate.alarm),
                f"{rate.alarm.n_records:,}",
            ]
            for rate in checks.false_alarms
        ]
        widgets.grid(["Diagnosis", "alarm, %", "95 % interval", "recordings"], lines)
        st.caption("No recording of these databases is called dextrocardia. More: Results, Electrodes.")


def _interval(share: Interval) -> str:
    return f"{widgets.percent(share.low)} to {widgets.percent(share.high)}"


def _why(answer: ElectrodeCheck) -> str:
    others = [name for name in answer.probabilities if name not in ("as recorded", answer.likeliest.name)]
    second = others[0] if others else ""
    prior = f"a prior of {100 * answer.rate:g} % of recordings with a mix-up"
    parts = [f"From {answer.beats} beats of {', '.join(answer.leads)}, and {prior}."]
    if answer.reference:
        parts.append("The other recording of this person was compared.")
    if second and answer.probabilities[second] >= 0.05:
        parts.append(f"Next: {second} ({100 * answer.probabilities[second]:.0f} %).")
    parts.append("A heart on the right, pacing, a bundle branch block or an old infarction can look alike.")
    return " ".join(parts)
