"""The parts of the Measurements page for one recording: preview, tables with verdicts, median beats, ST
against its thresholds."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.figures.paper.median_beats import describe_medians, medians_figure
from ecgcore.leads import LeadSet
from ecgcore.measurements import AXES, CORRECTED
from ecgcore.measurements.comparison import IEC_LIMITS, LIMITS, Row, compare
from ecgcore.measurements.st_criteria import Sex, limit_uv, stemi
from pages.shared import links, session, widgets
from pages.shared.reads import measurements

TITLES = {
    "hr_bpm": "Heart rate", "pr_ms": "PR", "qrs_ms": "QRS", "qt_ms": "QT", "p_axis_deg": "P axis", "qrs_axis_deg": "QRS axis", "t_axis_deg": "T axis",
    "r_uv": "R", "s_uv": "S", "t_uv": "T", "st_j60_uv": "ST J+60",
}  # fmt: skip
FORMULAS = {
    "qtc_fridericia_ms": "Fridericia", "qtc_bazett_ms": "Bazett", "qtc_framingham_ms": "Framingham", "qtc_hodges_ms": "Hodges"
}  # fmt: skip
UNITS = {"bpm": "bpm", "ms": "ms", "uV": "µV", "deg": "°"}
TOLERANCES = {"Olaiya": LIMITS, "IEC 60601-2-25": IEC_LIMITS}
VERDICTS = {
    "within": ":green-badge[:material/check: within]",
    "beyond": ":red-badge[:material/close: beyond]",
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
    found = measurements.measured(part)
    with place.container():
        _preview(found, formula)
    made, reason = widgets.reconstruction_or_reason()
    if made is None:
        st.info(reason, icon=":material/touch_app:")
        return
    truth, made = measurements.unseen(made)
    leads = made.estimated & truth.leads
    if not leads:
        missing = made.estimated
        said = (
            f"{', '.join(missing)} were not recorded, so there is no truth to compare with."
            if missing
            else "Nothing had to be estimated."
        )
        st.info(
            f"{said} Choose fewer measured leads or another recording to compare measurements.",
            icon=":material/info:",
        )
        return
    _comparison(truth, made, leads, formula, limits)


def _options() -> tuple[str, str]:
    """QTc formula and tolerances."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        formula = links.one_of(
            st.selectbox, "QTc formula", "qtc", list(FORMULAS), format_func=FORMULAS.__getitem__, width=150
        )
        limits = links.one_of(st.segmented_control, "Tolerances", "tolerances", list(TOLERANCES))
    return formula, limits


def _preview(found: Any, formula: str, title: str = "measured here") -> None:
    """The recording itself, all its leads: large numbers, and the cart's own where the file has them."""
    cart = measurements.cart_values()
    names = ("hr_bpm", "pr_ms", "qrs_ms", "qt_ms", formula, *AXES)
    head = " | ".join(_title(name) for name in names)
    lines = [f"| Recorded, all {len(found.leads)} leads | {head} |", "|:--|" + "--:|" * len(names)]
    lines.append("| **measured here** | " + " | ".join(f"**{_plain(found[name])}**" for name in names) + " |")
    if cart:
        rate = {"hr_bpm": 60000 / cart["rr_ms"]} if cart.get("rr_ms") else {}
        theirs = {**cart, **rate}
        lines.append(
            "| the cart's own | "
            + " | ".join(_with_unit(theirs.get(name), _unit(name)) for name in names)
            + " |"
        )
    st.markdown("\n".join(lines))
    said = [f"{found.n_beats} beats in the median beat.", *found.findings, *_doubts(found, names)]
    st.caption(" ".join(said))
    if cart:
        st.caption(
            "QRS runs here from the earliest onset to the latest offset of any lead, drawn where the annotators of LUDB draw them: some 10 ms before the "
            "cart's onset and, with the slur that ends the QRS in I and V3, after its offset. QT begins with it, and PR ends with it."
        )


def _doubts(found: Any, names: tuple[str, ...]) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for name in names:
        if found[name].reason:
            reasons.setdefault(found[name].reason, []).append(_title(name))
    return [f"{', '.join(which)}: {why}." for why, which in reasons.items()]


def _comparison(truth: Ecg, made: Reconstruction, leads: LeadSet, formula: str, limits: str) -> None:
    true = measurements.measured(truth, leads, truth)
    if not true.n_beats:
        st.info("There is no beat in the estimated leads to compare measurements on.", icon=":material/info:")
        return
    other = measurements.measured(made.ecg, leads, truth)
    alone = measurements.measured(made.ecg, leads)
    rows = compare(
        true, other, leads, TOLERANCES[limits], (formula, *AXES) if len(leads.limb) >= 2 else (formula,)
    )
    st.markdown(
        f"##### True against reconstructed, on the estimated leads alone :small[:gray[{', '.join(leads)}]]"
    )
    _global_table([row for row in rows if row.lead == "global"], alone)
    st.caption(_about(made, leads, limits))
    _alone(true, alone)
    st.markdown("##### Median beats")
    figure = medians_figure(true, other, leads)
    widgets.true_scale(figure, "measured_medians", alt=describe_medians(leads))
    st.caption(
        f"True black, reconstruction blue and dotted; {min(true.n_beats, other.n_beats)} beats each, {widgets.filter_text()}."
    )
    st.markdown("##### Lead by lead")
    _lead_table([row for row in rows if row.lead != "global"], leads)
    _st_levels(truth, made, true, other, leads)


