"""The whole estimate for one set of input leads at one rate in plain torch: what ``Reconstructor.estimate``
and ``models.reconstruct.assemble`` make of a recording of up to ten minutes, as one module that can be
traced."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ecgcore.ecg import Ecg, Source
from ecgcore.lead_algebra import nearest_lawful, observation, standard_from_independent, with_derived
from ecgcore.leads import INDEPENDENT, LIMB, STANDARD, LeadSet
from ecgcore.measurements.beats import RATE as MEASURING_RATE
from ecgcore.measurements.pacing import BACK, FOOT, HALF, SPIKE_MV, TOP
from models.base import Reconstructor
from models.export.signals import HighPass, Resample, fitted, held, length
from models.linear_estimator import LinearEstimator, condition, observed_leads, observed_signals
from models.out_of_distribution import KINDS, QUIET_MV, RATE, SETS, WIDER, WIDEST

N = len(INDEPENDENT)


def constant(values: np.ndarray | list, kind: torch.dtype = torch.float32) -> nn.Buffer:
    """A buffer of a module."""
    return nn.Buffer(torch.tensor(np.asarray(values), dtype=kind))


class WholeEstimate(nn.Module):
    """(n_inputs, n) mV at ``rate`` -> (12, n) mV, (12, n) mV half width of the 90 % interval, the factor by
    which it was widened (1 where the recording is like those that the model learned from)."""

    def __init__(self, model: Reconstructor, inputs: LeadSet, rate: int) -> None:
        super().__init__()
        linear, leads = model.linear_part(), observed_leads(inputs)
        self.network = model.for_one_set(leads)
        if linear is None:
            raise ValueError(f"{model.title} has no linear part.")
        self.unlike = Unlike(linear, leads, rate)
        unit = Ecg(np.eye(len(inputs)), inputs, rate)
        exact = with_derived(unit)
        self.sources: dict[str, Source] = {
            lead: "measured" if lead in inputs else "derived" if lead in exact.leads else "estimated"
            for lead in STANDARD
        }
        posterior, slow = (
            linear.posterior(leads),
            condition(linear.wander.numpy(), leads, (0,), linear.config.ridge),
        )
        see = observation(leads)
        fine = 100 * max(1, -(-rate // 100))
        self.high_pass = HighPass(rate, linear.config.wander_hz)
        self.finer, self.coarser = Resample(rate, fine), Resample(fine, rate)
        self.lags = [round(lag * fine / 1000) for lag in linear.config.lags_ms]
        self.slower = Resample(rate, self.network.rate)
        self.slow_lags = [lag * self.network.rate // 1000 for lag in linear.config.lags_ms]
        self.faster = Resample(self.network.rate, rate)
        self.spare = rate // self.network.rate + 2
        self.windows = Windows(
            round(self.network.window_s * self.network.rate),
            round(self.network.overlap_s * self.network.rate),
        )
        self.observe = constant(observed_signals(unit))
        self.taps = constant(posterior.taps.reshape(N, -1))
        self.slow = constant(slow.taps.reshape(N, -1))
        self.slow_size = constant(1.645 * slow.sd[:, None])
        self.slow_usual = constant(np.diag(see @ linear.wander.numpy() @ see.T)[:, None])
        self.twelve = constant(standard_from_independent())
        self.exact, self.lawful = constant(_exact(exact)), constant(_lawful(inputs))
        self.estimated = constant([[self.sources[lead] == "estimated"] for lead in STANDARD])

    def forward(self, signals: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(n_inputs, n) mV -> twelve leads and half widths of their intervals, (12, n) mV each, and the
        factor that the intervals were widened by."""
        observed, n = self.observe @ signals, length(signals)
        high = self.high_pass(observed)
        low = observed - high
        heart = fitted(self.coarser(self._linear(self.finer(high), self.lags)), n, self.spare)
        correction, size = self._corrections(high, n)
        moved = (low.var(1, correction=0, keepdim=True) / self.slow_usual).mean().sqrt()
        wider = self.unlike(high)
        mean = self.twelve @ (self.network.stretch @ (heart + correction) + self.slow @ low)
        half = wider * _root_of_squares(self.network.interval_factor[:, None] * size, self.slow_size * moved)
        twelve = self.lawful @ torch.cat([mean, signals], 0) * self.estimated + self.exact @ signals
        return twelve, self._half(half) * self.estimated, wider

    def _linear(self, high: Tensor, lags: list[int]) -> Tensor:
        """(8, n) from the observed leads with their lags, ends held."""
        reach, n = max(map(abs, lags)), length(high)
        longer = held(high, reach, reach)
        return self.taps @ torch.cat([longer[:, reach + lag : reach + lag + n] for lag in lags], 0)

    def _corrections(self, high: Tensor, n: Tensor) -> tuple[Tensor, Tensor]:
        linear = self._linear(self.slower(high), self.slow_lags)
        answers = self.windows.joined(torch.cat(self.network(self.windows.cut(linear)), 1), length(linear))
        both = fitted(self.faster(answers), n, self.spare)
        return both[:N], both[N:]

    def _half(self, half: Tensor) -> Tensor:
        """(12, n) from (8, n): errors of I and II are correlated."""
        full, squared = self.twelve, half * half
        both = 2 * self.network.limb_correlation * (half[:1] * half[1:2])
        return (full.square() @ squared + full[:, :1] * full[:, 1:2] * both).clamp_min(0).sqrt()


