"""How well a lead can be known at all: its correlation with its own mean beat (the noise ceiling), and the
correlation of median beats, in which the noise is averaged out.

What differs from beat to beat is noise, breathing and true change; an estimate that reaches the ceiling has
nothing left to gain but these.
"""

from __future__ import annotations

import numpy as np

from ecgcore.measurements.beats import Beats
from ecgcore.measurements.detector import RATE
from ecgcore.measurements.median_beats import median_beat

BEFORE_S, AFTER_S = 0.3, 0.5
"""Seconds of a beat before and after its R point."""
FEWEST = 3
"""Beats of one kind that make a mean."""


def mean_beats_laid(rows: np.ndarray, beats: Beats, leave_out: bool = True) -> np.ndarray:
    """(n_leads, n) mV at ``RATE``: in place of each beat the mean of those of its kind, NaN between beats.

    leave_out: of the others of its kind; else the beat is part of its own mean, which flatters few beats.
    """
    laid = np.full(rows.shape, np.nan)
    offsets = np.arange(-round(BEFORE_S * RATE), round(AFTER_S * RATE))
    for kind in np.unique(beats.kind):
        at = beats.of_kind(kind)
        at = at[(at + offsets[0] >= 0) & (at + offsets[-1] < rows.shape[1])]
        if len(at) < FEWEST:
            continue
        cut = rows[:, at[:, None] + offsets]
        total = cut.sum(1, keepdims=True)
        means = (total - cut) / (len(at) - 1) if leave_out else np.broadcast_to(total / len(at), cut.shape)
        for number, point in enumerate(at):
            laid[:, point + offsets] = means[:, number]
    return laid


def noise_ceiling(rows: np.ndarray, beats: Beats, leave_out: bool = True) -> np.ndarray:
    """(n_leads,) r of each lead with its mean beats; NaN without ``FEWEST`` beats of a kind or for a flat
    lead."""
    laid = mean_beats_laid(rows, beats, leave_out)
    return correlations(rows, laid, np.isfinite(laid[0]))


def median_beat_r(truth: np.ndarray, estimate: np.ndarray, beats: Beats) -> np.ndarray:
    """(n_leads,) r between the median beats of the commonest kind of (n_leads, n) mV at ``RATE``; NaN with
    fewer than ``FEWEST`` beats."""
    own_beats = beats.of_kind(0)
    if len(own_beats) < FEWEST:
        return np.full(len(truth), np.nan)
    two = [median_beat(rows, own_beats, beats.at) for rows in (truth, estimate)]
    span = np.zeros(two[0].signals.shape[1], bool)
    span[two[0].first : two[0].last + 1] = True
    return correlations(two[0].signals, two[1].signals, span)


def correlations(first: np.ndarray, other: np.ndarray, inside: np.ndarray | None = None) -> np.ndarray:
    """(n_leads,) Pearson r of (n_leads, n) over some samples, all if not said; NaN for a flat lead."""
    values = np.full(len(first), np.nan)
    chosen = slice(None) if inside is None else inside
    a, b = rows_of_mean_zero(first[:, chosen]), rows_of_mean_zero(other[:, chosen])
    power = np.sqrt(np.square(a).sum(1) * np.square(b).sum(1))
    np.divide((a * b).sum(1), power, out=values, where=power > 1e-12)
    return values


def rows_of_mean_zero(rows: np.ndarray) -> np.ndarray:
    """The rows less their means; no samples stay none."""
    centred: np.ndarray = rows - (rows.mean(1, keepdims=True) if rows.shape[1] else 0)
    return centred