def _global_table(rows: list[Row], alone: Any) -> None:
    head = "| | true | reconstructed | difference | tolerance | verdict | beats | on its own beats |"
    lines = [head, "|:--|--:|--:|--:|--:|:--|--:|--:|"]
    for row in rows:
        unit = _unit(row.name)
        limit = "–" if row.tolerance is None else f"±{row.tolerance:g} {unit}"
        cells = (
            _with_unit(row.true, unit),
            _with_unit(row.other, unit),
            _signed(_difference(row)),
            limit,
            VERDICTS[row.verdict],
        )
        lines.append(
            f"| **{_title(row.name)}** | {' | '.join(cells)} | {row.n} | {_plain(alone[row.name])} |"
        )
    st.markdown("\n".join(lines))
    if notes := dict.fromkeys(f"{_title(row.name)}, {row.note}." for row in rows if row.note):
        st.caption("  \n".join(notes))


def _difference(row: Row) -> float | None:
    """Of axes around the circle."""
    if row.difference is None or row.unit != "deg":
        return row.difference
    return (row.difference + 180) % 360 - 180


def _about(made: Reconstruction, leads: LeadSet, limits: str) -> str:
    said = "Intervals run from the earliest onset to the latest offset over these leads; both sides use the beats of the recorded leads. "
    if len(leads.limb) < 2:
        said += (
            f"Axes come from the limb leads, which {_report_of_limb(made)}: they are those of the recording. "
        )
    if limits == "IEC 60601-2-25":
        said += (
            "IEC 60601-2-25 as commonly quoted: over many recordings a mean difference within 10 ms for P, PR and QRS and 25 ms for QT, and a standard "
            "deviation within 15, 10, 10 and 30 ms; one recording can only be held against it as a guide. "
        )
    else:
        said += "Limits: Olaiya. "
    return said + "No limit is set for QTc and axes."


def _report_of_limb(made: Reconstruction) -> str:
    return (
        "are measured or follow from measured ones exactly"
        if len(made.inputs.limb) >= 2
        else "were not all recorded"
    )


def _alone(true: Any, alone: Any) -> None:
    """What a reader without the true leads would get."""
    n, m = true.beats.n, alone.beats.n
    said = [f"{m} beats, {'as many as' if m == n else 'against'} the {n} of the recorded leads."]
    for name in ("hr_bpm", "pr_ms", "qrs_ms", "qt_ms"):
        if (alone[name].value is None) != (true[name].value is None):
            what = (
                "not measurable there"
                if alone[name].value is None
                else "measurable there, but not on the true leads"
            )
            said.append(f"{_title(name)}: {what}.")
    if m == n and len(said) == 1:
        said.append(
            "Somebody who has only the reconstruction would find as many beats and could measure the same values."
        )
    st.markdown(f"**With beats found on the reconstruction alone:** {' '.join(said)}")


def _lead_table(rows: list[Row], leads: LeadSet) -> None:
    names = list(dict.fromkeys(row.name for row in rows))
    by = {(row.lead, row.name): row for row in rows}
    head = " | ".join(f"{_title(name)} {_unit(name)}" for name in names)
    lines = [f"| Lead | {head} | beats |", "|:--|" + "--:|" * (len(names) + 1)]
    for lead in leads:
        if (lead, names[0]) in by:
            cells = " | ".join(_cell(by[lead, name]) for name in names)
            lines.append(f"| **{lead}** | {cells} | {by[lead, names[0]].n} |")
    st.markdown("\n".join(lines))
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row.verdict == "not compared":
            reasons.setdefault(row.note, []).append(f"{row.lead} {_title(row.name)}")
    st.caption(
        "True → reconstructed, and whether the difference is within (✓) or beyond (✗) the limit; heights without a sign have none. "
        "ST: within 100 µV, a limit of our own that is as wide as most thresholds of ST elevation; see below what crosses those. Heights are signed, against the "
        "PR segment."
    )
    if reasons:
        with st.expander(f"Not measurable ({sum(map(len, reasons.values()))})"):
            st.markdown("\n".join(f"- {', '.join(which)}: {why}" for why, which in reasons.items()))


