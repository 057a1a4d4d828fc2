"""The contract of a model family, complete, and the register that finds the families.

A family is one file in ``models/zoo``: a frozen ``Config`` and a class of exactly one kind:

``SolvedInClosedForm``  solved in one pass over a database (``solve_on``)
``TrainedByLoop``       trained step by step by ``models.training.loop`` (``material``, ``batches``, ``loss``)
``FittedOnRecording``   fitted on the recording it is applied to (``fit``), so it has no stored weights

A model is given an ``Ecg`` that holds nothing but the input leads and answers with an ``Estimate`` of the
others; that the input leads come back untouched and the limb algebra is exact is the business of
``models.reconstruct``, for all models alike. Whatever else a family can do is declared here with what holds
for one that cannot, so nobody has to ask what a model happens to have. ``register`` refuses a class that does
not keep the contract.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar, get_args

import numpy as np
from torch import Tensor, nn

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import LeadSet
from models.blocks.activations import Activations
from models.training.plan import Plan

if TYPE_CHECKING:
    from models.checkpoint import Card
    from models.linear_estimator import LinearEstimator
    from models.training.batches import Dataset

Role = Literal["ours", "baseline", "published"]
"""What a family stands for, in the order of lists: our own work, what every estimate should beat, a
paper's."""


class Cancelled(Exception):
    """A fit was given up because it was asked to."""


@dataclass(frozen=True)
class Estimate:
    """What a model says about leads it was not given.

    signals: (n_leads, n_samples) mV at the rate of the recording; leads: names of the rows, in their order.
    half_width: (n_leads, n_samples) mV of the nominal 90 % prediction interval, or None.
    warnings: sentences for the user. fitted_until: see ``Reconstruction``.
    """

    signals: np.ndarray
    leads: LeadSet
    half_width: np.ndarray | None = None
    warnings: tuple[str, ...] = ()
    fitted_until: float = 0.0


class OneSet(nn.Module, ABC):
    """A network for one set of observed leads: (windows, 8, n) mV linear estimate at ``rate`` -> correction
    and expected size of its error, both mV. It can be traced.

    window_s, overlap_s: seconds of the windows that a recording is cut into. interval_factor: (8,) of the
    size. stretch: (8, 8) the gains. limb_correlation: of the errors of I and II.
    """

    rate: int
    window_s: float
    overlap_s: float
    interval_factor: Tensor
    stretch: Tensor
    limb_correlation: float


