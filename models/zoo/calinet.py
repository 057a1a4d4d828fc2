"""The generic forms of CaLiNet: V1, V3-V6 from I, II and V2 by a U-Net, with or without a linear map of the
population beneath, after Zhang, Cai, Duan and Lu (2026).

"Reconstructing 12-lead ECG from 3 leads with brief patient-specific calibration and comprehensive
evaluation", under review; rebuilt from its description alone. A one-dimensional U-Net of widths 32, 64, 128
and 256; with ``anchor`` it adds to ``X W + b``, the least squares of the population, and begins with a last
layer of zeros, so that before training the answer is that map.

The calibrated form replaces W by that of the person, from two seconds of 12 leads, and tells the network how
it differs. The product's own answer to that is the reference recording (``models.person``), scored under the
same conditions by ``rlecg study reference``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ecgcore.lead_algebra import observation
from ecgcore.leads import CHEST, LeadSet
from models.base import register
from models.blocks.published import HOUSE, Protocol, Published
from models.blocks.unet import Decoder, Encoder
from models.training.batches import Dataset
from models.training.plan import Plan

RIDGE = 1e-3
"""Of the population's map, in parts of the mean power of the inputs."""


@dataclass(frozen=True)
class CalinetConfig:
    """widths: channels from the top down. anchor: the population's linear map beneath. rate: Hz. samples: of
    a window."""

    inputs: tuple[str, ...] = ("I", "II", "V2")
    widths: tuple[int, ...] = (32, 64, 128, 256)
    anchor: bool = True
    rate: int = 100
    samples: int = 800
    protocol: str = "house"


@register
class Calinet(Published):
    """A U-Net that corrects a linear map of the population, for one set of input leads."""

    """Five chest leads from I, II and V2, with or without a linear map beneath."""

    name = "calinet"
    study = "CaLiNet"
    variants: ClassVar[dict[str, str]] = {"generic, anchored": "calinet-i-ii-v2"}
    title = "U-Net on a linear map, Zhang, Cai, Duan and Lu"
    paper = (
        "Zhang, Cai, Duan, Lu: Reconstructing 12-lead ECG from 3 leads with brief patient-specific "
        "calibration and comprehensive evaluation, 2026, under review"
    )
    departures: ClassVar[tuple[str, ...]] = (
        "Rebuilt from the description; epochs, learning rate, batch and loss are ours.",
        "The generic forms: neither the person's own map nor the conditioning on it (see Reference 12-lead).",
        "100 Hz, high-passed at .5 Hz; windows of eight seconds start anywhere in the recording.",
    )
    plan = Plan(epochs=20, batch=32, learning_rate=1e-3, weight_decay=0.01, schedule="cosine", bf16=True)
    protocols: ClassVar[dict[str, Protocol]] = {"house": HOUSE}
    Config = CalinetConfig

    slope: Tensor
    level: Tensor

    def __init__(self, config: CalinetConfig) -> None:
        super().__init__(config)
        n = len(self.outputs)
        self.encoder = Encoder(len(self.inputs), config.widths)
        self.decoder = Decoder(config.widths)
        self.last = nn.Conv1d(config.widths[0], n, 1)
        if config.anchor:
            nn.init.zeros_(self.last.weight)
            nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]
        self.register_buffer("slope", torch.zeros(n, len(self.inputs)))
        self.register_buffer("level", torch.zeros(n, 1))

    @property
    def outputs(self) -> LeadSet:
        """The leads that it estimates."""
        return LeadSet(CHEST) - self.inputs

    def prepare(self, dataset: Dataset) -> None:
        """Least squares of the outputs on the inputs over all training recordings, each divided by its
        power, so that tall ones do not outweigh the rest."""
        if not self.config.anchor:
            return
        see, want = observation(self.inputs), observation(self.outputs)
        rows = len(self.inputs) + 1
        normal, cross = np.zeros((rows, rows)), np.zeros((rows, len(self.outputs)))
        for number in range(len(dataset)):
            eight = dataset.read(number).astype(np.float64)
            x = np.vstack([see @ eight, np.ones(eight.shape[1])])
            weight = eight.shape[1] * max(np.mean(np.square(eight)), 1e-4)
            normal += x @ x.T / weight
            cross += x @ (want @ eight).T / weight
        ridge = RIDGE * np.trace(normal[:-1, :-1]) / (rows - 1)
        normal[:-1, :-1] += ridge * np.eye(rows - 1)
        solved = np.linalg.solve(normal, cross).T.astype(np.float32)
        self.slope.copy_(torch.from_numpy(solved[:, :-1]))
        self.level.copy_(torch.from_numpy(solved[:, -1:]))

    def answer(self, x: Tensor) -> Tensor:
        """(windows, n_inputs, n) mV -> (windows, n_outputs, n) mV."""
        residual = self.last(self.decoder(*self.encoder(x)))
        return residual + self.slope @ x + self.level if self.config.anchor else residual

    def loss(self, signals: Tensor, rng: np.random.Generator) -> Tensor:
        """Mean squared error in mV^2 over the missing chest leads."""
        x, truth = self.split(signals)
        return F.mse_loss(self.answer(x).float(), truth)

    def called(self) -> tuple[str, str]:
        """See ``Published.called``."""
        leads = "-".join(self.inputs).lower()
        form, words = ("", "U-Net on a linear map") if self.config.anchor else ("unet-", "U-Net")
        return f"{self.name}-{form}{leads}", f"CaLiNet, generic {words}, {' + '.join(self.inputs)}"
