"""How a network is trained, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """How a network is trained; a family's ``PLAN`` gives its own, the command on the card names what
    differed from it.

    epochs: over the training recordings. batch: windows a step, of all workers together. window_s: seconds.
    schedule: "cosine" to zero with a short warm-up, or "constant". patience: epochs without a better
    validation loss before stopping, 0 for never.
    optimiser: see ``models.training.optimisers``. average: decay of the moving average of the weights that is
    kept in the end, 0 for none.
    bf16: mixed precision where the processor has units for bfloat16.
    """

    epochs: int = 100
    batch: int = 32
    window_s: float = 10.0
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    optimiser: str = "adamw"
    schedule: str = "constant"
    warm_up: int = 0
    clip: float = 0.0
    patience: int = 0
    average: float = 0.0
    bf16: bool = False
    seed: int = 1
    every: int = 1
