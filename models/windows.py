"""Cutting a recording into windows a network works on, and putting the answers together again without
seams."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ecgcore.ecg import Ecg
from models.base import Estimate

AT_ONCE = 64
"""Windows in one pass: bounds the memory of long recordings."""
BLOCK_S, BLOCK_OVERLAP_S = 600.0, 30.0
"""A recording longer than both together is estimated in blocks."""


def spans(n: int, length: int, overlap: int) -> list[tuple[int, int]]:
    """Windows that cover n samples: one if it is short, else of equal length with at least the given
    overlap."""
    if n <= length + overlap:
        return [(0, n)]
    return exact_spans(n, length, overlap)


def exact_spans(n: int, length: int, overlap: int) -> list[tuple[int, int]]:
    """Windows of exactly the given length that cover n >= length samples with at least the given overlap."""
    count = max(1, int(np.ceil((n - overlap) / (length - overlap))))
    starts = np.round(np.linspace(0, n - length, count)).astype(int)
    return [(int(start), int(start) + length) for start in starts]


def ramps(start: int, stop: int, n: int, overlap: int) -> np.ndarray:
    """(stop - start,) weights that fade in and out over the overlap, except at the ends of the recording."""
    weight = np.ones(stop - start, np.float32)
    slope = (np.arange(overlap, dtype=np.float32) + 1) / (overlap + 1)
    if start > 0:
        weight[:overlap] = slope
    if stop < n:
        weight[-overlap:] = np.minimum(weight[-overlap:], slope[::-1])
    return weight


def fit_length(values: np.ndarray, n: int) -> np.ndarray:
    """(..., n): rounding in two resamplings may leave one sample too many or too few."""
    if values.shape[-1] >= n:
        return values[..., :n]
    return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, n - values.shape[-1])], mode="edge")


def in_windows(
    apply: Callable[[Tensor], Tensor], signals: np.ndarray, length: int, overlap: int
) -> np.ndarray:
    """(k, n) from (c, n): ``apply`` turns (batch, c, length) into (batch, k, length); answers are
    cross-faded.

    A recording shorter than a window is held at its last value up to the window's end.
    """
    n = signals.shape[1]
    padded = np.pad(signals, ((0, 0), (0, max(0, length - n))), mode="edge").astype(np.float32)
    whole = padded.shape[1]
    cuts = exact_spans(whole, length, overlap)
    total, weight = None, np.zeros(whole, np.float32)
    for first in range(0, len(cuts), AT_ONCE):
        some = cuts[first : first + AT_ONCE]
        with torch.inference_mode():
            answers = (
                apply(torch.from_numpy(np.stack([padded[:, start:stop] for start, stop in some])))
                .float()
                .numpy()
            )
        total = np.zeros((answers.shape[1], whole), np.float32) if total is None else total
        for (start, stop), answer in zip(some, answers, strict=True):
            fade = ramps(start, stop, whole, overlap) if overlap else np.ones(length, np.float32)
            total[:, start:stop] += answer * fade
            weight[start:stop] += fade
    return (total / weight)[:, :n]


def in_blocks(ecg: Ecg, estimate: Callable[[Ecg], Estimate]) -> Estimate:
    """A long recording's estimate block by block, cross-faded, so that beside the recording and its estimate
    memory is that of one block.

    Bands are widened block by block; a warning that is not about all of them says about how many and where it
    begins.
    """
    length, overlap = round(BLOCK_S * ecg.rate), round(BLOCK_OVERLAP_S * ecg.rate)
    cuts = spans(ecg.n_samples, length, overlap)
    if len(cuts) == 1:
        return estimate(ecg)
    parts, first, signals, half = {}, None, np.empty(0), None
    weight = np.zeros(ecg.n_samples, np.float32)
    for start, stop in cuts:
        block = estimate(ecg.replace(signals=ecg.signals[:, start:stop]))
        parts[start / ecg.rate] = block.warnings
        if first is None:
            first = replace(block, signals=block.signals[:, :0], half_width=None)
            signals = np.zeros((len(block.signals), ecg.n_samples), np.float32)
            half = np.zeros_like(signals) if block.half_width is not None else None
        fade = ramps(start, stop, ecg.n_samples, overlap)
        signals[:, start:stop] += block.signals * fade
        if half is not None and block.half_width is not None:
            half[:, start:stop] += block.half_width * fade
        weight[start:stop] += fade
    signals /= weight
    if half is not None:
        half /= weight
    assert first is not None
    return replace(first, signals=signals, half_width=half, warnings=_each_once(parts))


def _each_once(parts: dict[float, tuple[str, ...]]) -> tuple[str, ...]:
    """Warnings of blocks, by the second they begin at, each sentence once, whatever its numbers are."""
    by_wording: dict[str, list[tuple[float, str]]] = {}
    for start, sentences in parts.items():
        for sentence in sentences:
            by_wording.setdefault(re.sub(r"(?<![A-Za-z])[0-9.]+", "", sentence), []).append((start, sentence))
    summed_up = []
    for alike in by_wording.values():
        start, sentence = alike[0]
        where = (
            ""
            if len(alike) == len(parts)
            else f" ({len(alike)} of {len(parts)} parts of ten minutes, first from {int(start) // 60} min on)"
        )
        summed_up.append(sentence + where)
    return tuple(summed_up)
