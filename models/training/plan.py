"""How a network is trained, as a value, and options of a command as values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from math import isfinite
from typing import Any


@dataclass(frozen=True)
class Plan:
    """How a network is trained; a family's ``plan`` is its own, the command on the card names what
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

    def __post_init__(self) -> None:
        """Raises ValueError, one sentence, for numbers that no training could have."""
        for names, least, fits in (
            ("epochs batch every", "at least 1", lambda value: value >= 1),
            ("window_s learning_rate", "above 0", lambda value: value > 0),
            ("weight_decay warm_up clip patience average", "at least 0", lambda value: value >= 0),
        ):
            for name in names.split():
                value = getattr(self, name)
                if not (fits(value) and isfinite(value)):
                    raise ValueError(f"{name} of a plan is {least}, not {value:g}.")


def parse_options(pairs: Sequence[str], kind: type) -> dict[str, Any]:
    """``name=value`` texts as values of a config dataclass. Raises ValueError, one sentence, for options
    there are none of and for values of another type."""
    there = {field.name for field in fields(kind)}
    values = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        if name not in there:
            raise ValueError(
                f"no option {name!r}; there are {', '.join(sorted(there))}"
                if there
                else f"no option {name!r}; there are none"
            )
        try:
            values[name] = _value(text, getattr(kind(), name))
        except (ValueError, KeyError):
            raise ValueError(f"{name} is like {_example(getattr(kind(), name))}, not {text!r}") from None
    return values


_TRUTH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def _value(text: str, default: Any) -> Any:
    """A text in the type of the default."""
    if isinstance(default, bool):
        return _TRUTH[text.lower()]
    if isinstance(default, tuple):
        inner: Callable[[str], Any] = type(default[0]) if default else str
        return tuple(inner(part) for part in text.replace(",", " ").split())
    return type(default)(text)


def _example(default: Any) -> str:
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default).lower()
