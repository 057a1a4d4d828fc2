"""Ecg to Ecg: resampling and filters. Nothing here is applied silently; whoever calls says so to the user."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
from scipy import signal

from ecgcore.ecg import Ecg

HIGH_PASS_HZ = 0.5
"""Cut-off of the passband that results are stated in ("passband": 0.5 Hz high-pass on input and truth)."""


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
    kernel = _anti_alias(max(up, down))
    if np.issubdtype(values.dtype, np.floating):
        kernel = kernel.astype(values.dtype)
    out: np.ndarray = signal.resample_poly(values, up, down, axis=-1, padtype="line", window=kernel)
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