def _cell(row: Row) -> str:
    if row.true is None and row.other is None:
        return ":gray[–]"
    text = f"{_number(row.true)} → {_number(row.other)}"
    if row.verdict == "within":
        return f"{text} :green[✓ {_signed(row.difference)}]"
    if row.verdict == "beyond":
        return f"{text} :red[✗ {_signed(row.difference)}]"
    if row.verdict == "no limit":
        return text
    if row.verdict == "one-sided":
        return f"{text} :orange[{'only recorded' if row.other is None else 'only reconstructed'}]"
    return f"{text} :gray[not compared]"


# -- ST ----------------------------------------------------------------------------------------------------------------


def _person() -> tuple[float | None, Sex | None]:
    """Age and sex from the database's table, else as the reader says."""
    known = session.known()
    age = known.get("age")
    age = float(age) if age is not None and not math.isnan(age) else None
    sex = known.get("sex") or None
    if age is not None and sex:
        st.caption(f"{sex.capitalize()}, {age:.0f} years, as the database says.")
        return age, sex
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if age is None:
            age = st.number_input(
                "Age, years", 0, 120, None, key="measured_age", width=130, placeholder="not known"
            )
        if not sex:
            sex = st.selectbox(
                "Sex", ["male", "female"], None, key="measured_sex", width=150, placeholder="not known"
            )
    return (None if age is None else float(age)), sex


def _st_levels(truth: Ecg, made: Reconstruction, true: Any, other: Any, leads: LeadSet) -> None:
    st.markdown("##### ST level against the STEMI thresholds")
    age, sex = _person()
    lines = [
        "| Lead | J true | J reconstructed | J+60 true | J+60 reconstructed | difference | threshold at J | reached |",
        "|:--|" + "--:|" * 6 + ":--|",
    ]
    for lead in leads:
        cells = [of.leads[lead][name].value for name in ("st_j_uv", "st_j60_uv") for of in (true, other)]
        difference = None if cells[2] is None or cells[3] is None else cells[3] - cells[2]
        limit = limit_uv(lead, age, sex)
        reach = "–" if lead == "aVR" else _reached(cells[0], cells[1], limit)
        limit_text = "–" if lead == "aVR" else f"{limit:.0f}"
        numbers = " | ".join(_number(value) for value in cells)
        lines.append(f"| **{lead}** | {numbers} | {_signed(difference)} | {limit_text} | {reach} |")
    st.markdown("\n".join(lines))
    recorded = _levels(measurements.measured(truth, beats_of=truth))
    rebuilt = _levels(measurements.measured(made.ecg, beats_of=truth))
    on_true, on_made = stemi(recorded, age, sex), stemi(rebuilt, age, sex)
    same = on_true.met == on_made.met
    badge = (
        ":green-badge[:material/check: same answer]"
        if same
        else ":red-badge[:material/close: another answer]"
    )
    st.markdown(
        f"Two contiguous leads at or above their thresholds: recorded leads **{_met(on_true)}**, reconstruction **{_met(on_made)}** {badge}"
    )
    st.caption(
        "µV. Thresholds of the Fourth Universal Definition of Myocardial Infarction: 100 µV; in V2 and V3 200 µV in men from 40 "
        f"years, 250 µV in younger men, 150 µV in women. {on_true.note[:1].upper() + on_true.note[1:] + '. ' if on_true.note else ''}A criterion on measured numbers, not a diagnosis; "
        f"{widgets.filter_text()}, which can shift the ST level."
    )


def _levels(found: Any) -> dict[str, float | None]:
    return {lead: of["st_j_uv"].value for lead, of in found.leads.items()}


def _reached(true: float | None, other: float | None, limit: float) -> str:
    if true is None or other is None:
        return "not measurable"
    answers = {
        (True, True): "both",
        (True, False): ":red[true only]",
        (False, True): ":red[reconstruction only]",
        (False, False): "neither",
    }
    return answers[true >= limit, other >= limit]


def _met(found: Any) -> str:
    if found.met is None:
        return "cannot be judged"
    return f"met ({', '.join('+'.join(pair) for pair in found.pairs)})" if found.met else "not met"


# -- numbers -----------------------------------------------------------------------------------------------------------


def _title(name: str) -> str:
    return f"QTc {FORMULAS[name]}" if name in CORRECTED else TITLES[name]


def _unit(name: str) -> str:
    return UNITS[{"bpm": "bpm", "ms": "ms", "uv": "uV", "deg": "deg"}[name.rsplit("_", 1)[1]]]


def _plain(value: Any) -> str:
    if value.value is None:
        return "not measurable"
    doubt = " :gray[?]" if value.doubtful else ""
    return f"{_with_unit(value.value, UNITS[value.unit])}{doubt}"


def _with_unit(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{_number(value)}{'' if unit == '°' else ' '}{unit}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return "0" if abs(value) < 0.5 else f"{value:.0f}".replace("-", "−")


def _signed(value: float | None) -> str:
    if value is None:
        return "–"
    return "0" if abs(value) < 0.5 else f"{value:+.0f}".replace("-", "−")
