"""A network that corrects a linear estimate, for one set of input leads: what it is told about them, and the
part of it that can be written to a file."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor, cat, nn

from ecgcore.leads import LeadSet
from models.base import OneSet
from models.blocks.conditioned_unet import StemOfLeads

FLOOR_MV = 0.05
"""Recordings are divided by their RMS, but not by less than this: silence must not become signal."""


class Given(NamedTuple):
    """What the network is told about one set of observed leads.

    taps: (8, 8 n_lags) linear estimate of all eight from all eight (columns of unobserved leads are zero),
    lag by lag. condition: (20,) presence of the twelve and posterior SD of the eight. free: (8, 8) projection
    on what was not observed. missing: (8,) one where a lead is not observed. stretch: (8, 8) the gain of what
    was not observed, observed leads as they are. limb_correlation: see ``Posterior``. see: (n_observed, 8)
    the observed leads from the eight. lead_taps: (n_observed, 8, n_lags) each one's part in the estimate.
    leads: (n_observed,) their numbers among the twelve.
    """

    taps: Tensor
    condition: Tensor
    free: Tensor
    missing: Tensor
    stretch: Tensor
    limb_correlation: float
    see: Tensor
    lead_taps: Tensor
    leads: Tensor


class NetworkOfSet(OneSet):
    """``correct`` of the network of any set, for any number of windows of one set of observed leads."""

    def __init__(self, model: Any, leads: LeadSet) -> None:
        super().__init__()
        given = model.given(leads)
        self.model, self.network, self.rate = [model], model.network, model.config.rate
        self.window_s, self.overlap_s = model.config.window_s, model.config.overlap_s
        self.limb_correlation = given.limb_correlation
        self.interval_factor = nn.Buffer(model.interval_factor[len(leads)].clone())
        for name in ("stretch", "condition", "free", "missing", "see", "lead_taps", "leads"):
            self.register_buffer(name, getattr(given, name).clone())

    def forward(self, linear: Tensor) -> tuple[Tensor, Tensor]:
        """(windows, 8, n) mV linear estimate -> correction and expected size of its error, (windows, 8, n) mV
        each."""
        scale = linear.square().mean((1, 2)).sqrt().clamp_min(FLOOR_MV)[:, None, None]
        condition = cat([self.condition.expand(linear.shape[0], -1), scale[:, 0].log() + 2], 1)
        n, step = linear.shape[-1], self.network.step
        last = linear[..., -1:].expand(-1, -1, step)
        x = cat([linear, last], 2)[..., : (n + step - 1) // step * step] / scale
        correction, size = self.network.behind_stem(self._entered(x), condition)[..., :n].chunk(2, 1)
        return (
            self.free @ correction * scale,
            size.clamp(-8, 4).exp() * (scale * self.missing[:, None]),
        )

    def _entered(self, x: Tensor) -> Tensor:
        stem = self.network.stem
        if not isinstance(stem, StemOfLeads):
            return stem(x.transpose(1, 2))
        lagged = [self.model[0].linear.lagged(row @ x, self.rate) for row in self.see[:, None]]
        parts = [
            stem.apart((taps @ row).transpose(1, 2), lead[None])
            for taps, row, lead in zip(self.lead_taps, lagged, self.leads, strict=True)
        ]
        return stem.mix(sum(parts[1:], parts[0]))
