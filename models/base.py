"""What every reconstruction model is, and the register they are found by.

A model is a frozen config and an ``nn.Module``. It is given an ``Ecg`` that holds nothing but the measured
leads and answers with an ``Estimate`` of the others; that the measured leads come back untouched and the limb
algebra is exact is the business of ``models.reconstruct``, for all models alike. Adding a model is one file
in ``models/zoo``.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any, ClassVar

import numpy as np
from torch import Tensor, nn

from ecgcore.ecg import Ecg
from ecgcore.leads import LeadSet


@dataclass(frozen=True)
class Estimate:
    """What a model says about leads it was not given.

    signals: (n_leads, n_samples) mV at the rate of the recording; leads: names of the rows, in their order.
    half_width: (n_leads, n_samples) mV of the nominal 90 % band, or None.
    warnings: sentences for the user. fitted_until: see ``Reconstruction``.
    """

    signals: np.ndarray
    leads: LeadSet
    half_width: np.ndarray | None = None
    warnings: tuple[str, ...] = ()
    fitted_until: float = 0.0


class Reconstructor(nn.Module, ABC):
    """A model of the product. Subclasses set the class attributes, take a config and answer ``estimate``.

    name:   family name in the register ("linear"); a family may serve several trained models.
    title:  for pickers. paper: the work it follows, "" for our own.
    departures: where it differs from that work, one sentence each; shown on the card.
    personal: fitted on the very recording it is applied to (``fit``), so it has no committed weights.
    slow: a personal model that takes a minute or more to fit; pickers that answer at once leave it out.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    paper: ClassVar[str] = ""
    departures: ClassVar[tuple[str, ...]] = ()
    personal: ClassVar[bool] = False
    slow: ClassVar[bool] = False
    Config: ClassVar[type]

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.config = config

    @abstractmethod
    def accepts(self, inputs: LeadSet) -> bool:
        """Whether these leads are enough for it, and of the kind it takes."""

    @abstractmethod
    def estimate(self, ecg: Ecg) -> Estimate:
        """The leads it can say something about, from a recording that holds the measured leads alone.

        Raises UnusableEcg when the recording does not suit (too short, say). Does not change the model.
        """

    @classmethod
    def current_config(cls, config: dict[str, Any]) -> dict[str, Any]:
        """A stored config in the form this version has; families that have new options override it."""
        return config

    def current(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Stored weights in the form this version has; families that have changed theirs override it."""
        return tensors

    def config_dict(self) -> dict[str, Any]:
        """The full config with defaults, as JSON types."""
        return json.loads(json.dumps(asdict(self.config)))


_REGISTER: dict[str, type[Reconstructor]] = {}


def register(family: type[Reconstructor]) -> type[Reconstructor]:
    """Class decorator that makes a family known under its name."""
    if family.name in _REGISTER and _REGISTER[family.name].__module__ != family.__module__:
        raise ValueError(f"two model families are named {family.name!r}")
    _REGISTER[family.name] = family
    return family


@cache
def families() -> dict[str, type[Reconstructor]]:
    """Every family in ``models.zoo`` by name, found by itself."""
    from models import zoo

    for module in pkgutil.iter_modules(zoo.__path__):
        importlib.import_module(f"models.zoo.{module.name}")
    return dict(sorted(_REGISTER.items()))


def build(name: str, config: dict[str, Any]) -> Reconstructor:
    """A model with fresh weights from its family's name and config. Unknown names and options raise
    ValueError."""
    if name not in families():
        raise ValueError(f"no model family {name!r}; there are {', '.join(families())}")
    family = families()[name]
    known = {field.name for field in fields(family.Config)}
    if unknown := set(config) - known:
        raise ValueError(
            f"{name} has no option {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}"
        )
    as_tuples = {key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}
    return family(family.Config(**as_tuples))