class Reconstructor(nn.Module, ABC):
    """A model of the product; families derive from one of the three kinds below.

    name:   family name in the register ("linear"); a family may serve several trained models.
    title:  for pickers. short_title: within sentences and legends; the title where empty.
    paper:  the work it follows, "" for our own. departures: where it differs from that work, one sentence
            each; shown on the card.
    role:   see ``Role``. rank: place among the families of its role, lowest first.
    fallback: its estimate fills in leads that another model does not give, and it is the first choice where
            none was made. Exactly one family.
    explains_subsets: ``estimate_subsets`` answers for every subset of its inputs. rebuilds: an autoencoder of
    all twelve leads with the parts that ``models.significance.attention`` looks at. uninformed: its leads
    look like an ECG and know nothing of the missing ones. calibrates: ``recalibrate`` works. colour:
    of its marks in figures, "#RRGGBB"; figures choose where empty. personal: fitted on the recording it is
    applied to (``FittedOnRecording``).
    study: short name of its paper among the published systems ("Olaiya"). variants: what the paper calls its
    systems -> name of the training here. one_per_set: the paper has a network for every input set, and so
    have we.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    short_title: ClassVar[str] = ""
    paper: ClassVar[str] = ""
    departures: ClassVar[tuple[str, ...]] = ()
    role: ClassVar[Role]
    rank: ClassVar[int] = 0
    fallback: ClassVar[bool] = False
    explains_subsets: ClassVar[bool] = False
    rebuilds: ClassVar[bool] = False
    uninformed: ClassVar[bool] = False
    calibrates: ClassVar[bool] = False
    colour: ClassVar[str] = ""
    personal: ClassVar[bool] = False
    study: ClassVar[str] = ""
    variants: ClassVar[Mapping[str, str]] = {}
    one_per_set: ClassVar[bool] = False
    Config: ClassVar[type]

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.config = config

    # ---- what every family brings --------------------------------------------------------------------------

    @abstractmethod
    def accepts(self, inputs: LeadSet) -> bool:
        """Whether these leads are enough for it, and of the kind it takes."""

    @abstractmethod
    def estimate(self, ecg: Ecg) -> Estimate:
        """The leads it can say something about, from a recording that holds the input leads alone.

        Raises UnusableEcg when the recording does not suit (too short, say). Does not change the model.
        """

    def estimate_alike(self, ecgs: Sequence[Ecg]) -> list[Estimate]:
        """``estimate`` of recordings of the same leads, rate and length; families whose networks are faster
        on several at once override it."""
        return [self.estimate(ecg) for ecg in ecgs]

    # ---- what some bring -----------------------------------------------------------------------------------

    def calibrated(self, factor: np.ndarray, gain: np.ndarray) -> Reconstructor:
        """The same model with other interval factors and gains (``models.sites.Calibration``). Raises
        UnusableEcg for a family whose intervals do not depend on such tables."""
        raise UnusableEcg(f"{self.title} has no interval that could be calibrated for a site.")

    @classmethod
    def current_config(cls, config: dict[str, Any]) -> dict[str, Any]:
        """A stored config in the form this version has; families that have new options override it."""
        return config

    def current(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Stored weights in the form this version has; families that have changed theirs override it."""
        return tensors

    def linear_part(self) -> LinearEstimator | None:
        """The closed form within it, which knows what to expect of a lead whose truth is not known."""
        return None

    def estimate_subsets(self, eight: Tensor, sets: Sequence[LeadSet], bf16: bool = False) -> Tensor:
        """(batch, 8, n) mV of I, II, V1-V6 from each set; eight is (batch, 8, n) or (1, 8, n) mV at 100 Hz
        above 0.5 Hz, of which the set's leads alone are seen.

        Differentiable; nothing of the model is changed. bf16: in half the digits where that saves time.
        """
        able = " or ".join(family.title for family in in_order() if family.explains_subsets)
        raise UnusableEcg(
            f"{self.title} was trained for fixed leads and says nothing about subsets of them; what leads "
            f"contribute can be computed with {able}."
        )

    @property
    def keeps_leads_apart(self) -> bool:
        """Whether there is a layer whose activations are each of one input lead at one moment."""
        return False

    def activations(self, eight: Tensor, leads: LeadSet) -> Activations:
        """Where the input leads are still apart. eight: (1, 8, n) as for ``estimate_subsets``."""
        raise UnusableEcg(f"{self.title} adds its input leads up before it has activations of them.")

    def own_scores(self, ecg: Ecg) -> Iterator[tuple[str, str, float]]:
        """(lead, metric, value) in units of its own by its paper's protocol, from a recording with its true
        leads; nothing for models that answer in mV."""
        return iter(())

    @property
    def own_rate(self) -> float | None:
        """Hz at which ``own_scores`` wants a recording, where there is a choice; None for models without
        any."""
        return None

    def recalibrate(self, root: Path) -> None:
        """Gains, interval factors and usual ranges again, from the validation fold below a data root."""
        raise UnusableEcg(f"{self.title} has nothing to calibrate.")

    def network_pass(self) -> Callable[[], object] | None:
        """One pass of the bare network through ten seconds or its window, for timing; None where there is no
        network."""
        return None

    def for_one_set(self, leads: LeadSet) -> OneSet:
        """The network for one set of observed leads, as files for other programs hold it. Raises UnusableEcg
        for a family that cannot be written so."""
        raise UnusableEcg(f"{self.title} cannot be exported.")

    def config_dict(self) -> dict[str, Any]:
        """The full config with defaults, as JSON types."""
        return config_values(self.config)


# ---- the three kinds ---------------------------------------------------------------------------------------


class SolvedInClosedForm(Reconstructor):
    """Solved in one pass over a database; there is no training plan."""

    @abstractmethod
    def solve_on(self, root: Path, size: float) -> Card:
        """Solve on the training recordings below a data root, size (0-1] of their patients; the card. Its
        ``command`` is filled in by the caller."""


@dataclass(frozen=True)
class Material:
    """What a network learns from and what its training is validated on.

    card: what the card says of both (``dataset``, ``folds``) and of the signals (``rate_hz``, ``window_s``,
    ``normalisation``).
    """

    training: Dataset
    validation: Dataset
    card: dict[str, Any] = field(default_factory=dict)


