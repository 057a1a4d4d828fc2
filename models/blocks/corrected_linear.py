"""A network that corrects the linear estimate, for any set of input leads: what it computes. Which recordings
it learns from, and by which loss, is the business of its family.

The linear MMSE estimate of all eight leads (observed leads as they are) is the input; a convolutional U-Net
at 100 Hz looks at it over seconds and adds what a fixed linear map cannot know: this heart, this chest. Which
leads are observed enters as scale and shift of every block's channels (FiLM, doi:10.1609/aaai.v32i1.11671),
so no channel is spent on planes of ones. Signals are divided by the recording's own amplitude, whose
logarithm is an input of the network. A second output is the logarithm of the error's expected size, scaled
into a 90 % interval on held-out recordings.

The correction is made of frequencies below 50 Hz and is added to the linear estimate at the recording's own
rate, so sharp peaks pass through the linear part. An estimate of what varies more than it can know shrinks to
the mean: each lead is multiplied by its slope of truth on estimate, known for every set of observed leads
from held-out recordings. Neither touches what was observed: a single limb lead confines the estimate of I and
II to the line that reproduces it. Long recordings are corrected window by window, cross-faded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import observation
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from ecgcore.signals import resample_array
from models import out_of_distribution
from models.base import Estimate, TrainedByLoop
from models.blocks.activations import Activations
from models.blocks.conditioned_unet import ConditionedUNet, Shape, StemOfLeads
from models.blocks.number_formats import has_bfloat16
from models.blocks.one_set import FLOOR_MV, Given, NetworkOfSet
from models.linear_estimator import (
    LinearConfig,
    LinearEstimator,
    ObservedLeads,
    apply_taps,
    check_length,
    observed_leads,
    observed_signals,
    twelve_from_eight,
)
from models.windows import BLOCK_S, fit_length, in_blocks, ramps, spans

N = len(INDEPENDENT)


@dataclass(frozen=True)
class CorrectedLinearConfig:
    """rate: Hz. stride, widths, depth, kernel, lead_channels: of the network. window_s, overlap_s: of windows
    of long recordings."""

    rate: int = 100
    stride: int = 4
    widths: tuple[int, ...] = (128, 192)
    depth: int = 2
    kernel: int = 3
    dropout: float = 0.1
    lead_channels: int = 64  # of a stem that keeps the leads apart; 0: the leads enter together
    window_s: float = 10.0
    overlap_s: float = 2.0
    linear: bool = True  # the linear estimate beneath; without it the network sees observed leads, else zeros


class CorrectedLinear(TrainedByLoop):
    """The linear estimate and a network that corrects it, for every set of input leads."""

    explains_subsets = True
    Config = CorrectedLinearConfig

    def __init__(self, config: CorrectedLinearConfig) -> None:
        super().__init__(config)
        self.linear = (LinearEstimator if config.linear else ObservedLeads)(LinearConfig())
        self.network = ConditionedUNet(
            N,
            2 * N,
            len(STANDARD) + N + 1,
            Shape(config.widths, config.stride, config.depth, config.kernel, config.dropout),
            config.lead_channels,
            len(STANDARD),
        )
        self.register_buffer("interval_factor", torch.full((N + 1, N), 1.645))
        self.register_buffer("gain", torch.ones(len(out_of_distribution.SETS), N))
        self.given = lru_cache(maxsize=None)(self._given)

    interval_factor: Tensor
    gain: Tensor
    observed = staticmethod(observed_leads)
    """What it sees of a set of leads."""

    def accepts(self, inputs: LeadSet) -> bool:
        """See ``Reconstructor.accepts``: any lead at all will do."""
        return len(inputs) > 0

    @classmethod
    def current_config(cls, config: dict[str, Any]) -> dict[str, Any]:
        """See ``Reconstructor.current_config``."""
        return {"lead_channels": 0} | config

    def current(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """See ``Reconstructor.current``."""
        return {"gain": torch.ones(len(out_of_distribution.SETS), N)} | out_of_distribution.current(
            self.network.current(tensors, "network.")
        )

    @torch.inference_mode(mode=False)  # the first to ask may want no gradients, a later one may
    def _given(self, leads: LeadSet) -> Given:
        posterior = self.linear.posterior(leads)
        see = observation(leads)
        free = np.eye(N) - np.linalg.pinv(see) @ see
        gain = self.gain[out_of_distribution.SETS[leads]].cpu().double().numpy()
        presence = [float(lead in leads.determined) for lead in STANDARD]
        return Given(
            torch.tensor((posterior.taps @ see).reshape(N, -1), dtype=torch.float32),
            torch.tensor([*presence, *(4 * posterior.sd)], dtype=torch.float32),
            torch.tensor(free, dtype=torch.float32),
            torch.tensor(posterior.sd > 0, dtype=torch.float32),
            torch.tensor(np.eye(N) + free * (gain - 1), dtype=torch.float32),
            posterior.limb_correlation,
            torch.tensor(see, dtype=torch.float32),
            torch.tensor(posterior.taps.transpose(2, 0, 1), dtype=torch.float32),
            torch.tensor([STANDARD.index(lead) for lead in leads]),
        )

    # ---- at the working rate -------------------------------------------------------------------------------

    def correct(self, linear: Tensor, given: list[Given]) -> tuple[Tensor, Tensor]:
        """(batch, 8, n) mV linear estimate at the working rate -> correction and expected size of its error,
        both mV."""
        x, scale, condition = self._scaled(linear, given)
        return self._read(self.entered(x, given), scale, condition, given, linear.shape[-1])

    def _scaled(self, linear: Tensor, given: list[Given]) -> tuple[Tensor, Tensor, Tensor]:
        """What the network is given: (batch, 8, n up to whole steps) in units of (batch, 1, 1) mV, and the
        condition."""
        n, step = linear.shape[-1], self.network.step
        scale = linear.square().mean((1, 2)).sqrt().clamp_min(FLOOR_MV)[:, None, None]
        conditions = torch.stack([state.condition for state in given]).to(linear.device)
        condition = torch.cat([conditions, scale[:, 0].log() + 2], 1)
        x = linear / scale
        if n % step:
            x = F.pad(x, (0, -n % step), mode="replicate")
        return x, scale, condition

    def _read(
        self, h: Tensor, scale: Tensor, condition: Tensor, given: list[Given], n: int
    ) -> tuple[Tensor, Tensor]:
        """Correction and size from what the stem made of it."""
        correction, size = self.network.behind_stem(h, condition).chunk(2, dim=1)
        free = torch.stack([state.free for state in given]).to(h.device)
        missing = torch.stack([state.missing for state in given]).to(h.device)
        correction = free @ correction[..., :n].float() * scale
        size = size[..., :n].float().clamp(-8, 4).exp() * (scale * missing[..., None])
        return correction, size

    def entered(self, x: Tensor, given: list[Given]) -> Tensor:
        """What the stem makes of (batch, 8, n) linear estimates: (batch, n / stride, widths[0])."""
        stem = self.network.stem
        if not isinstance(stem, StemOfLeads):
            return stem(x.transpose(1, 2))
        parts, leads, items = self.parts(x, given)
        return stem.together(stem.apart(parts.transpose(1, 2), leads), items, len(x))

    def parts(self, linear: Tensor, given: list[Given]) -> tuple[Tensor, Tensor, Tensor]:
        """What each observed lead adds to (batch, 8, n) linear estimates, which hold the observed leads as
        they are: (n_parts, 8, n), and (n_parts,) the number of its lead and of its item of the batch.

        The parts of an item add up to its estimate, but for its ends, beyond which leads are held.
        """
        device = linear.device
        counts = torch.tensor([len(state.leads) for state in given], device=device)
        items = torch.arange(len(given), device=device).repeat_interleave(counts)
        see, taps, leads = (
            torch.cat([getattr(state, name) for state in given]).to(device)
            for name in ("see", "lead_taps", "leads")
        )
        observed = see[:, None] @ linear[items]
        return taps @ self.linear.lagged(observed, self.config.rate), leads, items

    def answer(self, linear: Tensor, given: list[Given], bf16: bool = False) -> tuple[Tensor, Tensor]:
        """(batch, 8, n) mV linear estimate at the working rate -> the estimate and the expected size of its
        error, both mV.

        bf16: the correction in half the digits and half the time, on a processor that has units for bfloat16.
        """
        narrow = bf16 and has_bfloat16(linear.device)
        with torch.autocast(linear.device.type, torch.bfloat16, enabled=narrow):
            correction, size = self.correct(linear, given)
        return torch.stack([state.stretch for state in given]).to(linear.device) @ (
            linear + correction.float()
        ), size

    def linear_batch(self, signals: Tensor, given: list[Given]) -> Tensor:
        """(batch, 8, n) mV true signals at the working rate -> what the linear estimator makes of the
        observed ones."""
        return torch.stack([state.taps for state in given]).to(signals.device) @ self.linear.lagged(
            signals, self.config.rate
        )

    # ---- on eight leads ------------------------------------------------------------------------------------

    def linear_part(self) -> LinearEstimator:
        """The closed form beneath; see ``Reconstructor.linear_part``."""
        return self.linear

    def estimate_subsets(self, eight: Tensor, sets: Sequence[LeadSet], bf16: bool = False) -> Tensor:
        """See ``Reconstructor.estimate_subsets``."""
        if self.config.rate != 100:
            raise UnusableEcg(f"The network works at {self.config.rate} Hz; subsets are compared at 100 Hz.")
        given = [self.given(observed_leads(leads)) for leads in sets]
        return self.answer(self.linear_batch(eight, given), given, bf16)[0]

    @property
    def keeps_leads_apart(self) -> bool:
        """See ``Reconstructor.keeps_leads_apart``."""
        return isinstance(self.network.stem, StemOfLeads)

    def activations(self, eight: Tensor, leads: LeadSet) -> Activations:
        """See ``Reconstructor.activations``: those of the stem, and each lead's part of the linear
        estimate."""
        stem, given = self.network.stem, [self.given(observed_leads(leads))]
        if not isinstance(stem, StemOfLeads):
            return super().activations(eight, leads)
        linear = self.linear_batch(eight, given)
        x, scale, condition = self._scaled(linear, given)
        parts, numbers, items = self.parts(x, given)
        apart = stem.apart(parts.transpose(1, 2), numbers)
        silent = stem.apart(torch.zeros_like(parts).transpose(1, 2), numbers)[:, :1]
        linear_parts = self.parts(linear, given)[0].transpose(1, 2)
        rest = linear - linear_parts.sum(0).T  # the ends, beyond which leads are held

        def behind(values: Tensor, of_linear: Tensor) -> Tensor:
            h = stem.together(values, items, 1)
            correction, _ = self._read(h, scale, condition, given, eight.shape[-1])
            return given[0].stretch @ (rest + of_linear.sum(0).T + correction)

        return Activations((apart, linear_parts), (silent, torch.zeros(1, 1, N)), behind)

    def network_pass(self) -> Callable[[], object]:
        """See ``Reconstructor.network_pass``."""
        given = [self.given(LeadSet("I II V4"))]
        signals = torch.zeros(1, N, 10 * self.config.rate)
        return lambda: self.correct(signals, given)

    # ---- on a recording ------------------------------------------------------------------------------------

    def estimate(self, ecg: Ecg) -> Estimate:
        """See ``Reconstructor.estimate``."""
        check_length(ecg)
        return in_blocks(ecg, lambda block: self._estimates([block])[0])

    def estimate_alike(self, ecgs: Sequence[Ecg]) -> list[Estimate]:
        """See ``Reconstructor.estimate_alike``."""
        if len(ecgs) == 1 or ecgs[0].duration > BLOCK_S:
            return super().estimate_alike(ecgs)
        check_length(ecgs[0])
        return self._estimates(ecgs)

    def _estimates(self, ecgs: Sequence[Ecg]) -> list[Estimate]:
        """Of recordings of the same leads, rate and length."""
        leads, rate = observed_leads(ecgs[0].leads), ecgs[0].rate
        highs, lows = self.linear.split(np.stack([observed_signals(ecg) for ecg in ecgs]), rate)
        slow = resample_array(highs, rate, self.config.rate)
        corrections = self._corrections(slow, leads, rate, highs.shape[-1])
        checked = resample_array(slow, self.config.rate, out_of_distribution.RATE)
        return [
            self._estimate(high, low, correction, self.linear.check(high, seen, leads, rate), leads, rate)
            for high, low, correction, seen in zip(highs, lows, corrections, checked, strict=True)
        ]

    def _estimate(
        self,
        high: np.ndarray,
        low: np.ndarray,
        correction_and_size: tuple[np.ndarray, np.ndarray],
        warnings_and_factor: tuple[tuple[str, ...], float],
        leads: LeadSet,
        rate: float,
    ) -> Estimate:
        """From what is above and below the linear part's edge of the observed leads, the network's answer,
        and what the check of the leads says."""
        given, (correction, size), (warnings, wider) = (
            self.given(leads),
            correction_and_size,
            warnings_and_factor,
        )
        heart = self.linear.heart(high, leads, rate)
        drift, drift_half = self.linear.drift(low, leads)
        half = np.square(self.interval_factor[len(leads)].numpy()[:, None] * size)
        half += np.square(drift_half, dtype=np.float32)
        heart = given.stretch.numpy() @ (heart + correction)
        heart += drift
        mean, half = twelve_from_eight(heart, np.float32(wider) * np.sqrt(half), given.limb_correlation)
        return Estimate(mean, LeadSet(STANDARD), half, warnings)

    def _corrections(
        self, slow: np.ndarray, leads: LeadSet, rate: float, n_samples: int
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """(8, n_samples) mV each at a rate: correction and size of its error, of observed leads (recordings,
        n_observed, n) mV at the working rate; windows are cross-faded."""
        cfg, given = self.config, self.given(leads)
        shifts = np.array(self.linear.config.lags_ms) * cfg.rate // 1000
        linear = apply_taps(self.linear.posterior(leads).taps, slow, shifts)
        count, n = len(linear), linear.shape[2]
        length, overlap = round(cfg.window_s * cfg.rate), round(cfg.overlap_s * cfg.rate)
        total, weight = np.zeros((2, count, N, n), np.float32), np.zeros(n, np.float32)
        for start, stop in spans(n, length, overlap):
            fade = ramps(start, stop, n, overlap)
            with torch.inference_mode():
                pair = self.correct(torch.from_numpy(linear[:, :, start:stop]), [given] * count)
            total[..., start:stop] += np.stack([part.float().numpy() for part in pair]) * fade
            weight[start:stop] += fade
        out = np.zeros((*total.shape[:-1], n_samples), np.float32)
        open_leads = given.missing.numpy() > 0  # the others have neither correction nor error
        answers = total[:, :, open_leads] / weight
        out[:, :, open_leads] = fit_length(resample_array(answers, cfg.rate, rate), n_samples)
        return list(zip(*out, strict=True))

    def for_one_set(self, leads: LeadSet) -> NetworkOfSet:
        """See ``Reconstructor.for_one_set``."""
        return NetworkOfSet(self, leads)

    def calibrated(self, factor: np.ndarray, gain: np.ndarray) -> Self:
        """See ``Reconstructor.calibrated``."""
        other = type(self)(self.config)
        sizes = torch.tensor([len(observed_leads(leads)) for leads in out_of_distribution.SETS])
        tables = {
            "interval_factor": torch.from_numpy(factor.astype(np.float32)),
            "gain": self.gain * torch.from_numpy(gain.astype(np.float32))[sizes],
        }
        other.load_state_dict(self.state_dict() | tables)
        return other.eval().requires_grad_(False)
