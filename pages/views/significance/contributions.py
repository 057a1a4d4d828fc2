"""What each input lead contributes to an estimated lead: map, Shapley values and checks for one target and
window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.figures.significance import maps as figures
from ecgcore.leads import STANDARD
from ecgcore.studies.significance import contributions as ex
from ecgcore.studies.significance import windows
from pages.shared import downloads, links, memory, session, widgets
from pages.shared.reads import measurements, significance
from pages.views.significance import checks
from pages.views.significance.checks import chance, number, percent

ALL, OWN = "All", "Own window"
KINDS = {
    "grad-cam": "Grad-CAM",
    "occlusion": "Occlusion",
    "gradient": "Gradient × input",
}  # Grad-CAM where there is one, then the one whose shares of leads agree with the Shapley values
LEGEND = (
    "Each input lead as recorded, below it the map in colours: bright where the estimate of the explained "
    "lead rests on this lead at this moment."
)
COLOURS_OF = {
    "grad-cam": "What the network and the linear part make of each lead before they add the leads up, "
    "times its "
    "own gradient (Grad-CAM, element-wise: HiResCAM); negative sums are zero.",
    "gradient": "The gradient of what is explained times the input; over leads and time it adds up to the "
    "estimate's power (exactly for the linear estimator). Negative parts count in the shares and are drawn "
    "as zero.",
    "occlusion": "By how much the error grows at each moment when the lead is taken away by the mask that "
    "the model was trained with.",
}
NO_CLASS_ACTIVATIONS = (
    " There is no Grad-CAM map of leads here: it would know moments alone, since this model adds the leads "
    "up first, or takes limb leads together; the gradient is taken at the input."
)
UNITS = {"grad-cam": "µV²<br>per sample", "gradient": "µV²<br>per sample", "occlusion": "µV²"}
SHORTEST_S = 0.02


def contribution() -> None:
    """Map, Shapley values and checks for one target and window."""
    from models.significance.contributions import check, only_one

    inputs = session.choices().inputs
    missing = list(inputs.missing)
    check(inputs, missing[0] if missing else "V1")
    if memory.kept("link_target") is None and (linked_target := st.query_params.get("target")) in STANDARD:
        try:
            check(inputs, linked_target)
        except UnusableEcg as error:  # the address asks for a lead that nothing is estimated of
            st.warning(str(error), icon=":material/info:")
            del st.query_params["target"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = links.one_of(st.selectbox, "Lead explained", "target", missing, width=130)
        part = links.one_of(st.segmented_control, "Part of the beat", "part", [ALL, *windows.WAVES, OWN])
        there = significance.has_class_activations()
        kinds = [kind for kind in KINDS if there or kind != "grad-cam"]
        kind = links.one_of(st.selectbox, "Map", "map", kinds, format_func=KINDS.__getitem__, width=180)
        colours = links.one_of(st.selectbox, "Colours", "colours", list(figures.COLOURS), width=120)
    notices, window = (
        st.container(),
        st.container(horizontal=True, vertical_alignment="bottom"),
    )  # always there: the map keeps its place
    for sentence in (significance.explainer()[1], only_one(inputs)):
        if sentence:
            notices.info(sentence, icon=":material/info:")
    r_seconds, marks = measurements.beats_on_view()
    with window:
        spans = _spans(part, marks)
    try:
        windows.require_beat(r_seconds, spans or [(0.0, session.segment().duration)])
    except UnusableEcg:
        _bare_sheet(inputs, spans)  # so that another window can be dragged
        raise
    explanation = significance.explanation(target, spans)
    if kind not in explanation.maps:
        kind = "gradient"
        widgets.caption(
            f"Occlusion needs the true {target}, which was not recorded; the gradient map is shown."
        )
    where = _where(part, spans)
    widgets.markdown(f"##### {significance.explained_title()}: {KINDS[kind]} of {target}", help=LEGEND)
    _hypothesis(explanation, target, kind)
    slot = st.empty()
    slot.caption("Checking whether the map can be trusted …")
    _map(explanation, target, kind, colours, where)
    widgets.markdown("##### Contribution of each input lead")
    widgets.markdown(f"**{ex.in_words(explanation.contribution, where)}**")
    _shares(explanation, target, kind, colours)
    _table(explanation, kind)
    tested = significance.checks(target, spans, explanation, kind)
    verdicts = _verdicts(tested, explanation, target, kind)
    with slot:
        checks.badges(verdicts)
    _curves(tested, explanation, kind, verdicts)
    checks.over_recordings(significance.over_recordings(significance.explainer()[0], kind))


# -- windows -------------------------------------------------------------------------------------------------


def _spans(part: str, marks: Mapping[str, list[float | None]]) -> windows.Spans | None:
    """The window's spans, s; None for all of it."""
    if part != OWN:
        return None if part == ALL else windows.wave_spans(marks, part)
    last = round(session.segment().duration, 2)
    start, stop = links.span("window", last, (0.0, min(1.0, last)), ("From, s", "to, s"))
    if stop - start < SHORTEST_S:
        raise UnusableEcg(
            f"The window from {start:g} to {stop:g} s is empty; it must end at least {SHORTEST_S:g} s "
            f"after it starts."
        )
    return [(start, stop)]