class TrainedByLoop(Reconstructor):
    """A network that ``models.training.loop`` trains.

    plan: the family's own. fixed_in_plan: entries of the plan that something else of the family settles, so
    that they cannot be chosen. stored_half: weights are stored in half precision. teachable: ``teachers`` are
    asked.
    """

    plan: ClassVar[Plan] = Plan()
    fixed_in_plan: ClassVar[tuple[str, ...]] = ()
    stored_half: ClassVar[bool] = True
    teachable: ClassVar[bool] = False
    teachers: Sequence[TrainedByLoop] = ()

    @property
    def trained_on(self) -> tuple[str, ...]:
        """Names of the databases whose recordings it learns from."""
        return ("ptb-xl",)

    @abstractmethod
    def material(self, root: Path, size: float) -> Material:
        """The recordings below a data root, size (0-1] of the training patients; fills what of the model
        follows from them directly (closed forms, scales)."""

    def recordings_at_most(self, root: Path, size: float) -> int | None:
        """As many training recordings as ``material`` can give, told from the tables alone, before anything
        is read; None where they do not tell."""
        return None

    @abstractmethod
    def batches(self, dataset: Dataset, plan: Plan, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """One epoch of (batch, channels, n_samples) float32 windows."""

    @abstractmethod
    def loss(self, windows: Tensor, rng: np.random.Generator) -> Tensor:
        """The training loss of a batch, a number."""

    def calibrate(self, validation: Dataset) -> None:
        """After the training: what follows from recordings that were not trained on."""

    def on_card(self, plan: Plan, epochs: int, material: Material) -> dict[str, Any]:
        """What this training adds to ``material.card``, its name and title, say. epochs: that were
        trained."""
        return {}


class FittedOnRecording(Reconstructor):
    """Fitted on the very recording it is applied to, so it has no stored weights.

    slow: takes a minute or more to fit, in ``epochs``; pickers that answer at once leave it out. reference:
    the fair closed form that others of this kind are compared with. variant_of: name of the family that this
    is a variant of.
    """

    personal = True
    slow: ClassVar[bool] = False
    reference: ClassVar[bool] = False
    variant_of: ClassVar[str] = ""

    @property
    def epochs(self) -> int:
        """How many rows ``fit`` gives to progress at most."""
        return 0

    @abstractmethod
    def sparing(self, part: float) -> Self:
        """The same, to be fitted without the last part (0-1) of a recording."""

    @abstractmethod
    def fit(
        self,
        ecg: Ecg,
        inputs: LeadSet,
        progress: Callable[[dict[str, float]], None] = lambda _row: None,
        cancel: Callable[[], bool] = lambda: False,
    ) -> Self:
        """A new model fitted on the first part of a recording that holds the input leads and others.

        progress: is given a row after each epoch. cancel: is called after each epoch. Raises UnusableEcg
        where there is nothing to learn from, Cancelled.
        """


KINDS: tuple[type[Reconstructor], ...] = (SolvedInClosedForm, TrainedByLoop, FittedOnRecording)

# ---- the register ------------------------------------------------------------------------------------------

Family = TypeVar("Family", bound=type[Reconstructor])
_REGISTER: dict[str, type[Reconstructor]] = {}


def register(family: Family) -> Family:
    """Class decorator that enters a family under its name. Raises TypeError, in a sentence, for one that does
    not keep the contract."""
    if broken := list(_broken(family)):
        raise TypeError(f"{family.__module__}.{family.__name__} is no model family: {'; '.join(broken)}")
    if family.name in _REGISTER and _REGISTER[family.name].__module__ != family.__module__:
        raise ValueError(f"two model families are named {family.name!r}")
    _REGISTER[family.name] = family
    return family


def _broken(family: type[Reconstructor]) -> Iterator[str]:
    """What of the contract a class does not keep."""
    if lacking := [name for name in ("name", "title", "role", "Config") if name not in dir(family)]:
        yield f"it declares no {', '.join(lacking)}"
        return
    if family.__abstractmethods__:
        yield f"it lacks {', '.join(sorted(family.__abstractmethods__))}"
    kinds = sum(issubclass(family, kind) for kind in KINDS)
    if kinds != 1:
        yield f"it is of {kinds} kinds; exactly one of {', '.join(kind.__name__ for kind in KINDS)}"
    if not (is_dataclass(family.Config) and family.Config.__dataclass_params__.frozen):  # type: ignore[attr-defined]
        yield "its Config is no frozen dataclass"
    if family.role not in get_args(Role):
        yield f"its role is one of {', '.join(get_args(Role))}, not {family.role!r}"
    if family.paper and not family.departures:
        yield "it follows a paper and does not say where it departs from it"
    for claimed, method in (("explains_subsets", "estimate_subsets"), ("calibrates", "recalibrate")):
        own = getattr(family, method) is not getattr(Reconstructor, method)
        if own != getattr(family, claimed):
            yield f"{claimed} and {method} contradict each other"


@cache
def families() -> dict[str, type[Reconstructor]]:
    """Every family in ``models.zoo`` by name."""
    from models import zoo

    for module in pkgutil.iter_modules(zoo.__path__):
        importlib.import_module(f"models.zoo.{module.name}")
    return dict(sorted(_REGISTER.items()))


def in_order() -> list[type[Reconstructor]]:
    """Every family by role and rank."""
    return sorted(families().values(), key=place)


def place(family: type[Reconstructor]) -> tuple[int, int, str]:
    """Where a family stands in lists: sorts by role, rank and name."""
    return get_args(Role).index(family.role), family.rank, family.name


def config_values(config: Any) -> dict[str, Any]:
    """Every option of a family's ``Config`` and its value, as JSON types."""
    values: dict[str, Any] = json.loads(json.dumps(asdict(config)))
    return values


def build(name: str, config: dict[str, Any]) -> Reconstructor:
    """A model with fresh weights from its family's name and config. Unknown names and options raise
    ValueError."""
    if name not in families():
        raise ValueError(f"no model family {name!r}; there are {', '.join(families())}")
    family = families()[name]
    options = {option.name for option in fields(family.Config)}
    if undeclared := set(config) - options:
        there = f"it has {', '.join(sorted(options))}" if options else "it has none"
        raise ValueError(f"{name} has no option {', '.join(sorted(undeclared))}; {there}")
    as_tuples = {key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}
    return family(family.Config(**as_tuples))
