"""The plain one-dimensional U-Net of the published networks: blocks of two convolutions, an encoder, a
decoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def block(before: int, after: int, kernel: int = 3, dropout: float = 0.0) -> nn.Sequential:
    """Two convolutions, each with batch normalisation, ReLU and (if any) dropout."""
    layers: list[nn.Module] = []
    for width in (before, after):
        layers += [nn.Conv1d(width, after, kernel, padding=kernel // 2), nn.BatchNorm1d(after), nn.ReLU()]
        layers += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*layers)


Films = Iterator[tuple[Tensor, Tensor]]
"""Scale and shift, (batch, channels, 1) each, of one block after another."""


class Film(nn.Module):
    """What a condition (batch, n_condition) does to blocks of these widths: scale and shift of their channels
    (FiLM, doi:10.1609/aaai.v32i1.11671). At first nothing, whatever the condition."""

    HIDDEN = 64

    def __init__(self, n_condition: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.widths = [width for width in widths for _ in ("scale", "shift")]
        self.hidden = nn.Sequential(nn.Linear(n_condition, self.HIDDEN), nn.SiLU())
        self.last = nn.Linear(self.HIDDEN, sum(self.widths))
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, condition: Tensor) -> Films:
        """One after another, in the order of the widths."""
        pieces = iter(self.last(self.hidden(condition))[..., None].split(self.widths, 1))
        return zip((1 + scale for scale in pieces), pieces, strict=True)


def filmed(h: Tensor, films: Films | None) -> Tensor:
    """(batch, channels, n) scaled and shifted by the next of the films, if there are any."""
    if films is None:
        return h
    scale, shift = next(films)
    return torch.addcmul(shift, h, scale)


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

    def forward(self, h: Tensor, skips: list[Tensor], films: Films | None = None) -> Tensor:
        """h: (batch, channels, n) of the bottom; skips: from the top down. (batch, widths[0], n) of the
        top."""
        for grow, merge, skip in zip(self.grow, self.blocks, reversed(skips), strict=True):
            h = grow(h)
            h = F.pad(h, (0, skip.shape[-1] - h.shape[-1]), mode="replicate")
            h = filmed(merge(torch.cat([skip, h], 1)), films)
        return h


class Encoder(nn.Module):
    """Blocks with max-pooling by 2 between them; answers the last and those before it. Any length of 2^levels
    samples or more."""

    def __init__(self, n_inputs: int, widths: tuple[int, ...], dropout: float = 0.0) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            block(before, after, 3, dropout) for before, after in pairwise((n_inputs, *widths))
        )

    def forward(self, x: Tensor, films: Films | None = None) -> tuple[Tensor, list[Tensor]]:
        """(batch, n_inputs, n) -> what the lowest block gives, and what those above it gave, from the top
        down."""
        steps = []
        for number, layers in enumerate(self.blocks):
            x = filmed(layers(F.max_pool1d(x, 2) if number else x), films)
            steps.append(x)
        return steps[-1], steps[:-1]
