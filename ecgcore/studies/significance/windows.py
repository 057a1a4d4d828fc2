"""Windows of a recording that an explanation looks at: waves and beats as spans of seconds and as masks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ecgcore.ecg import UnusableEcg

WAVES: dict[str, tuple[str, str]] = {
    "P": ("p_on", "p_off"),
    "QRS": ("qrs_on", "qrs_off"),
    "ST": ("qrs_off", "t_on"),
    "T": ("t_on", "t_off"),
}
"""Waves a window can be made of, from one fiducial mark to another."""


Spans = list[tuple[float, float]]


def wave_spans(fiducials: Mapping[str, Sequence[float | None]], wave: str) -> Spans:
    """(start, stop) in s of a wave in each beat that has it. Raises UnusableEcg where no beat has."""
    first, last = WAVES[wave]
    pairs = zip(fiducials.get(first, ()), fiducials.get(last, ()), strict=True)
    spans = [
        (start, stop) for start, stop in pairs if start is not None and stop is not None and stop > start
    ]
    if not spans:
        what = "segment" if wave == "ST" else "complex" if wave == "QRS" else "wave"
        raise UnusableEcg(
            f"No beat of these seconds has a {wave} {what} that can be told; choose another wave or all."
        )
    return spans


def beat_spans(r_seconds: Sequence[float], duration: float) -> Spans:
    """(start, stop) in s of each whole beat: from 40 % of the way from the previous R point to 40 % before
    the next one.

    The first and last beat borrow their neighbour's distance and are left out where the recording cuts them.
    """
    r = np.asarray(sorted(r_seconds), float)
    if len(r) < 2:
        return [(0.0, duration)] if len(r) else []
    gaps = np.diff(r)
    before, after = np.concatenate([gaps[:1], gaps]), np.concatenate([gaps, gaps[-1:]])
    spans = [(float(at - 0.4 * b), float(at + 0.6 * a)) for at, b, a in zip(r, before, after, strict=True)]
    return [(start, stop) for start, stop in spans if start >= 0 and stop <= duration]


def mask(spans: Iterable[tuple[float, float]], n: int, rate: float) -> np.ndarray:
    """(n,) True within the spans, s."""
    out = np.zeros(n, bool)
    for start, stop in spans:
        out[max(0, round(start * rate)) : max(0, round(stop * rate))] = True
    return out


def wave_levels(
    amounts: np.ndarray, rate: float, fiducials: Mapping[str, Sequence[float | None]]
) -> dict[str, float]:
    """Mean of a map (n_leads, n) within each wave that can be told, over its mean everywhere: 2 is twice as
    high as usual."""
    usual, out = float(np.mean(amounts)), {}
    for wave, (first, last) in WAVES.items():
        pairs = zip(fiducials.get(first, ()), fiducials.get(last, ()), strict=True)
        inside = mask(
            [(a, b) for a, b in pairs if a is not None and b is not None and b > a], amounts.shape[1], rate
        )
        if inside.any() and usual > 0:
            out[wave] = float(np.mean(amounts[:, inside])) / usual
    return out


def require_beat(r_seconds: Sequence[float], spans: Spans) -> None:
    """Raises UnusableEcg where no heart beat lies in the window: the baseline between beats rests on
    nothing."""
    if not any(start - 0.4 <= at <= stop + 0.3 for at in r_seconds for start, stop in spans):
        between = f"from {spans[0][0]:g} to {spans[-1][1]:g} s " if spans else ""
        raise UnusableEcg(
            f"There is no heart beat in the window {between}to explain; choose one that holds a QRS "
            "complex or its P or T wave."
        )
