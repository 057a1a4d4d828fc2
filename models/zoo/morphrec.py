"""V1-V6 from I and II by one decoder for all leads, each with a style of its own, after the idea of MorphRec
(VUNO).

Rebuilt from a description of the idea alone: an encoder of the input leads; a decoder that is run once for
each lead and whose every block is normalised over time and then scaled and shifted by that lead's learned
style vector (adaptive instance normalisation, Huang and Belongie 2017, doi:10.1109/ICCV.2017.167); the inputs
are rebuilt too; and a loss over patches of 100 ms, each in units of its own spread, so that a small P wave
weighs as much as a tall QRS. 250 Hz, nine seconds, .67-40 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ecgcore.leads import CHEST, LeadSet
from models.base import register
from models.blocks.published import HOUSE, Protocol, Published
from models.blocks.unet import Encoder
from models.training.plan import Plan

PATCH_S = 0.1
FLOOR_MV = 0.02
"""A patch's spread is taken to be no less: what is flat has no shape to lose."""
AMPLITUDE = 5.0
"""Weight of the plain error, 1/mV^2, which alone knows the level of a patch."""


@dataclass(frozen=True)
class MorphrecConfig:
    """widths: channels from the top down. style: numbers that tell a lead. rate: Hz. samples: of a window."""

    inputs: tuple[str, ...] = ("I", "II")
    widths: tuple[int, ...] = (32, 64, 128, 256)
    style: int = 64
    rate: int = 250
    samples: int = 2250
    protocol: str = "house"


class StyledBlock(nn.Module):
    """Convolution, instance normalisation, scale and shift by a style (batch, style), ReLU."""

    def __init__(self, before: int, after: int, style: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(before, after, 3, padding=1)
        self.normal = nn.InstanceNorm1d(after)
        self.of_style = nn.Linear(style, 2 * after)

    def forward(self, h: Tensor, style: Tensor) -> Tensor:
        """h: (batch, before, n); style: (batch, style). (batch, after, n)."""
        scale, shift = self.of_style(style)[..., None].chunk(2, 1)
        return F.relu(self.normal(self.convolution(h)) * (1 + scale) + shift)


class StyledDecoder(nn.Module):
    """From the bottom up, every block in the style of a lead."""

    def __init__(self, widths: tuple[int, ...], style: int) -> None:
        super().__init__()
        upwards = [(below, above) for above, below in reversed(list(pairwise(widths)))]
        self.grow = nn.ModuleList(nn.ConvTranspose1d(below, above, 2, stride=2) for below, above in upwards)
        self.merge = nn.ModuleList(StyledBlock(2 * above, above, style) for _, above in upwards)
        self.refine = nn.ModuleList(StyledBlock(above, above, style) for _, above in upwards)
        self.last = nn.Conv1d(widths[0], 1, 1)

    def forward(self, h: Tensor, skips: list[Tensor], style: Tensor) -> Tensor:
        """Bottom, skips from the top down and (batch, style) -> (batch, 1, n) mV."""
        for grow, merge, refine, skip in zip(
            self.grow, self.merge, self.refine, reversed(skips), strict=True
        ):
            h = grow(h)
            h = F.pad(h, (0, skip.shape[-1] - h.shape[-1]), mode="replicate")
            h = refine(merge(torch.cat([skip, h], 1), style), style)
        return self.last(h)


@register
class Morphrec(Published):
    """One decoder for all leads, which is told by a style which one it makes."""

    """The chest leads from two limb leads, each in a style of its own."""

    name = "morphrec"
    study = "MorphRec"
    variants: ClassVar[dict[str, str]] = {"from I+II": "morphrec-i-ii"}
    title = "One decoder, a style for each lead, after MorphRec"
    paper = "MorphRec (VUNO): V1-V6 from I and II with a style for each lead and a loss over patches"
    departures: ClassVar[tuple[str, ...]] = (
        "Rebuilt from a description of the idea; widths, styles, epochs, learning rate and weights are ours.",
        "A patch of the estimate is put in units of the true patch, not of its own.",
        "Windows of nine seconds start anywhere in the recording.",
    )
    plan = Plan(epochs=20, batch=32, learning_rate=1e-3, weight_decay=0.01, schedule="cosine", bf16=True)
    protocols: ClassVar[dict[str, Protocol]] = {"house": HOUSE}
    passband: ClassVar[tuple[float | None, float | None]] = (0.67, 40.0)
    Config = MorphrecConfig

    def __init__(self, config: MorphrecConfig) -> None:
        super().__init__(config)
        self.encoder = Encoder(len(self.inputs), config.widths)
        self.decoder = StyledDecoder(config.widths, config.style)
        self.styles = nn.Parameter(torch.randn(len(self.styled), config.style))

    @property
    def outputs(self) -> LeadSet:
        """The leads that it estimates."""
        return LeadSet(CHEST) - self.inputs

    @property
    def styled(self) -> LeadSet:
        """The leads that have a style, in order: those estimated and the inputs, rebuilt in training."""
        return self.outputs | self.inputs

    def _decoded(self, x: Tensor, leads: LeadSet) -> Tensor:
        """(batch, n_leads, n) mV of these leads from (batch, n_inputs, n) mV."""
        bottom, skips = self.encoder(x)
        n, rows = len(leads), [self.styled.index(lead) for lead in leads]
        style = self.styles[rows].repeat(len(x), 1)
        many = [part.repeat_interleave(n, 0) for part in (bottom, *skips)]
        return self.decoder(many[0], many[1:], style).view(len(x), n, -1)

    def answer(self, x: Tensor) -> Tensor:
        """(windows, n_inputs, n) mV -> (windows, n_outputs, n) mV."""
        return self._decoded(x, self.outputs)

    def loss(self, signals: Tensor, rng: np.random.Generator) -> Tensor:
        """Error over patches in units of the true patch's spread, plus the plain error, over the estimated
        and the rebuilt leads."""
        x, _ = self.split(signals)
        truth = self._see(self.styled).to(signals) @ signals
        error = (self._decoded(x, self.styled).float() - truth).square()
        size = max(1, round(PATCH_S * self.config.rate))
        whole = truth.shape[-1] // size * size
        patches = truth[..., :whole].unflatten(-1, (-1, size))
        spread = patches.var(-1, correction=0) + FLOOR_MV**2
        by_patch = error[..., :whole].unflatten(-1, (-1, size)).mean(-1) / spread
        return by_patch.sqrt().mean() + AMPLITUDE * error.mean()

    def called(self) -> tuple[str, str]:
        """See ``Published.called``."""
        leads = "-".join(self.inputs).lower()
        return f"{self.name}-{leads}", f"After MorphRec, a style for each lead, {' + '.join(self.inputs)}"
