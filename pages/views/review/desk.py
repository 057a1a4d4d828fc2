"""The reading desk above the paper: numbers of both traces in one line, and what of them is shown."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.measurements.comparison import LIMITS
from pages.shared import links, memory, reference, session
from pages.shared.reads import measurements
from pages.shared.widgets import number

SHOWN = {
    "both": "Both",
    "recorded": "Recorded",
    "reconstructed": "Reconstructed",
    "beside": "Stacked",
    "vector": "Vector loop",
    "previous": "Previous ECG",
}
VALUES = {
    "hr_bpm": ("HR", "bpm"),
    "pr_ms": ("PR", "ms"),
    "qrs_ms": ("QRS", "ms"),
    "qt_ms": ("QT", "ms"),
    "qtc_fridericia_ms": ("QTc", "ms"),
    "p_axis_deg": ("P axis", "°"),
    "qrs_axis_deg": ("QRS axis", "°"),
    "t_axis_deg": ("T axis", "°"),
}
TOLERANCES = (
    LIMITS
    | dict.fromkeys(("qtc_fridericia_ms",), 30.0)
    | dict.fromkeys(("p_axis_deg", "qrs_axis_deg", "t_axis_deg"), 15.0)
)
"""From which difference on the reconstruction's value is shown, too; of axes our own."""
HELP = (
    "Measured on the recorded leads, all together; QTc by Fridericia. In orange after the arrow: the "
    "reconstruction, measured by itself, where it differs by more than the tolerance (Measurements has all "
    "of them)."
)


def controls() -> str:
    """What is shown of the two traces, by a click or a key; part of the address."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="desk_controls"):
        shown = links.one_of(
            st.segmented_control,
            "Show",
            "show",
            [name for name in SHOWN if name != "previous" or reference.other_visits()],
            format_func=SHOWN.__getitem__,
            label_visibility="collapsed",
        )
        st.button("Blink", key="desk_blink", shortcut="b", on_click=_blink, type="tertiary")
        st.button("Hide recording", key="desk_hide", shortcut="h", on_click=_hide, type="tertiary")
        st.button("Calipers", key="desk_calipers", shortcut="m", on_click=_calipers, type="tertiary")
        st.button(
            "Fit the window" if session.choices().true_size else "True size",
            key="desk_size",
            shortcut="t",
            on_click=_size,
            type="tertiary",
            help="25 mm of paper as 25 mm on the screen; under More you tell how large your screen is.",
        )
    return shown


def _blink() -> None:
    links.put(show="reconstructed" if memory.kept("link_show") == "recorded" else "recorded")


def _hide() -> None:
    links.put(show="both" if memory.kept("link_show") == "reconstructed" else "reconstructed")


def _calipers() -> None:
    session.choose(calipers=not session.choices().calipers)


def _size() -> None:
    session.choose(true_size=not session.choices().true_size)


def strip(place: Any, truth: Ecg, reconstruction: Reconstruction | None, hidden: bool) -> None:
    """Fill the place above the paper. hidden: the recording is not to be told."""
    other = None if reconstruction is None else measurements.values(reconstruction.ecg)
    true = measurements.values(truth)
    parts = [part for name in VALUES if (part := _value(name, true, other, hidden))]
    with place.container():
        st.markdown(" · ".join([*parts, *_person()]) or ":gray[Nothing could be measured.]", help=HELP)


def changes(now: Ecg, before: Ecg) -> list[str]:
    """The numbers of an earlier recording, and after the arrow this one's where they differ by more than the
    tolerance."""
    old, new = measurements.measured(before), measurements.measured(now)
    return [part for name in VALUES if (part := _value(name, old, new, False))]


def _value(name: str, true: Any, other: Any, hidden: bool) -> str:
    title, unit = VALUES[name]
    was, now = true[name].value, None if other is None else other[name].value
    if hidden:
        return "" if other is None else f"{title} **{_text(now, unit)}**"
    difference = None if was is None or now is None else abs(now - was)
    if difference is not None and unit == "°":
        difference = min(difference, 360 - difference)
    differs = other is not None and (
        (was is None) != (now is None) or (difference is not None and difference > TOLERANCES[name])
    )
    return f"{title} **{_text(was, unit)}**" + (f" → :orange[{_text(now, unit)}]" if differs else "")


def _text(value: float | None, unit: str) -> str:
    if value is None:
        return "not measurable"
    return f"{number(value)}{'' if unit == '°' else ' '}{unit}"


def _person() -> list[str]:
    info = session.record_info()
    age, sex = info.get("age"), info.get("sex")
    words = [] if age is None or math.isnan(age) or age < 0 else [f"{age:.0f} years"]
    return [*words, *([str(sex)] if sex else [])]
