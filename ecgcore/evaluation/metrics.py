"""Every metric of a reconstruction: its title, unit and direction, and how it is computed of one lead.

Truth first, estimate second; amplitudes in mV go in.

- r: Pearson correlation; undefined where either trace is constant.
- rmse_uv, mae_uv: root mean squared and mean absolute error, uV.
- r2: 1 - error power / power of the truth about its mean.
- snr_db: 10 log10(power of the truth about its mean / error power). The mean is removed: an offset is no
  signal.
- sd_ratio: SD of the estimate / SD of the truth; below 1 where the estimate shrinks to the mean.
- slope: regression of truth on estimate; 1 for a calibrated predictor.

The others are computed elsewhere: ``coverage``, ``width_uv`` and the QRS height by ``scoring``, scaled ones
by ``scaled_metrics``; those in own units are a system's, by its paper's protocol.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecgcore.evaluation.statistics import Interval


@dataclass(frozen=True)
class Metric:
    """How a metric is named and written.

    better: "high", "low", or the value it should have. tail: percentile of the bad end.
    """

    name: str
    digits: int
    better: str | float
    unit: str = ""

    @property
    def title(self) -> str:
        """Name with unit."""
        return f"{self.name} {self.unit}".rstrip()

    @property
    def tail(self) -> int:
        """The percentile beyond which the worst twentieth of the records lies."""
        return 95 if self.better == "low" else 5

    def distance(self, value: float) -> float:
        """How far from good: smaller is better."""
        if isinstance(self.better, str):
            return value if self.better == "low" else -value
        return abs(value - self.better)

    def text(self, value: float | None) -> str:
        """A value as it is printed; a dash where there is none."""
        undefined = value is None or not np.isfinite(value)
        return "–" if undefined else f"{value:.{self.digits}f}".replace("-", "−")

    def interval(self, interval: Interval) -> str:
        """A value with its interval as it is printed."""
        if interval.n_records == 0:
            return "–"
        return f"{self.text(interval.value)} [{self.text(interval.low)}, {self.text(interval.high)}]"


METRICS = {
    "r": Metric("r", 3, "high"),
    "rmse_uv": Metric("RMSE", 1, "low", "µV"),
    "mae_uv": Metric("MAE", 1, "low", "µV"),
    "r2": Metric("R²", 3, "high"),
    "snr_db": Metric("SNR", 2, "high", "dB"),
    "sd_ratio": Metric("SD ratio", 3, 1.0),
    "slope": Metric("slope, truth on estimate", 3, 1.0),
    "coverage": Metric("coverage of the 90 % interval", 3, 0.9),
    "width_uv": Metric("width of the interval", 0, "low", "µV"),
    "rmse_scaled": Metric("RMSE, lead scaled", 3, "low"),
    "ssim": Metric("SSIM, lead scaled", 3, "high"),
    "mse_joint": Metric("MSE, recording scaled", 4, "low"),
    "own_r": Metric("r, own units", 3, "high"),
    "own_rmse": Metric("RMSE, own units", 3, "low"),
    "own_ssim": Metric("SSIM, own units", 3, "high"),
    "qrs_height_mae_uv": Metric("error of QRS height", 0, "low", "µV"),
    "qrs_height_bias_uv": Metric("bias of QRS height", 0, 0.0, "µV"),
}
"""In the order in which they are offered."""
NAMES = ("r", "rmse_uv", "mae_uv", "r2", "snr_db", "sd_ratio", "slope")
"""Those computed here."""


def all_metrics(truth: np.ndarray, estimate: np.ndarray) -> dict[str, np.ndarray]:
    """Every metric of ``NAMES`` for (..., n) arrays in mV; values (...,), NaN where undefined."""
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
