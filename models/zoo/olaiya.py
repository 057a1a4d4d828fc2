"""Limb leads by algebra, chest leads V1, V2, V3, V5, V6 from I, II and V4 by a U-Net, after Olaiya and
Manivannan.

"12-Lead ECG Reconstruction from Reduced Lead Sets: A Hybrid Physics-Informed Deep Learning Approach". Blocks
of two convolutions (kernel 3), batch normalisation, ReLU and dropout .2; widths 64 to 1024 and one more block
at 1024; 17,122,373 parameters. Four variants, by ``head`` and ``physics``:

- baseline: ``head="shared"``; one 1 x 1 convolution gives the five leads.
- hybrid: ``head="hybrid"``; five heads of two 1 x 1 convolutions (64 -> 32 -> 1): 10,240 parameters more.
- lead-specific: ``head="lead-specific"``; one encoder, five decoders, with the kernels of the published code
  (5 in the two lowest levels for V1 and V2, in the lowest for V3): 40.8 M parameters.
- physics-aware: the squared violations of Einthoven's and Goldberger's equations are added with weight .1. As
  published (``physics="published"``) they are those of inputs and targets, which no parameter moves: the
  gradient is zero. With ``physics="acting"`` the network also estimates III, aVR, aVL, aVF, and it is these
  that must obey; what it learns of the limb leads shares all layers but the last with the chest leads. The
  limb leads that are shown are algebra in either case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ecgcore.lead_algebra import LIMB_FROM_I_II
from ecgcore.leads import CHEST, LIMB, LeadSet
from ecgcore.studies.published import FULL_NAME, OWN_SPLIT
from models.base import register
from models.blocks.published import HOUSE, PTB_XL, Protocol, Published, folds
from models.blocks.unet import Decoder, Encoder, block
from models.training.batches import Dataset
from models.training.plan import Plan

DERIVED = LIMB[2:]
"""III, aVR, aVL, aVF."""
KERNELS = {"V1": (5, 5, 3, 3), "V2": (5, 5, 3, 3), "V3": (5, 3, 3, 3)}
"""Of the lead-specific decoders from the bottom up; 3 throughout for other leads."""
HEAD_WIDTH = 2
"""The hidden layer of a head has the trunk's channels divided by this."""


@dataclass(frozen=True)
class OlaiyaConfig:
    """head: shared, hybrid (a head a lead) or lead-specific (a decoder a lead). physics: none, published or
    acting, with physics_weight. rate: Hz. samples: of a window."""

    inputs: tuple[str, ...] = ("I", "II", "V4")
    head: str = "shared"
    physics: str = "none"
    physics_weight: float = 0.1
    widths: tuple[int, ...] = (64, 128, 256, 512, 1024)
    dropout: float = 0.2
    rate: int = 500
    samples: int = 5000
    protocol: str = "house"


