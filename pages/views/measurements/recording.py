"""The parts of the Measurements page for one recording: preview, tables with verdicts, median beats, ST
against its thresholds."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.figures.paper.median_beats import describe_medians, medians_figure
from ecgcore.leads import LeadSet
from ecgcore.measurements import AXES
from ecgcore.measurements.comparison import IEC_LIMITS, LIMITS, Row, compare
from pages.shared import downloads, links, session, widgets
from pages.shared.reads import measurements
from pages.views.measurements import st_level
from pages.views.measurements.numbers import FORMULAS, number, plain, signed, title, unit, with_unit

TOLERANCES = {"Olaiya": LIMITS, "IEC 60601-2-25": IEC_LIMITS}
OTHER_MARKS = (
    "QRS runs here from the earliest onset to the latest offset of any lead, drawn where the annotators of "
    "LUDB draw them: some 10 ms before the electrocardiograph's onset and, with the slur that ends the QRS "
    "in I and V3, after its offset. QT begins with it, and PR ends with it."
)
"""Why the electrocardiograph's own values differ."""
ABOUT_TOLERANCES = (
    "Olaiya: the limits that Olaiya and others set for reconstructed leads. IEC 60601-2-25: those of the "
    "standard for programs that measure electrocardiograms."
)
VERDICTS = {
    "within": ":green-badge[:material/check: within tolerance]",
    "beyond": ":red-badge[:material/close: outside tolerance]",
    "not compared": ":gray-badge[:material/block: not measurable]",
    "one-sided": ":orange-badge[on one side only]",
    "no limit": "no limit set",
}


def recording() -> None:
    """All of it: what is recorded first, then the comparison on the estimated leads."""
    part = session.segment()
    formula, limits = _options()
    place = st.empty()
    if (look := measurements.first_look(part)) is not None:
        with place.container():
            _preview(look, formula, "first look")
    measurement = measurements.measured(part)
    with place.container():
        _preview(measurement, formula)
    reconstruction, reason = widgets.reconstruction_or_reason()
    if reconstruction is None:
        st.info(reason, icon=":material/touch_app:")
        return
    truth, reconstruction = measurements.unseen(reconstruction)
    leads = reconstruction.estimated & truth.leads
    if not leads:
        missing = reconstruction.estimated
        text = (
            f"{', '.join(missing)} were not recorded, so there is no truth to compare with."
            if missing
            else "Nothing had to be estimated."
        )
        st.info(
            f"{text} Choose fewer input leads or another recording to compare measurements.",
            icon=":material/info:",
        )
        return
    _comparison(truth, reconstruction, leads, formula, limits)


def _options() -> tuple[str, str]:
    """QTc formula and tolerances."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        formula = links.one_of(
            st.selectbox, "QTc formula", "qtc", list(FORMULAS), format_func=FORMULAS.__getitem__, width=150
        )
        limits = links.one_of(
            st.segmented_control, "Tolerances", "tolerances", list(TOLERANCES), help=ABOUT_TOLERANCES
        )
    return formula, limits


def _preview(measurement: Any, formula: str, name: str = "measured here") -> None:
    """The recording itself, all its leads: and the electrocardiograph's where the file has them."""
    device = measurements.device_values()
    names = ("hr_bpm", "pr_ms", "qrs_ms", "qt_ms", formula, *AXES)
    head = " | ".join(title(name) for name in names)
    lines = [f"| Recorded, all {len(measurement.leads)} leads | {head} |", "|:--|" + "--:|" * len(names)]
    lines.append(f"| **{name}** | " + " | ".join(f"**{plain(measurement[name])}**" for name in names) + " |")
    if device:
        rate = {"hr_bpm": 60000 / device["rr_ms"]} if device.get("rr_ms") else {}
        of_device = {**device, **rate}
        lines.append(
            "| electrocardiograph | "
            + " | ".join(with_unit(of_device.get(name), unit(name)) for name in names)
            + " |"
        )
    downloads.table("\n".join(lines), "measurements")
    sentences = [
        f"{measurement.n_beats} beats in the median beat.",
        *measurement.findings,
        *_doubts(measurement, names),
    ]
    st.caption(" ".join(sentences), help=OTHER_MARKS if device else None)


def _doubts(measurement: Any, names: tuple[str, ...]) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for name in names:
        if measurement[name].reason:
            reasons.setdefault(measurement[name].reason, []).append(title(name))
    return [f"{', '.join(which)}: {why}." for why, which in reasons.items()]


def _comparison(
    truth: Ecg, reconstruction: Reconstruction, leads: LeadSet, formula: str, limits: str
) -> None:
    true = measurements.measured(truth, leads, truth)
    if not true.n_beats:
        st.info("There is no beat in the estimated leads to compare measurements on.", icon=":material/info:")
        return
    other = measurements.measured(reconstruction.ecg, leads, truth)
    alone = measurements.measured(reconstruction.ecg, leads)
    rows = compare(
        true, other, leads, TOLERANCES[limits], (formula, *AXES) if len(leads.limb) >= 2 else (formula,)
    )
    st.markdown(
        f"##### Recorded against reconstructed, on the estimated leads alone "
        f":small[:gray[{', '.join(leads)}]]"
    )
    _global_table([row for row in rows if row.lead == "global"], alone)
    _alone(true, alone, limits, _about(reconstruction, leads, limits))
    whole, same_points = measurements.at_same_points(truth, reconstruction)
    st_level.show(truth, reconstruction, leads)
    st.markdown(
        "##### Median beats :small[:gray[recorded black, reconstructed blue and dotted; "
        f"{min(true.n_beats, other.n_beats)} beats each]]"
    )
    figure = medians_figure(whole, same_points, leads)
    widgets.true_scale(figure, "measured_medians", alt=describe_medians(leads))
    st.markdown("##### Lead by lead")
    rows = compare(whole, same_points, leads, TOLERANCES[limits])
    _lead_table([row for row in rows if row.lead != "global"], leads)


