"""Measurements over many recordings: goals, errors with intervals, Bland-Altman, STEMI criterion, worst
recordings."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from ecgcore.datasets import title_of
from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.statistics import Interval
from ecgcore.figures.bland_altman import bland_altman_figure
from ecgcore.measurements import VERSION
from ecgcore.studies import measurements as measured
from ecgcore.studies.measurements import st_routes
from models.hints import hint
from pages.shared import downloads, links, session, widgets
from pages.shared.choices import Origin
from pages.shared.reads import measurements

NO_BREAK = "\u00a0"
NAMES = {
    "hr_bpm": ("Heart rate", "bpm"),
    "pr_ms": ("PR", "ms"),
    "qrs_ms": ("QRS", "ms"),
    "qt_ms": ("QT", "ms"),
    "st_j60_uv": ("ST J+60", "µV"),
    "r_uv": ("R", "µV"),
    "s_uv": ("S", "µV"),
    "t_uv": ("T", "µV"),
}


def cohort() -> None:
    """The chosen model's table, for one of its input sets."""
    info = session.model()
    table = None if info is None or info.personal else measurements.cohort_table(info.name)
    if info is None or table is None or table.empty:
        raise UnusableEcg(
            f"Measurements over many recordings were not computed for {info.label if info else 'no model'}; "
            f"`{hint('measurements')}` does that."
        )
    inputs = list(table["inputs"].unique())
    now = str(session.choices().inputs)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        usual = now if now in inputs else inputs[0]
        chosen = links.one_of(st.selectbox, "Input leads", "inputs", inputs, usual, width=170)
    first, part = table.iloc[0], table[table["inputs"] == chosen]
    widgets.markdown(
        f"##### {info.label}, {chosen.replace('+', ' + ')}: {part['record'].nunique():,} recordings of "
        f"{part['patient'].nunique():,} patients "
        f":small[:gray[{title_of(first['database'])}, {first['split']} part, {first['passband']}, weights "
        f"`{first['weights']}`]]"
    )
    if first["weights"] != measurements.weights(info.name):
        st.warning("These numbers are of earlier weights of this model.", icon=":material/history:")
    elif first["measuring"] != VERSION:
        st.warning(
            "These numbers were measured by an earlier version of the delineator.", icon=":material/history:"
        )
    _errors(part, chosen)
    _one(part, chosen)
    _criterion(part, chosen, str(first["database"]))
    _goals(table)
    _one_measurement(info.name, chosen)


def _goals(table: Any) -> None:
    widgets.markdown("##### Against goals set beforehand and published errors")
    head = "| Input leads | Error | goal | mean | median | noise floor | published | not measurable | of |"
    lines = [head, "|:--|:--|--:|--:|--:|--:|--:|--:|--:|"]
    for result in measured.reached(table):
        digits = 2 if result.goal.name == "t_uv" else 1
        verdict = ":green[✓]" if result.met else ":red[✗]"
        sign = "≥" if result.goal.name == "t_uv" else "≤"
        floor = "–" if result.floor is None else f"{result.floor:.{digits}f}"
        value = _interval(result.value, digits)
        cells = (
            f"{sign}\u00a0{result.goal.bound:g}",
            f"{verdict}\u00a0{value.replace(' ', NO_BREAK)}",
            "–" if result.median is None else f"{result.median:.1f}",
            floor,
            result.goal.published.replace("-", "–") or "–",
            f"{100 * result.failed:.1f} ({100 * result.failed_noisy:.1f}) %".replace(" ", NO_BREAK),
            f"{result.of:,}",
        )
        inputs = result.goal.inputs.replace("+", f"{NO_BREAK}+{NO_BREAK}")
        question = result.goal.question.replace("V1-V", "V1–V")
        lines.append(f"| {inputs} | {question} | {' | '.join(cells)} |")
    if len(lines) > 2:
        downloads.table("\n".join(lines), "goals")
        widgets.caption(
            "Mean absolute errors [95 % interval by patient]; ✓ the mean reaches the goal. Not measurable: "
            "in brackets with noise.",
            help="Noise floor: the same measuring of the true lead with 20 µV of noise. PR joined: from the "
            "earliest P onset to the earliest QRS onset over the estimated chest leads, as PR is read on "
            "twelve leads; in each: every lead by itself, with its own P wave of often less than 50 µV. Not "
            "measurable: of the values the true leads have. T amplitude: mean over leads of r and of its "
            "interval's ends. Published: measured on reconstructed leads of Olaiya's files with another "
            "delineator.",
        )


def _errors(part: Any, inputs: str) -> None:
    leads = [lead for lead in part["lead"].unique() if lead != "global"]
    widgets.markdown("##### Errors on the estimated leads")
    lines = [
        "| | mean absolute error | bias | noise floor | not measurable | with noise | of |",
        "|:--|--:|--:|--:|--:|--:|--:|",
    ]
    for where, which in (("global", ["global"]), ("per lead", leads)):
        for name, (title, unit) in NAMES.items():
            rows = measured.choose(part, inputs, name, which)
            if not rows["true"].notna().any():
                continue
            result = measured.errors(rows)
            cells = (
                _interval(result.mae),
                _interval(result.bias),
                f"{result.floor_mae.value:.1f}",
                f"{100 * result.failed:.1f} %",
                f"{100 * result.failed_noisy:.1f} %",
                f"{result.n:,}",
            )
            lines.append(f"| **{title}** {where}, {unit} | {' | '.join(cells)} |")
    downloads.table("\n".join(lines), "errors")
    widgets.caption(
        f"Per lead: {', '.join(leads)}. Global: earliest onset to latest offset over these leads.",
        help="Not measurable: part of the values that the true lead has and the other has not. Beats were "
        "found once, on the true leads; the heart rate is of beats found anew.",
    )


