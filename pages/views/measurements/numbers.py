"""How the Measurements page names and writes its values."""

from __future__ import annotations

from typing import Any

from ecgcore.measurements import CORRECTED

TITLES = {
    "hr_bpm": "Heart rate",
    "pr_ms": "PR",
    "qrs_ms": "QRS",
    "qt_ms": "QT",
    "p_axis_deg": "P axis",
    "qrs_axis_deg": "QRS axis",
    "t_axis_deg": "T axis",
    "r_uv": "R",
    "s_uv": "S",
    "t_uv": "T",
    "st_j60_uv": "ST J+60",
}
FORMULAS = {
    "qtc_fridericia_ms": "Fridericia",
    "qtc_bazett_ms": "Bazett",
    "qtc_framingham_ms": "Framingham",
    "qtc_hodges_ms": "Hodges",
}
UNITS = {"bpm": "bpm", "ms": "ms", "uV": "µV", "deg": "°"}


def title(name: str) -> str:
    """What a value is called."""
    return f"QTc {FORMULAS[name]}" if name in CORRECTED else TITLES[name]


def unit(name: str) -> str:
    """Its unit on screen, from the end of its name."""
    return UNITS[{"bpm": "bpm", "ms": "ms", "uv": "uV", "deg": "deg"}[name.rsplit("_", 1)[1]]]


def plain(value: Any) -> str:
    """A measured value, or that it is not measurable."""
    if value.value is None:
        return "not measurable"
    doubt = " :gray[?]" if value.doubtful else ""
    return f"{with_unit(value.value, UNITS[value.unit])}{doubt}"


def with_unit(value: float | None, unit: str) -> str:
    """A number with its unit, a dash without one."""
    return "–" if value is None else f"{number(value)}{'' if unit == '°' else ' '}{unit}"


def number(value: float | None) -> str:
    """Whole, with a true minus."""
    if value is None:
        return "–"
    return "0" if abs(value) < 0.5 else f"{value:.0f}".replace("-", "−")


def signed(value: float | None) -> str:
    """Whole, with its sign."""
    if value is None:
        return "–"
    return "0" if abs(value) < 0.5 else f"{value:+.0f}".replace("-", "−")