def _take_dragged() -> None:
    """A box dragged over the map becomes the own window."""
    boxes = (memory.kept("sig_map") or {}).get("selection", {}).get("box", [])
    if boxes:
        last = round(session.segment().duration, 2)
        start, stop = sorted(min(max(0.0, round(float(value), 2)), last) for value in boxes[0]["x"])
        links.put_span("window", start, stop)
        links.put(part=OWN)


def _where(part: str, spans: windows.Spans | None) -> str:
    if spans is None:
        return "these ten seconds" if session.segment().duration > 9 else "this recording"
    if part == OWN:
        return f"the window from {spans[0][0]:.2f} to {spans[0][1]:.2f} s"
    return {"QRS": "the QRS complexes", "ST": "the ST segments"}.get(
        part, f"the {part} waves"
    ) + f" of {len(spans)} beats"


# -- the map -------------------------------------------------------------------------------------------------


def _hypothesis(explanation: Any, target: str, kind: str) -> None:
    """What the map says, beside what was measured."""
    parts, agreement = explanation.shares(kind), explanation.agreement(kind)
    if parts and len(parts) > 1:
        first = max(parts, key=parts.__getitem__)
        agrees = (
            f"; its order of the leads against the measured one: Spearman {number(agreement)}"
            if agreement is not None
            else ""
        )
        widgets.markdown(
            f"The map below is a hypothesis: by it {target} rests mostly on {first} "
            f"({percent(parts[first])}){agrees}."
        )
    if explanation.truth is None:
        widgets.caption(
            f"{target} was not recorded: the contribution is the variance that the leads remove by the "
            "closed form, the same for every window."
        )


def _map(explanation: Any, target: str, kind: str, colours: str, where: str) -> None:
    from models.significance.contributions import SCALAR

    leads, signals = (target, explanation.truth, explanation.estimate), explanation.seen
    look = {
        "target": leads,
        "window": explanation.window,
        "colours": colours,
        "unit": UNITS[kind],
        "footer": "0.5 Hz high-pass, 100 Hz",
    }
    figure = figures.map_figure(
        explanation.contribution.leads, signals, explanation.maps[kind], explanation.rate, **look
    )
    alt = (
        f"ECG paper of {target} and its inputs {' '.join(explanation.contribution.leads)}, below each "
        f"input the {KINDS[kind].lower()} map in colours."
    )
    _selectable(figure, alt)
    explained = f"the squared error of {target} in {where}" if kind == "occlusion" else ""
    explained = explained or SCALAR.format(target=target, where=where)
    meaning = COLOURS_OF[kind]
    if kind == "gradient" and not significance.has_class_activations():
        meaning += NO_CLASS_ACTIVATIONS
    with st.container(horizontal=True, gap="xsmall"):
        widgets.caption(f"Explained: {explained}.", help=meaning, width="content")
        widgets.instruction(":material/drag_pan: Drag over the map for a window of your own.", "drag_window")


def _selectable(figure: dict, alt: str) -> None:
    widgets.true_scale(figure, "sig_map", alt=alt, on_select=_take_dragged, selection_mode="box")


def _bare_sheet(inputs: Any, spans: windows.Spans | None) -> None:
    """The leads without a map."""
    from models.significance.contributions import RATE, scene

    here = scene(session.segment(), inputs)
    window = windows.mask(spans or [], here.n, RATE)
    figure = figures.map_figure(
        inputs, here.seen, None, RATE, window=window, footer="0.5 Hz high-pass, 100 Hz"
    )
    _selectable(figure, f"ECG paper of {' '.join(inputs)}; nothing is explained.")


# -- shares --------------------------------------------------------------------------------------------------


