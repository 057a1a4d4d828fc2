"""U-Nets from fixed leads to the missing chest leads, after Gradowski and Buchner (arXiv:2502.00559).

4 + 1 + 4 blocks of two convolutions (kernel 3), batch normalisation and ReLU; widths double from 64;
max-pooling by 2, transposed convolutions (kernel 2, stride 2), a 1 x 1 output without activation, no dropout.
1024 samples at 125 Hz; MSE, AdamW 3e-4, batches of 32, 100 epochs.

The paper's 25 models are one config with other ``inputs``: ``ecgcore.studies.published.gradowski_tables``.
Each estimates the chest leads it is not given, so their means are over different leads; compare them on leads
that none is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from ecgcore.leads import CHEST, LeadSet
from models.base import register
from models.blocks.published import HOUSE, PTB_XL, Protocol, Published, folds
from models.blocks.unet import Decoder, Encoder
from models.training.plan import Plan


@dataclass(frozen=True)
class GradowskiConfig:
    """widths: channels from the top down. rate: Hz. samples: of a window."""

    inputs: tuple[str, ...] = ("I", "II", "V4")
    widths: tuple[int, ...] = (64, 128, 256, 512, 1024)
    rate: int = 125
    samples: int = 1024
    protocol: str = "house"


@register
class Gradowski(Published):
    """A U-Net for one set of input leads, one training a set."""

    name = "gradowski"
    study = "Gradowski"
    variants: ClassVar[dict[str, str]] = {"from I+II": "gradowski-i-ii"}
    one_per_set = True
    title = "U-Net, Gradowski and Buchner"
    paper = (
        "Gradowski, Buchner: Deep learning model for ECG reconstruction reveals the information content of "
        "ECG leads, arXiv:2502.00559"
    )
    departures: ClassVar[tuple[str, ...]] = (
        (
            "Batch normalisation and ReLU follow each convolution; the paper's wording leaves open whether "
            "once per block."
        ),
        "Recordings are high-passed at .5 Hz; the paper states no filter.",
        "Windows of 1024 samples start anywhere in the recording; the paper truncates to the first.",
        "The split is by patients; the paper does not say so of its own.",
    )
    plan = Plan(epochs=100, batch=32, learning_rate=3e-4, weight_decay=0.01, window_s=8.192)
    protocols: ClassVar[dict[str, Protocol]] = {
        "house": HOUSE,
        "gradowski": Protocol(
            "ptb-xl",
            PTB_XL,
            lambda row: row["split"] != "test",
            folds(10),
            "PTB-XL 90 % trained (folds 1-9), 10 % validated (fold 10)",
        ),
    }
    Config = GradowskiConfig

    def __init__(self, config: GradowskiConfig) -> None:
        super().__init__(config)
        self.encoder = Encoder(len(self.inputs), config.widths)
        self.decoder = Decoder(config.widths)
        self.last = nn.Conv1d(config.widths[0], len(self.outputs), 1)

    @property
    def outputs(self) -> LeadSet:
        """The chest leads that are not among the inputs."""
        return LeadSet(CHEST) - self.inputs

    def answer(self, x: Tensor) -> Tensor:
        """(windows, n_inputs, n) mV -> (windows, n_outputs, n) mV."""
        return self.last(self.decoder(*self.encoder(x)))

    def loss(self, signals: Tensor, rng) -> Tensor:
        """Mean squared error in mV^2 over the missing chest leads."""
        x, truth = self.split(signals)
        return F.mse_loss(self.answer(x).float(), truth)

    def called(self) -> tuple[str, str]:
        """See ``Published.called``."""
        return f"{self.name}-{'-'.join(self.inputs)}".lower(), f"Gradowski U-Net, {' + '.join(self.inputs)}"
