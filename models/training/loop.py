"""The one loop that trains networks: resumes after a kill with nothing lost, shares its batches among workers.

``rlecg train`` is its command. A run that goes on is the same run: same batches, same optimiser, same random
numbers. With several workers (``torchrun --nproc-per-node N -m models train``) each batch of the plan is shared
among them; they hold equal weights, and the first of them validates, writes and calibrates. A training can go
on from the weights of another and learn the mean estimate of several."""

from __future__ import annotations

import csv
import math
import os
import sys
import time
from collections.abc import Callable, Sequence, Sized
from dataclasses import asdict, dataclass, fields, replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import distributed

from ecgcore.ecg import UnusableEcg
from models.base import Reconstructor, build
from models.checkpoint import WEIGHTS_FILE, Card, load, save
from models.number_formats import has_bfloat16, in_words
from models.training.batches import Shelf
from models.training.optimisers import optimiser_for
from models.training.plan import Plan


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


class Run:
    """One training run. In a folder it resumes by itself when that holds a state; with no folder nothing is
    written.

    train, validation: what the model's ``batches`` draws from, with a length. watch: told each epoch's row of
    the history.
    stop: asked after each epoch whether to give up.
    """

    def __init__(
        self,
        model: Reconstructor,
        plan: Plan,
        train: Shelf | Sized,
        validation: Shelf | Sized,
        folder: Path | None,
        watch: Callable[[dict[str, float]], None] = say,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.device = (
            torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
            if torch.cuda.is_available()
            else torch.device("cpu")
        )
        self.workers, self.rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)  # workers that gather objects each need their own
        if self.workers > 1 and not distributed.is_initialized():
            distributed.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        if plan.batch % self.workers:
            raise ValueError(f"A batch of {plan.batch} cannot be shared by {self.workers} workers.")
        torch.manual_seed(plan.seed + self.rank)
        self.plan, self.folder = plan, folder
        self.watch, self.stop = watch, stop
        self.train, self.validation = train, validation
        self.model = model.to(self.device).train()
        if self.workers > 1:
            for value in self.model.state_dict().values():
                distributed.broadcast(value, 0)
        self.averaged = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        self.optimiser = optimiser_for(self.model, plan)
        self.mixed = plan.bf16 and has_bfloat16(self.device)
        self.rng = np.random.default_rng([plan.seed, self.rank])
        self.progress = Progress()
        self.best = None
        self.history: list[dict[str, float]] = []
        self.state_file = folder / "state.pt" if folder else None
        if self.state_file and self.state_file.is_file():
            self._resume()

    # ---- the loop ----------------------------------------------------------------------------------------------

    def go(self) -> Progress:
        """Train to the end of the plan or until patience runs out; leaves the best (or averaged) weights in
        the model."""
        if self.rank == 0 and self.folder:
            print(in_words(self.device, self.plan.bf16, self.plan.optimiser == "muon"), flush=True)
        while self.progress.epoch < self.plan.epochs and not self._out_of_patience() and not self.stop():
            began = time.monotonic()
            loss = self._epoch()
            self.progress.epoch += 1
            self._agree()
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
        plan = replace(self.plan, batch=self.plan.batch // self.workers)
        steps = (
            max(1, len(self.train) // self.plan.batch) if self.workers > 1 else None
        )  # each worker draws its share of an epoch
        for signals in islice(self.model.batches(self.train, plan, self.rng), steps):  # type: ignore[operator]
            self._set_rate()
            batch = torch.from_numpy(signals).to(self.device, non_blocking=True)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed):
                loss = self.model.loss(batch, self.rng)  # type: ignore[operator]
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            self._share_gradients()
            if self.plan.clip:
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.plan.clip)
            self.optimiser.step()
            self.progress.step += 1
            self._average()
            total, count = total + float(loss.detach()), count + 1
        if count == 0:
            raise UnusableEcg(
                f"{len(self.train)} training recordings give no batch of {self.plan.batch} windows of {self.plan.window_s:g} s."
            )
        return self._mean(total / count)

    def _mean(self, value: float) -> float:
        """Mean of a number over workers."""
        if self.workers == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64, device=self.device)
        distributed.all_reduce(shared)
        return float(shared) / self.workers

    def _set_rate(self) -> None:
        steps = self.plan.epochs * max(1, len(self.train) // self.plan.batch)
        factor = min(1.0, (self.progress.step + 1) / self.plan.warm_up) if self.plan.warm_up else 1.0
        if self.plan.schedule == "cosine":
            factor *= 0.5 + 0.5 * math.cos(math.pi * min(1.0, self.progress.step / steps))
        for group in self.optimiser.param_groups:
            group["lr"] = self.plan.learning_rate * factor

    def _share_gradients(self) -> None:
        if self.workers > 1:
            for parameter in self.model.parameters():
                if parameter.grad is not None:
                    distributed.all_reduce(parameter.grad)
                    parameter.grad /= self.workers

    @torch.no_grad()
    def _agree(self) -> None:
        """After an epoch: running statistics become the mean over workers. Raises RuntimeError where weights
        have come apart."""
        if self.workers == 1:
            return
        trained = {name for name, _ in self.model.named_parameters()}
        for state in (self.model.state_dict(), self.averaged):
            for name, value in state.items():
                if value.dtype.is_floating_point and name not in trained:
                    distributed.all_reduce(value)
                    value /= self.workers
        for name, value in self.model.named_parameters():
            first = value.detach().clone()
            distributed.broadcast(first, 0)
            if not torch.equal(first, value):
                raise RuntimeError(f"worker {self.rank} has other weights than the first: {name}")

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
        """The validation loss, computed by the first worker and told to all."""
        value = torch.tensor(
            [self._validate() if self.rank == 0 else 0.0], dtype=torch.float64, device=self.device
        )
        if self.workers > 1:
            distributed.broadcast(value, 0)
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
            float(self.model.loss(torch.from_numpy(signals).to(self.device), rng))  # type: ignore[operator]
            for signals in self.model.batches(self.validation, plan, rng)  # type: ignore[operator]
        ]
        self.model.load_state_dict(current)
        self.model.train()
        return float(np.mean(losses)) if losses else math.nan

    def _out_of_patience(self) -> bool:
        return (
            bool(self.plan.patience) and self.progress.epoch - self.progress.best_epoch > self.plan.patience
        )

    # ---- stopping and starting again -----------------------------------------------------------------------------

    def _save(self) -> None:
        """One state for all workers, written by the first: none can be an epoch behind when the run starts
        again."""
        if self.folder is None or self.state_file is None:
            return
        random = [self.rng.bit_generator.state, torch.get_rng_state()]
        if self.device.type == "cuda":
            random.append(torch.cuda.get_rng_state(self.device))
        everyone = [random]
        if self.workers > 1:
            everyone = [random] * self.workers
            distributed.all_gather_object(everyone, random)
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

    def _resume(self) -> None:
        state = torch.load(self.state_file, map_location=self.device, weights_only=True)
        if len(state["random"]) != self.workers:
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


