"""Reconstruction models: the only home of torch.

For programs::

    from ecgcore.io import read_path
    from models import load

    twelve = load("linear").reconstruct(read_path("record.hea"), "I II V2")

A model is found by ``models.base``, used by ``models.reconstruct``, made by ``models.training``, judged by
``models.studies``; ``models.cli`` holds the commands, under their earlier names ``models/commands``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.reconstruct import ModelInfo

__all__ = ["load"]
__path__.append(str(Path(__file__).parent / "commands"))


def load(name: str | None = None) -> ModelInfo:
    """A model that can be used now, by its name as ``rlecg models`` prints it; the first of the list for
    None.

    Its weights are read when it first reconstructs. Raises UnusableEcg naming those there are.
    """
    from models.reconstruct import available, named

    return available()[0] if name is None else named(name)
