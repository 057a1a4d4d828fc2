"""Trainings without one hospital, or without what a teacher had seen: a hospital of the training mix is
judged by a training that never saw it, and patients that a teacher had seen by the network before it was
taught.

``rlecg train NAME --option without=DATABASES`` makes weights without a hospital. Such weights are not stored;
``left-out.json``, beside the weights that all hospitals trained, stores their hash and command, so that rows
of tables with that hash count as those of this model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.tables import read_json
from models.base import TrainedByLoop
from models.checkpoint import WEIGHTS_FILE, Trained, load, read_card

FILE = "left-out.json"
UNTAUGHT = ("PTB-XL patients of several recordings",)
"""What weights that no teacher taught stand for: the teachers were trained on these patients."""


@dataclass(frozen=True)
class LeftOut:
    """One training. databases: that it left out, or ``UNTAUGHT``. weights: hash. steps: optimiser steps.
    command: repeats it."""

    databases: tuple[str, ...]
    weights: str
    steps: int
    command: str


@cache
def stored(folder: Path) -> tuple[LeftOut, ...]:
    """What is written beside the weights in a folder; nothing where there is no such file. Raises
    UnusableTable."""
    path = folder / FILE
    if not path.is_file():
        return ()
    entries = read_json(path)
    return tuple(LeftOut(**entry | {"databases": tuple(entry["databases"])}) for entry in entries)


def store(folder: Path, trainings: Iterable[tuple[tuple[str, ...], Trained]]) -> None:
    """Write down trainings that tables beside the weights in a folder rest on, each with what it left out;
    earlier ones that left out the same go."""
    fresh = [
        LeftOut(databases, training.weights_hash, training.card.steps, training.card.command)
        for databases, training in trainings
    ]
    replaced = {entry.databases for entry in fresh}
    entries = [*(entry for entry in stored(folder) if entry.databases not in replaced), *fresh]
    text = json.dumps([asdict(entry) for entry in entries], indent=1)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")
    stored.cache_clear()


def without(trained: Trained) -> tuple[str, ...]:
    """The databases that a training left out."""
    return tuple(trained.card.config.get("without", ()))


def needed(trained: Trained, databases: Sequence[str]) -> bool:
    """Whether weights were trained on one of these databases, so that others must judge them."""
    model = trained.model
    return isinstance(model, TrainedByLoop) and not set(databases).isdisjoint(model.trained_on)


def files(folder: Path) -> dict[tuple[str, ...], Path]:
    """The checkpoints below a folder by the databases that they left out."""
    paths = sorted(folder.glob(f"**/{WEIGHTS_FILE}"))
    return {
        tuple(databases): path for path in paths if (databases := read_card(path).config.get("without", ()))
    }


def weights_without(databases: Sequence[str], checkpoints: Mapping[tuple[str, ...], Path], name: str) -> Path:
    """The checkpoint that left these out. Raises UnusableEcg with the command that trains one."""
    for there, path in checkpoints.items():
        if set(databases) <= set(there):
            return path
    raise UnusableEcg(
        f"{name} was trained on {', '.join(databases)}, so weights that left them out must stand for it: "
        f"rlecg train {name} --option without={','.join(databases)}, then --left-out FOLDER."
    )


def load_without(databases: Sequence[str], checkpoints: Mapping[tuple[str, ...], Path], name: str) -> Trained:
    """The same, loaded."""
    return load(weights_without(databases, checkpoints, name))