class Trunk(nn.Module):
    """Encoder and the block at the bottom that all variants share: (batch, n_inputs, n) -> bottom, skips."""

    def __init__(self, n_inputs: int, config: OlaiyaConfig) -> None:
        super().__init__()
        self.encoder = Encoder(n_inputs, config.widths, config.dropout)
        self.middle = block(config.widths[-1], config.widths[-1], 3, config.dropout)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(batch, n_inputs, n) -> bottom, skips from the top down."""
        bottom, skips = self.encoder(x)
        return self.middle(bottom), skips


class SharedDecoder(nn.Module):
    """One decoder; its leads by one 1 x 1 convolution, or by a head of two for each."""

    def __init__(self, n_outputs: int, config: OlaiyaConfig) -> None:
        super().__init__()
        top = config.widths[0]
        self.decoder = Decoder(config.widths, dropout=config.dropout)
        if config.head == "hybrid":
            self.last = nn.ModuleList(_head(top) for _ in range(n_outputs))
        else:
            self.last = nn.ModuleList([nn.Conv1d(top, n_outputs, 1)])

    def forward(self, bottom: Tensor, skips: list[Tensor]) -> Tensor:
        """Bottom and skips -> (batch, n_outputs, n)."""
        h = self.decoder(bottom, skips)
        return torch.cat([last(h) for last in self.last], 1)


class OwnDecoders(nn.Module):
    """A decoder and a head for each lead."""

    def __init__(self, outputs: LeadSet, config: OlaiyaConfig) -> None:
        super().__init__()
        top, levels = config.widths[0], len(config.widths) - 1
        kernels = [KERNELS.get(lead, (3,) * levels)[:levels] for lead in outputs]
        self.decoders = nn.ModuleList(Decoder(config.widths, sizes, config.dropout) for sizes in kernels)
        self.last = nn.ModuleList(
            nn.Sequential(
                nn.Conv1d(top, top, 3, padding=1),
                nn.BatchNorm1d(top),
                nn.ReLU(),
                nn.Dropout(config.dropout),
                _head(top),
            )
            for _ in outputs
        )

    def forward(self, bottom: Tensor, skips: list[Tensor]) -> Tensor:
        """Bottom and skips -> (batch, n_outputs, n)."""
        return torch.cat(
            [last(decoder(bottom, skips)) for decoder, last in zip(self.decoders, self.last, strict=True)], 1
        )


def _head(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(width, width // HEAD_WIDTH, 1), nn.ReLU(), nn.Conv1d(width // HEAD_WIDTH, 1, 1)
    )


def limb_violation(limb: Tensor) -> Tensor:
    """Sum of the mean squared violations of the paper's equation 9. limb: (batch, 6, n) mV of I, II, III,
    aVR, aVL, aVF."""
    law = torch.tensor([LIMB_FROM_I_II[lead] for lead in DERIVED], dtype=limb.dtype, device=limb.device)
    return (limb[:, 2:] - law @ limb[:, :2]).square().mean((0, 2)).sum()


@register
class Olaiya(Published):
    """Limb leads by algebra, the chest leads that are missing by a U-Net on z-scores."""

    name = "olaiya"
    study = "Olaiya"
    variants: ClassVar[dict[str, str]] = {
        "baseline": "olaiya-baseline",
        "baseline, own split": f"olaiya-baseline{OWN_SPLIT}{FULL_NAME}",
        "lead-specific decoders": "olaiya-lead-specific",
        "hybrid heads": "olaiya-hybrid",
        "physics loss": "olaiya-physics-acting",
    }
    title = "Einthoven, Goldberger and U-Net, Olaiya and Manivannan"
    paper = (
        "Olaiya, Manivannan: 12-Lead ECG Reconstruction from Reduced Lead Sets: A Hybrid Physics-Informed "
        "Deep Learning Approach"
    )
    departures: ClassVar[tuple[str, ...]] = (
        (
            "z-scores per lead with means and deviations of the training recordings, as the paper says; its "
            "code scales to [0, 1] with the test data."
        ),
        "No filtering by percentiles: cut at 2.5 % and 97.5 % a lead would lose its R waves.",
        "Recordings are high-passed at .5 Hz; those that there are at 100 Hz only are resampled to its rate.",
    )
    plan = Plan(
        epochs=150, batch=64, learning_rate=3e-4, weight_decay=1e-4, patience=20, window_s=10.0, seed=42
    )
    protocols: ClassVar[dict[str, Protocol]] = {
        "house": HOUSE,
        "olaiya": Protocol(
            "ptb-xl",
            PTB_XL,
            folds(*range(1, 8)),
            folds(8),
            "PTB-XL 1-7 trained, 8 validated, 9 is the paper's test",
        ),
    }
    Config = OlaiyaConfig
    normalisation = "z-score per lead, from the training recordings"

    lead_mean: Tensor
    lead_sd: Tensor

    def __init__(self, config: OlaiyaConfig) -> None:
        super().__init__(config)
        for option, choices in (
            ("head", ("shared", "hybrid", "lead-specific")),
            ("physics", ("none", "published", "acting")),
        ):
            if getattr(config, option) not in choices:
                raise ValueError(f"{option} is one of {', '.join(choices)}, not {getattr(config, option)!r}")
        self.trunk = Trunk(len(self.inputs), config)
        self.decode = (
            OwnDecoders(self.outputs, config)
            if config.head == "lead-specific"
            else SharedDecoder(len(self.outputs), config)
        )
        self.register_buffer("lead_mean", torch.zeros(len(self.inputs | CHEST), 1))
        self.register_buffer("lead_sd", torch.full((len(self.inputs | CHEST), 1), 0.2))
        if config.physics == "acting":
            self.limb = nn.Conv1d(config.widths[0], len(DERIVED), 1)

    @property
    def outputs(self) -> LeadSet:
        """The chest leads that are not among the inputs."""
        return LeadSet(CHEST) - self.inputs

    @property
    def _scaled_leads(self) -> LeadSet:
        return self.inputs | CHEST

    def _rows(self, leads: LeadSet) -> list[int]:
        return [self._scaled_leads.index(lead) for lead in leads]

    def to_z(self, x: Tensor, leads: LeadSet) -> Tensor:
        """(batch, n_leads, n) mV -> z-scores by lead."""
        rows = self._rows(leads)
        return (x - self.lead_mean[rows]) / self.lead_sd[rows]

    def to_mv(self, z: Tensor, leads: LeadSet) -> Tensor:
        """(batch, n_leads, n) z-scores -> mV."""
        rows = self._rows(leads)
        return z * self.lead_sd[rows] + self.lead_mean[rows]

    def forward(self, z: Tensor) -> Tensor:
        """(batch, n_inputs, n) z-scores -> (batch, n_outputs, n) z-scores."""
        return self.decode(*self.trunk(z))

    def answer(self, x: Tensor) -> Tensor:
        """(windows, n_inputs, n) mV -> (windows, n_outputs, n) mV."""
        return self.to_mv(self(self.to_z(x, self.inputs)), self.outputs)

    # ---- training ------------------------------------------------------------------------------------------

    def prepare(self, dataset: Dataset) -> None:
        """Mean and SD of each lead over the training recordings, mV."""
        see = self._see(self._scaled_leads).numpy()
        whole = [see @ dataset.read(number) for number in range(len(dataset))]
        mean = sum(leads.mean(1) for leads in whole) / len(whole)
        power = sum(((leads - mean[:, None]) ** 2).mean(1) for leads in whole) / len(whole)
        self.lead_mean.copy_(torch.from_numpy(mean[:, None]))
        self.lead_sd.copy_(torch.from_numpy(power[:, None] ** 0.5))

    def loss(self, signals: Tensor, rng) -> Tensor:
        """See ``total_loss``."""
        x, truth = self.split(signals)
        limb = self._see(LeadSet(LIMB)).to(signals) @ signals
        return self.total_loss(x, truth, limb)

    def total_loss(self, x: Tensor, truth: Tensor, limb: Tensor) -> Tensor:
        """Mean squared error of z-scores, plus the weighted physics term. x, truth, limb (all six): mV.

        On recordings kept as eight leads the published term is zero itself, not only its gradient.
        """
        bottom, skips = self.trunk(self.to_z(x, self.inputs))
        out = self.decode(bottom, skips).float()
        value = F.mse_loss(out, self.to_z(truth, self.outputs))
        if self.config.physics == "published":
            value = value + self.config.physics_weight * limb_violation(limb)
        elif self.config.physics == "acting":
            decoder = self.decode.decoder if self.config.head != "lead-specific" else self.decode.decoders[0]
            guessed = self.limb(decoder(bottom, skips)).float()
            value = value + self.config.physics_weight * limb_violation(torch.cat([limb[:, :2], guessed], 1))
        return value

    def called(self) -> tuple[str, str]:
        """See ``Published.called``."""
        parts = [
            self.config.head if self.config.head != "shared" else "",
            self.config.physics if self.config.physics != "none" else "",
        ]
        variant = (
            "-".join(f"physics-{part}" if part in ("published", "acting") else part for part in parts if part)
            or "baseline"
        )
        leads = "" if self.inputs == LeadSet("I II V4") else f"-{'-'.join(self.inputs)}".lower()
        return (
            f"{self.name}-{variant}{leads}",
            f"Olaiya U-Net, {variant.replace('-', ' ')}, {' + '.join(self.inputs)}",
        )
