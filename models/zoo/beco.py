"""From one limb lead to each of the other eleven, without alignment to beats, after Beco, Pinto and Cardoso.

"Electrocardiogram lead conversion from single-lead blindly-segmented signals", BMC Medical Informatics and
Decision Making 22:314,
2022. Segments of 5 s at 1000 Hz, passband 1-40 Hz, each lead of each segment scaled to [-1, 1] by its own
extremes. Encoder and decoder of three levels (half the resolution each), two convolutions with batch
normalisation and ReLU a level, two at the bottom, linear upsampling, transposed convolutions, tanh; one
decoder per lead, L1 loss, Adam.

- ``architecture``: "unet"; "ae", the same without skip connections; "lrn", the U-Net with a loss at every
  level of the decoder; "fc", the paper's baseline after Grande-Fidalgo et al. (doi:10.3390/s21165542): each
  sample by itself through one hidden layer.
- ``encoders``: "shared" by all decoders or "individual".
- ``pools``: (2, 2, 2) as the paper says; (5, 5, 5, 5) with five ``widths`` as its code does.

What comes out is in [-1, 1] of an unknown range: how large a lead is was scaled away. To show mV, the range
of the input segment is multiplied by the median ratio of ranges (and offsets) in the training recordings;
judge the system by its scaled units.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ecgcore.ecg import Ecg
from ecgcore.evaluation.metrics import all_metrics
from ecgcore.evaluation.scaled_metrics import ssim
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.signals import filter_array, resample_array
from models.base import register
from models.blocks.published import HOUSE, PTB, Protocol, Published, ptb_number
from models.training.batches import Dataset
from models.training.plan import Plan

FLAT_MV = 0.01
"""A range below this is not blown up to [-1, 1]."""


@dataclass(frozen=True)
class BecoConfig:
    """architecture: unet, ae (autoencoder), lrn (label refinement) or fc (point by point). encoders: shared
    or individual. pools: by which the rate falls from level to level. hidden: of fc. rate: Hz."""

    inputs: tuple[str, ...] = ("II",)
    architecture: str = "unet"
    encoders: str = "shared"
    widths: tuple[int, ...] = (32, 64, 128, 256)
    pools: tuple[int, ...] = (2, 2, 2)
    kernel: int = 5
    hidden: int = 1024
    rate: int = 1000
    samples: int = 5000
    protocol: str = "house"


def double(
    before: int, middle: int, after: int, kernel: int, kind: type[nn.Module] = nn.Conv1d
) -> nn.Sequential:
    """Two convolutions with normalisation and ReLU, each of a kind; the length stays."""
    layers: list[nn.Module] = []
    for width, two in pairwise((before, middle, after)):
        layers += [kind(width, two, kernel, padding=kernel // 2), nn.BatchNorm1d(two), nn.ReLU()]
    return nn.Sequential(*layers)


class Encoder(nn.Module):
    """(batch, 1, n) -> bottom, [level by level from the top]."""

    def __init__(self, config: BecoConfig) -> None:
        super().__init__()
        self.pools = config.pools
        self.levels = nn.ModuleList(double(a, b, b, config.kernel) for a, b in pairwise((1, *config.widths)))

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(batch, 1, n) -> bottom, levels above it from the top."""
        steps = []
        for number, level in enumerate(self.levels):
            x = level(F.max_pool1d(x, self.pools[number - 1]) if number else x)
            steps.append(x)
        return steps[-1], steps[:-1]


