"""Agreement in scaled units, as papers report it that scale leads before they compare. Truth first, estimate
second.

rmse_scaled  root mean squared error where each lead of each segment of 5 s spans [-1, 1] (Beco et al.).
ssim         structural similarity in the same units, shifted to [0, 2].
mse_joint    mean squared error where all leads of the recording together span [-1, 1] (Matyschik et al.).

An estimate in mV is put into the range of the truth: a change of units, not a new fit. Amplitudes a lead of
its own range has lost cannot be compared otherwise; nor do such numbers compare with uV.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction

SEGMENT_S = 5.0
FLAT_MV = 0.01
"""A range below this is not blown up to [-1, 1]."""
SPAN = 2.0
"""From -1 to 1."""
WINDOW, SIGMA, K1, K2 = 11, 1.5, 0.01, 0.03
"""Gaussian window in samples and the two constants of Wang et al. 2004."""


def centre_and_half(signals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(..., n) mV -> middle and half of the range, (..., 1) each: (signals - middle) / half lies in [-1,
    1]."""
    low, high = signals.min(-1, keepdims=True), signals.max(-1, keepdims=True)
    return (low + high) / 2, np.maximum((high - low) / 2, FLAT_MV / 2)


def ssim(truth: np.ndarray, estimate: np.ndarray, span: float = SPAN) -> np.ndarray:
    """Mean structural similarity along time: (..., n) and (..., n) -> (...,). span: of the units, L in the
    source.

    Wang, Bovik, Sheikh, Simoncelli: Image quality assessment, IEEE Trans Image Process 13, 2004,
    doi:10.1109/TIP.2003.819861; its 11 x 11 Gaussian window becomes one of 11 samples, and the mean is over
    the places where all of it fits. It is made for
    intensities, which are not negative: of values about zero it calls x and -x alike. Beco et al. do not say
    how theirs was had; at another rate or with another window it is another number.
    """
    if truth.shape[-1] < WINDOW:
        raise ValueError(f"structural similarity needs {WINDOW} samples, not {truth.shape[-1]}")
    steps = np.arange(WINDOW) - WINDOW // 2
    weights = np.exp(-0.5 * (steps / SIGMA) ** 2)
    weights /= weights.sum()

    def local(x: np.ndarray) -> np.ndarray:
        return np.lib.stride_tricks.sliding_window_view(x, WINDOW, -1) @ weights

    t, e = np.asarray(truth, np.float64), np.asarray(estimate, np.float64)
    mt, me = local(t), local(e)
    vt, ve, both = local(t * t) - mt * mt, local(e * e) - me * me, local(t * e) - mt * me
    c1, c2 = (K1 * span) ** 2, (K2 * span) ** 2
    values: np.ndarray = (
        (2 * mt * me + c1) * (2 * both + c2) / ((mt * mt + me * me + c1) * (vt + ve + c2))
    ).mean(-1)
    return values


def segments(n_samples: int, rate: float) -> list[slice]:
    """Whole segments of 5 s from the start; a recording shorter than one is one segment."""
    length = round(SEGMENT_S * rate)
    return [slice(start, start + length) for start in range(0, n_samples - length + 1, length)] or [
        slice(0, n_samples)
    ]


def scaled_scores(truth: Ecg, reconstruction: Reconstruction) -> Iterator[tuple[str, str, float]]:
    """(lead, metric, value) for every estimated lead that has a truth; segments are averaged."""
    leads = [lead for lead in reconstruction.estimated if lead in truth.leads]
    if not leads:
        return
    first = round(reconstruction.fitted_until * truth.rate)
    true, estimate = (
        np.stack([ecg[lead] for lead in leads])[:, first:].astype(np.float64)
        for ecg in (truth, reconstruction.ecg)
    )
    by_metric: dict[str, list[np.ndarray]] = {"rmse_scaled": [], "ssim": []}
    for part in segments(true.shape[1], truth.rate):
        centre, half = centre_and_half(true[:, part])
        t, e = (true[:, part] - centre) / half, (estimate[:, part] - centre) / half
        by_metric["rmse_scaled"].append(np.sqrt(np.square(e - t).mean(-1)))
        by_metric["ssim"].append(ssim(t + 1, e + 1))
    whole = np.concatenate([truth[lead] for lead in truth.leads])
    _, half = centre_and_half(whole.astype(np.float64))
    values = {metric: np.mean(parts, 0) for metric, parts in by_metric.items()} | {
        "mse_joint": np.square((estimate - true) / half).mean(-1)
    }
    for metric, numbers in values.items():
        yield from ((lead, metric, float(value)) for lead, value in zip(leads, numbers, strict=True))
