"""The energy of a heart under an arrangement: how much its mean beat, or the second moments of its recording,
look like those with every lead in place.

A small network looks at the beat as each arrangement would have it, and at what each lead's neighbours leave
unexplained then: always the same network, so what it learns about one exchange serves all. ``Energy`` is
its form for training; ``models.electrodes.scores`` applies stored weights without torch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.electrodes.candidates import N
from models.electrodes.features import FLOOR, ZONES
from models.electrodes.variation import FARTHEST

N_IN = len(ZONES) * N + N + 1 + 2


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
