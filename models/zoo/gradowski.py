"""U-Nets from fixed leads to the missing chest leads, after Gradowski and Buchner (arXiv:2502.00559).

4 + 1 + 4 blocks of two convolutions (kernel 3), batch normalisation and ReLU; widths double from 64;
max-pooling by 2, transposed convolutions (kernel 2, stride 2), a 1 x 1 output without activation, no dropout.
1024 samples at 125 Hz; MSE, AdamW 3e-4, batches of 32, 100 epochs.

The paper's 25 models are one config with other ``inputs``: ``INPUT_SETS``. Each estimates the chest leads it
is not given, so their means are over different leads; compare them on leads that none is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ecgcore.leads import CHEST, LeadSet
from models.base import register
from models.blocks.published import Published

INPUT_SETS: tuple[LeadSet, ...] = tuple(
    LeadSet(leads)
    for leads in (
        *(("I",), ("II",), ("III",)),
        ("I", "II"),
        *(("I", "II", chest) for chest in CHEST),
        *(("I", "II", *pair) for pair in combinations(CHEST, 2)),
    )
)
"""The paper's 25 sets of input leads."""


def block(before: int, after: int, kernel: int = 3, dropout: float = 0.0) -> nn.Sequential:
    """Two convolutions, each with batch normalisation, ReLU and (if any) dropout."""
    layers: list[nn.Module] = []
    for width in (before, after):
        layers += [nn.Conv1d(width, after, kernel, padding=kernel // 2), nn.BatchNorm1d(after), nn.ReLU()]
        layers += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*layers)


class Decoder(nn.Module):
    """From the bottom up: transposed convolution, skip connection, block. widths: from the top, the bottom's
    last."""

    def __init__(
        self, widths: tuple[int, ...], kernels: tuple[int, ...] | None = None, dropout: float = 0.0
    ) -> None:
        super().__init__()
        upwards = [(below, above) for above, below in reversed(list(pairwise(widths)))]
        kernels = kernels or (3,) * len(upwards)
        self.grow = nn.ModuleList(nn.ConvTranspose1d(below, above, 2, stride=2) for below, above in upwards)
        self.blocks = nn.ModuleList(
            block(2 * above, above, kernel, dropout)
            for (_, above), kernel in zip(upwards, kernels, strict=True)
        )

    def forward(self, h: Tensor, skips: list[Tensor]) -> Tensor:
        for grow, merge, skip in zip(self.grow, self.blocks, reversed(skips), strict=True):
            h = grow(h)
            h = merge(torch.cat([skip, F.pad(h, (0, skip.shape[-1] - h.shape[-1]), mode="replicate")], 1))
        return h


class Encoder(nn.Module):
    """Blocks with max-pooling by 2 between them; answers the last and those before it. Any length of 2^levels
    samples or more."""

    def __init__(self, n_inputs: int, widths: tuple[int, ...], dropout: float = 0.0) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            block(before, after, 3, dropout) for before, after in pairwise((n_inputs, *widths))
        )

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        steps = []
        for number, layers in enumerate(self.blocks):
            x = layers(F.max_pool1d(x, 2) if number else x)
            steps.append(x)
        return steps[-1], steps[:-1]


@dataclass(frozen=True)
class GradowskiConfig:
    inputs: tuple[str, ...] = ("I", "II", "V4")
    widths: tuple[int, ...] = (64, 128, 256, 512, 1024)
    rate: int = 125
    samples: int = 1024
    protocol: str = "house"


@register
class Gradowski(Published):
    name = "gradowski"
    title = "U-Net, Gradowski and Buchner"
    paper = "Gradowski, Buchner: Deep learning model for ECG reconstruction reveals the information content of ECG leads, arXiv:2502.00559"
    departures: ClassVar[tuple[str, ...]] = (
        "Batch normalisation and ReLU follow each convolution; the paper's wording leaves open whether once per block.",
        "Recordings are high-passed at .5 Hz; the paper states no filter.",
        "Windows of 1024 samples start anywhere in the recording; the paper truncates to the first.",
        "The split is by patients; the paper does not say so of its own.",
    )
    Config = GradowskiConfig

    def __init__(self, config: GradowskiConfig) -> None:
        super().__init__(config)
        self.encoder = Encoder(len(self.inputs), config.widths)
        self.decoder = Decoder(config.widths)
        self.last = nn.Conv1d(config.widths[0], len(self.outputs), 1)

    @property
    def outputs(self) -> LeadSet:
        return LeadSet(CHEST) - self.inputs

    def answer(self, x: Tensor) -> Tensor:
        return self.last(self.decoder(*self.encoder(x)))

    def loss(self, signals: Tensor, rng) -> Tensor:
        """Mean squared error in mV^2 over the missing chest leads."""
        x, truth = self.split(signals)
        return F.mse_loss(self.answer(x).float(), truth)

    def called(self) -> tuple[str, str]:
        return f"{self.name}-{'-'.join(self.inputs)}".lower(), f"Gradowski U-Net, {' + '.join(self.inputs)}"


PLAN = {"epochs": 100, "batch": 32, "learning_rate": 3e-4, "weight_decay": 0.01, "window_s": 8.192}
