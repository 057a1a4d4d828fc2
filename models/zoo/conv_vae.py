"""A convolutional variational autoencoder of twelve leads, after Matyschik et al., for looking at what it
looks at.

Matyschik, Mauranen, Karel, Bonizzi, Computing in Cardiology 2020: "LeNet based" blocks of convolution and
pooling, dense layers, a latent layer; twelve leads in, the same twelve out; 1000 Hz, high-pass .5 Hz, windows
of 2048 samples, a step of 512 overlap, joint scaling to [-1, 1]. Layer sizes are unpublished, so these are
ours.

The lead axis is kept: all convolutions have 1 x k kernels, so the last maps are leads x time and a class
activation map can tell leads apart. The forward pass is split in ``features`` (to those maps) and ``head``
(from them to the output), so that gradients are had by ``torch.autograd.grad`` without hooks on a model that
others use at the same time::

    maps = model.features(scaled)                  # (batch, channels, 12, time)
    error = (model.head(maps) - scaled).square().mean()
    slope, = torch.autograd.grad(error, maps)

It rebuilds its own inputs and is no reconstructor of missing leads: it accepts nothing less than all twelve
(or eight that fix them), and on the register it stands for the lead-significance page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from ecgcore.leads import STANDARD, LeadSet
from models.base import register
from models.blocks.on_recording import PAPER
from models.blocks.published import HOUSE, PTB, Protocol, Published, ptb_number
from models.training.plan import Plan

N = len(STANDARD)
FLAT_MV = 0.01
"""Largest value below which a window is not blown up to [-1, 1]."""


@dataclass(frozen=True)
class ConvVaeConfig:
    """rate: Hz. samples: of a window. beta: weight of the divergence in the loss."""

    rate: int = 1000
    samples: int = 2048
    widths: tuple[int, ...] = (8, 16, 32)
    pools: tuple[int, ...] = (4, 4, 4)
    kernel: int = 5
    dense: int = 256
    latent: int = 128
    beta: float = 1e-5
    protocol: str = "house"
    inputs: tuple[str, ...] = STANDARD


@register
class ConvVae(Published):
    """A variational autoencoder of all twelve leads; it rebuilds, it does not estimate."""

    name = "conv-vae"
    title = "Convolutional VAE of twelve leads"
    paper = PAPER
    departures: ClassVar[tuple[str, ...]] = (
        (
            "Layer sizes, latent size and the weight of the divergence are unpublished; these are ours, as "
            "is batch normalisation."
        ),
        "Convolutions are 1 x k, so that the lead axis is kept for the maps.",
        (
            "Windows are scaled into [-1, 1] each, by their largest absolute value over all leads: zero "
            "stays zero; the paper scales recordings."
        ),
        "One model for all patients, where the paper trains one per heart condition.",
    )
    rebuilds = True
    plan = Plan(epochs=100, batch=32, learning_rate=1e-3, window_s=2.048)
    protocols: ClassVar[dict[str, Protocol]] = {
        "house": HOUSE,
        "matyschik": Protocol(
            "ptbdb",
            PTB,
            lambda row: ptb_number(row) % 4 != 3,
            lambda row: ptb_number(row) % 4 == 3,
            "PTB, three in four patients trained, one in four validated",
        ),
    }
    Config = ConvVaeConfig
    normalisation = "each window by its largest absolute value over all leads"

    def __init__(self, config: ConvVaeConfig) -> None:
        super().__init__(config)
        step = int(np.prod(config.pools))
        if config.samples % step:
            raise ValueError(f"a window of {config.samples} samples is no multiple of the pooling, {step}")
        pad = config.kernel // 2
        down: list[nn.Module] = []
        for before, after, pool in zip((1, *config.widths), config.widths, config.pools, strict=False):
            down += [
                nn.Conv2d(before, after, (1, config.kernel), padding=(0, pad)),
                nn.BatchNorm2d(after),
                nn.ReLU(),
                nn.MaxPool2d((1, pool)),
            ]
        self.down = nn.Sequential(*down[:-1])  # the last maps come before the last pooling: finer in time
        self.pool = down[-1]
        self.shape = (config.widths[-1], N, config.samples // step)
        flat = int(np.prod(self.shape))
        self.narrow = nn.Sequential(
            nn.Flatten(), nn.Linear(flat, config.dense), nn.BatchNorm1d(config.dense), nn.ReLU()
        )
        self.mean, self.log_variance = (
            nn.Linear(config.dense, config.latent),
            nn.Linear(config.dense, config.latent),
        )
        nn.init.constant_(
            self.log_variance.bias, -6.0
        )  # else noise drowns the latent layer before it says anything
        self.widen = nn.Sequential(
            nn.Linear(config.latent, config.dense),
            nn.BatchNorm1d(config.dense),
            nn.ReLU(),
            nn.Linear(config.dense, flat),
        )
        up: list[nn.Module] = []
        for before, after, pool in zip(
            config.widths[::-1], (*config.widths[-2::-1], 1), config.pools[::-1], strict=True
        ):
            up += [
                nn.Upsample(scale_factor=(1, pool), mode="nearest"),
                nn.Conv2d(before, after, (1, config.kernel), padding=(0, pad)),
            ]
            up += [nn.BatchNorm2d(after), nn.ReLU()]
        self.up = nn.Sequential(*up[:-2])

    @property
    def outputs(self) -> LeadSet:
        """All twelve leads."""
        return LeadSet(STANDARD)

    # ---- the network ---------------------------------------------------------------------------------------

    def features(self, x: Tensor) -> Tensor:
        """(batch, 12, samples) scaled -> (batch, channels, 12, time): the last convolution's maps, lead by
        lead."""
        return self.down(x[:, None])

    def latent(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Maps -> mean and log variance of the latent layer, (batch, latent) each."""
        h = self.narrow(self.pool(maps))
        return self.mean(h), self.log_variance(h).clamp(-12, 6)

    def decode(self, z: Tensor) -> Tensor:
        """(batch, latent) -> (batch, 12, samples) scaled."""
        return self.up(self.widen(z).unflatten(1, self.shape))[:, 0]

    def head(self, features: Tensor) -> Tensor:
        """Maps -> (batch, 12, samples) scaled, through the mean of the latent layer: nothing random."""
        return self.decode(self.latent(features)[0])

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 12, samples) scaled -> the same, rebuilt."""
        return self.head(self.features(x))

    @staticmethod
    def scaled(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(batch, 12, n) mV -> the same in [-1, 1], with centre (zero) and half range (batch, 1, 1) in mV to
        go back."""
        half = x.abs().amax((1, 2), keepdim=True).clamp_min(FLAT_MV)
        return x / half, torch.zeros_like(half), half

    def answer(self, x: Tensor) -> Tensor:
        """(windows, 12, samples) mV -> the same, rebuilt."""
        scaled, centre, half = self.scaled(x)
        return self(scaled) * half + centre

    # ---- training ------------------------------------------------------------------------------------------

    def loss(self, signals: Tensor, rng: np.random.Generator) -> Tensor:
        """Mean squared error in scaled units plus beta times the divergence from N(0, 1), per latent
        dimension."""
        x, _, _ = self.scaled(self._see(self.outputs).to(signals) @ signals)
        mean, log_variance = self.latent(self.features(x))
        noise = torch.randn_like(mean) if self.training else torch.zeros_like(mean)
        out = self.decode(mean + noise * (0.5 * log_variance).exp())
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        return (out - x).square().mean() + self.config.beta * divergence

    def called(self) -> tuple[str, str]:
        """See ``Published.called``."""
        return self.name, self.title
