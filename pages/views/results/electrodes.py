"""A view of the Results page: how often exchanged electrodes are noticed and named, and right ones
doubted."""

from __future__ import annotations

import re

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.studies import electrodes as study
from models.hints import hint
from pages.shared import links, widgets
from pages.shared.reads import electrode_checks
from pages.shared.reads.electrode_checks import Condition, Part, Whole
from pages.shared.widgets import grid
from pages.views.results.condition import short_title

HOW = (
    "Every exchange is put upon recordings by its exact algebra; then the check is asked with its usual "
    "prior (4 % of recordings with a mix-up). Noticed: any alarm. Named: the alarm names this very exchange "
    "first. Networks learned from PTB-XL's training part without patients who have several recordings; its "
    "validation part calibrated; other databases did neither. With an earlier recording as reference, each "
    "patient is scored by what the other four fifths of these patients calibrated."
)
FALSE_ALARMS = "1 %"
PARTS = {"ptb-xl": ", test part", "brugada-huca": ", healthy"}


def show() -> None:
    """False alarms, sensitivity by arrangement, and both by diagnosis, for one database and set of leads."""
    checks = electrode_checks.whole()
    if checks is None:
        raise UnusableEcg(f"Electrodes were not scored here yet; this does it: `{hint('electrodes')}`")
    titles = {_title(condition): condition for condition in checks.conditions}
    title = links.one_of(st.selectbox, "Recordings and leads", "checked", list(titles), width=430, help=HOW)
    part = electrode_checks.under(titles[title])
    left, right = st.columns([3, 4], gap="large")
    with left:
        _false_alarms(part)
    with right:
        _false_alarms_by_diagnosis(checks)
    _by_diagnosis(part)
    _sensitivity(part)
    _trade_off(checks)
    _worst(checks)
    median, late, n = checks.milliseconds
    widgets.caption(
        f"{title} · 0.5 Hz high-pass, mean beat at 100 Hz · [Wilson's 95 % interval by patient]",
        help="A chest electrode one space too high is simulated, not measured. "
        f"A check takes {median:.0f} ms (95 % within {late:.0f} ms, n = {n:,}, one core).",
    )


def _title(condition: Condition) -> str:
    database, rate, leads, reference = condition
    name = (
        "PTB-XL" if reference == "an earlier recording" else short_title(database) + PARTS.get(database, "")
    )
    stored = "each recording once" if rate == study.EACH_ONCE else f"{rate:g} Hz"
    text = f"{name} · {stored} · {'12 leads' if leads == study.FULL else leads}"
    return f"{text} · with {reference} as reference" if reference else text


def _false_alarms(part: Part) -> None:
    widgets.markdown("**False alarms on recordings as they are**")
    lines = [
        [f"**{widgets.group_name(rate.name)}**", _share(rate.alarm), f"{rate.alarm.n_records:,}"]
        for rate in part.false_alarms
    ]
    grid(["Superclass", "alarm, %", "recordings"], lines)


def _false_alarms_by_diagnosis(checks: Whole) -> None:
    widgets.markdown("**By diagnosis, all databases together**")
    lines = [
        [f"**{rate.name}**", _share(rate.alarm), f"{rate.alarm.n_records:,}"] for rate in checks.false_alarms
    ]
    grid(["Diagnosis", "alarm, %", "recordings"], lines)
    widgets.caption(
        "Recordings on which the check was neither trained nor calibrated.",
        help="Some of them may be truly exchanged. No recording of these databases is called dextrocardia: "
        "for it the rate is not known.",
    )


def _trade_off(checks: Whole) -> None:
    with st.expander("Alarms at other thresholds"):
        lines = [[f"**{title}**", *map(_percent, shares)] for title, shares in checks.trade_off]
        grid(["Share, %", *(f"from {100 * level:g} %" for level in study.LEVELS)], lines)
        widgets.caption(
            "12 leads, no earlier recording. The check was trained and calibrated on PTB-XL alone. "
            f"Its alarm is at the probability that {FALSE_ALARMS} of the validation recordings exceed."
        )


def _worst(checks: Whole) -> None:
    if not len(checks.worst):
        return
    with st.expander(f"The {len(checks.worst)} real recordings that look least in place"):
        widgets.markdown(checks.summary)
        lines = [
            [
                f"{row.database}/{row.record}",
                row.likeliest,
                "" if row.limb_mv != row.limb_mv else f"{1000 * row.limb_mv:.0f}",
                row.quality or "–",
                *checks.readings.get(f"{row.database}/{row.record}", ("–", "")),
            ]
            for row in checks.worst.itertuples()
        ]
        columns = [
            "Recording",
            "looks like",
            "limb leads apart, µV",
            "the database's readers",
            "read as",
            "why",
        ]
        grid(columns, lines)
        widgets.caption(
            "The reader knew what the check names; of databases but the Challenge 2011 and PTB-XL the mean "
            "beat alone was read. Whatever was read, an alarm counts as a false one above; those of the "
            "Challenge 2011 are not counted."
        )


def _sensitivity(part: Part) -> None:
    lines = [
        [f"**{_named(rate.name)}**", _share(rate.alarm), _share(rate.named), f"{rate.alarm.n_records:,}"]
        for rate in part.sensitivity
    ]
    if lines:
        with st.expander(f"Noticed and named, each of {len(lines)} exchanges"):
            grid(["Exchange", "noticed, %", "named, %", "recordings"], lines)
    else:
        widgets.caption("Looked at only as recorded.")


def _named(arrangement: str) -> str:
    """An arrangement on screen: a turned lead with a minus, a gain with a times sign."""
    return re.sub(r"^-", "−", arrangement).replace("*", " × ")


def _by_diagnosis(part: Part) -> None:
    widgets.markdown("**Noticed, by kind and superclass**")
    cells = {(name, kind): rate.alarm for (name, kind), rate in part.by_kind.items()}
    names = list(dict.fromkeys(name for name, _ in cells))
    if not names:
        widgets.caption("This database says no superclasses, or nothing was put upon its recordings.")
        return
    lines = [
        [
            f"**{kind}**",
            *(_percent(cells[name, kind].value) if (name, kind) in cells else "–" for name in names),
        ]
        for kind in part.kinds
    ]
    grid(["Kind", *(f"{name}, %" for name in names)], lines)


def _share(interval) -> str:
    return f"{_percent(interval.value)} [{_percent(interval.low)}, {_percent(interval.high)}]"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"
