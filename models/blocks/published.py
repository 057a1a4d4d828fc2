"""What the published networks have in common: fixed input leads, a working rate, windows, and training from
one shelf.

A family brings its config (with ``inputs``, ``rate``, ``samples``, ``protocol``), ``outputs`` and two
functions: ``answer`` for windows in mV, ``loss`` for training windows. A protocol names the recordings a
paper trained on; the house protocol, PTB-XL folds 1-8 watched on 9, is that of all models here, so that they
can be compared.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Callable, Iterator
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
from models.base import Estimate, Reconstructor
from models.checkpoint import Card, card_for
from models.training.batches import Shelf, part_of_patients, shelve, windows
from models.windows import fit_length, in_windows

SHORTEST_S = 1.0
CUT_DOWN = "cut down"
"""Stands in the title of a training that falls short of the paper's, so that no list or table can leave it
out."""


@dataclass(frozen=True)
class Protocol:
    """The recordings a training learns from and the ones it watches. learn, watch: of index rows. note: for
    the card's ``folds``."""

    database: str
    title: str
    learn: Callable[[dict], bool]
    watch: Callable[[dict], bool]
    note: str


def _fold(*folds: int) -> Callable[[dict], bool]:
    wanted = set(folds)
    return lambda row: row["fold"] in wanted if _known(row["fold"]) else False


def _known(fold: Any) -> bool:
    return isinstance(fold, int | np.integer)


def _of_train(row: dict) -> bool:
    return row["split"] == "train"


def _ptb_number(row: dict) -> int:
    return int("".join(filter(str.isdigit, row["patient"])) or 0)


PTB_XL = "PTB-XL 1.0.3 (subset)"
PROTOCOLS = {
    "house": Protocol("ptb-xl", PTB_XL, _of_train, _fold(9), "PTB-XL 1-8 trained, 9 watched"),
    "gradowski": Protocol(
        "ptb-xl",
        PTB_XL,
        lambda row: row["split"] != "test",
        _fold(10),
        "PTB-XL 90 % trained (folds 1-9), 10 % watched (fold 10)",
    ),
    "olaiya": Protocol(
        "ptb-xl",
        PTB_XL,
        _fold(*range(1, 8)),
        _fold(8),
        "PTB-XL 1-7 trained, 8 watched, 9 is the paper's test",
    ),
    "beco": Protocol(
        "ptbdb",
        "PTB 1.0.0",
        lambda row: _ptb_number(row) > 50 and _ptb_number(row) % 10 != 0,
        lambda row: _ptb_number(row) > 50 and _ptb_number(row) % 10 == 0,
        "PTB patients 51-290: nine in ten trained, one in ten watched; 1-50 are the paper's test",
    ),
    "matyschik": Protocol(
        "ptbdb",
        "PTB 1.0.0",
        lambda row: _ptb_number(row) % 4 != 3,
        lambda row: _ptb_number(row) % 4 == 3,
        "PTB, three in four patients trained, one in four watched",
    ),
}


