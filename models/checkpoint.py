"""A trained model is one file: its weights and, in the header, the card that says what it needs and how far
to trust it.

The format is safetensors: read without unpickling. What does not fit exactly is refused. Weights may be
stored in half precision; they are widened to the model's own type when read. ``weights_hash`` covers family,
config and stored values but not the rest of the card, so adding a result to a card does not unbind the tables
made with the weights.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ecgcore.leads import STANDARD, LeadSet
from ecgcore.studies.published import FULL, REDUCED
from models.base import Reconstructor, build, families
from models.training.batches import Dataset

WEIGHTS_FILE, CARD_FILE = "weights.safetensors", "card.json"
LARGEST_SHIPPED = 10_000_000
"""Bytes: weights above this are not committed; their card stands beside their tables, and says how they are
made."""


class BadCheckpoint(ValueError):
    """A file that is no checkpoint of this product, or one that does not fit its family."""


@dataclass(frozen=True)
class Card:
    """What a reader must know about trained weights. Text fields are for people; config rebuilds the model.

    inputs: "any" or one input set per entry ("I+II+V4"). outputs: leads it estimates. rate_hz, window_s: of
    its working signal, None where it takes any. metrics: headline results, each a sentence with condition, n
    and interval. version: "full width", or "reduced version" of the paper's training; departures say how.
    """

    name: str
    family: str
    title: str
    config: dict[str, Any]
    inputs: str | tuple[str, ...]
    outputs: str
    rate_hz: float | None
    window_s: float | None
    normalisation: str
    dataset: str
    folds: str
    records: int
    patients: int
    seed: int
    steps: int
    command: str
    commit: str
    date: str
    paper: str = ""
    departures: tuple[str, ...] = ()
    version: str = FULL
    metrics: dict[str, str] = field(default_factory=dict)
    licence: str = "weights: CC BY 4.0, trained on open recordings (see dataset)"
    intended_use: str = "Research and teaching; not for diagnosis."

    @property
    def reduced(self) -> bool:
        """Whether the training is less than its paper's: narrower, at a lower rate, for fewer steps."""
        return self.version == REDUCED

    def accepts(self, inputs: LeadSet) -> bool:
        """Whether the trained inputs follow from these leads."""
        if self.inputs == "any":
            return len(inputs) > 0
        return any(set(LeadSet(leads)) <= set(inputs.determined) for leads in self.inputs)


@dataclass(frozen=True)
class Trained:
    """A model in ``eval`` mode, its card, and the hash of its weights."""

    model: Reconstructor
    card: Card
    weights_hash: str


def save(model: Reconstructor, card: Card, path: Path, half: bool = False) -> str:
    """Write weights and card to path (by way of a temporary file) and return the weights' hash.

    half: store float32 parameters as float16; buffers keep their type.
    """
    parameters = {name for name, _ in model.named_parameters()}
    tensors = {
        name: (value.half() if half and name in parameters else value).detach().cpu().contiguous()
        for name, value in model.state_dict().items()
    }
    _write(path, tensors, card)
    return _hash(card.family, card.config, tensors)


def _write(path: Path, tensors: dict[str, torch.Tensor], card: Card) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    save_file(tensors, part, metadata={"card": json.dumps(asdict(card), sort_keys=True)})
    part.replace(path)


def rewrite_card(path: Path, change: Callable[[Card], Card]) -> None:
    """Change a stored card and nothing else. The parts that the weights' hash covers must stay."""
    with _opened(path) as file:
        card = _card(path, file.metadata())
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    changed = change(card)
    if (changed.family, changed.config) != (card.family, card.config):
        raise ValueError("family and config are part of the weights")
    _write(path, tensors, changed)


def read_card(path: Path) -> Card:
    """The card alone, without the weights. Raises BadCheckpoint."""
    with _opened(path) as file:
        return _card(path, file.metadata())


def write_card_alone(weights: Path) -> Path:
    """Write the card of weights that are not shipped, with their hash, beside them; returns its path."""
    trained, path = load(weights), weights.with_name(CARD_FILE)
    content = {"weights": trained.weights_hash, "card": asdict(trained.card)}
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
    return path


