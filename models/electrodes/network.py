"""The energy of a heart under an arrangement: how much its mean beat, or the second moments of its recording,
look like those with every lead in place.

A small network looks at the beat as each arrangement would have it, and at what each lead's neighbours leave
unexplained then: always the same network, so what it learns about one exchange serves all. ``Energy`` is
its form for training; ``models.electrodes.scores`` applies stored weights without torch.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ecgcore.electrodes.arrangements import KINDS
from models.electrodes.candidates import RIDGE, STEPS, N
from models.electrodes.features import FLOOR, ZONES
from models.electrodes.scores import GROUPS, MOVED
from models.electrodes.variation import FARTHEST, LEAST, N_TERMS

N_IN = len(ZONES) * N + N + 1 + 2
SLOW, QUICK = 0.3, 3.0
"""Rates of moments, and of what else ``Terms`` learns, in units of the plan's."""
SOFTENED = 1e-4
"""Of a part's power added to every lead before its moments are taught."""


class MomentEnergy(nn.Module):
    """The same of a whole recording's second moments. mean, spread: (N_FEATURES,) of ``moment_features`` as
    recorded, in whose units they are read."""

    mean: Tensor
    spread: Tensor

    def __init__(self, mean: Tensor, spread: Tensor, width: int, dropout: float = 0.2) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.first = nn.Linear(len(mean) + N + 1, width)
        self.second = nn.Linear(width, width)
        self.last = nn.Linear(width, 1)
        self.dropout = dropout

    def forward(self, features: Tensor, state: Tensor) -> Tensor:
        """(n, k) energies of features (n, k, N_FEATURES) and what is known (k, 9)."""
        x = ((features - self.mean) / self.spread).clamp(-FARTHEST, FARTHEST)
        x = torch.cat([x, state.expand(x.shape[:-1] + state.shape[-1:])], -1)
        x = F.dropout(F.silu(self.first(x)), self.dropout, self.training)
        x = F.dropout(F.silu(self.second(x)), self.dropout, self.training)
        return self.last(x)[..., 0]


class Energy(nn.Module):
    """basis: (LENGTH, n_basis) shapes in time a lead is written in. bias: (n_arrangements,) what the
    arrangement itself adds."""

    basis: Tensor

    def __init__(self, basis: Tensor, width: int, n_arrangements: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.register_buffer("basis", basis)
        self.first = nn.Linear(N * basis.shape[1] + N_IN, width)
        self.second = nn.Linear(width, width)
        self.last = nn.Linear(width, 1)
        self.bias = nn.Parameter(torch.zeros(n_arrangements))
        self.dropout = dropout

    def forward(self, shapes: Tensor, residuals: Tensor, state: Tensor, rr: Tensor) -> Tensor:
        """(n, k) energies of beats @ basis (n, k, 8, n_basis), residuals (n, k, 8, LENGTH - 2 REACH), what
        is known (k, 9) and RR (n, 1) in s."""
        mask = state[:, :N]
        power = shapes.square().mean((-1, -2)) * N / mask.sum(-1).clamp_min(0.5)
        scale = power.sqrt().clamp_min(FLOOR)
        unit = residuals / scale[..., None, None]
        zones = [
            (unit[..., first:last].square().mean(-1) + least).log() * (mask > 0.99)
            for first, last, least in ZONES
        ]
        x = (shapes / scale[..., None, None]).flatten(-2)
        rest = [state.expand(x.shape[:-1] + state.shape[-1:]), rr.log()[:, None].expand((*x.shape[:-1], 1))]
        x = torch.cat([x, *(0.3 * zone for zone in zones), *rest, (scale.log() + 1.5)[..., None]], -1)
        x = F.dropout(F.silu(self.first(x)), self.dropout, self.training)
        x = F.dropout(F.silu(self.second(x)), self.dropout, self.training)
        return self.last(x)[..., 0]


class LogDeterminant(torch.autograd.Function):
    """Of positive definite matrices (..., d, d), with their inverse as gradient."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, matrices: Tensor) -> Tensor:
        """Logarithms (...)."""
        factors = torch.linalg.cholesky(matrices)
        ctx.save_for_backward(factors)
        return 2 * factors.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, slope: Tensor) -> Tensor:
        """Slopes (..., d, d)."""
        (factors,) = ctx.saved_tensors
        return slope[..., None, None] * torch.cholesky_inverse(factors)


class Terms(nn.Module):
    """The terms of ``models.electrodes.variation`` with moments that can be taught. usual: (N_PARTS, d, d)
    and weights: (N_PARTS,) to begin with. Its slopes and offsets are by number of chest leads; calibration
    sets them anew."""

    start: Tensor
    start_weights: Tensor

    def __init__(self, usual: np.ndarray, weights: np.ndarray) -> None:
        super().__init__()
        own = torch.from_numpy(usual).double()
        size = own.diagonal(dim1=-2, dim2=-1).mean(-1)[:, None, None]
        self.register_buffer("start", torch.linalg.cholesky(own + SOFTENED * size * torch.eye(own.shape[-1])))
        self.register_buffer("start_weights", torch.from_numpy(weights).double())
        self.step = nn.Parameter(torch.zeros_like(self.start))
        self.gain = nn.Parameter(torch.zeros_like(self.start_weights))
        self.slope = nn.Parameter(torch.full((7, len(MOVED) + 1, N_TERMS), 0.5 / QUICK).double())
        self.offset = nn.Parameter(torch.zeros(7, len(KINDS)).double())

    def moments(self) -> Tensor:
        """Those taught, (N_PARTS, d, d)."""
        factors = (self.start + SLOW * self.step).tril()
        return factors @ factors.mT

    def weights(self) -> Tensor:
        """How much a recording's own moments count, (N_PARTS,)."""
        return self.start_weights * (QUICK * self.gain).exp()

    def forward(self, parts: Tensor, see: Tensor, kinds: Tensor, size: int) -> Tensor:
        """(n, k) logits of ``parts_of`` n recordings (n, N_PARTS, d, d). see: (k, n_leads, 8) leads seen
        under each arrangement; kinds: (k,) theirs; size: how many chest leads."""
        wide = torch.stack([torch.kron(torch.eye(len(STEPS), dtype=see.dtype), own) for own in see])
        usual = wide @ self.moments()[:, None] @ wide.mT  # (N_PARTS, k, d, d)
        d = usual.shape[-1]
        most = usual[:, 0].diagonal(dim1=-2, dim2=-1).sum(-1)
        usual = usual + RIDGE * (most / d)[:, None, None, None] * torch.eye(d)
        share = self.weights() * most / parts.diagonal(dim1=-2, dim2=-1).sum(-1).clamp_min(LEAST)
        together = LogDeterminant.apply((share[..., None, None] * parts)[:, :, None] + usual)
        logs = LogDeterminant.apply(usual[0]).expand(len(parts), 1, -1)
        terms = torch.cat([-together, logs], 1).mT  # (n, k, N_TERMS)
        slopes = (QUICK * self.slope[size]).clamp_min(0)[torch.from_numpy(GROUPS)[kinds]]
        return ((terms - terms[:, :1]) * slopes).sum(-1) + QUICK * self.offset[size][kinds]