def _global_table(rows: list[Row], alone: Any) -> None:
    head = "| | recorded | reconstructed | difference | tolerance | verdict | beats | reconstruction alone |"
    lines = [head, "|:--|--:|--:|--:|--:|:--|--:|--:|"]
    for row in rows:
        measure = unit(row.name)
        limit = "–" if row.tolerance is None else f"±{row.tolerance:g} {measure}"
        cells = (
            with_unit(row.true, measure),
            with_unit(row.other, measure),
            signed(_difference(row)),
            limit,
            VERDICTS[row.verdict],
        )
        lines.append(f"| **{title(row.name)}** | {' | '.join(cells)} | {row.n} | {plain(alone[row.name])} |")
    downloads.table("\n".join(lines), "differences")
    if notes := dict.fromkeys(f"{title(row.name)}, {row.note}." for row in rows if row.note):
        st.caption("  \n".join(notes))


def _difference(row: Row) -> float | None:
    """Of axes around the circle."""
    if row.difference is None or row.unit != "deg":
        return row.difference
    return (row.difference + 180) % 360 - 180


def _about(reconstruction: Reconstruction, leads: LeadSet, limits: str) -> str:
    text = (
        "Intervals run from the earliest onset to the latest offset over these leads; both sides use "
        "the beats of the recorded leads, the last column those of the reconstruction. "
    )
    if len(leads.limb) < 2:
        text += f"Axes come from the limb leads, which {_report_of_limb(reconstruction)}: they are "
        text += "those of the recording. "
    if limits == "IEC 60601-2-25":
        text += (
            "IEC 60601-2-25 as commonly quoted: over many recordings a mean difference within 10 ms for P, "
            "PR and QRS and 25 ms for QT, and a standard "
            "deviation within 15, 10, 10 and 30 ms; one recording can only be held against it as a guide. "
        )
    return text + "No limit is set for QTc and axes."


def _report_of_limb(reconstruction: Reconstruction) -> str:
    return (
        "are input leads or follow from them exactly"
        if len(reconstruction.inputs.limb) >= 2
        else "were not all recorded"
    )


def _alone(true: Any, alone: Any, limits: str, more: str) -> None:
    """What a reader without the true leads would get. more: behind the help mark."""
    n, m = true.beats.n, alone.beats.n
    sentences = [
        (f"Tolerances: {limits}. Beats found: {n} in the recorded leads, {m} in the reconstruction alone.")
    ]
    for name in ("hr_bpm", "pr_ms", "qrs_ms", "qt_ms"):
        if (alone[name].value is None) != (true[name].value is None):
            what = (
                "not measurable there"
                if alone[name].value is None
                else "measurable there, but not on the true leads"
            )
            sentences.append(f"{title(name)}: {what}.")
    st.caption(" ".join(sentences), help=more)


def _lead_table(rows: list[Row], leads: LeadSet) -> None:
    names = list(dict.fromkeys(row.name for row in rows))
    by = {(row.lead, row.name): row for row in rows}
    head = " | ".join(f"{title(name)} {unit(name)}" for name in names)
    lines = [f"| Lead | {head} | beats |", "|:--|" + "--:|" * (len(names) + 1)]
    for lead in leads:
        if (lead, names[0]) in by:
            cells = " | ".join(_cell(by[lead, name]) for name in names)
            lines.append(f"| **{lead}** | {cells} | {by[lead, names[0]].n} |")
    downloads.table("\n".join(lines), "per-lead")
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row.verdict == "not compared":
            reasons.setdefault(row.note, []).append(f"{row.lead} {title(row.name)}")
    st.caption(
        "Recorded → reconstructed; ✓ within, ✗ outside tolerance, grey: not compared.",
        help="Heights without a sign have no tolerance. ST: within 100 µV, a limit of our own that is as "
        "wide as most thresholds of ST elevation; see above what crosses those. Amplitudes are signed, "
        "against the PR segment. Lost, new: a wave that only one of both shows.",
    )
    if reasons:
        with st.expander(f"Not measurable ({sum(map(len, reasons.values()))})"):
            st.markdown("\n".join(f"- {', '.join(which)}: {why}" for why, which in reasons.items()))


def _cell(row: Row) -> str:
    if row.true is None and row.other is None:
        return ":gray[–]"
    text = f"{number(row.true)} → {number(row.other)}"
    if row.verdict == "within":
        return f"{text} :green[✓ {signed(row.difference)}]"
    if row.verdict == "beyond":
        return f"{text} :red[✗ {signed(row.difference)}]"
    if row.verdict == "no limit":
        return text
    if row.verdict == "one-sided":
        return f"{text} :orange[{'lost' if row.other is None else 'new'}]"
    return f":gray[{text}]"
