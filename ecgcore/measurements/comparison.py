"""True against reconstructed: differences, tolerances, verdicts; on estimated leads, never on an input."""

from __future__ import annotations

from dataclasses import dataclass

from ecgcore.leads import LeadSet
from ecgcore.measurements.values import NO_WAVE, Measurements, Value

LIMITS = {"hr_bpm": 5.0, "pr_ms": 20.0, "qrs_ms": 10.0, "qt_ms": 30.0}
"""Olaiya's limits for reconstructed leads."""
IEC_LIMITS = {"p_ms": 10.0, "pr_ms": 10.0, "qrs_ms": 10.0, "qt_ms": 25.0}
"""Mean difference allowed for global intervals by IEC 60601-2-25, as commonly quoted; the text of the
standard was not at hand."""
ST_LIMIT_UV = 100.0
GLOBAL = ("hr_bpm", "pr_ms", "qrs_ms", "qt_ms")
COMPARED = ("pr_ms", "qrs_ms", "qt_ms", "r_uv", "s_uv", "t_uv", "st_j60_uv")


@dataclass(frozen=True)
class Row:
    """One compared value. lead: its name, or "global". difference: other minus true. tolerance: None where
    none is set.

    verdict: "within", "beyond", "not compared" (one side missing), "one-sided" (only one side shows the wave)
    or "no limit"; note: the reasons of both sides.
    """

    lead: str
    name: str
    unit: str
    true: float | None
    other: float | None
    difference: float | None
    tolerance: float | None
    verdict: str
    n: int
    note: str = ""


def compare(
    true: Measurements,
    other: Measurements,
    leads: LeadSet,
    limits: dict[str, float] | None = None,
    more: tuple[str, ...] = (),
) -> list[Row]:
    """Rows for the global rate, intervals and more values, and then for each of the leads, which should be
    the estimated ones.

    The global values are only comparable if both were measured on the same leads: measure both on the
    estimated leads.
    """
    limits = LIMITS if limits is None else limits
    rows = [_row("global", name, true[name], other[name], limits.get(name)) for name in (*GLOBAL, *more)]
    for lead in leads:
        if lead not in true.leads or lead not in other.leads:
            continue
        for name in COMPARED:
            limit = ST_LIMIT_UV if name == "st_j60_uv" else limits.get(name)
            rows.append(_row(lead, name, true.leads[lead][name], other.leads[lead][name], limit))
    return rows


def _row(lead: str, name: str, true: Value, other: Value, limit: float | None) -> Row:
    note = "; ".join(
        f"{side}: {value.reason}"
        for side, value in (("recorded", true), ("reconstructed", other))
        if value.reason
    )
    n = min(true.n, other.n)
    if true.value is None or other.value is None:
        lacking = [value.reason for value in (true, other) if value.value is None]
        verdict = "one-sided" if lacking == [NO_WAVE] else "not compared"
        return Row(lead, name, true.unit, true.value, other.value, None, limit, verdict, n, note)
    difference = other.value - true.value
    verdict = "no limit" if limit is None else "within" if abs(difference) <= limit else "beyond"
    return Row(lead, name, true.unit, true.value, other.value, difference, limit, verdict, n, note)
