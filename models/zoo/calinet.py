"""CaLiNet: V1, V3-V6 from I, II and V2 by a U-Net that corrects a linear map, after Zhang, Cai, Duan and Lu
(2026).

"Reconstructing 12-lead ECG from 3 leads with brief patient-specific calibration and comprehensive
evaluation", under review; rebuilt from its description alone. A one-dimensional U-Net of widths 32, 64, 128
and 256; with ``anchor`` it adds to ``X W + b``, the least squares of the population, and begins with a last
layer of zeros, so that before training the answer is that map.

``calibrated``: two seconds with all leads give a map of the person, mixed with the population's by its
quality (``models.person.maps``); it takes the place of W, and how it differs from W is a condition of every
block (FiLM, without effect at first). A training window holds its two seconds anywhere; they do not count
in the loss. Where there are none, as in ``estimate``, W stands and the difference is zero.

The product's own answer to the same question is the reference recording (``models.person``); ``rlecg study
person-maps`` scores both on the same samples.
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
from models.blocks.unet import Decoder, Encoder, Film
from models.person.maps import RIDGE, mixed_map
from models.training.batches import Dataset
from models.training.plan import Plan
from models.windows import in_windows

REFERENCE_S = 2.0
"""Seconds with all leads that calibrate."""
FLOOR_MV = 0.05
"""A lead's RMS is taken to be no less where an error is relative to it."""
WITHOUT = 0.125
"""Share of the training windows that are not calibrated."""


@dataclass(frozen=True)
class CalinetConfig:
    """widths: channels from the top down. anchor: the population's linear map beneath. calibrated: the
    person's in its place where known, which the network is told. rate: Hz. samples: of a window."""

    inputs: tuple[str, ...] = ("I", "II", "V2")
    widths: tuple[int, ...] = (32, 64, 128, 256)
    anchor: bool = True
    calibrated: bool = False
    rate: int = 100
    samples: int = 800
    protocol: str = "house"


@register
class Calinet(Published):
    """A U-Net that corrects a linear map of the population, or of a person, for one set of input leads."""

    name = "calinet"
    study = "CaLiNet"
    variants: ClassVar[dict[str, str]] = {
        "generic, anchored": "calinet-i-ii-v2",
        "calibrated": "calinet-calibrated-i-ii-v2",
    }
    title = "U-Net on a linear map, Zhang, Cai, Duan and Lu"
    paper = (
        "Zhang, Cai, Duan, Lu: Reconstructing 12-lead ECG from 3 leads with brief patient-specific "
        "calibration and comprehensive evaluation, 2026, under review"
    )
    departures: ClassVar[tuple[str, ...]] = (
        "Rebuilt from the description; epochs, learning rate, batch and loss are ours.",
        (
            "The calibrated form: the quality of a person's map is its share of both maps' errors in the "
            "second of the two seconds; loss relative to a lead's power plus RMSE; an eighth of the windows "
            "without a map."
        ),
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
        if config.calibrated and not config.anchor:
            raise ValueError("calibrated takes the place of the anchor's map: it needs anchor.")
        self.encoder = Encoder(len(self.inputs), config.widths)
        self.decoder = Decoder(config.widths)
        self.last = nn.Conv1d(config.widths[0], n, 1)
        if config.anchor:
            nn.init.zeros_(self.last.weight)
            nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]
        if config.calibrated:
            self.film = Film(n * len(self.inputs), (*config.widths, *config.widths[-2::-1]))
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

    def answer(self, x: Tensor, maps: Tensor | None = None) -> Tensor:
        """(windows, n_inputs, n) mV -> (windows, n_outputs, n) mV. maps: (windows or 1, n_outputs, n_inputs)
        of persons, for a calibrated network; else the population's."""
        if not self.config.calibrated:
            residual = self.last(self.decoder(*self.encoder(x)))
            return residual + self.slope @ x + self.level if self.config.anchor else residual
        maps = self.slope[None] if maps is None else maps
        films = self.film((maps - self.slope).flatten(1).tanh().expand(len(x), -1))
        residual = self.last(self.decoder(*self.encoder(x, films), films))
        return residual + (maps[..., None] * x[:, None]).sum(2) + self.level  # sums stay in single precision

    def map_of(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """(n_outputs, n_inputs): a person's, from seconds with all leads, (n_inputs, n) and (n_outputs, n)
        mV."""
        return mixed_map(x, y, self.slope.cpu().double().numpy())

    def estimate_rows(self, x: np.ndarray, person: np.ndarray) -> np.ndarray:
        """(n_outputs, n) mV from (n_inputs, n) mV at its rate above 0.5 Hz, with the map of a person."""
        maps = torch.from_numpy(person.astype(np.float32))[None]
        samples = self.config.samples
        return in_windows(lambda rows: self.answer(rows, maps), x, samples, round(self.overlap * samples))

    def loss(self, signals: Tensor, rng: np.random.Generator) -> Tensor:
        """Mean squared error in mV^2 over the missing chest leads; of a calibrated network relative to their
        power, plus RMSE."""
        x, truth = self.split(signals)
        if not self.config.calibrated:
            return F.mse_loss(self.answer(x).float(), truth)
        reference = round(REFERENCE_S * self.config.rate)
        starts = rng.integers(0, x.shape[-1] - reference + 1, len(x))
        maps, counts = self.slope.repeat(len(x), 1, 1), torch.ones_like(x[:, :1])
        for number, start in enumerate(starts):
            if rng.random() >= WITHOUT:
                seen = slice(start, start + reference)
                sides = (side[number, :, seen].cpu().double().numpy() for side in (x, truth))
                maps[number] = torch.from_numpy(self.map_of(*sides))
                counts[number, :, seen] = 0
        power = ((self.answer(x, maps).float() - truth) * counts).square().mean(-1)
        relative = power / (truth.square().mean(-1) + FLOOR_MV**2)
        return (0.5 * relative + 5 * (power + 1e-5).sqrt()).mean()

    def called(self) -> tuple[str, str]:
        """See ``Published.called``."""
        leads, words = "-".join(self.inputs).lower(), " + ".join(self.inputs)
        if self.config.calibrated:
            return f"{self.name}-calibrated-{leads}", f"CaLiNet, calibrated, {words}"
        form, network = ("", "U-Net on a linear map") if self.config.anchor else ("unet-", "U-Net")
        return f"{self.name}-{form}{leads}", f"CaLiNet, generic {network}, {words}"