def read_card_alone(path: Path) -> tuple[Card, str]:
    """The card of weights that are not shipped, and their hash. Raises BadCheckpoint."""
    try:
        content = json.loads(path.read_text())
        return _card(path, {"card": json.dumps(content["card"])}), str(content["weights"])
    except (OSError, TypeError, KeyError, json.JSONDecodeError) as error:
        raise BadCheckpoint(f"{path.name} is not the card of a model.") from error


def rebuilt(card: Card) -> Reconstructor:
    """The model of a card, with fresh weights. Raises ValueError for a family or an option there is none
    of."""
    family = families().get(card.family)
    return build(card.family, family.current_config(card.config) if family else card.config)


def load(path: Path, make: Callable[[Card], Reconstructor] = rebuilt) -> Trained:
    """Model, card and hash. make: a model with fresh weights for a card, where the register has no such
    family.

    Raises BadCheckpoint for a file of another kind or weights that do not fit the config.
    """
    with _opened(path) as file:
        card = _card(path, file.metadata())
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    weights_hash, model = _hash(card.family, card.config, tensors), make(card)
    own, tensors = model.state_dict(), model.current(tensors)
    if set(own) != set(tensors):
        raise BadCheckpoint(
            f"{path.name}: weights {sorted(set(own) ^ set(tensors))[:3]} do not fit the family {card.family}."
        )
    for name, value in tensors.items():
        if value.shape != own[name].shape:
            raise BadCheckpoint(
                f"{path.name}: {name} has shape {tuple(value.shape)}, the config says "
                f"{tuple(own[name].shape)}."
            )
    model.load_state_dict({name: value.to(own[name].dtype) for name, value in tensors.items()})
    return Trained(model.eval().requires_grad_(False), card, weights_hash)


def stored_half(path: Path) -> bool:
    """Whether a checkpoint holds half-precision values."""
    with _opened(path) as file:
        return any(file.get_slice(name).get_dtype() == "F16" for name in file.keys())  # noqa: SIM118 - not a dict


def _opened(path: Path) -> Any:
    if not path.is_file():
        raise BadCheckpoint(f"There is no checkpoint {path.name}.")
    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, OSError) as error:
        raise BadCheckpoint(f"{path.name} is not a checkpoint of this product ({error}).") from error


def _card(path: Path, metadata: dict[str, str] | None) -> Card:
    try:
        values = json.loads((metadata or {})["card"])
        lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
        return Card(**(values | lists))
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise BadCheckpoint(f"{path.name} has no card, or one of another version.") from error


def _hash(family: str, config: dict[str, Any], tensors: dict[str, torch.Tensor]) -> str:
    digest = hashlib.sha256(json.dumps([family, config], sort_keys=True, default=list).encode())
    for name in sorted(tensors):
        value = tensors[name]
        digest.update(f"{name}|{value.dtype}|{tuple(value.shape)}".encode())
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()[:16]


def card_for(model: Reconstructor, learned_from: Dataset, **more: Any) -> Card:
    """A card with what follows from the model and its training recordings filled in; ``more`` adds and
    overrides."""
    usual: dict[str, Any] = {
        "name": model.name,
        "family": model.name,
        "title": model.title,
        "config": model.config_dict(),
        "inputs": "any",
        "outputs": "+".join(STANDARD),
        "rate_hz": None,
        "window_s": None,
        "records": len(learned_from),
        "patients": len(set(learned_from.patients)),
        "seed": 0,
        "steps": 1,
        "command": f"rlecg train {model.name} --data ROOT",
        "commit": commit(),
        "date": today(),
        "paper": model.paper,
        "departures": model.departures,
    }
    return Card(**(usual | more))


def commit() -> str:
    """Short hash of the code's commit, with "+" if the working tree differs; "unknown" outside a checkout."""
    here = Path(__file__).parent
    questions = [
        ["git", "rev-parse", "--short=10", "HEAD"],
        ["git", "status", "--porcelain", "--untracked-files=no"],
    ]
    answers = [
        subprocess.run(ask, cwd=here, capture_output=True, text=True, check=False) for ask in questions
    ]
    return (
        "unknown"
        if answers[0].returncode
        else answers[0].stdout.strip() + ("+" if answers[1].stdout.strip() else "")
    )


def today() -> str:
    """The date in UTC, as YYYY-MM-DD."""
    return datetime.now(UTC).date().isoformat()
