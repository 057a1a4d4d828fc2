"""The closed-form linear minimum-mean-square-error estimator, for every subset of leads: what a family of its
own is (``models.zoo.linear``), what networks begin from, and what is expected where the truth is not known.

One joint covariance C of the eight independent leads at several lags, estimated on training recordings,
answers every question: for observed leads o and a wanted lead t at lag 0 the estimate is ``C_to (C_oo +
ridge)^-1 x_o`` and its posterior variance ``C_tt - C_to (C_oo + ridge)^-1 C_ot`` (Kay, Fundamentals of
Statistical Signal Processing I, ch. 12). A single limb lead, of whatever name, is an observation of I and II
like any other.

Records enter C divided by their power, so that a tall QRS in one patient does not outweigh the rest. Below
``wander_hz`` the leads carry electrode drift, not heart; that part is split off (the split adds up exactly),
estimated by its own covariance without lags and added again. Taps work at the recording's own rate, so peaks
keep their height.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from scipy.ndimage import uniform_filter1d
from torch import Tensor, nn
from torch.nn import functional as F

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import i_and_ii, observation, standard_from_independent
from ecgcore.leads import INDEPENDENT, LIMB, STANDARD, LeadSet
from ecgcore.signals import filter_array, resample_array
from models.base import Estimate
from models.calibration import Ratios, calibration_sets
from models.out_of_distribution import RATE, QuadraticForms, UsualRanges, forms_of, paced
from models.training.batches import Dataset
from models.windows import fit_length, in_blocks

SHORTEST = 1.0
"""Seconds below which no model answers: less than one beat at 60/min."""
AT_ONCE = 8192
"""Samples that lags are laid side by side for at once: memory stays small, and within caches."""
QUIET_MV2 = 1e-3
"""Added to a record's power (mV^2) before dividing by it, so that quiet records do not shout."""


@dataclass(frozen=True)
class LinearConfig:
    """lags_ms: moments about now that are seen. ridge: added to the covariance, relative to its mean.
    wander_hz: below it is baseline wander. envelope_ms: over which the size of errors is smoothed."""

    lags_ms: tuple[int, ...] = (-60, -40, -20, -10, 0, 10, 20, 40, 60)
    ridge: float = 1e-4
    wander_hz: float = 0.5
    envelope_ms: int = 160


class Posterior(NamedTuple):
    """The estimator for one set of observed leads.

    taps: (8, n_lags, n_observed), dimensionless. sd: (8,) in units of the recording's RMS, 0 for observed
    leads.
    limb_correlation: of the errors of I and II.
    """

    taps: np.ndarray
    sd: np.ndarray
    limb_correlation: float


def observed_leads(leads: LeadSet) -> LeadSet:
    """What a model of the eight independent leads sees of a set: I and II once two limb leads are there, else
    as given."""
    return leads.determined & INDEPENDENT if len(leads.limb) != 1 else leads


def observed_signals(ecg: Ecg) -> np.ndarray:
    """(n_observed, n_samples) mV: the samples of ``observed_leads(ecg.leads)``."""
    two = i_and_ii(ecg)
    limb = {} if two is None else dict(zip(("I", "II"), two, strict=True))
    return np.stack([limb[lead] if lead in limb else ecg[lead] for lead in observed_leads(ecg.leads)])


def condition(covariance: np.ndarray, leads: LeadSet, lags_ms: tuple[int, ...], ridge: float) -> Posterior:
    """Condition (8 n_lags, 8 n_lags) covariance, ordered by lag then lead, on observed leads at all lags."""
    n, n_lags = len(INDEPENDENT), len(lags_ms)
    see = observation(leads)
    observe = np.kron(np.eye(n_lags), see)
    wanted = np.kron(np.asarray(lags_ms)[None] == 0, np.eye(n))
    of_observed = observe @ covariance @ observe.T
    of_observed += ridge * np.trace(of_observed) / len(of_observed) * np.eye(len(of_observed))
    cross = wanted @ covariance @ observe.T
    taps = np.linalg.solve(of_observed, cross.T).T
    # what was observed must come back as it was: correct along the observation, exactly
    back = np.linalg.pinv(see)
    taps += back @ (np.kron(np.asarray(lags_ms)[None] == 0, np.eye(len(leads))) - see @ taps)
    error = wanted - taps @ observe
    posterior = error @ covariance @ error.T
    sd = np.sqrt(np.clip(np.diag(posterior), 0, None))
    sd[sd < 1e-6] = 0.0
    both = sd[0] * sd[1]
    return Posterior(taps.reshape(n, n_lags, len(leads)), sd, float(posterior[0, 1] / both) if both else 0.0)


