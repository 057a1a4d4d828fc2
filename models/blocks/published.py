"""What the published networks have in common: fixed input leads, a working rate, windows, and training from
one data set.

A family brings its config (with ``inputs``, ``rate``, ``samples``, ``protocol``), ``outputs`` and two
functions: ``answer`` for windows in mV, ``loss`` for training windows. A protocol names the recordings a
paper trained on; the house protocol, PTB-XL folds 1-8 validated on 9, is that of all models here, so that
they can be compared.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import observation, with_derived
from ecgcore.leads import LeadSet
from ecgcore.signals import filter_array, resample_array
from ecgcore.studies.published import FULL, FULL_NAME, OWN_SPLIT, REDUCED
from models.base import Estimate, Material, TrainedByLoop
from models.checkpoint import LARGEST_SHIPPED
from models.training.batches import Dataset, load_dataset, part_of_patients, windows
from models.training.plan import Plan
from models.windows import fit_length, in_windows

SHORTEST_S = 1.0
ENOUGH_EPOCHS = 25
"""A training of so many is no reduced version although its paper's was longer."""
SIZES = {"widths": "widths", "dropout": "dropout", "hidden": "a hidden layer of"}
"""Options that make a network larger or smaller, where a family has them."""


@dataclass(frozen=True)
class Protocol:
    """The recordings a training learns from and those it is validated on. learn, validate: of index rows.
    note: for the card's ``folds``."""

    database: str
    title: str
    learn: Callable[[dict], bool]
    validate: Callable[[dict], bool]
    note: str


def folds(*numbers: int) -> Callable[[dict], bool]:
    """Whether an index row is of one of these folds; not for rows without one."""
    return lambda row: isinstance(row["fold"], int | np.integer) and row["fold"] in numbers


def ptb_number(row: dict) -> int:
    """The number of a PTB patient."""
    return int("".join(filter(str.isdigit, row["patient"])) or 0)


PTB_XL, PTB = "PTB-XL 1.0.3 (subset)", "PTB 1.0.0"
HOUSE = Protocol(
    "ptb-xl", PTB_XL, lambda row: row["split"] == "train", folds(9), "PTB-XL 1-8 trained, 9 validated"
)