def _root_of_squares(first: Tensor, other: Tensor) -> Tensor:
    return (first * first + other * other).sqrt()


def _exact(exact: Ecg) -> np.ndarray:
    """(12, n_inputs): the leads that are input or follow exactly, from the inputs; rows of zeros for
    others."""
    rows = np.zeros((len(STANDARD), exact.n_samples))
    for lead in exact.leads:
        rows[STANDARD.index(lead)] = exact[lead]
    return rows


def _lawful(inputs: LeadSet) -> np.ndarray:
    """(12, 12 + n_inputs): estimated leads from the estimate and the inputs; the limb leads beside a single
    measured one are moved to the nearest that obey the laws together with it."""
    rows = np.eye(len(STANDARD), len(STANDARD) + len(inputs))
    if len(inputs.limb) == 1:
        (lead,) = inputs.limb
        unit = np.eye(len(STANDARD) + len(inputs))
        others = {other: unit[STANDARD.index(other)] for other in LIMB if other != lead}
        moved = nearest_lawful(others, {lead: unit[len(STANDARD) + inputs.index(lead)]})
        for other, row in moved.items():
            rows[STANDARD.index(other)] = row
    return rows


class Windows(nn.Module):
    """``models.windows.spans`` and ``ramps`` for any length of signal."""

    def __init__(self, size: int, overlap: int) -> None:
        super().__init__()
        self.size, self.overlap = size, overlap

    def _places(self, n: Tensor) -> Tensor:
        """(windows, length) numbers of the samples of each window."""
        size = torch.where(n <= self.size + self.overlap, n, torch.as_tensor(self.size))
        count = torch.ceil((n - self.overlap).double() / (size - self.overlap).double()).long().clamp_min(1)
        step = (n - size).double() / (count - 1).clamp_min(1).double()
        starts = torch.round(torch.arange(count).double() * step).long()
        return starts[:, None] + torch.arange(size)[None]

    def cut(self, signals: Tensor) -> Tensor:
        """(k, n) -> (windows, k, length)."""
        places = self._places(length(signals))
        return signals[:, places.reshape(-1)].reshape(signals.shape[0], *places.shape).transpose(0, 1)

    def joined(self, answers: Tensor, n: Tensor) -> Tensor:
        """(windows, k, length) -> (k, n), cross-faded."""
        places = self._places(n)
        last = places[:, -1:]
        rising = (places - places[:, :1] + 1).float() / (self.overlap + 1)
        falling = (last - places + 1).float() / (self.overlap + 1)
        full = torch.ones_like(rising)
        fade = torch.where(places[:, :1] > 0, torch.minimum(rising, full), full)
        fade = torch.minimum(fade, torch.where(last < n - 1, torch.minimum(falling, full), full))
        at = places.reshape(1, -1)
        weight = torch.zeros(1, n).scatter_add(1, at, fade.reshape(1, -1))
        faded = (answers * fade[:, None]).transpose(0, 1).reshape(answers.shape[1], -1)
        total = torch.zeros(answers.shape[1], n).scatter_add(1, at.expand(answers.shape[1], -1), faded)
        return total / weight


