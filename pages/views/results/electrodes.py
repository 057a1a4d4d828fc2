"""A view of the Results page: how often exchanged electrodes are noticed and named, and right ones
doubted."""

from __future__ import annotations

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.studies import electrodes as study
from models.hints import hint
from pages.shared import links
from pages.shared.reads import electrode_checks
from pages.shared.widgets import grid

BASES = {
    "ptb-xl": "PTB-XL, test part",
    "ludb": "LUDB",
    "chapman-ningbo": "Chapman-Shaoxing and Ningbo",
    "georgia": "Georgia",
    "cpsc2018": "CPSC 2018",
    "cpsc-extra": "CPSC extra",
    "brugada-huca": "Brugada-HUCA, healthy",
}


def show() -> None:
    """False alarms, sensitivity by arrangement, and both by diagnosis, for one database and set of leads."""
    table = electrode_checks.table()
    if table is None:
        raise UnusableEcg(f"Electrodes were not scored here yet; this does it: `{hint('electrodes')}`")
    options = study.conditions(table)
    st.markdown(
        "Every exchange is put upon recordings by its exact algebra; then the check is asked with its usual "
        "prior (4 % of recordings with a mix-up). *Noticed*: any alarm. *Named*: the alarm names this very "
        "exchange first."
    )
    titles = {_title(condition): condition for condition in options}
    title = links.one_of(st.selectbox, "Recordings and leads", "checked", list(titles), width=430)
    condition = titles[title]
    rows = study.part(table, condition)
    _false_alarms(rows)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _sensitivity(rows)
    with right:
        _by_diagnosis(rows)
    st.caption(
        f"{title} · 0.5 Hz high-pass, mean beat at 100 Hz · shares of recordings with Wilson's 95 % interval "
        "by patient. A chest electrode one space too high is simulated, not measured. "
        "Research and teaching use, not for diagnosis."
    )


def _title(condition: tuple[str, float, str, str]) -> str:
    database, rate, leads, reference = condition
    name = "PTB-XL" if reference else BASES.get(database, database)
    text = f"{name} · {rate:g} Hz · {leads.replace('I+II+V1+V2+V3+V4+V5+V6', '12 leads')}"
    return f"{text} · with an {reference} of the person" if reference else text


def _false_alarms(rows) -> None:
    st.markdown("**False alarms on recordings as they are**")
    lines = [
        [f"**{rate.name}**", _share(rate.alarm), f"{rate.alarm.n_records:,}"]
        for rate in study.false_alarms(rows)
    ]
    grid(["Superclass", "alarm, %", "recordings"], lines)


def _sensitivity(rows) -> None:
    st.markdown("**Noticed and named, by exchange**")
    lines = [[f"**{rate.name}**", _share(rate.alarm), _share(rate.named)] for rate in study.sensitivity(rows)]
    n = max((rate.alarm.n_records for rate in study.sensitivity(rows)), default=0)
    grid(["Exchange", "noticed, %", "named, %"], lines)
    st.caption(f"n = {n:,} recordings each.")


def _by_diagnosis(rows) -> None:
    st.markdown("**Noticed, by kind and superclass**")
    kinds = [kind.name for kind in study.by_kind(rows)]
    cells = {(name, rate.name): rate.alarm for name, rate in study.sensitivity_by_diagnosis(rows)}
    names = list(dict.fromkeys(name for name, _ in cells))
    if not names:
        st.caption("This database says no superclasses.")
        return
    lines = [
        [
            f"**{kind}**",
            *(_percent(cells[name, kind].value) if (name, kind) in cells else "–" for name in names),
        ]
        for kind in kinds
    ]
    grid(["Kind", *(f"{name}, %" for name in names)], lines)


def _share(interval) -> str:
    return f"{_percent(interval.value)} [{_percent(interval.low)}, {_percent(interval.high)}]"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"