def _one(part: Any, inputs: str) -> None:
    """Bland-Altman, regression to the mean and the worst recordings of one value."""
    leads = [lead for lead in part["lead"].unique() if lead != "global"]
    top = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = links.one_of(
            st.selectbox,
            "Value",
            "value",
            list(NAMES),
            "qrs_ms",
            format_func=lambda name: NAMES[name][0],
            width=150,
        )
        where = links.one_of(st.selectbox, "Leads", "where", ["All estimated", "Global", *leads], width=160)
    which = {"Global": ["global"], "All estimated": leads}.get(where, [where])
    rows = measured.choose(part, inputs, name, which)
    rows = rows[rows["true"].notna() & rows["other"].notna()]
    agreement = measured.agreement(rows)
    if agreement is None:
        st.info("This value is not there for these leads.", icon=":material/info:")
        return
    title, unit = NAMES[name]
    with top:
        place = {"All estimated": "all estimated leads", "Global": "global"}.get(where, where)
        widgets.markdown(f"##### {title}, {place}: reconstructed against recorded")
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=570):
            figure = bland_altman_figure(rows, agreement, unit)
            alt = f"Bland-Altman plot of {title}: difference against mean of true and reconstructed values."
            widgets.chart(figure, "cohort_bland_altman", alt)
        with st.container(width=230, gap=None, key="screen_only_worst"):
            widgets.markdown("**Worst recordings**")
            _worst(rows, unit)
    lines = ["| | value | without error |", "|:--|--:|--:|"]
    for label, value, ideal in (
        ("Proportional bias (difference on mean)", agreement.proportional, 0),
        ("Truth on prediction, slope", agreement.truth_slope, 1),
        ("SD predicted / SD true", agreement.sd_ratio, 1),
        ("r", agreement.r, 1),
    ):
        lines.append(f"| {label} | {_interval(value, 2)} | {ideal} |")
    downloads.table("\n".join(lines), "agreement")
    widgets.caption(
        f"{agreement.n:,} values; intervals by patient.",
        help="An estimate that errs only by not knowing varies less than the truth (SD ratio below 1) and "
        "still has a slope of 1 of truth on prediction; amplitudes are never inflated to hide it. Several "
        "leads of a patient count as one.",
    )


def _worst(rows: Any, unit: str) -> None:
    database = str(rows["database"].iloc[0])
    there = database in session.local_databases()
    for row in measured.worst(rows, 8).itertuples():
        text = f"{row.record} {row.lead}: {row.difference:+.0f} {unit}".replace("-", "−")
        st.button(
            text,
            key=f"worst_{row.record}",
            type="tertiary",
            disabled=not there,
            on_click=_open,
            args=(database, row.record),
        )
    if not there:
        widgets.caption(f"To open one, set the data root so that it holds {database}.")


def _open(database: str, record: str) -> None:
    if session.try_open(Origin("local", database, record)):
        links.put(view="recording")


def _criterion(part: Any, inputs: str, database: str) -> None:
    widgets.markdown("##### STEMI criterion on the estimated leads")
    result = measured.criterion(part, inputs, measurements.people(database))
    downloads.table(
        "| | reconstruction: met | not met |\n|:--|--:|--:|\n"
        f"| **recorded: met** | {result.both} | {result.only_true} |\n"
        f"| **recorded: not met** | {result.only_other} | {result.neither} |",
        "st-criterion",
    )
    widgets.caption(
        f"Sensitivity {_interval(result.sensitivity, 2)}, specificity {_interval(result.specificity, 2)}, "
        f"agreement {_interval(result.agreement, 2)}. With {result.both + result.only_true} recordings that "
        "meet it, the sensitivity is hardly known.",
        help=f"95 % intervals by Wilson; {result.unknown} recordings could not be judged. At the J point, "
        "two contiguous estimated leads; thresholds by age and sex where the database is at hand, else the "
        "highest. A criterion on measured numbers, not a diagnosis.",
    )


def _one_measurement(name: str, inputs: str) -> None:
    """How often two measurements of ST that stood side by side used to disagree, and now."""
    table = measurements.st_routes(name)
    rows = None if table is None else table[table["inputs"] == inputs]
    if rows is None or rows.empty:
        return
    lines = []
    for title, ways in (("before: table and sentence", ("alone", "together")), ("now", ("listed", "judged"))):
        of = st_routes.disagreement(rows, *ways)
        lines.append(
            [
                f"**{title}**",
                f"{of.apart:,} of {of.values:,}",
                f"{of.median_uv:.0f} / {of.largest_uv:,.0f}",
                f"{of.criterion:,} of {of.judged:,}",
            ]
        )
    head = ["", f"J+60 differs by more than {st_routes.APART_UV:.0f} µV", "median / largest, µV"]
    with st.expander("ST: how often two ways of measuring it disagreed, and now"):
        widgets.grid([*head, "criterion differs"], lines)
        widgets.caption(
            "Before, the table of leads was measured on the estimated leads alone and the sentence above it "
            "on all twelve, with another J point; now both are one measurement. PTB-XL test fold, recorded "
            "and "
            "reconstructed leads; criterion: two contiguous estimated leads at the J point."
        )


def _interval(value: Interval, digits: int = 1) -> str:
    if value.n_records == 0 or math.isnan(value.value):
        return "–"
    a, b, c = (f"{round(part, digits) + 0.0:.{digits}f}" for part in (value.value, value.low, value.high))
    return f"{a} [{b}, {c}]".replace("-", "−")