def apply_taps(taps: np.ndarray, signals: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """(..., 8, n) from (8, n_lags, n_observed) taps and (..., n_observed, n) signals; shifts in samples;
    edges held."""
    reach, n = int(np.abs(shifts).max()), signals.shape[-1]
    padded = np.empty((*signals.shape[:-1], n + 2 * reach), np.float32)
    padded[..., :reach], padded[..., reach + n :] = signals[..., :1], signals[..., -1:]
    padded[..., reach : reach + n] = signals
    matrix = taps.reshape(len(taps), -1).astype(np.float32)
    out = np.empty((*signals.shape[:-2], len(taps), n), np.float32)
    for start in range(0, n, AT_ONCE):
        stop = min(n, start + AT_ONCE)
        parts = [padded[..., reach + shift + start : reach + shift + stop] for shift in shifts]
        np.matmul(matrix, np.concatenate(parts, axis=-2), out=out[..., start:stop])
    return out


def twelve_from_eight(
    mean: np.ndarray, half_width: np.ndarray, limb_correlation: float
) -> tuple[np.ndarray, np.ndarray]:
    """(12, n) mV signals and half widths from those of I, II, V1-V6; limb errors of I and II correlate as
    given."""
    full = standard_from_independent().astype(np.float32)
    mean, half_width = mean.astype(np.float32, copy=False), half_width.astype(np.float32, copy=False)
    squared = np.square(full) @ np.square(half_width)
    both = half_width[0] * half_width[1]
    squared[: len(LIMB)] += (2 * limb_correlation * full[: len(LIMB), :1] * full[: len(LIMB), 1:2]) * both
    return full @ mean, np.sqrt(np.maximum(squared, 0, out=squared), out=squared)


class LinearEstimator(nn.Module):
    """The estimator with its covariances, interval factors and usual ranges."""

    covariance: Tensor
    wander: Tensor
    interval_factor: Tensor

    def __init__(self, config: LinearConfig) -> None:
        super().__init__()
        self.config = config
        n, lags = len(INDEPENDENT), len(config.lags_ms)
        self.register_buffer("covariance", torch.eye(n * lags, dtype=torch.float64))
        self.register_buffer("wander", torch.eye(n, dtype=torch.float64))
        self.register_buffer(
            "interval_factor", torch.full((n + 1, n), 1.645)
        )  # by number of observed leads, by lead
        self.usual = UsualRanges()
        self.posterior = lru_cache(maxsize=None)(self._posterior)
        self.posterior_of_drift = lru_cache(maxsize=None)(self._posterior_of_drift)
        self.taps = lru_cache(maxsize=None)(self._taps)
        self.forms = lru_cache(maxsize=64)(self._forms)

    def _posterior(self, leads: LeadSet) -> Posterior:
        """The estimator of the heart's part for these observed leads. ``posterior`` remembers its answers."""
        return condition(self.covariance.cpu().numpy(), leads, self.config.lags_ms, self.config.ridge)

    def _posterior_of_drift(self, leads: LeadSet) -> Posterior:
        """The same for the drift. ``posterior_of_drift`` remembers its answers."""
        return condition(self.wander.cpu().numpy(), leads, (0,), self.config.ridge)

    @property
    def prior(self) -> np.ndarray:
        """(8, 8) covariance of the eight independent leads at one moment, of recordings divided by their
        power."""
        now = self.config.lags_ms.index(0) * len(INDEPENDENT)
        return self.covariance.cpu().numpy()[now : now + 8, now : now + 8]

    def estimate(self, ecg: Ecg) -> Estimate:
        """See ``Reconstructor.estimate``."""
        check_length(ecg)
        return in_blocks(ecg, self._estimate)

    def _estimate(self, ecg: Ecg) -> Estimate:
        leads = observed_leads(ecg.leads)
        high, low = self.split(observed_signals(ecg), ecg.rate)
        posterior = self.posterior(leads)
        half = (
            self.interval_factor[len(leads)].numpy()[:, None]
            * posterior.sd[:, None]
            * self.envelope(high, leads, ecg.rate)
        )
        drift, drift_half = self.drift(low, leads)
        warnings, wider = self.check(high, resample_array(high, ecg.rate, RATE), leads, ecg.rate)
        mean, half = twelve_from_eight(
            self.heart(high, leads, ecg.rate) + drift,
            wider * np.hypot(half, drift_half),
            posterior.limb_correlation,
        )
        return Estimate(mean, LeadSet(STANDARD), half, warnings)

    def split(self, signals: np.ndarray, rate: float) -> tuple[np.ndarray, np.ndarray]:
        """Heart and drift: what is above and below ``wander_hz``; they add up to the signals exactly."""
        high = filter_array(signals, rate, self.config.wander_hz)
        return high, signals - high

    def check(
        self, high: np.ndarray, slow: np.ndarray, leads: LeadSet, rate: float
    ) -> tuple[tuple[str, ...], float]:
        """Warnings and the factor for the interval; see ``UsualRanges``. high: (n_observed, n) mV at rate;
        slow: the same at the rate of ``models.out_of_distribution``."""
        return self.usual.check(slow, leads, self.forms(leads), self.config.lags_ms, paced(high, rate))

    def _forms(self, leads: LeadSet) -> QuadraticForms:
        return forms_of(leads, self.covariance.cpu().numpy(), self.config.lags_ms)

    def heart(self, high: np.ndarray, leads: LeadSet, rate: float) -> np.ndarray:
        """(8, n) mV of the heart, from observed signals (n_observed, n) above ``wander_hz`` in mV at rate."""
        fine = 100.0 * max(1, np.ceil(rate / 100 - 1e-9))  # every lag is a whole number of samples
        shifts = np.round(np.array(self.config.lags_ms) * fine / 1000).astype(int)
        out = apply_taps(self.posterior(leads).taps, resample_array(high, rate, fine), shifts)
        return fit_length(resample_array(out, fine, rate), high.shape[1])

    def drift(self, low: np.ndarray, leads: LeadSet) -> tuple[np.ndarray, np.ndarray]:
        """(8, n) mV below ``wander_hz`` and (8, 1) its half width, from the observed leads' drift."""
        covariance, posterior = self.wander.numpy(), self.posterior_of_drift(leads)
        see = observation(leads)
        moved = np.sqrt(np.mean(np.var(low, axis=1) / np.diag(see @ covariance @ see.T)))
        return apply_taps(posterior.taps, low, np.array([0])), 1.645 * posterior.sd[:, None] * moved

    def envelope(self, high: np.ndarray, leads: LeadSet, rate: float) -> np.ndarray:
        """(n,) how large the observed heart signal is here and overall, in the unit of the posterior SD
        (mV)."""
        see = observation(leads)
        scale = np.diag(see @ self.prior @ see.T)
        power = np.mean(np.square(high) / scale[:, None], axis=0)
        local = uniform_filter1d(power, max(1, round(self.config.envelope_ms * rate / 1000)))
        return np.sqrt(0.5 * power.mean() + 0.5 * local)

    # ---- all eight leads at once, differentiable -----------------------------------------------------------

    def _taps(self, leads: LeadSet) -> Tensor:
        """(8, 8 n_lags): the estimate of all eight leads from all eight, lag by lag; columns of unobserved
        leads are zero. ``taps`` remembers its answers."""
        taps = self.posterior(leads).taps @ observation(leads)
        return torch.tensor(taps.reshape(len(INDEPENDENT), -1), dtype=torch.float32)

    def lagged(self, signals: Tensor, rate: int) -> Tensor:
        """(batch, 8 n_lags, n), lag by lag, from (batch, 8, n) at a rate (Hz) of which lags are whole
        samples; edges are held."""
        shifts = [lag * rate // 1000 for lag in self.config.lags_ms]
        reach, n = max(map(abs, shifts)), signals.shape[-1]
        padded = F.pad(signals, (reach, reach), mode="replicate")
        return torch.cat([padded[..., reach + shift : reach + shift + n] for shift in shifts], 1)

    def estimate_subsets(self, eight: Tensor, sets: Sequence[LeadSet], rate: int = 100) -> Tensor:
        """(batch, 8, n) mV from each set; eight: (batch, 8, n) or (1, 8, n) mV at rate, of which the set's
        leads alone are seen."""
        taps = torch.stack([self.taps(observed_leads(leads)) for leads in sets]).to(eight.device)
        return taps @ self.lagged(eight, rate)

    # ---- fitting -------------------------------------------------------------------------------------------

    def solve(self, dataset: Dataset) -> None:
        """Both covariances from recordings as recorded, at 100 Hz (lags are whole samples there)."""
        cfg = self.config
        shifts = np.array(cfg.lags_ms) * round(dataset.rate) // 1000
        reach = int(np.abs(shifts).max())
        covariance, wander = np.zeros(self.covariance.shape), np.zeros(self.wander.shape)
        for number in range(len(dataset)):
            signals = dataset.read(number).astype(np.float64)
            heart = filter_array(signals, dataset.rate, cfg.wander_hz).astype(np.float64)
            inner = heart.shape[1] - 2 * reach
            lagged = np.concatenate([heart[:, reach + shift : reach + shift + inner] for shift in shifts])
            covariance += lagged @ lagged.T / inner / (np.mean(np.square(heart)) + QUIET_MV2)
            wander += np.cov(signals - heart)
        self.covariance.copy_(torch.from_numpy(covariance / len(dataset)))
        self.wander.copy_(torch.from_numpy(wander / len(dataset)))
        for remembered in (self.posterior, self.posterior_of_drift, self.taps, self.forms):
            remembered.cache_clear()

    def calibrate(self, dataset: Dataset) -> None:
        """The interval's factors and the usual ranges from recordings the covariances have not seen, above
        ``wander_hz``."""
        ratios, recordings = Ratios(), [dataset.read(number) for number in range(len(dataset))]
        sets = list(dict.fromkeys(map(observed_leads, calibration_sets(observed_leads))))
        self.usual.fit(recordings, self.covariance.numpy(), self.config.lags_ms)
        for leads in sets:
            missing = [row for row, lead in enumerate(INDEPENDENT) if lead not in leads]
            see = observation(leads).astype(np.float32)
            for truth in recordings:
                size = self.posterior(leads).sd[:, None] * self.envelope(see @ truth, leads, dataset.rate)
                ratios.add(len(leads), self.heart(see @ truth, leads, dataset.rate) - truth, size, missing)
        self.interval_factor.copy_(torch.from_numpy(ratios.factors()))


class ObservedLeads(LinearEstimator):
    """The estimator without its estimate: observed leads as they are and zeros for the others, to see what a
    network makes of the leads alone. What it says of uncertainty is the estimator's."""

    def _posterior(self, leads: LeadSet) -> Posterior:
        posterior = super()._posterior(leads)
        taps = np.zeros_like(posterior.taps)
        taps[:, self.config.lags_ms.index(0)] = np.linalg.pinv(observation(leads))
        return posterior._replace(taps=taps)


def check_length(ecg: Ecg) -> None:
    """Raises UnusableEcg for a recording shorter than SHORTEST seconds."""
    if ecg.duration < SHORTEST:
        raise UnusableEcg(
            f"The recording lasts {ecg.duration:.2f} s; a reconstruction needs at least {SHORTEST:g} s."
        )
