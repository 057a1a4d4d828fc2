"""A classifier of the five PTB-XL superclasses (NORM, MI, STTC, CD, HYP; several may hold) from the eight
independent leads.

A residual network over time at 100 Hz, no recurrence, mean and maximum over the recording. It is a measuring
device: trained once on original leads, then frozen and shown leads of other origin. A second one of the same
shape (``hide_leads``) learns with random sets of leads set to zero, so that it can say what a few leads tell
by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ecgcore.datasets import SUPERCLASSES
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import INDEPENDENT, LeadSet, all_states
from models.checkpoint import Trained, load
from models.hints import hint
from models.training.augment import chests, stretched
from models.training.batches import Dataset

N = len(INDEPENDENT)
STRETCH, STRETCHED = 0.1, 0.5
"""Half of the training windows are stretched in time, by a factor within exp(+-STRETCH)."""
NOISE_MV = 0.02
"""White noise of a training window: SD uniform up to this."""
PIECE_S = 8.0
"""Seconds of a training window; recordings are classified whole."""
FOLDER = "diagnosis"
FILES = {False: "classifier.safetensors", True: "classifier-few-leads.safetensors"}
"""Weights by ``hide_leads``, in that folder of the trained models. No reconstruction models, so under names
of their own."""


@dataclass(frozen=True)
class ClassifierConfig:
    """rate: Hz. widths: channels of each block. hide_leads: random leads are zero in training."""

    rate: int = 100
    widths: tuple[int, ...] = (64, 96, 128, 192)
    kernel: int = 5
    dropout: float = 0.3
    hide_leads: bool = False


@dataclass(frozen=True)
class LabelledDataset:
    """Recordings and what they show. labels: (n_records, 5) 0 or 1, in the order of SUPERCLASSES."""

    dataset: Dataset
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.dataset)


class Block(nn.Module):
    """Two convolutions, the first halving the rate, beside a mean over pairs of samples; (b, a, n) -> (b,
    width, n / 2)."""

    def __init__(self, before: int, width: int, kernel: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(before, width, kernel, stride=2, padding=kernel // 2, bias=False)
        self.second = nn.Conv1d(width, width, kernel, padding=kernel // 2, bias=False)
        self.beside = nn.Conv1d(before, width, 1, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(3))
        nn.init.zeros_(self.norms[1].weight)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """(batch, before, n) -> (batch, width, n / 2)."""
        h = self.norms[1](self.second(F.relu(self.norms[0](self.first(x)))))
        return F.relu(h + self.norms[2](self.beside(F.avg_pool1d(x, 2, ceil_mode=True))))


class Classifier(nn.Module):
    """(batch, 8, n) mV of I, II, V1-V6 at ``config.rate``, above 0.5 Hz -> (batch, 5) log odds in the order
    of SUPERCLASSES."""

    name = "superclasses"
    title = "Superclass classifier"
    paper = ""
    departures: tuple[str, ...] = ()
    Config = ClassifierConfig

    def __init__(self, config: ClassifierConfig) -> None:
        super().__init__()
        self.config = config
        first, *_ = config.widths
        self.stem = nn.Sequential(
            nn.Conv1d(N, first, 15, stride=2, padding=7, bias=False), nn.BatchNorm1d(first), nn.ReLU()
        )
        self.blocks = nn.Sequential(*(Block(a, b, config.kernel) for a, b in pairwise(config.widths)))
        self.head = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(2 * config.widths[-1], len(SUPERCLASSES))
        )

    def config_dict(self) -> dict:
        """The config as JSON types."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self.config).items()
        }

    def current(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Stored weights in the form this version has: there was no other."""
        return tensors

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 8, n) mV -> (batch, 5) log odds."""
        h = self.blocks(self.stem(x)).float()
        return self.head(torch.cat([h.mean(-1), h.amax(-1)], 1))

    # ---- training ------------------------------------------------------------------------------------------

    def batches(self, material: LabelledDataset, plan, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """One epoch of (batch, 8 + 5, n) float32: signals in mV, and below them the labels, the same at every
        sample.

        In training, each window is somewhere in its recording and is stretched, given other gains, electrodes
        a little elsewhere (``models.training.augment``) and noise; with ``hide_leads`` only a random set of
        leads is left.
        """
        dataset, n = material.dataset, round(PIECE_S * self.config.rate)
        order = rng.permutation(np.flatnonzero(dataset.lengths >= n))
        for first in range(0, len(order) - plan.batch + 1, plan.batch):
            numbers = order[first : first + plan.batch]
            signals = np.stack([_window(dataset.read(number), n, rng, self.training) for number in numbers])
            if self.training:
                signals = chests(len(signals), rng) @ signals
                sd = rng.uniform(0, NOISE_MV, (len(signals), 1, 1)).astype(np.float32)
                signals += sd * rng.standard_normal(signals.shape, np.float32)
            if self.config.hide_leads:
                signals *= np.stack([shown(draw_leads(rng)) for _ in numbers])[:, :, None]
            labels = np.repeat(material.labels[numbers, :, None], n, axis=2)
            yield np.concatenate([signals, labels], 1).astype(np.float32)

    def loss(self, batch: Tensor, rng: np.random.Generator) -> Tensor:
        """Binary cross-entropy, mean over classes."""
        return F.binary_cross_entropy_with_logits(self(batch[:, :N]).float(), batch[:, N:, 0])

    # ---- use -----------------------------------------------------------------------------------------------

    def log_odds(self, signals: np.ndarray) -> np.ndarray:
        """(n, 8, n_samples) mV of I, II, V1-V6 at ``config.rate`` -> (n, 5) log odds."""
        with torch.inference_mode():
            return self(torch.from_numpy(np.ascontiguousarray(signals, np.float32))).numpy()


def _window(signals: np.ndarray, n: int, rng: np.random.Generator, augment: bool) -> np.ndarray:
    """(8, n) of a recording: its middle, or anywhere and at another pace."""
    length = signals.shape[1]
    if not augment:
        start = (length - n) // 2
        return signals[:, start : start + n]
    factor = np.exp(rng.uniform(-STRETCH, STRETCH)) if rng.random() < STRETCHED else 1.0
    factor = min(factor, (length - 2) / n)
    if factor == 1.0:
        start = int(rng.integers(0, length - n + 1))
        return signals[:, start : start + n]
    return stretched(signals, rng.uniform(0, length - 2 - n * factor + 1e-6) + np.arange(n) * factor)


def shown(leads: LeadSet) -> np.ndarray:
    """(8,) float32: one for each independent lead that these leads hold or determine."""
    return np.array([lead in leads.determined for lead in INDEPENDENT], np.float32)


_STATES: dict[int, list[LeadSet]] = {}
for _state in all_states():
    if shown(_state).any():
        _STATES.setdefault(int(shown(_state).sum()), []).append(_state)


def draw_leads(rng: np.random.Generator) -> LeadSet:
    """Uniform over the number of leads shown, one to eight, then over the sets of that many."""
    count = int(rng.integers(1, N + 1))
    return LeadSet(INDEPENDENT) if count == N else _STATES[count][rng.integers(len(_STATES[count]))]


def eight_leads(ecg: Ecg, rate: int = 100) -> np.ndarray:
    """(8, n_samples) mV of I, II, V1-V6. Raises UnusableEcg for another rate or missing leads."""
    if ecg.rate != rate or set(INDEPENDENT) - set(ecg.leads):
        raise UnusableEcg(
            f"The classifier takes I, II, V1-V6 at {rate} Hz; given were {', '.join(ecg.leads)} at "
            f"{ecg.rate:g} Hz."
        )
    return ecg.pick(LeadSet(INDEPENDENT)).signals


@cache
def classifier(hide_leads: bool = False, folder: Path | None = None) -> Trained:
    """The committed classifier with its card and the hash of its weights. Raises UnusableEcg where it was not
    trained."""
    from models.reconstruct import TRAINED

    path = (folder or TRAINED / FOLDER) / FILES[hide_leads]
    if not path.is_file():
        purpose = "classifier of few leads" if hide_leads else "classifier"
        raise UnusableEcg(f"The classifier was not trained; {hint(purpose)} does that.")
    return load(
        path,
        lambda card: Classifier(
            ClassifierConfig(
                **{
                    key: tuple(value) if isinstance(value, list) else value
                    for key, value in card.config.items()
                }
            )
        ),
    )  # type: ignore[arg-type]