class Published(Reconstructor):
    """A network with fixed input leads that works on windows at its own rate.

    band: (low, high) Hz of its preprocessing, None for open. overlap: part of a window that is cross-faded on
    long recordings. The paper's training plan is ``PLAN`` of the family's module.
    """

    band: ClassVar[tuple[float | None, float | None]] = (0.5, None)
    overlap: ClassVar[float] = 0.25
    normalisation: ClassVar[str] = "none, mV"

    @property
    def inputs(self) -> LeadSet:
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
        return set(self.inputs) <= set(inputs.determined)

    def estimate(self, ecg: Ecg) -> Estimate:
        if ecg.duration < SHORTEST_S:
            raise UnusableEcg(
                f"The recording lasts {ecg.duration:.2f} s; a reconstruction needs at least {SHORTEST_S:g} s."
            )
        given = with_derived(ecg).pick(self.inputs)
        cfg = self.config
        x = resample_array(filter_array(given.signals, ecg.rate, *self.band), ecg.rate, cfg.rate)
        out = in_windows(self.answer, x, cfg.samples, round(self.overlap * cfg.samples))
        out = fit_length(resample_array(out, cfg.rate, ecg.rate), ecg.n_samples)
        return Estimate(np.ascontiguousarray(out, np.float32), self.outputs, warnings=self.warnings())

    def warnings(self) -> tuple[str, ...]:
        return ()

    # ---- training ------------------------------------------------------------------------------------------------

    def split(self, signals: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, 8, n) of I, II, V1-V6 -> inputs and true outputs by name."""
        return tuple(self._see(leads).to(signals) @ signals for leads in (self.inputs, self.outputs))  # type: ignore[return-value]

    @staticmethod
    def _see(leads: LeadSet) -> Tensor:
        return torch.from_numpy(observation(leads).astype(np.float32))

    def batches(self, shelf: Shelf, plan, rng: np.random.Generator) -> Iterator[np.ndarray]:
        return windows(shelf, plan.batch, self.config.samples, rng)

    def prepare(self, shelf: Shelf) -> None:
        """Fill the buffers that follow from the training recordings (scales)."""

    def train_on(self, root: Path, folder: Path, plan_options: dict, size: float) -> tuple[Card, bool]:
        """Train by the config's protocol; weights are kept in half precision."""
        from models.training.loop import Run, repeat_command
        from models.training.plan import Plan

        plan = Plan(**(self.usual_plan() | plan_options))
        cfg, protocol = self.config, PROTOCOLS[self.config.protocol]
        longest = max(10.0, cfg.samples / cfg.rate)
        low, high = self.band
        shelves = [
            shelve(root, protocol.database, cfg.rate, keep=keep, low_hz=low, high_hz=high, longest_s=longest)
            for keep in (protocol.learn, protocol.watch)
        ]
        learn = part_of_patients(shelves[0], size)
        self.prepare(learn)
        progress = Run(self, plan, learn, shelves[1], folder).go()
        self.cpu().eval()
        name, title = self.called()
        shortfall = self.cut_down(plan, progress.epoch, len(learn))
        card = card_for(
            self,
            learn,
            name=name,
            title=f"{title} ({CUT_DOWN})" if any(one.startswith("Cut down") for one in shortfall) else title,
            inputs=(str(self.inputs),),
            outputs=str(self.outputs),
            rate_hz=float(cfg.rate),
            window_s=cfg.samples / cfg.rate,
            normalisation=self.normalisation,
            dataset=protocol.title,
            folds=protocol.note,
            seed=plan.seed,
            steps=progress.step,
            command=repeat_command(self, plan, size),
            departures=(*self.departures, *shortfall),
        )
        return card, True

    def usual_plan(self) -> dict:
        return getattr(sys.modules[type(self).__module__], "PLAN", {})

    def cut_down(self, plan, epochs: int, records: int) -> tuple[str, ...]:
        """How this training falls short of the published one, in sentences."""
        from models.training.plan import Plan

        usual, default = self.usual_plan(), type(self).Config()
        said = []
        if getattr(self.config, "widths", None) != getattr(default, "widths", None):
            said.append(
                f"Cut down: widths {'-'.join(map(str, self.config.widths))} in place of {'-'.join(map(str, default.widths))}."
            )
        if self.config.rate != default.rate:
            said.append(f"Cut down: works at {self.config.rate} Hz in place of {default.rate} Hz.")
        if (window := self.config.samples / self.config.rate) != (
            usual_window := default.samples / default.rate
        ):
            said.append(f"Cut down: windows of {window:.3g} s in place of {usual_window:.3g} s.")
        for option, word in (("dropout", "dropout"), ("hidden", "a hidden layer of")):
            if (value := getattr(self.config, option, None)) != (
                usual_value := getattr(default, option, None)
            ):
                said.append(f"Cut down: {word} {value} in place of {usual_value}.")
        if epochs < usual.get("epochs", epochs) and epochs == plan.epochs:
            said.append(f"Cut down: {epochs} epochs in place of {usual['epochs']}.")
        changed = {
            key: value
            for key, value in asdict(plan).items()
            if key not in ("epochs", "every") and value != asdict(Plan(**usual))[key]
        }
        if changed:
            said.append(
                f"Cut down: trained with {', '.join(f'{key} {value}' for key, value in changed.items())} in place of the paper's plan."
            )
        if self.config.protocol == "house":
            said.append(
                f"Trained on {records:,} recordings of the PTB-XL subset; the paper had its full database."
            )
        return tuple(said)
