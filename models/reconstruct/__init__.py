"""From a recording, the leads that count as measured and a model's name to twelve leads
(``rlecg reconstruct``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction, Source, UnusableEcg
from ecgcore.lead_algebra import LIMB_FROM_I_II, nearest_lawful, with_derived
from ecgcore.leads import LIMB, STANDARD, LeadSet
from models.base import Estimate, families
from models.checkpoint import WEIGHTS_FILE, Card, Trained, load, read_card

TRAINED = Path(__file__).parents[1] / "trained"
FALLBACK = "linear"


@dataclass(frozen=True)
class ModelInfo:
    """What a picker needs to know of a model. card is None for personal models, which have no committed
    weights."""

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
        if family.personal and not family.slow and hasattr(family, "fit")
    ]
    return (*sorted(trained, key=_rank), *personal)


def fitting(inputs: LeadSet) -> tuple[ModelInfo, ...]:
    """The models that can work with these measured leads."""
    return tuple(info for info in available() if info.accepts(inputs))


def _rank(info: ModelInfo) -> tuple[int, str]:
    """Ours first, then baselines, then what follows a paper."""
    own = ("any-subset", "linear")
    return (
        own.index(info.name) if info.name in own else len(own) + bool(info.card and info.card.paper),
        info.name,
    )


@cache
def trained(name: str) -> Trained:
    """The committed model of that name. Raises UnusableEcg naming those there are."""
    path = TRAINED / name / WEIGHTS_FILE
    if not path.is_file():
        raise UnusableEcg(
            f"There is no model {name!r}; there are {', '.join(info.name for info in available())}."
        )
    return load(path)


def weights_of(name: str) -> str:
    """Hash of a model's weights; "" for personal models, which have none. Raises UnusableEcg for an unknown
    name."""
    family = families().get(name)
    return "" if family is not None and family.personal else trained(name).weights_hash


def reconstruct(ecg: Ecg, inputs: LeadSet, model: str) -> Reconstruction:
    """Twelve leads from the inputs alone, by the model of that name.

    The model is given nothing but the input leads; only personal models see the others, and those in the
    first part of the recording only (``fitted_until``). Raises UnusableEcg.
    """
    if not inputs:
        raise UnusableEcg("Choose at least one lead as measured.")
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


def estimated_by(name: str) -> LeadSet:
    """The leads a model estimates itself; ``assemble`` fills in others by the fallback. All, for one that is
    fitted on each recording."""
    card = next((info.card for info in available() if info.name == name), None)
    return LeadSet(card.outputs) if card else LeadSet(STANDARD)


def assemble(measured: Ecg, estimate: Estimate, model: str, weights: str = "") -> Reconstruction:
    """Measured leads as they are, derived ones by algebra, the rest from the estimate; what it lacks from the
    fallback."""
    known = with_derived(measured)
    rows = {lead: known[lead] for lead in known.leads}
    half = {lead: np.zeros(measured.n_samples, np.float32) for lead in known.leads}
    warnings = estimate.warnings
    _fill(rows, half, estimate)
    if lacking := LeadSet(STANDARD) - LeadSet(rows):
        _fill(rows, half, trained(FALLBACK).model.estimate(measured))
        warnings += (f"{', '.join(lacking)}: this model does not estimate it; the linear estimate is shown.",)
    source: dict[str, Source] = dict.fromkeys(STANDARD, "estimated")
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
    """Add the estimated leads that are not there yet; limb leads are made to obey the laws, and those it has
    no row for follow."""
    known = {lead: rows[lead] for lead in LIMB if lead in rows}
    for number, lead in enumerate(estimate.leads):
        if lead not in rows:
            rows[lead] = estimate.signals[number]
            if estimate.half_width is not None:
                half[lead] = estimate.half_width[number]
    guessed = {lead: rows[lead] for lead in LIMB if lead in rows and lead not in known}
    if len(known) < 2 < len(known) + len(guessed):
        rows |= nearest_lawful(guessed, known)
    limb = [lead for lead in LIMB if lead in rows]
    if 2 <= len(limb) < len(LIMB):
        back = np.linalg.pinv(np.array([LIMB_FROM_I_II[lead] for lead in limb]))
        two = back @ np.stack([rows[lead] for lead in limb])
        rows |= {
            lead: (np.array(LIMB_FROM_I_II[lead]) @ two).astype(np.float32)
            for lead in LIMB
            if lead not in rows
        }


def report(ecg: Ecg, made: Reconstruction, band: str) -> dict:
    """The result in JSON types: sources and, where there is a truth, the errors of the estimated leads."""
    from ecgcore.evaluation.agreement import SHOWN, agreement

    rows = agreement(ecg, made)
    scored = {
        row.lead: {name: getattr(row, name) if row.source == "estimated" else None for name in SHOWN}
        for row in rows
    }
    return {
        "record": ecg.name,
        "model": made.model,
        "weights": made.weights,
        "inputs": list(made.inputs),
        "band": band,
        "rate_hz": ecg.rate,
        "fitted_until_s": made.fitted_until,
        "warnings": list(made.warnings),
        "notice": "Research and teaching use, not for diagnosis.",
        "leads": {row.lead: {"source": row.source} | scored[row.lead] for row in rows},
    }


def listing() -> str:
    """A line per model: its name, the input leads it takes, its title."""
    text = []
    for info in available():
        takes = "any leads" if info.card is None or info.card.inputs == "any" else ", ".join(info.card.inputs)
        fitted = " (fitted on the recording)" if info.personal else ""
        text.append(f"{info.name:28} {takes:40} {info.title}{fitted}")
    return "\n".join(text)