def repeat_command(model: Reconstructor, plan: Plan, size: float) -> str:
    """The command that repeats a training; options that differ from the family's own are spelled out."""
    default = build(model.name, {}).config_dict()
    options = [
        f"--option {key}={_text(value)}"
        for key, value in model.config_dict().items()
        if value != default[key]
    ]
    usual = Plan(**getattr(sys.modules[type(model).__module__], "PLAN", {}))
    plans = [
        f"--plan {key}={_text(value)}" for key, value in asdict(plan).items() if value != getattr(usual, key)
    ]
    begun = getattr(model, "started_from", "")
    taught = [f"--teach WEIGHTS{number}" for number, _ in enumerate(getattr(model, "teachers", ()), 1)]
    more = [*taught, *([f"--size {size:g}"] if size < 1 else []), *([f"--start {begun}"] if begun else [])]
    workers = int(os.environ.get("WORLD_SIZE", "1"))
    program = f"torchrun --nproc-per-node {workers} -m models" if workers > 1 else "rlecg"
    return " ".join([f"{program} train {model.name} --data ROOT", *options, *plans, *more])


def _text(value) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


# ---- the command ---------------------------------------------------------------------------------------------------


def train(
    name: str,
    root: Path,
    folder: Path,
    options: dict,
    plan_options: dict,
    size: float = 1.0,
    start: Path | None = None,
    teach: Sequence[Path] = (),
) -> Card:
    """Train one family and write ``weights.safetensors`` (with its card) and the history into folder.

    start: a checkpoint of the same family and shape to begin with, in place of fresh weights; its steps count
    too.
    teach: checkpoints of the same family whose mean estimate the network learns. Raises ValueError where the
    family cannot be taught.
    """
    torch.manual_seed(plan_options.get("seed", Plan.seed))  # PyTorch begins with a random seed
    model, steps_before = build(name, options), 0
    if start is not None:
        first = load(start)
        model.load_state_dict(first.model.state_dict())
        steps_before = first.card.steps
        model.started_from = f"WEIGHTS, the result of: {first.card.command}"
    teachers = [load(path) for path in teach]
    if teachers:
        if not hasattr(model, "teachers"):
            raise ValueError(f"{name} cannot be taught by other networks")
        model.teachers = tuple(one.model for one in teachers)
    card, half = model.train_on(root, folder, plan_options, size)  # type: ignore[operator]
    taught = tuple(
        f"WEIGHTS{n}, a teacher, is {one.weights_hash}, at commit {one.card.commit} by {one.card.command}"
        for n, one in enumerate(teachers, 1)
    )
    card = replace(card, steps=card.steps + steps_before, departures=card.departures + taught)
    if first_worker():
        save(model.cpu().eval(), card, folder / WEIGHTS_FILE, half=half)
    return card


def leave_together() -> None:
    """End the work of several workers, together: one that goes while another still speaks to it can take that
    one down."""
    if distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()


def first_worker() -> bool:
    return int(os.environ.get("RANK", "0")) == 0


def parse_options(pairs: list[str], kind: type) -> dict:
    """``name=value`` texts as values of a config dataclass. Raises ValueError naming the options there are."""
    defaults = {field.name: field for field in fields(kind)}
    values = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        if name not in defaults:
            raise ValueError(f"no option {name!r}; there are {', '.join(sorted(defaults))}")
        default = getattr(kind(), name)
        if isinstance(default, bool):
            values[name] = text.lower() in ("1", "true", "yes")
        elif isinstance(default, tuple):
            inner = type(default[0]) if default else str
            values[name] = tuple(inner(part) for part in text.replace(",", " ").split())
        else:
            values[name] = type(default)(text)
    return values
