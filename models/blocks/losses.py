"""What an error weighs in a training."""

from __future__ import annotations

from torch import Tensor

FLOOR_MV = 0.05
"""A lead's RMS is taken to be no less: silence has no shape to lose."""


def misfit(error: Tensor, own: Tensor) -> Tensor:
    """(batch, k) what an error (batch, k, n) in mV weighs against the leads' own power (batch, k): relative
    to it (r), plus RMSE."""
    power = error.square().mean(-1)
    return 0.5 * power / (own + FLOOR_MV**2) + 5 * (power + 1e-5).sqrt()