class Unlike(nn.Module):
    """``UsualRanges.check`` as a number: 1 for a recording like those that the model learned from, else the
    factor to widen the interval by."""

    def __init__(self, linear: LinearEstimator, leads: LeadSet, rate: int) -> None:
        super().__init__()
        forms, lags = linear.forms(leads), linear.config.lags_ms
        rows = [STANDARD.index(lead) for lead in leads]
        self.slower = Resample(rate, int(RATE))
        self.lags = [lag * int(RATE) // 1000 for lag in lags]
        self.matrices = constant(forms.matrices.reshape(len(forms.matrices), -1).T, torch.float64)
        self.offsets = constant(forms.offsets, torch.float64)
        self.expected = constant(forms.expected, torch.float64)
        self.usual = constant(linear.usual.sets[SETS[leads]].numpy(), torch.float64)
        shapes = linear.usual.leads[:, rows].numpy()
        self.usual_shapes = constant(shapes, torch.float64)
        self.by_kind = [
            [number + 1 for number, kind in enumerate(forms.kinds) if kind == wanted] for wanted in KINDS
        ]
        self.paced = Paced(rate) if rate >= 250 else None

    def forward(self, high: Tensor) -> Tensor:
        """(n_observed, n) mV above 0.5 Hz -> the factor, a number of 1 to 3."""
        slow = self.slower(high)
        values, shapes = self._surprise(slow), self._shapes(slow)
        odd = _outside(values, self.usual).any() | _outside(shapes, self.usual_shapes).any()
        if self.paced is not None:
            odd = odd | self.paced(high)
        low, top = self.usual[0, 0], self.usual[0, 1]
        beyond = torch.maximum(low - values[0], values[0] - top).clamp_min(0)
        return torch.where(odd, (0.5 * beyond).exp().clamp(WIDER, WIDEST).float(), torch.ones(()))

    def _surprise(self, slow: Tensor) -> Tensor:
        reach = max(map(abs, self.lags))
        inner = length(slow) - 2 * reach
        lagged = torch.cat([slow[:, reach + lag : reach + lag + inner] for lag in self.lags], 0).double()
        second = lagged @ lagged.T / inner
        power = lagged.square().sum(1).reshape(len(self.lags), -1).mean(0) / inner
        scale = (power / self.expected).mean().clamp_min(QUIET_MV**2)
        values = (second.reshape(1, -1) @ self.matrices)[0].clamp_min(1e-12).log() + self.offsets
        gains = [
            values[0] - values[numbers].min() if numbers else torch.zeros((), dtype=torch.float64)
            for numbers in self.by_kind
        ]
        return torch.stack([values[0] - scale.log(), *gains])

    def _shapes(self, slow: Tensor) -> Tensor:
        x = slow.double()
        rms = x.square().mean(1).sqrt().clamp_min(QUIET_MV)
        return torch.stack([rms.log(), (x * x * x).mean(1) / (rms * rms * rms)])


def _outside(values: Tensor, usual: Tensor) -> Tensor:
    return (values < usual[..., 0]) | (values > usual[..., 1])


class Paced(nn.Module):
    """``models.out_of_distribution.paced`` above 250 Hz, with ``find_spikes``."""

    def __init__(self, rate: int) -> None:
        super().__init__()
        self.rate = rate
        self.resampled = Resample(rate, int(MEASURING_RATE))

    def forward(self, high: Tensor) -> Tensor:
        """(n_observed, n) mV above 0.5 Hz -> whether spikes come at a pacemaker's rate."""
        rows, n = self.resampled(high), length(high)
        jump = (rows - _median(rows, HALF)).abs()
        width = FOOT[1] - FOOT[0] + 1
        span = _largest(rows, width) + _largest(-rows, width)
        foot = _rolled(span, -(FOOT[0] + FOOT[1]) // 2)
        back = (_rolled(rows, BACK) - _rolled(rows, -BACK)).abs()
        spike = (jump > SPIKE_MV) & (foot < 0.25 * jump) & (back < 0.5 * jump)
        spiky = (jump * spike).amax(0, keepdim=True)
        count = ((spiky > 0) & (spiky == _largest(spiky, TOP))).sum()
        return count.double() >= (0.5 * n.double() / self.rate).clamp_min(3)


def _mirrored(rows: Tensor, before: int, after: int) -> Tensor:
    """The ends mirrored, the last sample repeated: scipy's "reflect"."""
    n = length(rows)
    head = rows[:, before - 1 - torch.arange(before)]
    return torch.cat([head, rows, rows[:, n - 1 - torch.arange(after)]], 1)


def _median(rows: Tensor, half: int) -> Tensor:
    n, longer = length(rows), _mirrored(rows, half, half)
    near = torch.stack([longer[:, start : start + n] for start in range(2 * half + 1)], 2)
    return near.topk(half + 1, 2).values[..., half]


def _largest(rows: Tensor, width: int) -> Tensor:
    """``maximum_filter1d``."""
    longer = _mirrored(rows, width // 2, width - 1 - width // 2)
    return F.max_pool1d(longer[:, None], width, 1)[:, 0]


def _rolled(rows: Tensor, steps: int) -> Tensor:
    """``np.roll``."""
    cut = length(rows) - steps if steps >= 0 else torch.as_tensor(-steps)
    return torch.cat([rows[:, cut:], rows[:, :cut]], 1)
