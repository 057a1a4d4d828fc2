"""The one loop that trains networks, wherever they run: it writes a state that resumes after a kill with
nothing lost (same batches, same optimiser, same random numbers), a history and a plot.

A GPU is used where there is one, and several workers (``torchrun``) share each batch of the plan and hold
equal weights; the first of them validates and writes (``models.training.workers``). What is trained and with
what: ``models.training.train``.
"""

from __future__ import annotations

import csv
import math
import pickle
import time
from collections.abc import Callable, Iterator, Sized
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn

from ecgcore.ecg import UnusableEcg
from models.blocks.number_formats import has_bfloat16, in_words
from models.training.optimisers import optimiser_for
from models.training.plan import Plan
from models.training.workers import Workers


class Trainable(Protocol):
    """What the loop asks of a network, which is an ``nn.Module`` besides."""

    def batches(self, material: Any, plan: Plan, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """One epoch of windows."""

    def loss(self, windows: Tensor, rng: np.random.Generator) -> Tensor:
        """Of a batch, a number."""


@dataclass
class Progress:
    """Where a run stands; saved with everything that is random, so that a resumed run is the same run."""

    epoch: int = 0
    step: int = 0
    best: float = math.inf
    best_epoch: int = 0


def say(row: dict[str, float]) -> None:
    """One line for an epoch."""
    print("  ".join(f"{key} {value:.5g}" for key, value in row.items()), flush=True)


def no_batch(recordings: int, plan: Plan) -> str:
    """The sentence where the training recordings fill no batch."""
    return f"{recordings:,} training recordings give no batch of {plan.batch} windows of {plan.window_s:g} s."


class Run:
    """One training run. In a folder it resumes by itself when that holds a state; with no folder nothing is
    written.

    model: see ``Trainable``. train, validation: what its ``batches`` draws from, with a length. watch: is
    given each epoch's row of the history. stop: whether to give up, called after each epoch.
    """

    def __init__(
        self,
        model: nn.Module,
        plan: Plan,
        train: Sized,
        validation: Sized,
        folder: Path | None,
        watch: Callable[[dict[str, float]], None] = say,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.workers = Workers()
        self.device, self.rank = self.workers.device, self.workers.rank
        if plan.batch % self.workers.count:
            raise ValueError(f"A batch of {plan.batch} cannot be shared by {self.workers.count} workers.")
        torch.manual_seed(plan.seed + self.rank)
        self.plan, self.folder = plan, folder
        self.watch, self.stop = watch, stop
        self.train, self.validation = train, validation
        self.model = model.to(self.device).train()
        self.network = cast("Trainable", model)
        self.workers.spread(self.model.state_dict().values())
        self.averaged = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        self.optimiser = optimiser_for(self.model, plan)
        self.mixed = plan.bf16 and has_bfloat16(self.device)
        self.rng = np.random.default_rng([plan.seed, self.rank])
        self.progress = Progress()
        self.best: dict[str, Tensor] | None = None
        self.history: list[dict[str, float]] = []
        self.state_file = folder / "state.pt" if folder else None
        if self.state_file and self.state_file.is_file():
            self._resume()

    # ---- the loop ------------------------------------------------------------------------------------------

    def go(self) -> Progress:
        """Train to the end of the plan or until patience runs out; leaves the best (or averaged) weights in
        the model."""
        if self.rank == 0 and self.folder:
            print(in_words(self.device, self.plan.bf16, self.plan.optimiser == "muon"), flush=True)
        while self.progress.epoch < self.plan.epochs and not self._out_of_patience() and not self.stop():
            began = time.monotonic()
            loss = self._epoch()
            self.progress.epoch += 1
            self.workers.agree(self.model, self.averaged)
            row = {
                "epoch": self.progress.epoch,
                "step": self.progress.step,
                "train_loss": loss,
                "seconds": time.monotonic() - began,
            }
            if self.progress.epoch % self.plan.every == 0 or self.progress.epoch == self.plan.epochs:
                row["validation_loss"] = self._validated()
            self.history.append(row)
            self._save()
            if self.rank == 0:
                self.watch(row)
        self.model.load_state_dict(
            self.best if self.best is not None and not self.plan.average else self._kept()
        )
        return self.progress

    def _epoch(self) -> float:
        total, count = 0.0, 0
        plan = replace(self.plan, batch=self.plan.batch // self.workers.count)
        steps = (
            max(1, len(self.train) // self.plan.batch) if self.workers.count > 1 else None
        )  # each worker draws its share of an epoch
        for signals in islice(self.network.batches(self.train, plan, self.rng), steps):
            self._set_rate()
            batch = torch.from_numpy(signals).to(self.device, non_blocking=True)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed):
                loss = self.network.loss(batch, self.rng)
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            self.workers.mean_of_gradients(self.model)
            if self.plan.clip:
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.plan.clip)
            self.optimiser.step()
            self.progress.step += 1
            self._average()
            total, count = total + float(loss.detach()), count + 1
        if count == 0:
            raise UnusableEcg(no_batch(len(self.train), self.plan))
        return self.workers.mean(total / count)

    def _set_rate(self) -> None:
        steps = self.plan.epochs * max(1, len(self.train) // self.plan.batch)
        factor = min(1.0, (self.progress.step + 1) / self.plan.warm_up) if self.plan.warm_up else 1.0
        if self.plan.schedule == "cosine":
            factor *= 0.5 + 0.5 * math.cos(math.pi * min(1.0, self.progress.step / steps))
        for group in self.optimiser.param_groups:
            group["lr"] = self.plan.learning_rate * factor

    @torch.no_grad()
    def _average(self) -> None:
        if not self.plan.average:
            return
        decay = min(self.plan.average, 1 - 1 / (self.progress.step + 1))
        for name, value in self.model.state_dict().items():
            if value.dtype.is_floating_point:
                self.averaged[name].lerp_(value, 1 - decay)
            else:
                self.averaged[name].copy_(value)

    def _kept(self) -> dict[str, torch.Tensor]:
        return self.averaged if self.plan.average else self.model.state_dict()

    def _validated(self) -> float:
        """The validation loss, computed by the first worker and shared with all."""
        value = torch.tensor(
            [self._validate() if self.rank == 0 else 0.0], dtype=torch.float64, device=self.device
        )
        self.workers.spread([value])
        if float(value) < self.progress.best:
            self.progress.best, self.progress.best_epoch = float(value), self.progress.epoch
            self.best = {name: tensor.detach().cpu().clone() for name, tensor in self._kept().items()}
        return float(value)

    @torch.no_grad()
    def _validate(self) -> float:
        current = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(self._kept())
        self.model.eval()
        rng = np.random.default_rng(self.plan.seed)  # the same windows and choices each time
        plan = replace(self.plan, batch=min(self.plan.batch, len(self.validation)))
        losses = [
            float(self.network.loss(torch.from_numpy(signals).to(self.device), rng))
            for signals in self.network.batches(self.validation, plan, rng)
        ]
        self.model.load_state_dict(current)
        self.model.train()
        return float(np.mean(losses)) if losses else math.nan

    def _out_of_patience(self) -> bool:
        return (
            bool(self.plan.patience) and self.progress.epoch - self.progress.best_epoch > self.plan.patience
        )

    # ---- stopping and starting again -----------------------------------------------------------------------

    def _save(self) -> None:
        """One state for all workers, written by the first: none can be an epoch behind when the run starts
        again."""
        if self.folder is None or self.state_file is None:
            return
        random = [self.rng.bit_generator.state, torch.get_rng_state()]
        if self.device.type == "cuda":
            random.append(torch.cuda.get_rng_state(self.device))
        everyone = self.workers.gathered(random)
        if self.rank == 0:
            self.folder.mkdir(parents=True, exist_ok=True)
            state = {
                "model": self.model.state_dict(),
                "averaged": self.averaged,
                "best": self.best,
                "optimiser": self.optimiser.state_dict(),
                "progress": vars(self.progress),
                "history": self.history,
                "random": everyone,
            }
            part = self.state_file.with_suffix(".part")
            torch.save(state, part)
            part.replace(self.state_file)
            write_history(self.history, self.folder)

    def _stored_state(self) -> dict[str, Any]:
        """The state of the run so far. Raises UnusableEcg for a file that was cut off or damaged."""
        try:
            state = torch.load(self.state_file, map_location=self.device, weights_only=True)
        except (RuntimeError, ValueError, LookupError, EOFError, OSError, pickle.UnpicklingError) as error:
            raise UnusableEcg(
                f"The training state in {self.folder} is cut off or damaged; delete state.pt to begin anew."
            ) from error
        return cast("dict[str, Any]", state)

    def _resume(self) -> None:
        state = self._stored_state()
        if len(state["random"]) != self.workers.count:
            raise ValueError(
                f"The run in {self.folder} was begun by {len(state['random'])} workers; go on with as many."
            )
        self.model.load_state_dict(state["model"])
        self.averaged, self.best, self.history = state["averaged"], state["best"], state["history"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.progress = Progress(**state["progress"])
        numbers, torch_state, *of_device = state["random"][self.rank]
        self.rng.bit_generator.state = numbers
        torch.set_rng_state(torch_state.cpu())
        if of_device and self.device.type == "cuda":
            torch.cuda.set_rng_state(of_device[0].cpu(), self.device)
        if self.rank == 0:
            print(f"resumed after epoch {self.progress.epoch}", flush=True)


def write_history(history: list[dict[str, float]], folder: Path) -> None:
    """history.csv and, when there is something to see, history.png."""
    names = list(dict.fromkeys(name for row in history for name in row))
    with (folder / "history.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows({key: f"{value:.6g}" for key, value in row.items()} for row in history)
    if len(history) > 1:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6, 3.5), layout="constrained")
        axes = figure.add_subplot(xlabel="epoch", ylabel="loss")
        for name in ("train_loss", "validation_loss"):
            points = [(row["epoch"], row[name]) for row in history if name in row]
            if points:
                axes.plot(*zip(*points, strict=True), label=name.replace("_", " "))
        axes.legend()
        figure.savefig(folder / "history.png", dpi=110)
