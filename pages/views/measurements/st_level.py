"""ST of the recording against ST of the reconstruction: level, shape, criterion, and what is lost."""

from __future__ import annotations

import math

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.leads import LeadSet
from ecgcore.measurements.comparison import ST_LIMIT_UV
from ecgcore.measurements.st.comparison import LeadSt, StComparison
from ecgcore.measurements.st.criteria import Sex, Stemi
from pages.shared import session, widgets
from pages.shared.reads import measurements
from pages.views.measurements.numbers import number, signed

HELP = (
    "One measurement per lead and recording: beats, PR level and J point are those of the recording on all "
    "its leads, and the reconstruction is read at the same moments. The last column has the reconstruction "
    "at points found on itself. Thresholds at the J point: Fourth Universal Definition of Myocardial "
    "Infarction, 100 µV; in V2 and V3 200 µV in men from 40 years, 250 µV in younger men, 150 µV in women; "
    "two contiguous leads. Shape: ST slope from J to J+80 ms and T wave from 50 µV on, terminal r' in V1–V3 "
    "from 100 µV on. Criteria on measured numbers, not a diagnosis."
)
SHOWN = {
    (True, True): "both",
    (False, False): "neither",
    (True, False): "recorded only",
    (False, True): "reconstructed only",
}


def show(truth: Ecg, reconstruction: Reconstruction, leads: LeadSet) -> None:
    """A verdict for each estimated lead, on level and on shape, and the criterion on both sides."""
    st.markdown("##### ST: level and shape", help=HELP)
    age, sex = _person()
    st_of = measurements.st_comparison(truth, reconstruction, age, sex)
    there = [st_of.leads[lead] for lead in leads if lead in st_of.leads]
    if not there:
        st.info("No QRS edge was found in the recording, so ST has no level.", icon=":material/info:")
        return
    _summary(st_of, there)
    head = [
        "Lead",
        "J µV",
        "J+60 µV",
        "difference, J / J+60",
        "level",
        "shape",
        "reaches threshold at J",
        "J+60 µV, own points",
    ]
    widgets.grid(head, [_row(row) for row in there])
    st.caption(
        f"Recorded → reconstructed; {widgets.filter_text()}, which can shift ST.",
        help=f"{_exact(st_of)}{_note(st_of.recorded)}" or None,
    )


def _summary(st_of: StComparison, leads: list[LeadSt]) -> None:
    level = [row.lead for row in leads if not row.within]
    shape = [row.lead for row in leads if row.changes]
    words = [
        f":red-badge[:material/close: level outside ±{ST_LIMIT_UV:.0f} µV: {', '.join(level)}]"
        if level
        else f":green-badge[:material/check: every level within ±{ST_LIMIT_UV:.0f} µV]",
        f":red-badge[:material/close: shape differs: {', '.join(shape)}]"
        if shape
        else ":green-badge[:material/check: same shapes]",
        _criterion(st_of),
    ]
    st.markdown(" ".join(words))
    if st_of.sentences:
        st.warning("  \n".join(st_of.sentences), icon=":material/warning:")


def _criterion(st_of: StComparison) -> str:
    was, now = st_of.recorded, st_of.reconstructed
    answers = f"recorded: {_met(was)}, reconstructed: {_met(now)}"
    if was.met is None or now.met is None:
        return f":gray-badge[elevation criterion cannot be judged ({answers})]"
    if was.pairs == now.pairs:
        return f":gray-badge[elevation criterion agrees ({answers})]"
    return f":red-badge[:material/close: elevation criterion differs ({answers})]"


def _met(criterion: Stemi) -> str:
    if criterion.met is None:
        return "not measurable"
    return ", ".join("+".join(pair) for pair in criterion.pairs) if criterion.met else "no"


def _row(row: LeadSt) -> list[str]:
    was, now = row.recorded, row.reconstructed
    level = ":green[✓ within]" if row.within else ":red[✗ outside]"
    shape = f":red[{'; '.join(row.changes)}]" if row.changes else f":green[✓] ST {was.slope}, T {was.t_wave}"
    reached = "–" if row.reached is None else SHOWN[row.reached]
    return [
        f"**{row.lead}**",
        f"{number(was.j_uv)} → {number(now.j_uv)}",
        f"{number(was.j60_uv)} → {number(now.j60_uv)}",
        f"{signed(now.j_uv - was.j_uv)} / {signed(row.difference_uv)}",
        level,
        shape,
        "–"
        if row.limit_uv is None
        else f"{f':red[{reached}]' if 'only' in reached else reached} ({row.limit_uv:.0f} µV)",
        "–" if row.own is None else number(row.own.j60_uv),
    ]


def _exact(st_of: StComparison) -> str:
    rest = [row for row in st_of.leads.values() if row.source != "estimated"]
    if not rest:
        return ""
    worst = max(abs(row.difference_uv) for row in rest)
    return (
        f"Input and derived leads ({', '.join(row.lead for row in rest)}) differ by at most {worst:.1f} µV. "
    )


def _note(criterion: Stemi) -> str:
    return f"{criterion.note[:1].upper()}{criterion.note[1:]}." if criterion.note else ""


def _person() -> tuple[float | None, Sex | None]:
    """Age and sex from the database's table, else as the reader says."""
    info = session.record_info()
    age = info.get("age")
    age = float(age) if age is not None and not math.isnan(age) else None
    sex = info.get("sex") or None
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
