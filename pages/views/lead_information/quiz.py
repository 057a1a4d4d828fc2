"""Which of two traces was recorded? The truth stays hidden until the learner has guessed; the tally can be
taken along."""

from __future__ import annotations

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.figures import teaching
from ecgcore.leads import STANDARD
from ecgcore.studies.lead_information.quiz import WINDOW_S, Answer, Question, Tally, question
from pages.shared import links, memory, session, widgets
from pages.shared.choices import Origin
from pages.shared.reads import lead_information
from pages.views.lead_information import lead_sets

SOURCES = {
    "open": "the open recording",
    "demo": "demonstrations",
    "local": "PTB-XL, recordings no model has seen",
}


def quiz() -> None:
    """Two traces of one estimated lead, one of them recorded, on one scale."""
    tally: Tally = memory.kept("quiz", Tally())
    sources = [key for key in SOURCES if key != "local" or lead_information.unseen_recordings()]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = links.one_of(
            st.selectbox, "Recordings from", "from", sources, format_func=SOURCES.__getitem__, width=310
        )
        if tally.rows:
            st.button("Start again", key="quiz_again", icon=":material/restart_alt:", on_click=_again)
            st.download_button(
                "Tally as CSV",
                tally.csv(),
                "which_is_real.csv",
                "text/csv",
                key="quiz_csv",
                icon=":material/download:",
                on_click="ignore",
            )
    question_parts = _question(source, tally)
    if question_parts is None:
        return
    lead, real, part, reconstruction, first = question_parts
    st.markdown(f"##### {len(tally.rows) + 1}. Which trace was recorded?")
    pair = {real: part[lead], "B" if real == "A" else "A": reconstruction.ecg[lead]}
    last = first + round(WINDOW_S * part.rate)
    pair = {side: values[first:last] for side, values in pair.items()}
    ends = teaching.ends_of(*pair.values())
    widgets.caption(
        f"Lead {lead}, {(last - first) / part.rate:.0f} s, {widgets.filter_text()}; the other one was "
        f"estimated from {reconstruction.inputs}. Same scale, same colour."
    )
    for side in "AB":
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"{side} was recorded",
                key=f"quiz_pick_{side}",
                on_click=_guess,
                args=(side, real, lead, pair, part.rate, ends),
            )
            lead_sets.chart(
                teaching.choice_figure(pair[side], part.rate, ends), f"quiz_{side}", f"Trace {side}"
            )
    if tally.rows:
        _last(tally)


def _question(source: str, tally: Tally) -> tuple[str, str, Ecg, Reconstruction, int] | None:
    """Lead, side of the truth, recording, estimate and first sample; a sentence and None where nothing can be
    asked."""
    number = len(tally.rows)
    try:
        part = _recording(source, number, tally.seed)
        reconstruction = session.reconstruct_here(part)
    except UnusableEcg as error:
        st.info(str(error), icon=":material/touch_app:")
        return None
    leads = [
        lead
        for lead in STANDARD
        if reconstruction and lead in part.leads and reconstruction.source[lead] == "estimated"
    ]
    if reconstruction is None or not leads:
        st.info(
            "Nothing here is estimated and recorded as well; measure fewer leads, but at least one.",
            icon=":material/touch_app:",
        )
        return None
    if reconstruction.fitted_until:
        st.info("A personal model has seen these leads; choose another model.", icon=":material/touch_app:")
        return None
    drawn: Question = question(number, leads, part.duration, tally.seed)
    return drawn.lead, drawn.real, part, reconstruction, round(drawn.start * part.rate)


def _recording(source: str, number: int, seed: int) -> Ecg:
    """The ten seconds the question is about."""
    if source == "open":
        return session.segment()
    names = list(session.demonstrations()) if source == "demo" else list(lead_information.unseen_recordings())
    name = question(number, names, 10.0, seed).lead
    return session.ten_seconds(
        Origin("demo", "", session.slug(name)) if source == "demo" else Origin("local", "ptb-xl", name)
    )


def _again() -> None:
    memory.keep(quiz=Tally(seed=memory.kept("quiz").seed + 1))
    memory.forget("quiz_last")


def _guess(side: str, real: str, lead: str, pair: dict, rate: float, ends: tuple[float, float]) -> None:
    now = session.choices()
    tally: Tally = memory.kept("quiz", Tally())
    estimated = pair["B" if real == "A" else "A"]
    memory.keep(
        quiz=tally.add(lead, "+".join(now.inputs), now.model, real, side),
        quiz_last=(pair[real], estimated, rate, ends),
    )


def _last(tally: Tally) -> None:
    """The answer before, with both traces laid over one another."""
    last: Answer = tally.rows[-1]
    word = ":green-badge[:material/check: right]" if last.right else ":orange-badge[:material/close: wrong]"
    st.markdown(f"{word} {len(tally.rows)}. **{last.real}** was recorded ({last.lead}). **{tally.sentence}**")
    recorded, estimated, rate, ends = memory.kept("quiz_last")
    lead_sets.chart(
        teaching.choice_figure(recorded, rate, ends, estimated),
        "quiz_last_pair",
        "The two laid over one another.",
    )
    st.caption(
        "What gives an estimate away: less muscle noise, beats that are more alike, amplitudes drawn "
        "towards what is usual. What it cannot know it leaves out."
    )
