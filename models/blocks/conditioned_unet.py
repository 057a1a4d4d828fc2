"""A small convolutional U-Net whose every block is scaled and shifted by a condition (FiLM,
doi:10.1609/aaai.v32i1.11671)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.blocks.layers import Convolution, TransposedConvolution, matrix_of


class Block(nn.Module):
    """Two convolutions with a residual path; scale and shift, (batch, 1, width), between them. (batch, n,
    width) -> the same."""

    def __init__(self, width: int, kernel: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.first = Convolution(width, width, kernel, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(width)
        self.second = Convolution(width, width, kernel, dilation=dilation)
        self.dropout = dropout
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """x: (batch, n, width); scale, shift: (batch, 1, width). The same shape as x."""
        h = self.first(x)
        h = self.norm(h.flatten(0, 1)).view_as(h)
        h = F.silu(torch.addcmul(shift, h, scale), inplace=not torch.is_grad_enabled())
        if self.training:
            h = h * F.dropout(torch.ones_like(h[:, :1]), self.dropout)  # whole channels: cheap to draw
        return x + self.second(h)


class Context(nn.Module):
    """Tells every moment what the whole recording looks like: mean over time, through two layers, added."""

    def __init__(self, width: int, condition: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2 * width + condition, width), nn.SiLU(), nn.Linear(width, width)
        )

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """x: (batch, n, width); condition: (batch, condition). The same shape as x."""
        mean = x.mean(1)
        spread = (x - mean[:, None]).square().mean(1).add(1e-4).sqrt()
        return x + self.layers(torch.cat([mean, spread, condition], 1))[:, None]


class StemOfLeads(nn.Module):
    """One convolution for what each lead says, its lead's scale and shift, a nonlinearity, and the sum over
    the leads that are there: (n_parts, n, c_in) -> (batch, n / stride, width).

    Up to the sum the leads are apart, so an activation here is of one lead at one moment.
    """

    def __init__(self, c_in: int, channels: int, width: int, stride: int, n_leads: int) -> None:
        super().__init__()
        self.convolution = Convolution(c_in, channels, 4 * stride, stride, bias=False)
        self.scale = nn.Parameter(torch.ones(n_leads * channels))
        self.shift = nn.Parameter(torch.zeros(n_leads * channels))
        self.mix = nn.Linear(channels, width)
        self.channels = channels

    def apart(self, parts: Tensor, leads: Tensor) -> Tensor:
        """(n_parts, n, c_in), (n_parts,) number of each part's lead -> (n_parts, n / stride, channels)."""
        scale, shift = (parameter.view(-1, 1, self.channels)[leads] for parameter in (self.scale, self.shift))
        moved = torch.addcmul(shift, self.convolution(parts), scale)
        return F.silu(moved, inplace=not torch.is_grad_enabled())

    def together(self, apart: Tensor, items: Tensor, batch: int) -> Tensor:
        """items: (n_parts,) the item of the batch that each part belongs to."""
        total = apart.new_zeros(batch, *apart.shape[1:])
        return self.mix(total.index_add(0, items, apart))


class Shape(NamedTuple):
    """Of a ``ConditionedUNet``.

    widths: channels from the top level, which is ``stride`` times slower than the input, to the bottom, each
    level half as fast as the one above. depth: blocks on either side of the context at the bottom, of
    dilations 1, 2, 4 ...; half as many above. kernel: of the blocks' convolutions. dropout: 0-1.
    """

    widths: Sequence[int]
    stride: int
    depth: int
    kernel: int
    dropout: float