class Decoder(nn.Module):
    """Bottom and levels -> (batch, 1, n) in [-1, 1], the finest last; with ``lrn`` also each coarser
    level's."""

    def __init__(self, config: BecoConfig) -> None:
        super().__init__()
        self.skips, self.all_levels = config.architecture != "ae", config.architecture == "lrn"
        upwards = [(below, above) for above, below in reversed(list(pairwise(config.widths)))]
        kernel, kind = config.kernel, nn.ConvTranspose1d
        self.levels = nn.ModuleList(
            double(below + above * self.skips, above, above, kernel, kind) for below, above in upwards
        )
        heads = [above for _, above in upwards] if self.all_levels else [config.widths[0]]
        self.heads = nn.ModuleList(
            nn.Sequential(kind(width, 1, kernel, padding=kernel // 2), nn.Tanh()) for width in heads
        )
        self.sizes = config.pools

    def forward(self, h: Tensor, steps: list[Tensor]) -> list[Tensor]:
        """Bottom (batch, width, n) and levels -> outputs (batch, 1, n), the finest last."""
        outputs = []
        for number, (level, step) in enumerate(zip(self.levels, reversed(steps), strict=True)):
            h = F.interpolate(h, size=step.shape[-1], mode="linear", align_corners=True)
            h = level(torch.cat([step, h], 1) if self.skips else h)
            if self.all_levels:
                outputs.append(self.heads[number](h))
        return outputs if self.all_levels else [self.heads[0](h)]


class PointByPoint(nn.Module):
    """Grande-Fidalgo's network: every sample of the input through the same hidden layer, (batch, 1, n) ->
    (batch, n_outputs, n)."""

    def __init__(self, hidden: int, n_outputs: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(1, hidden, 1), nn.ReLU(), nn.Conv1d(hidden, n_outputs, 1), nn.Tanh()
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """(batch, 1, n) -> one output (batch, n_outputs, n) in a list."""
        return [self.layers(x)]


class EncodersDecoders(nn.Module):
    """One or many encoders, one decoder per lead: (batch, 1, n) -> list of (batch, n_outputs, n'), the finest
    last."""

    def __init__(self, config: BecoConfig, n_outputs: int) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(
            Encoder(config) for _ in range(n_outputs if config.encoders == "individual" else 1)
        )
        self.decoders = nn.ModuleList(Decoder(config) for _ in range(n_outputs))

    def forward(self, x: Tensor) -> list[Tensor]:
        """(batch, 1, n) -> outputs (batch, n_outputs, n), the finest last."""
        encoded = [encoder(x) for encoder in self.encoders]
        by_lead = [decoder(*encoded[number % len(encoded)]) for number, decoder in enumerate(self.decoders)]
        return [torch.cat(level, 1) for level in zip(*by_lead, strict=True)]


@register
class Beco(Published):
    """One limb lead to the other eleven leads, each segment and lead scaled to [-1, 1]."""

    name = "beco"
    study = "Beco"
    variants: ClassVar[dict[str, str]] = {
        "U-Net": "beco-unet-ii",
        "individual encoders": "beco-unet-individual-ii",
        "autoencoder": "beco-ae-ii",
        "label refinement": "beco-lrn-ii",
        "point by point": "beco-fc-ii",
    }
    title = "One lead to all, Beco, Pinto and Cardoso"
    paper = (
        "Beco, Pinto, Cardoso: Electrocardiogram lead conversion from single-lead blindly-segmented "
        "signals, BMC Med Inform Decis Mak 22:314, 2022"
    )
    departures: ClassVar[tuple[str, ...]] = (
        "Three halvings of the resolution as in the paper; its code pools four times by 5 (pools=5,5,5,5).",
        "Learning rate 1e-3 as in the paper (code 1e-4); no square-root companding, which only the code has.",
        (
            "mV by the input's range and the training recordings' median ratio of ranges: the system itself "
            "loses amplitudes."
        ),
        (
            "The network gives each limb lead by itself; shown are the nearest that obey Einthoven and "
            "Goldberger."
        ),
        "Leads are read by name; the paper's PTB-XL columns of aVR and aVL are exchanged.",
    )
    plan = Plan(epochs=500, batch=32, learning_rate=1e-3, optimiser="adam", patience=50, window_s=5.0)
    protocols: ClassVar[dict[str, Protocol]] = {
        "house": HOUSE,
        "beco": Protocol(
            "ptbdb",
            PTB,
            lambda row: ptb_number(row) > 50 and ptb_number(row) % 10 != 0,
            lambda row: ptb_number(row) > 50 and ptb_number(row) % 10 == 0,
            "PTB patients 51-290: nine in ten trained, one in ten validated; 1-50 are the paper's test",
        ),
    }
    Config = BecoConfig
    passband: ClassVar[tuple[float | None, float | None]] = (1.0, 40.0)
    normalisation = "each lead of each segment to [-1, 1] by its own extremes"

    ratio: Tensor
    offset: Tensor

    def __init__(self, config: BecoConfig) -> None:
        super().__init__(config)
        for option, choices in (
            ("architecture", ("unet", "ae", "lrn", "fc")),
            ("encoders", ("shared", "individual")),
        ):
            if getattr(config, option) not in choices:
                raise ValueError(f"{option} is one of {', '.join(choices)}, not {getattr(config, option)!r}")
        if len(self.inputs) != 1:
            raise ValueError(f"Beco's systems take one lead, not {self.inputs}")
        if len(config.pools) != len(config.widths) - 1 and config.architecture != "fc":
            raise ValueError(f"{len(config.widths)} widths need {len(config.widths) - 1} pools")
        n = len(self.outputs)
        self.network = (
            PointByPoint(config.hidden, n) if config.architecture == "fc" else EncodersDecoders(config, n)
        )
        self.register_buffer("ratio", torch.ones(n, 1))
        self.register_buffer("offset", torch.zeros(n, 1))

    @property
    def outputs(self) -> LeadSet:
        """The other eleven leads."""
        return LeadSet(STANDARD) - self.inputs

    @staticmethod
    def scaled(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(batch, n_leads, n) mV -> each lead in [-1, 1], its centre and half range (batch, n_leads, 1) in
        mV."""
        low, high = x.amin(-1, keepdim=True), x.amax(-1, keepdim=True)
        centre, half = (low + high) / 2, ((high - low) / 2).clamp_min(FLAT_MV / 2)
        return (x - centre) / half, centre, half

    def forward(self, x: Tensor) -> list[Tensor]:
        """(batch, 1, n) in [-1, 1] -> (batch, 11, n') in [-1, 1] from coarse to fine; one but for ``lrn``."""
        return self.network(x)

    def answer(self, x: Tensor) -> Tensor:
        """(windows, 1, n) mV -> (windows, 11, n) mV."""
        scaled, _, half = self.scaled(x)
        return self(scaled)[-1] * self.ratio * half + self.offset * half

    def warnings(self) -> tuple[str, ...]:
        """That amplitudes are guessed."""
        return (
            (
                "Amplitudes are not this system's: it works on leads scaled to their extremes; mV follow "
                "from the input's range."
            ),
        )

    @property
    def own_rate(self) -> float:
        """Hz of its working signal."""
        return float(self.config.rate)

    def own_scores(self, ecg: Ecg) -> Iterator[tuple[str, str, float]]:
        """(lead, metric, value) by the paper's protocol from a recording with its true leads: what the
        network itself gives, in [-1, 1].

        Band 1-40 Hz, whole segments, each lead of each scaled by its own extremes; own_r, own_rmse, own_ssim
        are means over segments.
        """
        cfg, leads = self.config, [lead for lead in self.outputs if lead in ecg.leads]
        if set(self.inputs) - set(ecg.leads):
            return
        rows = [self.outputs.index(lead) for lead in leads]
        given, true = (
            filter_array(ecg.pick(part).signals, ecg.rate, *self.passband) for part in (self.inputs, leads)
        )
        given, true = (resample_array(signals, ecg.rate, cfg.rate) for signals in (given, true))
        by_metric: dict[str, list[np.ndarray]] = {}
        for start in range(0, true.shape[1] - cfg.samples + 1, cfg.samples):
            x, t = (
                torch.from_numpy(signals[None, :, start : start + cfg.samples].astype(np.float32))
                for signals in (given, true)
            )
            with torch.inference_mode():
                guess, t = self(self.scaled(x)[0])[-1][0, rows].float().numpy(), self.scaled(t)[0][0].numpy()
            values = {
                "own_r": all_metrics(t, guess)["r"],
                "own_rmse": np.sqrt(np.square(guess - t).mean(-1)),
                "own_ssim": ssim(t + 1, guess + 1),
            }
            for metric, value in values.items():
                by_metric.setdefault(metric, []).append(value)
        for metric, values in by_metric.items():
            yield from (
                (lead, metric, float(value)) for lead, value in zip(leads, np.mean(values, 0), strict=True)
            )

    # ---- training ------------------------------------------------------------------------------------------

    def prepare(self, dataset: Dataset) -> None:
        """Median ratio of half ranges, and of centre to the input's half range, over the training
        recordings."""
        see = [self._see(leads).numpy() for leads in (self.inputs, self.outputs)]
        ratios, offsets = [], []
        for number in range(len(dataset)):
            signals = torch.from_numpy(dataset.read(number)[None])
            (_, _, own), (_, centre, half) = (self.scaled(torch.from_numpy(rows) @ signals) for rows in see)
            ratios.append(half[0] / own[0])
            offsets.append(centre[0] / own[0])
        self.ratio.copy_(torch.stack(ratios).median(0).values)
        self.offset.copy_(torch.stack(offsets).median(0).values)

    def loss(self, signals: Tensor, rng) -> Tensor:
        """Mean absolute error in scaled units; for ``lrn`` the mean over levels, each against the truth
        averaged to its resolution."""
        x, truth = (self.scaled(part)[0] for part in self.split(signals))
        errors = [
            (level.float() - F.adaptive_avg_pool1d(truth, level.shape[-1])).abs().mean() for level in self(x)
        ]
        return torch.stack(errors).mean()

    def called(self) -> tuple[str, str]:
        """See ``Published.called``."""
        cfg = self.config
        variant = f"{cfg.architecture}{'-individual' if cfg.encoders == 'individual' else ''}"
        kinds = {
            "unet": "U-Net",
            "ae": "autoencoder",
            "lrn": "label refinement",
            "fc": "point by point (Grande-Fidalgo)",
        }
        title = (
            "Beco "
            f"{kinds[cfg.architecture]}{', individual encoders' if cfg.encoders == 'individual' else ''}, "
            f"{cfg.inputs[0]}"
        )
        return f"{self.name}-{variant}-{cfg.inputs[0]}".lower(), title
