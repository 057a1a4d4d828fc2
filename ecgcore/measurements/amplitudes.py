"""Heights on a median beat: P, Q, R, S, T and ST in uV against the PR segment, and the frontal axes."""

from __future__ import annotations

import numpy as np

from ecgcore.measurements.delineation.marks import Marks
from ecgcore.measurements.detector import RATE

LEAST_UV = 20.0
"""A Q, R or S smaller than this is none (the threshold of the CSE waves, doi:10.1016/0010-4809(85)90021-7, in
round numbers)."""


def pr_level(row: np.ndarray, qrs_on: float) -> float:
    """mV: mean over the 16 ms that end at the QRS onset, the level all heights and the ST segment are
    measured from."""
    stop = max(round(qrs_on), 1)
    return float(row[max(0, stop - int(0.016 * RATE)) : stop].mean())


def wave_heights(row: np.ndarray, marks: Marks, joint: Marks) -> dict[str, float | None]:
    """Signed uV of one lead's (n,) mV median beat. A complex without R has its depth as Q (a QS); no wave is
    None."""
    out: dict[str, float | None] = dict.fromkeys(
        ("p_uv", "q_uv", "r_uv", "s_uv", "t_uv", "st_j_uv", "st_j60_uv")
    )
    if joint.qrs_on is None or joint.qrs_off is None:
        return out
    level = pr_level(row, joint.qrs_on)
    flat = 1000 * (row - level)
    on, off = round(joint.qrs_on), round(joint.qrs_off)
    out |= _qrs_heights(flat[on : off + 1])
    out["st_j_uv"] = float(flat[min(off, len(flat) - 1)])
    out["st_j60_uv"] = float(flat[min(off + int(0.06 * RATE), len(flat) - 1)])
    if marks.p is not None and joint.p_on is not None and joint.p_off is not None:
        a, b = int(joint.p_on), int(joint.p_off)
        wave = flat[a : b + 1] - np.linspace(flat[a], flat[b], b - a + 1)
        out["p_uv"] = float(wave[np.abs(wave).argmax()])
    if joint.t_off is not None:
        start = max(off + int(0.06 * RATE), int(joint.t_on or 0))
        wave = flat[start : int(joint.t_off) + 1]
        if len(wave):
            out["t_uv"] = float(wave[np.abs(wave).argmax()])
    return out


def _qrs_heights(qrs: np.ndarray) -> dict[str, float | None]:
    out: dict[str, float | None] = {"q_uv": None, "r_uv": None, "s_uv": None}
    if len(qrs) < 3:
        return out
    top = int(qrs.argmax())
    if qrs[top] < LEAST_UV:
        out["q_uv"] = float(qrs.min()) if qrs.min() < -LEAST_UV else None
        return out
    out["r_uv"] = float(qrs[top])
    before, after = float(qrs[: top + 1].min()), float(qrs[top:].min())
    out["q_uv"] = before if before < -LEAST_UV else None
    out["s_uv"] = after if after < -LEAST_UV else None
    return out


def frontal_axis(
    lead_i: np.ndarray, lead_ii: np.ndarray, start: float | None, stop: float | None
) -> float | None:
    """Degrees, -180 to 180, of the mean vector between two samples, from the areas in leads I and II (mV,
    level at start).

    I lies at 0 and II at 60 degrees: y = (2 II - I) / sqrt(3). None where the area is too small to have a
    direction.
    """
    if start is None or stop is None or stop - start < 3:
        return None
    window = slice(round(start), round(stop) + 1)
    x = float(lead_i[window].sum())
    y = float((2 * lead_ii[window] - lead_i[window]).sum()) / np.sqrt(3)
    if np.hypot(x, y) / RATE < 0.0004:
        return None
    return float(np.degrees(np.arctan2(y, x)))