class ConditionedUNet(nn.Module):
    """(batch, c_in, n), (batch, n_condition) -> (batch, c_out, n); the last layer begins at zero. n must be a
    multiple of ``step``.

    lead_channels: of a stem that keeps ``n_leads`` leads apart (``StemOfLeads``), 0 for one convolution; what
    comes behind the stem is ``behind_stem``.
    """

    HIDDEN = 64
    """What the condition is widened to."""

    def __init__(
        self,
        c_in: int,
        c_out: int,
        n_condition: int,
        shape: Shape,
        lead_channels: int = 0,
        n_leads: int = 0,
    ) -> None:
        super().__init__()
        widths, stride, depth, kernel, dropout = shape
        self.step = stride * 2 ** (len(widths) - 1)
        self.condition = nn.Sequential(nn.Linear(n_condition, self.HIDDEN), nn.SiLU())
        self.stem = (
            StemOfLeads(c_in, lead_channels, widths[0], stride, n_leads)
            if lead_channels
            else Convolution(c_in, widths[0], 4 * stride, stride)
        )

        def blocks(width: int, dilations: tuple[int, ...]) -> nn.ModuleList:
            return nn.ModuleList(Block(width, kernel, d, dropout) for d in dilations)

        ones = (1,) * (depth // 2 or 1)
        self.down = nn.ModuleList(blocks(width, ones) for width in widths[:-1])
        self.shrink = nn.ModuleList(Convolution(a, b, 4, stride=2) for a, b in pairwise(widths))
        self.bottom = blocks(widths[-1], tuple(2**i for i in range(depth)))
        self.context = Context(widths[-1], self.HIDDEN)
        self.last = blocks(widths[-1], tuple(2**i for i in reversed(range(depth))))
        self.grow = nn.ModuleList(TransposedConvolution(b, a, 4, stride=2) for a, b in pairwise(widths))
        self.up = nn.ModuleList(blocks(width, ones) for width in widths[:-1])
        self.head = TransposedConvolution(widths[0], c_out, 4 * stride, stride)
        nn.init.zeros_(self.head.weight)
        self.film_widths = [block.norm.num_features for block in self.blocks() for _ in ("scale", "shift")]
        self.film = nn.Linear(self.HIDDEN, sum(self.film_widths))
        with torch.no_grad():
            for scale in self.film.bias.split(self.film_widths)[::2]:
                scale.add_(1)

    def blocks(self) -> list[Block]:
        """In the order in which they are passed."""
        return [
            block for blocks in (*self.down, self.bottom, self.last, *reversed(self.up)) for block in blocks
        ]  # type: ignore[union-attr]

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """x: (batch, c_in, n); condition: (batch, n_conditions). (batch, c_out, n)."""
        return self.behind_stem(self.stem(x.transpose(1, 2)), condition)

    def behind_stem(self, h: Tensor, condition: Tensor) -> Tensor:
        """(batch, n / stride, widths[0]) -> (batch, c_out, n)."""
        c = self.condition(condition)
        films = iter(self.film(c)[:, None].split(self.film_widths, 2))
        skips = []
        for blocks, shrink in zip(self.down, self.shrink, strict=True):
            for block in blocks:
                h = block(h, next(films), next(films))
            skips.append(h)
            h = shrink(h)
        for block in self.bottom:
            h = block(h, next(films), next(films))
        h = self.context(h, c)
        for block in self.last:
            h = block(h, next(films), next(films))
        for blocks, grow in zip(reversed(self.up), reversed(self.grow), strict=True):
            h = grow(h) + skips.pop()
            for block in blocks:
                h = block(h, next(films), next(films))
        return self.head(h).transpose(1, 2)

    def current(self, tensors: dict[str, Tensor], place: str) -> dict[str, Tensor]:
        """Weights named from ``place`` on and stored as convolutions, each block with its scale (less 1) and
        shift, as they are kept now."""
        name_of = {block: f"{place}{name}.film" for name, block in self.named_modules()}
        films = [name_of[block] for block in self.blocks()]
        if f"{films[0]}.weight" not in tensors:
            return tensors
        current = {name: value for name, value in tensors.items() if ".film." not in name}
        for name in (name for name in current if name.startswith(place)):
            current[name] = matrix_of(current[name], transposed=".head." in name or ".grow." in name)
        current[f"{place}film.weight"] = torch.cat([tensors[f"{film}.weight"] for film in films])
        current[f"{place}film.bias"] = torch.cat([tensors[f"{film}.bias"].float() for film in films])
        for scale in current[f"{place}film.bias"].split(self.film_widths)[::2]:
            scale.add_(1)
        return current
