"""From a recording, the leads that count as measured and a model's name to twelve leads. Also the command without a screen.

    python -m models.reconstruct RECORD --inputs "I II V2" --model linear --out DIR [--json FILE] [--csv]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction, Source, UnusableEcg
from ecgcore.leads import LIMB, STANDARD, LeadSet
from ecgcore.limb import LIMB_FROM_I_II, with_derived
from models.base import Estimate, families
from models.checkpoint import WEIGHTS_FILE, Card, Trained, load, read_card

TRAINED = Path(__file__).parent / "trained"
FALLBACK = "linear"


@dataclass(frozen=True)
class ModelInfo:
    """What a picker needs to know of a model. card is None for personal models, which have no committed weights."""

    name: str
    title: str
    personal: bool
    accepts: Callable[[LeadSet], bool]
    card: Card | None = None


@cache
def available() -> tuple[ModelInfo, ...]:
    """Every model that can be used now: the trained ones on disk, then those fitted on the recording itself."""
    cards = [read_card(path) for path in sorted(TRAINED.glob(f"*/{WEIGHTS_FILE}"))]
    trained = [ModelInfo(card.name, card.title, False, card.accepts, card) for card in cards]
    personal = [
        ModelInfo(name, family.title, True, family(family.Config()).accepts)
        for name, family in families().items()
        if family.personal and hasattr(family, "fit")
    ]
    return (*sorted(trained, key=_rank), *personal)


def fitting(inputs: LeadSet) -> tuple[ModelInfo, ...]:
    """The models that can work with these measured leads."""
    return tuple(info for info in available() if info.accepts(inputs))


def _rank(info: ModelInfo) -> tuple[int, str]:
    own = ("any-subset", "linear")
    return (own.index(info.name) if info.name in own else len(own), info.name)


@cache
def trained(name: str) -> Trained:
    """The committed model of that name. Raises UnusableEcg naming those there are."""
    path = TRAINED / name / WEIGHTS_FILE
    if not path.is_file():
        raise UnusableEcg(f"There is no model {name!r}; there are {', '.join(info.name for info in available())}.")
    return load(path)


def reconstruct(ecg: Ecg, inputs: LeadSet, model: str) -> Reconstruction:
    """Twelve leads from the inputs alone, by the model of that name.

    The model is given nothing but the input leads; only personal models see the others, and those in the first part of
    the recording only (``fitted_until``). Raises UnusableEcg.
    """
    family = families().get(model)
    if family is not None and family.personal:
        personal = family(family.Config()).fit(ecg, inputs)  # type: ignore[attr-defined]
        return assemble(ecg.pick(inputs), personal.estimate(ecg.pick(inputs)), model)
    chosen = trained(model)
    if not chosen.card.accepts(inputs):
        raise UnusableEcg(f"{chosen.card.title} does not work from {inputs}; it needs {_needs(chosen.card)}.")
    measured = ecg.pick(inputs)
    return assemble(measured, chosen.model.estimate(measured), model, chosen.weights_hash)


def _needs(card: Card) -> str:
    return "at least one lead" if card.inputs == "any" else " or ".join(card.inputs)


def assemble(measured: Ecg, estimate: Estimate, model: str, weights: str = "") -> Reconstruction:
    """Measured leads as they are, derived ones by algebra, the rest from the estimate; what it lacks from the fallback."""
    known = with_derived(measured)
    rows = {lead: known[lead] for lead in known.leads}
    half = {lead: np.zeros(measured.n_samples, np.float32) for lead in known.leads}
    warnings = estimate.warnings
    _fill(rows, half, estimate)
    if lacking := LeadSet(STANDARD) - LeadSet(rows):
        _fill(rows, half, trained(FALLBACK).model.estimate(measured))
        warnings += (f"{', '.join(lacking)}: this model does not estimate it; the linear estimate is shown.",)
    source: dict[str, Source] = {lead: "estimated" for lead in STANDARD}
    source |= dict.fromkeys(known.leads, "derived") | dict.fromkeys(measured.leads, "measured")
    return Reconstruction(
        ecg=measured.replace(signals=np.stack([rows[lead] for lead in STANDARD]), leads=STANDARD),
        source=source,
        inputs=measured.leads,
        model=model,
        weights=weights,
        band=np.stack([half[lead] for lead in STANDARD]) if len(half) == len(STANDARD) else None,
        fitted_until=estimate.fitted_until,
        warnings=warnings,
    )


def _fill(rows: dict[str, np.ndarray], half: dict[str, np.ndarray], estimate: Estimate) -> None:
    """Add the estimated leads that are not there yet; limb leads it has no row for follow from those it has."""
    for number, lead in enumerate(estimate.leads):
        if lead not in rows:
            rows[lead] = estimate.signals[number]
            if estimate.half_width is not None:
                half[lead] = estimate.half_width[number]
    limb = [lead for lead in LIMB if lead in rows]
    if 2 <= len(limb) < len(LIMB):
        back = np.linalg.pinv(np.array([LIMB_FROM_I_II[lead] for lead in limb]))
        two = back @ np.stack([rows[lead] for lead in limb])
        rows |= {lead: (np.array(LIMB_FROM_I_II[lead]) @ two).astype(np.float32) for lead in LIMB if lead not in rows}
