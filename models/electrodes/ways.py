"""The candidates of one set of leads as tensors: the energies of many beats at once, for training and
calibration."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ecgcore.electrodes.arrangements import arrangements
from ecgcore.lead_algebra import observation
from ecgcore.leads import LeadSet
from models.electrodes.candidates import candidates, lagged, residual_taps
from models.electrodes.network import Energy, MomentEnergy
from models.electrodes.variation import moment_features

AT_ONCE = 96
"""Recordings whose second moments are looked at together, for memory's sake."""


class Ways:
    """The candidate arrangements of one set of leads as tensors, without those that move the right leg's
    electrode. places: the positions of these candidates among all."""

    def __init__(self, leads: LeadSet, covariance: np.ndarray) -> None:
        self.leads, ways = leads, candidates(leads)
        keep = [
            number for number, arrangement in enumerate(ways.arrangements) if arrangement.kind != "right leg"
        ]
        numbers = {arrangement.name: number for number, arrangement in enumerate(arrangements())}
        self.arrangements = tuple(ways.arrangements[number] for number in keep)
        self.see = observation(leads)
        self.places = np.array(keep)
        self.wide = ways.wide[keep]
        self.back = torch.from_numpy(ways.back[keep]).float()
        self.state = torch.from_numpy(ways.state[keep]).float()
        self.taps = torch.from_numpy(residual_taps(leads, covariance)[keep]).float()
        self.numbers = torch.tensor([numbers[arrangement.name] for arrangement in self.arrangements])

    def moment_energies(
        self, net: MomentEnergy, second: np.ndarray, usual: np.ndarray, some: np.ndarray
    ) -> Tensor:
        """(n, len(some)) energies of second moments (n, d, d) of the leads seen under some of the
        arrangements. usual: those of all eight leads."""
        wide, state = self.wide[some], self.state[some]
        parts = []
        for rows in np.array_split(second, -(-len(second) // AT_ONCE)):
            true = wide @ rows[:, None] @ wide.transpose(0, 2, 1)
            parts.append(net(torch.from_numpy(moment_features(true, usual).astype(np.float32)), state))
        return torch.cat(parts)

    def energies(self, net: Energy, seen: np.ndarray, rr: Tensor, some: np.ndarray) -> Tensor:
        """(n, len(some)) energies of beats (n, n_leads, LENGTH) mV under some of the arrangements."""
        shapes = torch.einsum("kio,nob->nkib", self.back[some], torch.from_numpy(seen) @ net.basis)
        residuals = torch.einsum("kil,nlt->nkit", self.taps[some], torch.from_numpy(lagged(seen)))
        return net(shapes, residuals, self.state[some], rr) + net.bias[self.numbers[some]]
