"""Grad-CAM of a published network: at which moments, and in which of its fixed leads, an estimate rests."""

from __future__ import annotations

import streamlit as st

from ecgcore.figures.significance import maps as figures
from ecgcore.studies.significance import windows
from pages.shared import links, session, widgets
from pages.shared.reads import measurements, significance
from pages.views.significance import checks
from pages.views.significance.checks import percent

ALL = "All"
KINDS = {"grad-cam": "Grad-CAM", "gradient": "Gradient × input"}
UNITS = {"grad-cam": "no unit", "gradient": "µV²<br>per sample"}
LEGEND = (
    "Each input lead as the network sees it, below it the map in colours: bright where the estimate of the "
    "explained lead rests at this moment."
)


def show() -> None:
    """The map of the chosen network under its name, its numbers, and whether it shows what was learned."""
    info = session.model()
    assert info is not None
    targets = significance.fixed_targets()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = links.one_of(st.selectbox, "Lead explained", "target", targets, width=130)
        part = links.one_of(st.segmented_control, "Part of the beat", "part", [ALL, *windows.WAVES])
        kind = links.one_of(st.selectbox, "Map", "map", list(KINDS), format_func=KINDS.__getitem__, width=180)
        colours = links.one_of(st.selectbox, "Colours", "colours", list(figures.COLOURS), width=120)
    spans = None if part == ALL else windows.wave_spans(measurements.beats_on_view()[1], part)
    explanation = significance.fixed_explanation(target, spans)
    if kind not in explanation.maps:
        kind = "gradient"
        widgets.caption("This network has no convolution along time, so it has no Grad-CAM map.")
    parts = explanation.of_leads or {}
    rests = ", ".join(
        f"{lead} {percent(share)}" for lead, share in sorted(parts.items(), key=lambda pair: -pair[1])
    )
    widgets.markdown(f"##### {info.label}: {KINDS[kind]} of {target}", help=LEGEND)
    facts = [f"By gradient × input the estimate rests on {rests}." if len(parts) > 1 else ""]
    if (at := explanation.brightest_s) is not None:
        facts.append(f"The Grad-CAM map is brightest at {at:.2f} s.")
    widgets.markdown(" ".join(fact for fact in facts if fact))
    tested = (checks.shuffled(significance.fixed_check(target, spans, kind, explanation)),)
    checks.badges(tested)
    low, high = significance.fixed_passband()
    figure = figures.map_figure(
        explanation.inputs,
        explanation.seen,
        explanation.maps[kind],
        explanation.rate,
        target=(target, explanation.truth, explanation.estimate),
        window=explanation.window,
        colours=colours,
        unit=UNITS[kind],
        footer=f"{_passband(low, high)}, {explanation.rate:g} Hz",
    )
    alt = (
        f"ECG paper of {target} and the inputs {' '.join(explanation.inputs)} of {info.title}, below each "
        f"input its {KINDS[kind]} map in colours."
    )
    widgets.true_scale(figure, "sig_fixed", alt=alt)
    if kind == "grad-cam":
        widgets.caption(
            "Activations of the last convolution before the output, weighted by the mean gradient of their "
            "channel; negative sums are zero. "
            + (
                "This network keeps its leads apart up to there."
                if explanation.apart
                else "This network has added its leads up before: the map tells moments alone."
            )
        )
    else:
        widgets.caption(
            "The gradient of half the estimate's mean square times the input; negative parts count too."
        )
    widgets.markdown("##### Can the map be trusted?")
    checks.table(tested)
    widgets.caption(
        "The network cannot do without any of its leads, so what a lead contributes cannot be measured by "
        "leaving it out; the any-subset network answers that."
    )


def _passband(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "as recorded"
    return (
        f"{'0' if low is None else f'{low:g}'}–{'' if high is None else f'{high:g} '}Hz"
        if high
        else f"above {low:g} Hz"
    )
