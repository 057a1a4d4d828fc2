"""Seven guided lessons that drive the page's own widgets, each with one question that the learner answers and
then tests on the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from ecgcore.datasets.diagnoses import TAUGHT, Example
from ecgcore.ecg import Reconstruction
from ecgcore.electrodes.arrangements import becomes, by_name
from ecgcore.figures import lead_information as figures
from ecgcore.figures import teaching
from ecgcore.leads import CHEST, LeadSet
from ecgcore.studies.lead_information import lead_sets as info
from pages.shared import downloads, frame, links, memory, session, widgets
from pages.shared.choices import Origin
from pages.shared.reads import lead_information
from pages.views.lead_information import lead_sets, lesson_pictures
from pages.views.lead_information.lesson_texts import FALLS, LESSONS, LIMB, Lesson
from pages.views.lead_information.quiz import quiz


def lessons() -> None:
    """A lesson, or the quiz."""
    titles = {key: lesson.title for key, lesson in LESSONS.items()} | {"quiz": "Which trace was recorded?"}
    _turn_pages(list(titles))
    question = frame.view_picker(titles, "lesson")
    if question == "quiz":
        quiz()
        return
    name = lead_sets.table_model()
    lead_sets.warn_of_other_weights(name)
    lesson = LESSONS[question]
    if question == "disease":
        _disease_on_view()
    left, right = st.columns([5, 7], gap="medium")
    with left:
        widgets.markdown(
            f"##### {lesson.title}\n\n{lesson.text}{_hardest(name) if question == 'chest' else ''}"
        )
        if lesson.leads <= LeadSet(session.recording().leads) and session.choices().inputs != lesson.leads:
            st.button(
                f"Start with {' + '.join(lesson.leads)}",
                key="lesson_take",
                icon=":material/restart_alt:",
                on_click=_measure,
                args=(lesson.leads,),
            )
        tested = _ask(question, lesson, name)
    reconstruction, reason = widgets.reconstruction_or_reason()
    if reconstruction is None:
        st.info(reason, icon=":material/touch_app:")
    with right:
        below = _SHOWN[question](name, reconstruction, tested)
    if below is not None:
        below()


def _turn_pages(names: list[str]) -> None:
    """The lesson before and after, by the keys of a presenter's remote control."""
    now = memory.kept("link_lesson") or st.query_params.get("lesson", names[0])
    place = names.index(now) if now in names else 0
    with st.container(horizontal=True, gap="small"):
        for label, key, step in (("Previous", "PageUp", -1), ("Next", "PageDown", 1)):
            st.button(
                label,
                key=f"lesson_{label}",
                shortcut=key,
                type="tertiary",
                disabled=not 0 <= place + step < len(names),
                on_click=_go,
                args=(names, place + step),
            )


def _go(names: list[str], place: int) -> None:
    links.put(lesson=names[min(max(0, place), len(names) - 1)])


def _hardest(name: str) -> str:
    """Which chest leads are the worst known from I and II, in one sentence."""
    r_of = {lead: row.r.value for lead, row in lead_information.table(name).figures(LIMB).items()}
    worst = sorted(r_of, key=r_of.__getitem__)[:2]
    return (
        f" Hardest from I and II are **{worst[0]}** (mean r {r_of[worst[0]]:.2f}) and **{worst[1]}** "
        f"({r_of[worst[1]]:.2f}) in this population; "
        "Gradowski and Buchner found V3 and V4."
    )


def _measure(leads: LeadSet) -> None:
    session.choose(inputs=leads)


# -- the question --------------------------------------------------------------------------------------------


def _ask(key: str, lesson: Lesson, name: str) -> bool:
    """The question, the button that tests the answer on the screen, and the verdict; whether the answer was
    tested."""
    answer = links.one_or_none(
        st.radio, f"**{lesson.question}**", f"answer-{key}", list(lesson.answers), index=None, horizontal=True
    )
    tested = links.remembered(f"tested-{key}", list(lesson.answers))
    if answer is None:
        return False
    if tested != answer:
        leads = lesson.answers[answer]
        there = set(leads) <= set(session.recording().leads)
        what = f"Test it: measure {' + '.join(leads)}" if there else "Test it"
        st.button(
            what,
            key=f"lesson_test_{key}",
            icon=":material/science:",
            type="primary",
            on_click=_test,
            args=(key, answer, leads if there else None),
        )
        return False
    numbers = _right(key, name)
    right = max(numbers, key=numbers.__getitem__)
    if answer == right:
        st.success(f"Yes. {_in_words(key, numbers, name)}", icon=":material/check:")
    elif key in ("chest", "pairs") and _as_good(lesson.answers[answer], lesson.answers[right], name):
        st.info(
            f"As good as the best: {right} is ahead by no more than chance. {_in_words(key, numbers, name)}",
            icon=":material/balance:",
        )
    else:
        st.info(f"No, {right}. {_in_words(key, numbers, name)}", icon=":material/school:")
    return True