class Published(TrainedByLoop):
    """A network with fixed input leads that works on windows at its own rate; its ``plan`` is the paper's.

    passband: (low, high) Hz of its preprocessing, None for open. overlap: part of a window that is
    cross-faded on long recordings. protocols: that the config's ``protocol`` names, the house's among them;
    the paper's stands under the name of the family.
    """

    role = "published"
    fixed_in_plan = ("window_s",)
    passband: ClassVar[tuple[float | None, float | None]] = (0.5, None)
    overlap: ClassVar[float] = 0.25
    normalisation: ClassVar[str] = "none, mV"
    protocols: ClassVar[Mapping[str, Protocol]] = {"house": HOUSE}

    @property
    def inputs(self) -> LeadSet:
        """The leads that it sees, in the order of the config."""
        return LeadSet(self.config.inputs)

    @property
    @abstractmethod
    def outputs(self) -> LeadSet:
        """The leads the network gives."""

    @abstractmethod
    def answer(self, x: Tensor) -> Tensor:
        """(batch, n_inputs, samples) mV at the working rate -> (batch, n_outputs, samples) mV."""

    @abstractmethod
    def called(self) -> tuple[str, str]:
        """Name (as in ``models/trained``) and title of a training of this config."""

    def accepts(self, inputs: LeadSet) -> bool:
        """Whether its leads follow from the inputs."""
        return set(self.inputs) <= set(inputs.determined)

    def estimate(self, ecg: Ecg) -> Estimate:
        """See ``Reconstructor.estimate``: filtered to its passband, at its rate, window by window."""
        if ecg.duration < SHORTEST_S:
            raise UnusableEcg(
                f"The recording lasts {ecg.duration:.2f} s; a reconstruction needs at least {SHORTEST_S:g} s."
            )
        given = with_derived(ecg).pick(self.inputs)
        cfg = self.config
        x = resample_array(filter_array(given.signals, ecg.rate, *self.passband), ecg.rate, cfg.rate)
        out = in_windows(self.answer, x, cfg.samples, round(self.overlap * cfg.samples))
        out = fit_length(resample_array(out, cfg.rate, ecg.rate), ecg.n_samples)
        return Estimate(np.ascontiguousarray(out, np.float32), self.outputs, warnings=self.warnings())

    def warnings(self) -> tuple[str, ...]:
        """What a reader of any estimate of it must know, in sentences."""
        return ()

    # ---- training ------------------------------------------------------------------------------------------

    def split(self, signals: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, 8, n) of I, II, V1-V6 -> inputs and true outputs by name."""
        return tuple(self._see(leads).to(signals) @ signals for leads in (self.inputs, self.outputs))  # type: ignore[return-value]

    @staticmethod
    def _see(leads: LeadSet) -> Tensor:
        return torch.from_numpy(observation(leads).astype(np.float32))

    def batches(self, dataset: Dataset, plan: Plan, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """One epoch of (batch, 8, samples) mV windows of I, II, V1-V6."""
        return windows(dataset, plan.batch, self.config.samples, rng)

    def prepare(self, dataset: Dataset) -> None:
        """Fill the buffers that follow from the training recordings (scales)."""

    def material(self, root: Path, size: float) -> Material:
        """The recordings of the config's protocol, in the passband of the paper."""
        cfg, protocol = self.config, self.protocols[self.config.protocol]
        longest = max(10.0, cfg.samples / cfg.rate)
        learn, validation = (
            load_dataset(
                root, protocol.database, cfg.rate, keep=keep, passband=self.passband, longest_s=longest
            )
            for keep in (protocol.learn, protocol.validate)
        )
        learn = part_of_patients(learn, size)
        self.prepare(learn)
        card = {
            "inputs": (str(self.inputs),),
            "outputs": str(self.outputs),
            "rate_hz": float(cfg.rate),
            "window_s": cfg.samples / cfg.rate,
            "normalisation": self.normalisation,
            "dataset": protocol.title,
            "folds": protocol.note,
        }
        return Material(learn, validation, card)

    def on_card(self, plan: Plan, epochs: int, material: Material) -> dict[str, Any]:
        """Name, title and version of the training, and in what it departs from the paper's."""
        name, title = self.called()
        if self.config.protocol != "house":
            name, title = f"{name}{OWN_SPLIT}", f"{title}, split of its paper"
        size = sum(value.numel() * (2 if self.stored_half else 4) for value in self.parameters())
        name += FULL_NAME * (size > LARGEST_SHIPPED)
        reductions = self.reductions(plan, epochs)
        departures = (
            *self.departures,
            *reductions,
            *self._stopped(plan, epochs),
            *self._fewer_recordings(len(material.training)),
        )
        version = REDUCED if reductions else FULL
        return {"name": name, "title": title, "version": version, "departures": departures}

    def network_pass(self) -> Callable[[], object]:
        """One window of zeros through the network."""
        window = torch.zeros(1, len(self.inputs), self.config.samples)
        return lambda: self.answer(window)

    def reductions(self, plan: Plan, epochs: int) -> tuple[str, ...]:
        """In what this training is less than the published one, in sentences."""
        smaller = [f"{difference[0].upper()}{difference[1:]}." for difference in self._smaller()]
        if epochs < min(ENOUGH_EPOCHS, self.plan.epochs) and epochs == plan.epochs:
            smaller.append(f"{epochs} epochs in place of {self.plan.epochs}.")
        usual = asdict(self.plan)
        changed = [
            f"{entry} {value}"
            for entry, value in asdict(plan).items()
            if entry not in ("epochs", "every", "patience") and value != usual[entry]
        ]
        if changed:
            smaller.append(f"Trained with {', '.join(changed)} in place of the paper's plan.")
        return tuple(smaller)

    def _stopped(self, plan: Plan, epochs: int) -> Iterator[str]:
        """When a training ended: by itself, by a rule that may be stricter than the paper's, or because no
        more epochs were planned."""
        if ENOUGH_EPOCHS <= epochs == plan.epochs < self.plan.epochs:
            yield f"{epochs} epochs in place of {self.plan.epochs}."
        if plan.patience and epochs < plan.epochs:
            yield (
                f"Stopped after {epochs} of at most {plan.epochs} epochs: the validation loss had not fallen "
                f"for {plan.patience}; the weights are those of its lowest value."
            )

    def _fewer_recordings(self, records: int) -> Iterator[str]:
        if self.config.protocol == "house":
            yield f"Trained on {records:,} recordings of the PTB-XL subset; the paper had its full database."

    def _smaller(self) -> Iterator[str]:
        """What of the network is less than the paper's, without the full stop."""
        own, usual = asdict(self.config), asdict(type(self).Config())
        for option, word in SIZES.items():
            if own.get(option) != usual.get(option):
                yield f"{word} {_text(own[option])} in place of {_text(usual[option])}"
        if own["rate"] != usual["rate"]:
            yield f"works at {own['rate']} Hz in place of {usual['rate']} Hz"
        window, usual_window = (values["samples"] / values["rate"] for values in (own, usual))
        if window != usual_window:
            yield f"windows of {window:.3g} s in place of {usual_window:.3g} s"


def _text(value: Any) -> str:
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)
