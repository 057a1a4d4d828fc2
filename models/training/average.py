"""The mean of the weights of several trainings that went on from the same weights (model soups,
arXiv:2203.05482): ``rlecg average``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from models.base import Reconstructor
from models.checkpoint import Card, Trained, commit, today


def average(several: Sequence[Trained]) -> tuple[Reconstructor, Card]:
    """The mean of the weights and a card that names them; the first one's options stand. Raises ValueError
    where weights do not fit each other."""
    first, states = several[0], [part.model.state_dict() for part in several]
    shapes = [
        (part.card.family, {name: value.shape for name, value in state.items()})
        for part, state in zip(several, states, strict=True)
    ]
    if any(part != shapes[0] for part in shapes):
        raise ValueError("only weights of one family and the same shapes can be averaged")
    mean = {
        name: torch.stack([state[name] for state in states]).mean(0)
        if value.dtype.is_floating_point
        else value
        for name, value in states[0].items()
    }
    first.model.load_state_dict(mean)
    of = tuple(
        f"PART{n} is {part.weights_hash}, at commit {part.card.commit} by {part.card.command}"
        for n, part in enumerate(several, 1)
    )
    command = " ".join(
        [
            "rlecg average",
            *(f"PART{n}" for n, _ in enumerate(several, 1)),
            "--data ROOT --out FILE",
        ]
    )
    steps = max(part.card.steps for part in several)  # those of the start are in every part
    departures = tuple(dict.fromkeys(line for part in several for line in part.card.departures))
    return first.model, replace(
        first.card,
        command=command,
        commit=commit(),
        date=today(),
        steps=steps,
        departures=(*of, *departures),
        metrics={},
    )
