"""Personal networks: one lead of a recording to its others, trained on that recording, after Matyschik et al.

Matyschik, Mauranen, Karel, Bonizzi, Computing in Cardiology 2020. 500 Hz, Butterworth order 2 band-pass .5-50
Hz, windows of 512 samples every 100, all channels together scaled to [-1, 1]; the last tenth of the recording
is kept for the test, of the rest four fifths train and one fifth watches; windows on a border are dropped;
mean squared error; one model per patient and input lead.

- ``cf``: convolutions as in AlexNet but along time, flattened, fully connected to all missing leads at once.
- ``cr``: what the convolutions give is shaped into a matrix with a row for each missing lead, and each row
  goes through the same fully connected layers.
- ``cf-d``, ``cr-d``: with 10 % dropout in the fully connected part.

Layer sizes are unpublished; these are ours. So are batch, optimiser and how values enter the network: scaled
over all channels together a lead fills a few hundredths of [-1, 1] about a middle that is not zero, and a
network with usual first weights then answers with the mean for tens of epochs (``standardise=False`` shows
it). Fixed scales before and behind the layers cure this; loss and targets stay those of the paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.signals import filter_array, resample_array
from models.base import Cancelled, Estimate, FittedOnRecording, register
from models.blocks.on_recording import HELD_OUT, PAPER, PASSBAND_HZ, refuse_flat
from models.training.loop import Run
from models.training.plan import Plan
from models.windows import fit_length, in_windows

FEWEST_WINDOWS = 32
"""Training windows below which there is nothing to learn from."""
FEWEST_IN_A_BATCH = 8


@dataclass(frozen=True)
class MatyschikConfig:
    """inputs and outputs are set by ``fit``. watch: part of what is not test; patience: epochs without a
    lower validation loss.

    standardise: inputs enter with mean 0 and SD 1, outputs leave in the mean and SD of their lead, all of the
    training windows.
    batch: at most; steps: fewest an epoch, for which batches of short recordings are smaller, down to
    ``FEWEST_IN_A_BATCH``.
    """

    inputs: tuple[str, ...] = ("II",)
    outputs: tuple[str, ...] = tuple(lead for lead in STANDARD if lead != "II")
    rate: int = 500
    samples: int = 512
    stride: int = 100
    test: float = HELD_OUT
    watch: float = 0.2
    widths: tuple[int, ...] = (32, 64, 64)
    per_row: int = 8
    hidden: int = 512
    epochs: int = 40
    patience: int = 15
    batch: int = 32
    steps: int = 12
    learning_rate: float = 1e-3
    standardise: bool = True
    seed: int = 1


@dataclass(frozen=True)
class Part:
    """Windows of one recording: (n, n_inputs + n_outputs, samples) float32, scaled, inputs first."""

    values: np.ndarray

    def __len__(self) -> int:
        return len(self.values)


class Matyschik(FittedOnRecording):
    """Common to the four. rows: whether missing leads are rows through shared layers (CR). dropout: share."""

    paper = PAPER
    departures: ClassVar[tuple[str, ...]] = (
        "Layer sizes, optimiser, batch, epochs and stopping are unpublished; these are ours.",
        (
            "Fixed scales from the training windows (mean 0, SD 1) stand before and behind the layers; loss "
            "and targets are the paper's."
        ),
        "The scale to [-1, 1] is taken from the part before the test, so that the test is not seen.",
        "Training and validation part follow one another in time; the paper does not say how they are drawn.",
        (
            "The network gives each limb lead by itself; shown are the nearest that obey Einthoven and "
            "Goldberger."
        ),
        "Any set of input leads is allowed, the paper has one.",
    )
    role = "published"
    slow = True
    rows: ClassVar[bool] = False
    dropout: ClassVar[float] = 0.0
    Config = MatyschikConfig

    scale: Tensor
    seen_s: Tensor
    entering: Tensor
    leaving: Tensor

    def __init__(self, config: MatyschikConfig) -> None:
        super().__init__(config)
        n_in, n_out = len(config.inputs), len(config.outputs)
        a, b, c = config.widths
        last = n_out * config.per_row if self.rows else c
        self.convolve = nn.Sequential(
            *(nn.Conv1d(n_in, a, 11, stride=2, padding=5), nn.ReLU(), nn.MaxPool1d(2)),
            *(nn.Conv1d(a, b, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2)),
            *(nn.Conv1d(b, c, 3, padding=1), nn.ReLU()),
            *(nn.Conv1d(c, last, 3, padding=1), nn.ReLU(), nn.MaxPool1d(2)),
        )
        length = config.samples // 16
        wide, out = (
            (config.per_row * length, config.samples)
            if self.rows
            else (last * length, n_out * config.samples)
        )
        self.connect = nn.Sequential(
            nn.Linear(wide, config.hidden), nn.ReLU(), nn.Dropout(self.dropout), nn.Linear(config.hidden, out)
        )
        self.register_buffer("scale", torch.tensor([0.0, 1.0]))  # centre and half range, mV
        self.register_buffer("seen_s", torch.tensor(0.0, dtype=torch.float64))
        self.register_buffer("entering", _neutral(n_in))
        self.register_buffer("leaving", _neutral(n_out))

    @property
    def inputs(self) -> LeadSet:
        """The leads that it sees."""
        return LeadSet(self.config.inputs)

    @property
    def outputs(self) -> LeadSet:
        """The leads that it estimates."""
        return LeadSet(self.config.outputs)

    def accepts(self, inputs: LeadSet) -> bool:
        """See ``Reconstructor.accepts``: any lead at all will do."""
        return len(inputs) > 0

    def forward(self, x: Tensor) -> Tensor:
        """(batch, n_inputs, samples) scaled -> (batch, n_outputs, samples) scaled."""
        h = self.convolve((x - self.entering[0]) / self.entering[1])  # (batch, channels, samples / 16)
        h = h.reshape(len(h), len(self.outputs), -1) if self.rows else h.flatten(1)
        return self.connect(h).reshape(len(h), len(self.outputs), -1) * self.leaving[1] + self.leaving[0]

    def estimate(self, ecg: Ecg) -> Estimate:
        """See ``Reconstructor.estimate``."""
        cfg, (centre, half) = self.config, self.scale.tolist()
        x = (prepared(ecg.pick(self.inputs), cfg.rate) - centre) / half
        out = in_windows(self, x, cfg.samples, cfg.samples // 2) * half + centre
        out = fit_length(resample_array(out, cfg.rate, ecg.rate), ecg.n_samples)
        return Estimate(np.ascontiguousarray(out, np.float32), self.outputs, fitted_until=float(self.seen_s))

    # ---- fitting -------------------------------------------------------------------------------------------

    @property
    def epochs(self) -> int:
        """How many the config asks for."""
        return int(self.config.epochs)

    def sparing(self, part: float) -> Self:
        """See ``FittedOnRecording.sparing``."""
        return type(self)(replace(self.config, test=part))

    def fit(
        self,
        ecg: Ecg,
        inputs: LeadSet,
        progress: Callable[[dict[str, float]], None] = lambda _row: None,
        cancel: Callable[[], bool] = lambda: False,
    ) -> Self:
        """Trained on all but the last tenth. Rows of progress: number of the epoch, losses (mean squared
        error in scaled units) and seconds. See ``FittedOnRecording.fit``."""
        outputs = ecg.leads - inputs
        if not outputs - inputs.determined:
            raise UnusableEcg(
                f"{self.title} learns from the missing leads of the recording; this one holds none of them."
            )
        refuse_flat(ecg, inputs)
        cfg = replace(self.config, inputs=tuple(ecg.pick(inputs).leads), outputs=tuple(outputs))
        torch.manual_seed(cfg.seed)
        fitted = type(self)(cfg)
        train, validation = fitted.parts(ecg)
        plan = Plan(
            epochs=cfg.epochs,
            batch=min(cfg.batch, max(FEWEST_IN_A_BATCH, len(train) // cfg.steps)),
            learning_rate=cfg.learning_rate,
            optimiser="adam",
            patience=cfg.patience,
            window_s=cfg.samples / cfg.rate,
            seed=cfg.seed,
        )
        Run(fitted, plan, train, validation, None, progress, cancel).go()
        if cancel():
            raise Cancelled
        return fitted.cpu().eval().requires_grad_(False)

    def parts(self, ecg: Ecg) -> tuple[Part, Part]:
        """Training and validation windows; sets the scale and how much of the recording was seen."""
        cfg = self.config
        signals = np.concatenate(
            [prepared(ecg.pick(leads), cfg.rate) for leads in (self.inputs, self.outputs)]
        )
        seen = int(signals.shape[1] * (1 - cfg.test))
        border = int(seen * (1 - cfg.watch))
        low, high = float(signals[:, :seen].min()), float(signals[:, :seen].max())
        centre, half = (low + high) / 2, max((high - low) / 2, 1e-6)
        self.scale.copy_(torch.tensor([centre, half]))
        self.seen_s.fill_(seen / cfg.rate)
        scaled = (signals - centre) / half
        train, validation = (
            self._windows(scaled[:, start:stop]) for start, stop in ((0, border), (border, seen))
        )
        if len(train) < FEWEST_WINDOWS or not len(validation):
            needed = (FEWEST_WINDOWS * cfg.stride + cfg.samples) / cfg.rate / (1 - cfg.test) / (1 - cfg.watch)
            raise UnusableEcg(
                f"{self.title} needs a recording of at least {needed:.0f} s; this one lasts "
                f"{ecg.duration:.1f} s."
            )
        if cfg.standardise:
            n = len(self.inputs)
            self.entering.copy_(_mean_and_sd(train.values[:, :n]))
            self.leaving.copy_(_mean_and_sd(train.values[:, n:]))
        return train, validation

    def _windows(self, scaled: np.ndarray) -> Part:
        cfg = self.config
        starts = range(0, scaled.shape[1] - cfg.samples + 1, cfg.stride)
        cut = [scaled[:, start : start + cfg.samples] for start in starts]
        return Part(
            np.stack(cut).astype(np.float32) if cut else np.zeros((0, len(scaled), cfg.samples), np.float32)
        )

    def batches(self, part: Part, plan, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """One epoch of (batch, n_inputs + n_outputs, samples) scaled windows."""
        order = rng.permutation(len(part))
        for first in range(0, len(order) - plan.batch + 1, plan.batch):
            yield part.values[order[first : first + plan.batch]]

    def loss(self, windows: Tensor, rng) -> Tensor:
        """Mean squared error in scaled units. windows: (batch, n_inputs + n_outputs, samples), scaled, inputs
        first."""
        n = len(self.inputs)
        return F.mse_loss(self(windows[:, :n]), windows[:, n:])


def _neutral(n: int) -> Tensor:
    """(2, n, 1): means of 0, SDs of 1."""
    return torch.stack([torch.zeros(n, 1), torch.ones(n, 1)])


def _mean_and_sd(values: np.ndarray) -> Tensor:
    """(2, n, 1) of each lead over windows (n_windows, n, samples)."""
    moments = values.mean((0, 2), dtype=np.float64), np.maximum(values.std((0, 2), dtype=np.float64), 1e-6)
    return torch.from_numpy(np.stack(moments).astype(np.float32))[..., None]


def prepared(ecg: Ecg, rate: float) -> np.ndarray:
    """(n_leads, n) mV, .5-50 Hz, at the working rate."""
    return resample_array(filter_array(ecg.signals, ecg.rate, *PASSBAND_HZ), ecg.rate, rate)


@register
class CF(Matyschik):
    """One dense layer from all maps to all leads."""

    name = "cf"
    study = "Matyschik"
    variants: ClassVar[dict[str, str]] = {"CF": "cf"}
    title = "CF: flattened CNN on this recording"
    short_title = "CF"
    rank = 3
    colour = "#D55E00"


@register
class CR(Matyschik):
    """A dense layer that all output leads share, each from its own row of the maps."""

    name = "cr"
    study = "Matyschik"
    variants: ClassVar[dict[str, str]] = {"CR": "cr"}
    title = "CR: two-dimensional CNN on this recording"
    short_title = "CR"
    rank = 2
    colour = "#0072B2"
    rows = True


@register
class CFD(CF):
    """CF with dropout."""

    name = "cf-d"
    title = "CF-D: flattened CNN with dropout on this recording"
    short_title = "CF-D"
    rank = 5
    variant_of = "cf"
    colour = ""
    dropout = 0.1


@register
class CRD(CR):
    """CR with dropout."""

    name = "cr-d"
    title = "CR-D: two-dimensional CNN with dropout on this recording"
    short_title = "CR-D"
    rank = 4
    variant_of = "cr"
    colour = ""
    dropout = 0.1