def _as_good(inputs: LeadSet, best: LeadSet, name: str) -> bool:
    """Whether resampled patients would at times prefer the one."""
    knowledge = lead_information.knowledge(name)
    return info.interval(knowledge.replicas(best) - knowledge.replicas(inputs))[0] <= 0


def _test(key: str, answer: str, leads: LeadSet | None) -> None:
    links.put(**{f"tested-{key}": answer})
    if leads is not None:
        _measure(leads)


def _right(key: str, name: str) -> dict[str, float]:
    """What speaks for each answer; the largest is right. From the algebra or the tables."""
    lesson, table = LESSONS[key], lead_information.table(name)
    if key == "views":
        return {lead: float(lead in LeadSet("I aVF").determined) for lead in lesson.answers}
    if key == "limb":
        return {lead: row.r.value for lead, row in table.figures(LIMB).items()}
    if key == "electrodes":
        shown = becomes(by_name()["RA-LA"])
        return {lead: float(shown[lead] == lead) for lead in lesson.answers}
    if key == "reference":
        fall = lesson_pictures.fall_of_error(session.choices().model)
        return {answer: -abs((fall or 0.0) - part) for answer, part in FALLS.items()}
    if key == "disease":
        return {group: _mean_rmse(table, LIMB, group) for group in lesson.answers}
    knowledge = lead_information.knowledge(name)
    return {answer: knowledge(leads) for answer, leads in lesson.answers.items()}


def _mean_rmse(table, leads: LeadSet, group: str) -> float:
    rows = [row.rmse.value for lead, row in table.figures(leads, group).items() if lead in CHEST]
    return sum(rows) / len(rows) if rows else 0.0


def _in_words(key: str, numbers: dict[str, float], name: str) -> str:
    order = sorted(numbers, key=lambda lead: -numbers[lead])
    who = f"Population: {lead_information.table(name).conditions}, {lead_information.titles()[name]}."
    match key:
        case "views":
            return (
                "II = aVF + I/2, and two limb leads give all six: the squares on the torso. Of the "
                "chest they determine nothing."
            )
        case "electrodes":
            shown = becomes(by_name()["RA-LA"])
            return (
                f"I shows {shown['I']}, II shows {shown['II']}, aVR shows {shown['aVR']}: the arms change "
                "places. aVF measures the foot against the middle of both arms, which stays where it is, and "
                "so does Wilson's terminal under the chest leads."
            )
        case "reference":
            fall = lesson_pictures.fall_of_error(session.choices().model)
            return (
                "It was not studied here."
                if fall is None
                else f"By {100 * fall:.0f} % (Results, Same person, has it with its interval)."
            )
        case "limb":
            return f"Mean r: {', '.join(f'{lead} {numbers[lead]:.2f}' for lead in order)}. {who}"
        case "disease":
            return (
                f"{', '.join(f'{lead} {numbers[lead]:.0f} µV' for lead in order)}. {who} Larger hearts and "
                f"wider QRS also have more to be wrong about."
            )
        case _:
            shares = ", ".join(f"{lead} {100 * numbers[lead]:.1f} %" for lead in order)
            return f"Power explained: {shares}. {who}"


# -- what stands beside it -----------------------------------------------------------------------------------


def _figures(name: str) -> dict[str, float]:
    inputs = session.choices().inputs
    return (
        {lead: row.r.value for lead, row in lead_information.table(name).figures(inputs).items()}
        if inputs
        else {}
    )


def _views(name: str, reconstruction: Reconstruction | None, tested: bool) -> None:
    law = links.one_of(
        st.segmented_control,
        "Equation",
        "law",
        list(teaching.FORMULAS),
        format_func=teaching.FORMULAS.__getitem__,
        label_visibility="collapsed",
    )
    part = session.segment()
    lead, parts = teaching.IDENTITIES[law]
    if {lead, *parts} <= set(part.leads):
        lead_sets.chart(
            teaching.sum_figure(part, law), "lesson_sum", f"{teaching.FORMULAS[law]} on the open recording."
        )
        rms = teaching.identity(part, law)[2]
        widgets.caption(
            f"{lead} as recorded and {teaching.FORMULAS[law].split(' = ')[0]} differ by {rms:.1f} µV (RMS) "
            f"in {session.title()}: rounding, no more."
        )
    else:
        st.info(
            f"This recording lacks {', '.join(sorted({lead, *parts} - set(part.leads)))}; open one of "
            f"twelve leads.",
            icon=":material/info:",
        )
    lead_sets.torso(session.choices().inputs, {})


def _limb(name: str, reconstruction: Reconstruction | None, tested: bool) -> None:
    lead_sets.torso(session.choices().inputs, _figures(name))
    _chest(reconstruction)


def _buys(name: str, reconstruction: Reconstruction | None, tested: bool) -> None:
    if tested:
        rows = lead_information.paper_rows(name, "r", "mean", "all", (), ())[3:10]
        widgets.markdown("**Mean r of every chest lead, I and II with one more** (population)")
        now = session.choices().inputs
        lead_sets.chart(
            figures.table_figure(rows, "r", info.state_of(now)),
            "lesson_table",
            "Mean r per input set and chest lead.",
        )
    else:
        lead_sets.torso(session.choices().inputs, _figures(name))
    _chest(reconstruction)


