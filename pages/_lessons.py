"""Five guided lessons on the open recording, each with one question that the screen answers, and the which-is-real quiz."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from ecgcore import information as info
from ecgcore.datasets import SUPERCLASSES
from ecgcore.figures import information as figures
from ecgcore.figures.style import ESTIMATE, TRUTH
from ecgcore.leads import CHEST, STANDARD, LeadSet
from ecgcore.quiz import Tally, sides
from pages import _information, _parts, _report, _state


@dataclass(frozen=True)
class Lesson:
    """leads: what counts as measured. question: with its answers, and which of them is right is computed by ``_right``."""

    title: str
    text: str
    leads: LeadSet
    question: str
    answers: tuple[str, ...]


LESSONS = {
    "views": Lesson(
        "1 · Twelve views",
        "Ten electrodes give twelve leads. I, II and III are the three sides of Einthoven's triangle, so **I + III = II**; Goldberger's leads are "
        "means of the sides: aVR = −(I + II)/2, aVL = I − II/2, aVF = II − I/2. The picture adds I and III of the open recording and lays the sum over II.",
        LeadSet("I II"),
        "You measure I and aVF. Which of these leads do you know exactly?",
        ("aVL", "V1", "V6"),
    ),
    "limb": Lesson(
        "2 · What two limb leads determine",
        "Any two limb leads fix all six; the chest leads look from the front at what the limb leads cannot see. Below, the measured leads are I and II. "
        "Squares on the torso follow exactly, hollow circles are estimates.",
        LeadSet("I II"),
        "From I and II, which chest lead is estimated best in the population?",
        CHEST,
    ),
    "chest": Lesson(
        "3 · What one chest lead buys",
        "V3 and V4 look at the septum and the front wall from very near: a small shift of the electrode changes them. One chest lead repairs "
        "much. Compare the population's figures while you tick one chest lead after the other.",
        LeadSet("I II V3"),
        "Which single chest lead, added to I and II, explains the most power of all leads?",
        CHEST,
    ),
    "pairs": Lesson(
        "4 · Redundancy",
        "Neighbours tell much the same; two chest leads far enough apart tell more together. The table of every set shows which pair is best.",
        LeadSet("I II V2 V5"),
        "Which pair, with I and II, explains the most power?",
        ("V1+V2", "V2+V5", "V3+V4", "V5+V6"),
    ),
    "disease": Lesson(
        "5 · What is lost in disease",
        "Blocks and infarctions bend the paths of activation that a model has learned as usual. MI: infarction; CD: conduction disturbance, bundle "
        "branch block among them. Open the simulated left bundle branch block, or a record of the data folder, and look at V1-V3.",
        LeadSet("I II V2"),
        "In which group is the estimate from I, II and V2 worst, by mean RMSE over the learned leads?",
        SUPERCLASSES,
    ),
}


def lessons() -> None:
    """A lesson, or the quiz."""
    titles = {key: lesson.title for key, lesson in LESSONS.items()} | {"quiz": "Which is real?"}
    asked = _state.linked(st.segmented_control, "Lesson", "lesson", list(titles), format_func=titles.__getitem__, label_visibility="collapsed")
    name = _information.table_model()
    _information.fits(name)
    if asked == "quiz":
        quiz()
        return
    lesson = LESSONS[asked]
    left, right = st.columns([5, 6], gap="medium")
    with left:
        st.markdown(f"##### {lesson.title}\n\n{lesson.text}")
        if set(lesson.leads) <= set(_state.recording().leads) and _state.choices().inputs != lesson.leads:
            st.button(f"Measure {' + '.join(lesson.leads)}", key="lesson_take", on_click=lambda: _state.choose(inputs=lesson.leads))
        _ask(asked, lesson, name)
    with right:
        _show(asked, lesson, name)


def _ask(key: str, lesson: Lesson, name: str) -> None:
    answer = st.radio(f"**{lesson.question}**", lesson.answers, index=None, key=f"lesson_answer_{key}", horizontal=True)
    if answer is None:
        return
    numbers = _right(key, name)
    right = max(numbers, key=numbers.__getitem__)
    said = _said(key, name)
    if answer == right:
        st.success(f"Yes: {said}", icon=":material/check:")
    else:
        st.info(f"No, {right}: {said}", icon=":material/school:")


def _right(key: str, name: str) -> dict[str, float]:
    """What speaks for each answer; the largest is right. From the algebra or the tables, never written down here."""
    lesson, states = LESSONS[key], _state.information(name, "states")
    if key == "views":
        return {lead: float(lead in LeadSet("I aVF").determined) for lead in lesson.answers}
    if key == "limb":
        return {lead: row["r_mean"] for lead, row in info.figures_of(states, "I II").items()}
    if key == "disease":
        return {group: _mean_rmse(info.figures_of(states, lesson.leads, group)) for group in lesson.answers}
    known = _state.knowledge(name, info.ALL, "")
    return {leads: known(LeadSet("I II") | leads.split("+")) for leads in lesson.answers}


def _mean_rmse(rows: dict) -> float:
    return sum(row["rmse_uv"] for row in rows.values()) / len(rows)


def _said(key: str, name: str) -> str:
    numbers = _right(key, name)
    if key == "views":
        return "I and aVF give II = aVF + I/2, and with it all six limb leads. Of the chest they determine nothing."
    unit, factor, digits = {"limb": ("mean r ", 1, 2), "disease": ("", 1, 0)}.get(key, ("", 100, 1))
    tail = {"limb": "", "disease": " µV"}.get(key, " %")
    order = sorted(numbers, key=lambda one: -numbers[one])
    return unit + ", ".join(f"{one} {factor * numbers[one]:.{digits}f}{tail}" for one in order) + "."


def _show(key: str, lesson: Lesson, name: str) -> None:
    inputs = _state.choices().inputs
    if key == "views":
        part = _state.segment()
        there = {"I", "II", "III"} <= set(part.leads)
        if there:
            first = round(3 * part.rate)
            traces = {"II, as recorded": part["II"][:first], "I + III": (part["I"] + part["III"])[:first]}
            figure = figures.pair_figure(traces, part.rate, {"II, as recorded": TRUTH, "I + III": ESTIMATE})
            st.plotly_chart(figure, theme=None, config=_parts.PLOTLY, key="lesson_triangle")
        else:
            st.info("This recording lacks I, II or III; open one of twelve leads to see the sum.", icon=":material/info:")
        st.plotly_chart(figures.torso_figure(figures.sources_of(inputs), {}), theme=None, config=_parts.PLOTLY, key="lesson_torso")
        return
    people = info.figures_of(_state.information(name, "states"), inputs) if inputs else {}
    if key in ("limb", "chest"):
        words = {lead: f"r {row['r_mean']:.2f}" for lead, row in people.items()}
        st.plotly_chart(figures.torso_figure(figures.sources_of(inputs), words), theme=None, config=_parts.PLOTLY, key="lesson_torso")
    elif key == "pairs":
        known = _state.knowledge(name, info.ALL, "")
        curves = {"best set": info.best_sets(known), "greedy": info.greedy(known)}
        st.plotly_chart(figures.curve_figure(curves), theme=None, config=_parts.PLOTLY, key="lesson_curve")
    else:
        made, reason = _report.reconstruction_or_reason()
        if made is None:
            st.info(reason, icon=":material/touch_app:")
            return
        part = _state.segment()
        for lead in [lead for lead in ("V1", "V3") if lead in part.leads and made.source[lead] == "estimated"]:
            first = round(3 * part.rate)
            traces = {f"{lead}, recorded": part[lead][:first], f"{lead}, estimated": made.ecg[lead][:first]}
            figure = figures.pair_figure(traces, part.rate, dict(zip(traces, (TRUTH, ESTIMATE), strict=True)))
            st.plotly_chart(figure, theme=None, config=_parts.PLOTLY, key=f"lesson_{lead}")


# -- which is real? --------------------------------------------------------------------------------------------------


def quiz() -> None:
    """Two traces of one estimated lead, one of them recorded. The tally lives for the session and can be taken along."""
    tally: Tally = st.session_state.setdefault("quiz", Tally())
    st.markdown("##### Which of the two was recorded?")
    made, reason = _report.reconstruction_or_reason()
    part = _state.segment()
    leads = [lead for lead in STANDARD if made and lead in part.leads and made.source[lead] == "estimated"]
    if not leads:
        st.info(reason or "Nothing here is estimated and recorded as well; measure fewer leads.", icon=":material/touch_app:")
        return
    number = len(tally.rows)
    lead, real = sides(number, leads)
    pair = {real: part[lead], "B" if real == "A" else "A": made.ecg[lead]}
    first = round(min(4.0, part.duration) * part.rate)
    st.caption(f"Lead {lead}, first {first / part.rate:.0f} s on view, both drawn alike; the other is estimated from {' '.join(made.inputs)}.")
    for side in "AB":
        with st.container(horizontal=True, vertical_alignment="center"):
            figure = figures.pair_figure({side: pair[side][:first]}, part.rate)
            st.plotly_chart(figure, theme=None, config=_parts.PLOTLY | {"displayModeBar": False}, key=f"quiz_{side}")
            st.button(f"{side} is real", key=f"quiz_pick_{side}", on_click=_guess, args=(side, real, lead))
    if tally.rows:
        last = tally.rows[-1]
        st.markdown(f"{'Right' if last.right else 'Wrong'}: {last.real} was recorded ({last.lead}). {tally.said}")
        st.download_button("Tally as CSV", tally.csv(), "which_is_real.csv", "text/csv", key="quiz_csv", icon=":material/download:")


def _guess(side: str, real: str, lead: str) -> None:
    now = _state.choices()
    st.session_state.quiz = st.session_state.quiz.add(lead, "+".join(now.inputs), now.model, real, side)


if __name__ == "__main__":  # the address of this file was opened as if it were a page
    st.switch_page("pages/lead_information.py")
