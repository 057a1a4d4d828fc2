"""Train a model on a database and write its weights with their card: what stands behind ``rlecg train``.

Closed forms are solved in one pass, networks trained by ``models.training.loop``. What a family does not
declare (an option, an entry of the plan, a start) is refused in one sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from ecgcore.ecg import UnusableEcg
from models.base import (
    FittedOnRecording,
    Reconstructor,
    SolvedInClosedForm,
    TrainedByLoop,
    build,
    config_values,
    families,
)
from models.checkpoint import WEIGHTS_FILE, Card, Trained, card_for, load, save
from models.training import workers
from models.training.loop import Run, no_batch
from models.training.plan import Plan

UNCALIBRATED = "Gains are one and intervals not fitted: for comparing trainings, not for use."


def train(
    name: str,
    root: Path,
    folder: Path,
    options: dict[str, Any],
    plan_options: dict[str, Any],
    size: float = 1.0,
    start: Path | None = None,
    teach: Sequence[Path] = (),
    calibrated: bool = True,
) -> Card:
    """Train one family and write ``weights.safetensors`` (with its card) and the history into folder.

    size: part of the training patients. start: a checkpoint of the same family and shape to begin with, in
    place of fresh weights; its steps count too. teach: checkpoints of the same family whose mean estimate the
    network learns. calibrated: whether gains and intervals of a network are fitted at the end. Raises
    ValueError for what the family does not declare.
    """
    refuse_undeclared(name, plan_options, size, start, teach)
    torch.manual_seed(plan_options.get("seed", Plan.seed))  # PyTorch begins with a random seed
    model = build(name, options)
    if isinstance(model, TrainedByLoop):
        begun = None if start is None else of_family(start, name)
        teachers = [of_family(path, name) for path in teach]
        plan = replace(model.plan, **plan_options)
        card = _by_loop(model, root, folder, plan, size, begun, teachers, calibrated)
        half = model.stored_half
    else:
        assert isinstance(model, SolvedInClosedForm)
        if not calibrated:
            raise ValueError(f"{name} is solved in closed form, and calibrated with it.")
        card = replace(model.solve_on(root, size), command=repeat_command(model, None, size))
        half = False
    if workers.first_worker():
        save(model.cpu().eval(), card, folder / WEIGHTS_FILE, half=half)
    return card


def _by_loop(
    model: TrainedByLoop,
    root: Path,
    folder: Path,
    plan: Plan,
    size: float,
    begun: Trained | None,
    teachers: Sequence[Trained],
    calibrated: bool,
) -> Card:
    if begun:
        model.load_state_dict(begun.model.state_dict())
    model.teachers = tuple(teacher.model for teacher in teachers if isinstance(teacher.model, TrainedByLoop))
    at_most = model.recordings_at_most(root, size)
    if at_most is not None and at_most < plan.batch:
        raise UnusableEcg(no_batch(at_most, plan))
    material = model.material(root, size)
    progress = Run(model, plan, material.training, material.validation, folder).go()
    model.cpu().eval()
    if workers.first_worker() and calibrated:
        model.calibrate(material.validation)
    facts = material.card | {
        "seed": plan.seed,
        "steps": progress.step + (begun.card.steps if begun else 0),
        "command": repeat_command(model, plan, size, begun, len(teachers))
        + ("" if calibrated else " --no-calibration"),
    }
    card = card_for(model, material.training, **facts | model.on_card(plan, progress.epoch, material))
    learned = tuple(
        f"WEIGHTS{number}, a teacher, is {teacher.weights_hash}, at commit {teacher.card.commit} by "
        f"{teacher.card.command}"
        for number, teacher in enumerate(teachers, 1)
    )
    plain = () if calibrated else (UNCALIBRATED,)
    return replace(card, departures=card.departures + learned + plain)


def of_family(path: Path, name: str) -> Trained:
    """A checkpoint. Raises ValueError for one of another family."""
    checkpoint = load(path)
    if checkpoint.card.family != name:
        raise ValueError(f"{path} is of the family {checkpoint.card.family}, not {name}.")
    return checkpoint


def refuse_undeclared(
    name: str, plan_options: dict[str, Any], size: float, start: Path | None, teach: Sequence[Path]
) -> None:
    """Raises ValueError, one sentence, for what a family does not take."""
    if name not in families():
        raise ValueError(f"no model family {name!r}; there are {', '.join(trainable())}")
    family = families()[name]
    if issubclass(family, FittedOnRecording):
        raise ValueError(f"{name} is fitted on each recording; there is nothing to train beforehand.")
    if not 0 < size <= 1:
        raise ValueError(f"--size is a part of the training patients, above 0 and at most 1, not {size:g}.")
    if issubclass(family, SolvedInClosedForm):
        given = [
            option
            for option, value in (("--plan", plan_options), ("--start", start), ("--teach", teach))
            if value
        ]
        if given:
            raise ValueError(
                f"{name} is solved in closed form and takes no {', '.join(given)}; possible are --option "
                "and --size."
            )
    if issubclass(family, TrainedByLoop):
        if unknown := set(plan_options) - set(asdict(family.plan)):
            there = ", ".join(sorted(asdict(family.plan)))
            raise ValueError(f"no plan entry {', '.join(sorted(unknown))}; there are {there}")
        if fixed := [entry for entry in family.fixed_in_plan if entry in plan_options]:
            raise ValueError(f"{name} takes no --plan {', '.join(fixed)}: its --option values settle that.")
        replace(family.plan, **plan_options)
        if teach and not family.teachable:
            raise ValueError(f"{name} cannot be taught by other networks.")


def trainable() -> list[str]:
    """The families that the command trains."""
    return [name for name, family in families().items() if not issubclass(family, FittedOnRecording)]


def repeat_command(
    model: Reconstructor, plan: Plan | None, size: float, begun: Trained | None = None, teachers: int = 0
) -> str:
    """The command that repeats a training; what differs from the family's own is spelled out."""
    default = config_values(families()[model.name].Config())
    more = [
        f"--option {option}={_text(value)}"
        for option, value in model.config_dict().items()
        if value != default[option]
    ]
    if plan is not None and isinstance(model, TrainedByLoop):
        usual = asdict(model.plan)
        more += [
            f"--plan {entry}={_text(value)}" for entry, value in asdict(plan).items() if value != usual[entry]
        ]
    more += [f"--teach WEIGHTS{number}" for number in range(1, teachers + 1)]
    more += [f"--size {size:g}"] if size < 1 else []
    more += [f"--start WEIGHTS, the result of: {begun.card.command}"] if begun else []
    program = f"torchrun --nproc-per-node {workers.count()} -m models" if workers.count() > 1 else "rlecg"
    return " ".join([f"{program} train {model.name} --data ROOT", *more])


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
