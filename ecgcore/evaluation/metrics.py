"""Agreement of a reconstructed lead with the true one. Truth first, estimate second; amplitudes in mV go in.

r         Pearson correlation; None where either trace is constant. rmse_uv   root mean squared error, uV.
mae_uv    mean absolute error, uV. r2        1 - error power / power of the truth about its mean. snr_db    10
log10(power of the truth about its mean / error power). The mean is removed: an offset is not signal. sd_ratio
SD of the estimate / SD of the truth; below 1 where the estimate shrinks to the mean. slope     regression of
truth on estimate; 1 for a calibrated predictor.
"""

from __future__ import annotations

import numpy as np

NAMES = ("r", "rmse_uv", "mae_uv", "r2", "snr_db", "sd_ratio", "slope")


def all_metrics(truth: np.ndarray, estimate: np.ndarray) -> dict[str, np.ndarray]:
    """Every metric of this module for (..., n) arrays in mV; values (...,), NaN where undefined."""
    truth, estimate = np.asarray(truth, np.float64), np.asarray(estimate, np.float64)
    error = estimate - truth
    t, e = truth - truth.mean(-1, keepdims=True), estimate - estimate.mean(-1, keepdims=True)
    tt, ee, te = (t * t).mean(-1), (e * e).mean(-1), (t * e).mean(-1)
    power = (error * error).mean(-1)
    tiny = 1e-12  # (1e-6 mV)^2: below any converter's step, so constant
    alive_t, alive_e = tt > tiny, ee > tiny
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "r": np.where(alive_t & alive_e, te / np.sqrt(tt * ee), np.nan),
            "rmse_uv": 1e3 * np.sqrt(power),
            "mae_uv": 1e3 * np.abs(error).mean(-1),
            "r2": np.where(alive_t, 1 - power / tt, np.nan),
            "snr_db": np.where(alive_t & (power > tiny), 10 * np.log10(tt / power), np.nan),
            "sd_ratio": np.where(alive_t, np.sqrt(ee / tt), np.nan),
            "slope": np.where(alive_e, te / ee, np.nan),
        }


def lead_metrics(truth: np.ndarray, estimate: np.ndarray) -> dict[str, float | None]:
    """The same for one lead, (n,) mV each; None where undefined."""
    values = all_metrics(truth, estimate)
    return {name: float(value) if np.isfinite(value) else None for name, value in values.items()}
