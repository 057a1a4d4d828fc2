"""Rate and intervals of a recording as values, each with its spread and the reason for doubt, from its
beats and marks."""

from __future__ import annotations

import numpy as np

from ecgcore.measurements.beats import Beats
from ecgcore.measurements.delineation.marks import Marks
from ecgcore.measurements.delineation.vote import Apart, disagreement
from ecgcore.measurements.detector import RATE
from ecgcore.measurements.values import (
    CORRECTED,
    Value,
)

DOUBTFUL_SPREAD_MS = {"pr_ms": 20.0, "p_ms": 25.0, "qrs_ms": 15.0, "qt_ms": 40.0}
"""Spread over groups of beats from which an interval is doubtful."""


def rhythm(beats: Beats, rr: np.ndarray) -> dict[str, Value]:
    """Heart rate and RR interval. rr: s, between successive beats."""
    if not len(rr):
        why = "one beat has no rate"
        return {"hr_bpm": Value(None, "bpm", 1, None, why), "rr_ms": Value(None, "ms", 1, None, why)}
    mean, spread = float(rr.mean()), float(rr.std(ddof=1)) if len(rr) > 1 else None
    why = "fewer than three RR intervals" if len(rr) < 3 else ""
    hr_spread = None if spread is None else 60 * spread / mean**2
    return {
        "hr_bpm": Value(60 / mean, "bpm", beats.n, hr_spread, why),
        "rr_ms": Value(1000 * mean, "ms", beats.n, spread and 1000 * spread, why),
    }


SPANS = {
    "pr_ms": ("p_on", "qrs_on"),
    "p_ms": ("p_on", "p_off"),
    "qrs_ms": ("qrs_on", "qrs_off"),
    "qt_ms": ("qrs_on", "t_off"),
}
"""The marks between which an interval lies."""


def why_no_p(marks: Marks, irregular: bool, paced: bool) -> str:
    """The reason for which there is no P wave; "" where there is one."""
    if marks.p_on is not None:
        return ""
    if irregular:
        return "irregular rhythm without a steady P wave, as in atrial fibrillation"
    return "no steady P wave before the paced QRS" if paced else "no steady P wave before the QRS"


def span(marks: Marks, name: str) -> float | None:
    """An interval between marks, ms; None where a mark is missing."""
    start, stop = (getattr(marks, edge) for edge in SPANS[name])
    return None if start is None or stop is None else float(1000 * (stop - start) / RATE)


def intervals(
    marks: Marks, apart: Apart, groups: list[Marks], n: int, no_p: str, paced: bool
) -> dict[str, Value]:
    """PR, P, QRS and QT. marks, apart: global. groups: marks of every third beat, n: beats that were
    averaged, no_p: see ``why_no_p``."""
    out = {}
    for name, edges in SPANS.items():
        value = span(marks, name)
        differ, refused = disagreement(apart, *edges)
        if value is not None and refused:
            out[name] = Value(None, "ms", n, None, differ)
            continue
        if value is None:
            why = (
                no_p
                if name in ("pr_ms", "p_ms") and marks.qrs_on is not None
                else "no QRS edge"
                if marks.qrs_on is None
                else "no T wave"
            )
            out[name] = Value(None, "ms", n, None, why)
            continue
        each = [length for group in groups if (length := span(group, name)) is not None]
        spread = float(np.std(each, ddof=1)) if len(each) == 3 else None
        reason = (
            f"groups of beats differ by {spread:.0f} ms"
            if spread is not None and spread > DOUBTFUL_SPREAD_MS[name]
            else ""
        )
        reason = (
            reason
            or differ
            or ("paced beats" if paced else "")
            or (f"only {n} beat{'s' if n > 1 else ''}" if n < 3 else "")
        )
        out[name] = Value(value, "ms", n, spread, reason)
    return out


def corrected(values: dict[str, Value], irregular: bool) -> dict[str, Value]:
    """QTc by Bazett, Fridericia, Framingham (QT + 154 (1 - RR)) and Hodges (QT + 1.75 (HR - 60)); QT in ms,
    RR in s."""
    qt, rr = values["qt_ms"], values["rr_ms"]
    if qt.value is None or rr.value is None:
        why = qt.reason if qt.value is None else rr.reason
        return {name: Value(None, "ms", qt.n, None, why) for name in CORRECTED}
    seconds = rr.value / 1000
    rate = 60 / seconds
    by = (
        qt.value / seconds**0.5,
        qt.value / seconds ** (1 / 3),
        qt.value + 154 * (1 - seconds),
        qt.value + 1.75 * (rate - 60),
    )
    why = (
        "irregular rhythm"
        if irregular
        else ""
        if 50 <= rate <= 100
        else f"heart rate of {rate:.0f} bpm is outside 50-100"
    )
    reason = "; ".join(part for part in (why, qt.reason) if part)
    return {
        name: Value(float(value), "ms", qt.n, qt.spread, reason)
        for name, value in zip(CORRECTED, by, strict=True)
    }
