"""Convolutions over (batch, n, channels): channels last, stretches of time side by side. Weights are
matrices, as optimisers that treat matrices apart (Muon) want them.

On processors the library computes them, which reads the moments side by side without copying them; on other
devices, and in files for other programs, they are one product of matrices each. ``rlecg bench`` prints what
passes of a network take.
"""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Convolution(nn.Linear):
    """(batch, n, c_in) -> (batch, n / stride, c_out), as ``Conv1d`` padded with zeros to keep n (divided by
    stride).

    weight: (c_out, kernel c_in), earliest moment first. n and kernel are multiples of stride; dilation only
    where stride is 1.
    """

    def __init__(
        self, c_in: int, c_out: int, kernel: int, stride: int = 1, dilation: int = 1, bias: bool = True
    ) -> None:
        super().__init__(kernel * c_in, c_out, bias)
        self.stride, self.dilation, self.parts = stride, dilation, kernel // stride
        self.pad = (dilation * (kernel - 1) + 1 - stride) // 2

    def forward(self, x: Tensor) -> Tensor:
        """(batch, n, c_in) -> (batch, n / stride, c_out)."""
        own = x.device.type == "cpu" and not torch.jit.is_tracing()
        return self.by_library(x) if own else self.by_products(x)

    def by_library(self, x: Tensor) -> Tensor:
        """``forward`` where the matrix lies as the library's weights with channels last do."""
        weight = self.weight.view(self.out_features, 1, -1, x.shape[-1]).permute(0, 3, 1, 2)
        stride, pad, dilation = (1, self.stride), (0, self.pad), (1, self.dilation)
        side = F.conv2d(x.transpose(1, 2)[:, :, None], weight, self.bias, stride, pad, dilation)
        return side[:, :, 0].transpose(1, 2)

    def by_products(self, x: Tensor) -> Tensor:
        """``forward`` as one product of the matrix with moments laid side by side."""
        batch, _, channels = x.shape
        x = F.pad(x, (0, 0, self.pad, self.pad)).reshape(batch, -1, self.stride * channels)
        n = x.shape[1] - self.dilation * (self.parts - 1)
        starts = range(0, self.dilation * self.parts, self.dilation)
        return super().forward(torch.cat([x[:, start : start + n] for start in starts], 2))


class TransposedConvolution(nn.Linear):
    """(batch, n, c_in) -> (batch, n stride, c_out), as ``ConvTranspose1d`` cut to n stride.

    weight: (kernel c_out, c_in), earliest moment first. bias: (c_out,). kernel is a multiple of stride.
    """

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int) -> None:
        super().__init__(c_in, kernel * c_out, bias=False)
        self.bias = nn.Parameter(torch.zeros(c_out))
        self.stride, self.parts, self.pad = stride, kernel // stride, (kernel - stride) // 2

    def forward(self, x: Tensor) -> Tensor:
        """(batch, n, c_in) -> (batch, n stride, c_out)."""
        batch, n, _ = x.shape
        pieces = (
            F.linear(x, self.weight).view(batch, n, self.parts, -1).unbind(2)
        )  # each a stride long, to be laid one stride apart
        laid = reduce(
            torch.add,
            (F.pad(piece, (0, 0, start, self.parts - 1 - start)) for start, piece in enumerate(pieces)),
        )
        return laid.view(batch, -1, len(self.bias))[:, self.pad : self.pad + n * self.stride] + self.bias


def matrix_of(weight: Tensor, transposed: bool) -> Tensor:
    """The matrix of a weight stored for ``Conv1d``, (c_out, c_in, kernel), or ``ConvTranspose1d``, (c_in,
    c_out, kernel); others as they are."""
    if weight.ndim != 3:
        return weight
    return weight.permute(2, 1, 0).flatten(0, 1) if transposed else weight.permute(0, 2, 1).flatten(1)
