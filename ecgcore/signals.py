"""Ecg to Ecg: resampling and filters. Nothing here is applied silently; whoever calls says so to the user."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
from scipy import signal

from ecgcore.ecg import Ecg

HIGH_PASS_HZ = 0.5
"""Cut-off of the passband that results are stated in ("passband": 0.5 Hz high-pass on input and truth)."""
SAMPLES_AT_ONCE, AT_ONCE = 20, 4096
"""New samples that one row of a product gives, and rows of a product: both for speed; the second bounds
memory."""
LARGEST_MATRIX = 1 << 17
"""Weights that are kept of a ratio of rates."""


def resample_array(values: np.ndarray, rate: float, new_rate: float) -> np.ndarray:
    """(..., n) at rate to (..., round(n new_rate / rate)) at new_rate, Hz; polyphase, anti-aliased, edges
    held."""
    if rate == new_rate:
        return values
    ratio = Fraction(new_rate / rate).limit_denominator(1000)
    out = values if ratio == 1 else _resampled(values, ratio.numerator, ratio.denominator)
    n = max(1, round(values.shape[-1] * new_rate / rate))
    if out.shape[-1] < n:
        out = np.concatenate([out, np.repeat(out[..., -1:], n - out.shape[-1], axis=-1)], axis=-1)
    return np.ascontiguousarray(out[..., :n], dtype=np.float32)


def _resampled(values: np.ndarray, up: int, down: int) -> np.ndarray:
    """As ``scipy.signal.resample_poly`` with "line" at the ends, in a fraction of its time: every ``up``
    samples of the answer are the same weighted sums of the values about them, so many at once are a product
    of matrices. Odd ratios, whose matrix would be too large, are left to SciPy."""
    dtype = values.dtype if np.issubdtype(values.dtype, np.floating) else np.dtype(np.float64)
    repeats, width, before = _extent(up, down)
    if width * repeats * up > LARGEST_MATRIX:
        kernel = _anti_alias(max(up, down)).astype(dtype)
        out: np.ndarray = signal.resample_poly(values, up, down, axis=-1, padtype="line", window=kernel)
        return out
    n, total = values.shape[-1], -(-values.shape[-1] * up // down)
    matrix, step, size = _sums(up, down).astype(dtype), repeats * down, repeats * up
    count = -(-total // size)
    padded = _with_line(values, before, max(0, (count - 1) * step + width - before - n), dtype)
    windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=-1)[..., : count * step : step, :]
    parts = [windows[..., first : first + AT_ONCE, :] @ matrix for first in range(0, count, AT_ONCE)]
    return np.concatenate(parts, axis=-2).reshape(*values.shape[:-1], count * size)[..., :total]


def _extent(up: int, down: int) -> tuple[int, int, int]:
    """How often ``up`` new samples are made at once, of how many values, and how many of these lie before the
    first new sample."""
    repeats, half = max(1, round(SAMPLES_AT_ONCE / up)), 10 * max(up, down)
    return repeats, half // up + ((repeats * up - 1) * down + half) // up + 1, half // up


@lru_cache(maxsize=64)
def _sums(up: int, down: int) -> np.ndarray:
    """(width, repeats up): the weight of each value in each new sample."""
    (repeats, width, before), kernel = _extent(up, down), up * _anti_alias(max(up, down))
    place = np.arange(repeats * up) * down - (np.arange(width)[:, None] - before) * up + len(kernel) // 2
    reached = (place >= 0) & (place < len(kernel))
    return np.where(reached, kernel[place * reached], 0.0)


def _with_line(values: np.ndarray, before: int, behind: int, dtype: np.dtype) -> np.ndarray:
    """(..., before + n + behind): beyond its ends a row goes on by the line between its first and last."""
    n = values.shape[-1]
    out = np.empty((*values.shape[:-1], before + n + behind), dtype)
    slope = (values[..., -1:] - values[..., :1]) / max(1, n - 1)
    out[..., :before] = values[..., :1] - slope * np.arange(before, 0, -1)
    out[..., before : before + n] = values
    out[..., before + n :] = values[..., -1:] + slope * np.arange(1, behind + 1)
    return out


@lru_cache(maxsize=64)
def _anti_alias(factor: int) -> np.ndarray:
    """The low-pass that SciPy would design again for every call."""
    kernel: np.ndarray = signal.firwin(20 * factor + 1, 1 / factor, window=("kaiser", 5.0))
    return kernel


def resample(ecg: Ecg, rate: float) -> Ecg:
    """The recording at another rate in Hz."""
    if rate == ecg.rate:
        return ecg
    return ecg.replace(signals=resample_array(ecg.signals, ecg.rate, rate), rate=rate)


def filter_array(
    values: np.ndarray, rate: float, low: float | None, high: float | None = None, order: int = 2
) -> np.ndarray:
    """Zero-phase Butterworth (forward and backward) along the last axis; low and high cut-off in Hz, None for
    open."""
    high = None if high is None or high >= rate / 2 else high
    if low is None and high is None:
        return values
    sos = _butterworth(order, low, high, rate)
    pad = min(values.shape[-1] - 1, int(2 * rate / low) if low else int(rate))
    result: np.ndarray = signal.sosfiltfilt(sos, values, axis=-1, padlen=pad).astype(np.float32)
    return result


@lru_cache(maxsize=64)
def _butterworth(order: int, low: float | None, high: float | None, rate: float) -> np.ndarray:
    kind, edges = (
        ("bandpass", (low, high)) if low and high else ("highpass", low) if low else ("lowpass", high)
    )
    values: np.ndarray = signal.butter(order, edges, btype=kind, fs=rate, output="sos")
    return values


def high_pass(ecg: Ecg, cutoff: float = HIGH_PASS_HZ) -> Ecg:
    """Without baseline wander: Butterworth of order 2, zero-phase, cut-off in Hz."""
    return ecg.replace(signals=filter_array(ecg.signals, ecg.rate, cutoff))


def band_pass(ecg: Ecg, low: float, high: float) -> Ecg:
    """Butterworth of order 2, zero-phase; edges in Hz."""
    return ecg.replace(signals=filter_array(ecg.signals, ecg.rate, low, high))
