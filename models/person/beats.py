"""Beats of a person: their median, which of two recordings are alike, and a beat laid at every R point."""

from __future__ import annotations

import numpy as np

from ecgcore.measurements.beats import Beats
from ecgcore.measurements.detector import RATE as BEAT_RATE

RATE = 100.0
"""Hz at which the correction is fitted and made."""
BEFORE_S, AFTER_S = 0.3, 0.5
"""A beat, from its R point."""
FADE_S = 0.1
REACH_S = 0.04
"""How far two median beats are moved to lie on each other."""
ALIKE = 0.85
"""Correlation of the median beats of the input leads below which two kinds of beats are not the same."""


def median_beat(rows: np.ndarray, at: np.ndarray) -> np.ndarray | None:
    """(8, n) mV at RATE of rows at RATE; at: R points at BEAT_RATE."""
    return median_of(rows, np.rint(at * RATE / BEAT_RATE).astype(int), RATE)


def median_of(rows: np.ndarray, at: np.ndarray, rate: float) -> np.ndarray | None:
    """(n_leads, n) mV: median of the beats whose R points, samples at rate, have room; None where none
    has."""
    before, after = round(BEFORE_S * rate), round(AFTER_S * rate)
    whole = at[(at >= before) & (at + after <= rows.shape[1])]
    return np.median([rows[:, r - before : r + after] for r in whole], axis=0) if len(whole) else None


def same_kind(own: np.ndarray | None, rows: np.ndarray, beats: Beats) -> tuple[float | None, Beats]:
    """Correlation of the commonest kind with the beat of the reference, and the beats: those like it are
    of kind 0, and all are moved to where they lie on it."""
    if own is None or not beats.n:
        return None, beats
    likeness = {
        kind: _likeness(own, median_of(rows, beats.of_kind(kind), BEAT_RATE))
        for kind in np.unique(beats.kind)
    }
    alike = np.array([likeness[kind][0] >= ALIKE for kind in beats.kind])
    moved = beats.at + np.array([likeness[kind][1] for kind in beats.kind])
    similarity = likeness[0][0] if likeness[0][0] > -1 else None
    return similarity, Beats(moved, np.where(alike, 0, 1 + beats.kind))


def _likeness(own: np.ndarray, beat: np.ndarray | None) -> tuple[float, int]:
    """Largest correlation within ``REACH_S`` and the samples at BEAT_RATE by which the beat lies later; -1
    where one is flat or missing."""
    if beat is None:
        return -1.0, 0
    reach, n = round(REACH_S * BEAT_RATE), own.shape[1]
    middle = _unit(own[:, reach:-reach])
    matches = {
        shift: float(np.dot(middle, _unit(beat[:, reach + shift : n - reach + shift])))
        for shift in range(-reach, reach + 1)
    }
    best = max(matches, key=matches.__getitem__)
    return (matches[best], best) if matches[best] else (-1.0, 0)


def _unit(rows: np.ndarray) -> np.ndarray:
    """All samples as one vector without mean and of length one; zeros where it is flat."""
    values = rows.ravel() - rows.mean()
    return np.asarray(values / max(float(np.linalg.norm(values)), 1e-9))


def laid(beat: np.ndarray, at: np.ndarray, n: int) -> np.ndarray:
    """(8, n): the beat at every R point, faded at its ends; where two overlap each has its share."""
    before, after, fade = (round(seconds * RATE) for seconds in (BEFORE_S, AFTER_S, FADE_S))
    window = np.minimum(
        1.0, (np.minimum(np.arange(before + after) + 1, np.arange(before + after, 0, -1))) / fade
    )
    total, weight = np.zeros((len(beat), n)), np.zeros(n)
    for r in np.rint(at * RATE / BEAT_RATE).astype(int):
        first, stop = max(0, r - before), min(n, r + after)
        if stop > first:
            inside = slice(first - r + before, stop - r + before)
            total[:, first:stop] += (beat * window)[:, inside]
            weight[first:stop] += window[inside]
    return total / np.maximum(weight, 1.0)


def kept_of_kind(beats: Beats, n: int) -> np.ndarray:
    """(n,) one where the reference's kind of beat is, zero on beats of other kinds, with ramps between."""
    before, after, fade = (round(seconds * RATE) for seconds in (BEFORE_S, AFTER_S, FADE_S))
    keep = np.ones(n)
    time = np.arange(n)
    for r in np.rint(beats.at[beats.kind != 0] * RATE / BEAT_RATE):
        outside = np.maximum(r - before - time, time - r - after)
        keep = np.minimum(keep, np.clip(outside / fade, 0.0, 1.0))
    return keep