def _shares(explanation: Any, target: str, kind: str, colours: str) -> None:
    parts = explanation.contribution.shares
    if not parts:
        return
    left, right = st.columns(2, gap="medium")
    figure = figures.body_figure(parts, f"Contribution to {target} (Shapley)", colours)
    with left:
        alt = f"Body outline with each lead's contribution to {target}."
        widgets.chart(figure, "sig_body", alt, bar=False)
    series = {
        "Shapley (measured)": parts,
        "variance-normalised": explanation.contribution.normalised,
        "map (hypothesis)": explanation.shares(kind),
    }
    figure = figures.bars_figure(
        {label: share for label, share in series.items() if share}, explanation.spread or None
    )
    with right:
        alt = "Shares of the input leads as bars; the table has the numbers."
        widgets.chart(figure, "sig_bars", alt, bar=False)
    if explanation.per_beat:
        right.caption(f"Whiskers: standard deviation over {len(explanation.per_beat)} whole beats.")


def _table(explanation: Any, kind: str) -> None:
    contribution, null, drawn = explanation.contribution, explanation.null, explanation.shares(kind) or {}
    parts, normal = contribution.shares or {}, contribution.normalised or {}
    titles = (
        "Shapley µV²",
        "share",
        "variance-normalised",
        "by chance, µV²",
        "p",
        "lost without it, µV²",
        "alone, µV²",
        "map's share",
    )
    lines = []
    for lead in contribution.leads:
        by_chance = (number(null.mean[lead], 0), chance(null.p[lead])) if null else ("–", "–")
        cells = (
            number(contribution.shapley[lead], 0),
            percent(parts.get(lead)),
            percent(normal.get(lead)),
            *by_chance,
        )
        cells += (
            number(contribution.occlusion[lead], 0),
            number(contribution.alone[lead], 0),
            percent(drawn.get(lead)),
        )
        lines.append(f"| **{lead}** | {' | '.join(cells)} |")
    total = (
        f"**{number(sum(contribution.shapley.values()), 0)}**",
        percent(sum(parts.values())) if parts else "–",
        *[""] * 6,
    )
    lines.append(f"| **sum** | {' | '.join(total)} |")
    downloads.table(
        f"| Lead | {' | '.join(titles)} |\n|:--|{'--:|' * len(titles)}\n" + "\n".join(lines), "contributions"
    )
    measured = contribution.measured_by == "error"
    text = (
        "mean squared error saved against knowing no lead"
        if measured
        else "variance removed by the closed form, at this recording's power"
    )
    off = abs(sum(contribution.shapley.values()) - contribution.total)
    missed = f"{off:.0e} µV²" if off else "nothing"
    widgets.caption(
        f"Value of a set of leads: {text}.",
        help=f"Shapley values are exact, from all {2 ** len(contribution.leads)} subsets; they miss their "
        f"total by {missed}. Variance-normalised: per power of the lead itself, so that tall leads have no "
        "advantage. By chance: mean when the target is moved in time by random amounts (200 draws), with "
        "the one-sided p.",
    )


# -- checks --------------------------------------------------------------------------------------------------


def _verdicts(tested: Any, explanation: Any, target: str, kind: str) -> tuple[checks.Check, ...]:
    return (
        checks.shuffled(tested.randomisation),
        *checks.better_than_random(tested.curves, f"the estimate of {target}"),
        checks.agreement(explanation.agreement(kind), "the Shapley values"),
        checks.steady(explanation.steadiness(kind)),
    )


def _curves(tested: Any, explanation: Any, kind: str, verdicts: tuple[checks.Check, ...]) -> None:
    widgets.markdown("##### Can the map be trusted?")
    checks.table(verdicts)
    if explanation.stability is not None:
        widgets.caption(
            f"The Shapley shares themselves, beat against beat: Spearman {number(explanation.stability)}."
        )
    left, right = st.columns(2)
    with left:
        widgets.markdown(
            "**Patches of 0.1 s of one lead**",
            help="A patch is set to zero, which is not how the model was trained to do without a lead: read "
            "with care.",
        )
        figure = figures.curves_figure(tested.curves, "patches")
        widgets.chart(figure, "sig_patches", "The estimate as patches go or come, by the map.", bar=False)
    with right:
        widgets.markdown(
            "**Whole leads, in the map's order**",
            help="A lead is taken away by the mask the model was trained with. Random: the exact mean over "
            "all orders.",
        )
        figure = figures.curves_figure(explanation.curves(kind), "leads")
        widgets.chart(figure, "sig_leads", "The estimate as leads go or come, by the map.", bar=False)