def _pairs(name: str, reconstruction: Reconstruction | None, tested: bool) -> None:
    if tested:
        widgets.markdown("**Power explained by I and II with two chest leads, %** (one on the diagonal)")
        values = info.pair_values(lead_information.knowledge(name, resamples=0))
        lead_sets.chart(
            figures.pairs_figure(values, LIMB),
            "lesson_pairs",
            "Power explained by every pair of chest leads.",
        )
    else:
        from ecgcore.studies.lead_information import correlation as co

        covariance, lags = lead_information.covariance()
        chest, partial, _ = co.conditional(covariance, LIMB, len(lags), lags.index(0))
        widgets.markdown("**Correlation of the chest leads once I and II are known**")
        lead_sets.chart(
            figures.matrix_figure(partial, chest),
            "lesson_partial",
            "Partial correlations of the chest leads.",
        )
    _chest(reconstruction)


def _disease(name: str, reconstruction: Reconstruction | None, tested: bool) -> None:
    _chest(reconstruction)
    if tested:
        table, inputs = lead_information.table(name), session.choices().inputs
        lines = [f"| Patients | n | {' | '.join(CHEST)} |", f"|:--|--:|{'--:|' * 6}"]
        for group, n in table.counts().items():
            rows = table.figures(inputs, group) if inputs else {}
            cells = [f"{rows[lead].rmse.value:.0f}" if lead in rows else "" for lead in CHEST]
            lines.append(f"| {widgets.group_name(group)} | {n} | {' | '.join(cells)} |")
        widgets.markdown(f"**Mean RMSE from {inputs}, µV** (population)")
        downloads.table("\n".join(lines), "lesson")


def _reference(name: str, reconstruction: Reconstruction | None, tested: bool) -> None:
    lesson_pictures.with_reference()


_SHOWN: Mapping[str, Callable[[str, Reconstruction | None, bool], Callable[[], None] | None]] = {
    "views": _views,
    "limb": _limb,
    "chest": _buys,
    "pairs": _pairs,
    "disease": _disease,
    "electrodes": lambda *_: lesson_pictures.exchanged(),
    "reference": _reference,
}


def _chest(reconstruction: Reconstruction | None) -> None:
    """All chest leads of the open recording, recorded and estimated."""
    lead_sets.panes(reconstruction, LeadSet(CHEST), "lesson_panes")
    if reconstruction is not None:
        widgets.caption(
            f"{session.title()}, {widgets.filter_text()}; "
            f"{session.model().title if session.model() else ''} from {reconstruction.inputs}. "
            f"All panes have the same scale."
        )


# -- lesson 5: recordings that show a disease ----------------------------------------------------------------


def _disease_on_view() -> None:
    """Pick a diagnosis; its recordings are found in the data root by themselves, else a simulated one stands
    for it."""
    there = {diagnosis.name: lead_information.examples(diagnosis.name) for diagnosis in TAUGHT}
    there = {name: examples for name, examples in there.items() if examples}
    if session.at_first_recording() and memory.kept("lesson_disease") is None:
        first = next(iter(there))
        memory.keep(lesson_disease=first)
        _open(there[first][0])
        _measure(LIMB)
        st.rerun()
    shown = next(
        (
            example
            for examples in there.values()
            for example in examples
            if _origin(example) == session.origin()
        ),
        None,
    )
    memory.keep(lesson_disease=shown.diagnosis if shown else None)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            "Disease",
            list(there),
            key="lesson_disease",
            on_change=_pick,
            args=(there,),
            label_visibility="collapsed",
        )
        if shown and len(there[shown.diagnosis]) > 1:
            st.button(
                "Another one",
                key="lesson_another",
                icon=":material/skip_next:",
                on_click=_another,
                args=(there[shown.diagnosis], shown),
            )
    if shown:
        simulated = "  :violet-badge[simulated]" if not shown.database else ""
        teaches = next(diagnosis.teaches for diagnosis in TAUGHT if diagnosis.name == shown.diagnosis)
        widgets.markdown(f"**{shown.diagnosis}**{simulated} :gray[{shown.note}]  \n{teaches}")
    else:
        widgets.caption(f"On view: {session.title()}. Choose a disease to open a recording that shows it.")


def _origin(example: Example) -> Origin:
    return (
        Origin("local", example.database, example.record)
        if example.database
        else Origin("demo", "", session.slug(example.record))
    )


def _open(example: Example) -> None:
    if session.try_open(_origin(example)) and not set(LIMB) <= set(session.choices().inputs):
        _measure(LIMB)


def _pick(there: Mapping[str, tuple[Example, ...]]) -> None:
    if chosen := memory.kept("lesson_disease"):
        _open(there[chosen][0])


def _another(examples: tuple[Example, ...], shown: Example) -> None:
    _open(examples[(examples.index(shown) + 1) % len(examples)])
