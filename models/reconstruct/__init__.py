"""From a recording, the input leads and a model's name to twelve leads
(``rlecg reconstruct``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from safetensors import SafetensorError

from ecgcore.ecg import Ecg, Reconstruction, Source, UnusableEcg
from ecgcore.io.text import harmless
from ecgcore.lead_algebra import LIMB_FROM_I_II, nearest_lawful, with_derived
from ecgcore.leads import LIMB, STANDARD, LeadSet
from models.base import Estimate, FittedOnRecording, Reconstructor, Role, families, in_order, place
from models.checkpoint import (
    CARD_FILE,
    WEIGHTS_FILE,
    BadCheckpoint,
    Card,
    Trained,
    load,
    read_card,
    read_card_alone,
)
from models.sites import ANY, ANY_FILE, OWN, OWN_DATABASE, Calibration, left_out, site
from models.sites import read as read_calibration

TRAINED = Path(__file__).parents[1] / "trained"


@dataclass(frozen=True)
class ModelInfo:
    """What a picker needs to know of a model. card is None for models fitted on the recording, which have no
    stored weights."""

    name: str
    title: str
    family: type[Reconstructor]
    accepts: Callable[[LeadSet], bool]
    card: Card | None = None

    @property
    def personal(self) -> bool:
        """Whether it is fitted on the recording itself."""
        return issubclass(self.family, FittedOnRecording)

    @property
    def own_name(self) -> bool:
        """Whether it is the training that its family is known for, not one of several."""
        return self.name == self.family.name

    @property
    def label(self) -> str:
        """The title for lists and captions, with what a reader must know of the training."""
        return f"{self.title} ({self.card.version})" if self.card and self.card.reduced else self.title

    def reconstruct(self, ecg: Ecg, inputs: LeadSet | str) -> Reconstruction:
        """Twelve leads from the inputs alone; see ``reconstruct``."""
        return reconstruct(ecg, LeadSet(inputs), self.name)


def available() -> tuple[ModelInfo, ...]:
    """Every model that can be used now, in the order of lists: the trained ones on disk, then those fitted on
    the recording itself."""
    return _available(TRAINED)


@cache
def _available(folder: Path) -> tuple[ModelInfo, ...]:
    stored, _ = _stored(folder)
    fitted = [
        ModelInfo(family.name, family.title, family, family(family.Config()).accepts)
        for family in in_order()
        if issubclass(family, FittedOnRecording) and not family.slow
    ]
    return (*sorted(stored, key=lambda info: (*place(info.family)[:2], info.name)), *fitted)


def unshipped() -> tuple[ModelInfo, ...]:
    """Trained models of which only tables and card are here: their weights are too large to be shipped."""
    return _unshipped(TRAINED)


@cache
def _unshipped(folder: Path) -> tuple[ModelInfo, ...]:
    cards = [
        read_card_alone(path)[0]
        for path in folder.glob(f"*/{CARD_FILE}")
        if not path.with_name(WEIGHTS_FILE).is_file()
    ]
    there = [ModelInfo(card.name, card.title, families()[card.family], card.accepts, card) for card in cards]
    return tuple(sorted(there, key=lambda info: (*place(info.family)[:2], info.name)))


def in_tables() -> tuple[ModelInfo, ...]:
    """The trained models that stored tables may be of, in the order of lists."""
    there = [*(info for info in available() if info.card), *unshipped()]
    return tuple(sorted(there, key=lambda info: (*place(info.family)[:2], info.name)))


def damaged() -> tuple[str, ...]:
    """A sentence for each stored model that is damaged: it is left out, and all others work; and for each
    whose calibration for any hospital is: it works with its own."""
    whole, sentences = _stored(TRAINED)
    return (*sentences, *filter(None, (damage_of_calibration(info.name) for info in whole)))


@cache
def _stored(folder: Path) -> tuple[tuple[ModelInfo, ...], tuple[str, ...]]:
    """The stored models, and sentences about those that cannot be used."""
    stored, sentences = [], []
    for path in sorted(folder.glob(f"*/{WEIGHTS_FILE}")):
        try:
            card = read_card(path)
            stored.append(ModelInfo(card.name, card.title, families()[card.family], card.accepts, card))
        except (BadCheckpoint, KeyError):
            sentences.append(_damage(path.parent.name))
    return tuple(stored), tuple(sentences)


def _damage(name: str) -> str:
    return f"The stored model {name} is damaged and is left out; put its file back, or choose another model."


def named(name: str) -> ModelInfo:
    """The model of that name. Raises UnusableEcg naming those there are."""
    for info in available():
        if info.name == name:
            return info
    raise _unknown(name)


def _unknown(name: str) -> UnusableEcg:
    if card := next((info.card for info in unshipped() if info.name == name), None):
        return UnusableEcg(
            f"The weights of {card.title} do not come with the product; `{card.command} --install` makes "
            "them."
        )
    return UnusableEcg(
        f"There is no model {harmless(name, 40)!r}; there are {', '.join(info.name for info in available())}."
    )


def fitting(inputs: LeadSet) -> tuple[ModelInfo, ...]:
    """The models that can work with these input leads."""
    return tuple(info for info in available() if info.accepts(inputs))


def of_role(role: Role) -> tuple[ModelInfo, ...]:
    """The stored models of a role, one a family."""
    return tuple(info for info in available() if info.card and info.own_name and info.family.role == role)


def explaining() -> tuple[ModelInfo, ...]:
    """The stored models that answer for every subset of their inputs, one a family, best first."""
    return tuple(info for info in available() if info.card and info.own_name and info.family.explains_subsets)


def rebuilding() -> ModelInfo | None:
    """The autoencoder of twelve leads; None where it was not trained."""
    return next((info for info in available() if info.family.rebuilds), None)


@cache
def fallback() -> str:
    """Name of the model whose estimate fills in leads that another does not give."""
    return next(family.name for family in in_order() if family.fallback)


def trained(name: str) -> Trained:
    """The committed model of that name. Raises UnusableEcg naming those there are."""
    return _trained(TRAINED, name)


@cache
def _trained(folder: Path, name: str) -> Trained:
    if name in _REPLACED:
        return _REPLACED[name]
    path = folder / name / WEIGHTS_FILE
    if not path.is_file():
        raise _unknown(name)
    try:
        chosen = load(path)
    except (BadCheckpoint, SafetensorError, OSError) as error:
        raise UnusableEcg(_damage(name)) from error
    if not all(value.isfinite().all() for value in chosen.model.parameters()):
        raise UnusableEcg(_damage(name))
    return chosen


def weights_of(name: str) -> str:
    """Hash of a model's weights, also of those that are not shipped; "" for personal models, which have none.
    Raises UnusableEcg for an unknown name."""
    if name in {info.name for info in unshipped()}:
        return read_card_alone(TRAINED / name / CARD_FILE)[1]
    return "" if _fitted(name) else trained(name).weights_hash


def weights_in_tables(name: str) -> frozenset[str]:
    """Hashes that rows of a model's tables may hold: its own, and those of trainings that left out the
    database of the row."""
    return frozenset({weights_of(name), *(training.weights for training in left_out.stored(TRAINED / name))})


def replace_weights(name: str, path: Path) -> None:
    """From now on, in this process, the model of that name has the weights of another training of its
    family. Raises BadCheckpoint, UnusableEcg for another family."""
    other = load(path)
    if other.card.family != trained(name).card.family:
        raise UnusableEcg(f"{path.name} is of the family {other.card.family}, not {name}.")
    _REPLACED[name] = other
    forget()


def forget() -> None:
    """Look at the stored models anew: something in their folder changed."""
    for cached in (_available, _stored, _unshipped, _trained, _calibration_at):
        cached.cache_clear()


_REPLACED: dict[str, Trained] = {}


def _fitted(name: str) -> type[FittedOnRecording] | None:
    """The family of that name where it is fitted on the recording."""
    family = families().get(name)
    return family if family is not None and issubclass(family, FittedOnRecording) else None


def any_hospital(name: str) -> Calibration | None:
    """A model's calibration for any hospital; None where there is none for the weights that are there."""
    calibration = _calibration_at(TRAINED / name / ANY_FILE)
    return calibration if calibration and calibration.weights == weights_of(name) else None


def damage_of_calibration(name: str) -> str:
    """A sentence where a model's calibration for any hospital is damaged, else ""."""
    try:
        _calibration_at(TRAINED / name / ANY_FILE)
    except UnusableEcg as error:
        return str(error)
    return ""


@cache
def _calibration_at(path: Path) -> Calibration | None:
    """None where there is no such file. Raises UnusableEcg for a damaged one."""
    return read_calibration(path) if path.is_file() else None


def usual_calibration(name: str, recording: str) -> Calibration | None:
    """What an interval stands on when nobody says where the recording is from: any hospital, but for
    recordings of the database that the weights were calibrated on (named "ptb-xl/..."), which have the
    weights' own, as all have where the calibration for any hospital is damaged."""
    own = recording.startswith(f"{OWN_DATABASE}/") or damage_of_calibration(name)
    return None if own else any_hospital(name)


def calibration_for(name: str, recording: str, place: str | None = None) -> Calibration | None:
    """What an interval shall stand on. place: a site's name or file, ``ANY``, ``OWN``, or None for the
    usual. Raises UnusableEcg for a site that is not there and for a model without a calibration for any
    hospital, or with a damaged one."""
    if place is None:
        return usual_calibration(name, recording)
    if place.casefold() == OWN.casefold():
        return None
    if place.casefold() != ANY:
        return site(place)
    if (calibration := any_hospital(name)) is None:
        raise UnusableEcg(f"{name} has no calibration for any hospital; choose {OWN!r}.")
    return calibration


@lru_cache(maxsize=8)
def calibrated(name: str, calibration: Calibration) -> Reconstructor:
    """The model of that name with the factors and gains of a calibration. Raises UnusableEcg where it
    belongs to other weights."""
    chosen = trained(name)
    if calibration.weights != chosen.weights_hash:
        raise UnusableEcg(
            f"{calibration.label[0].upper()}{calibration.label[1:]} was calibrated with weights "
            f"{calibration.weights}, {chosen.card.title} has {chosen.weights_hash}; calibrate the site again."
        )
    return chosen.model.calibrated(calibration.factor, calibration.gain)


def reconstruct(
    ecg: Ecg, inputs: LeadSet, model: str, calibration: Calibration | None = None
) -> Reconstruction:
    """Twelve leads from the inputs alone, by the model of that name.

    calibration: what the interval stands on, None for the weights' own (hospitals like the one they were
    calibrated on).

    The model is given nothing but the input leads; only personal models see the others, and those in the
    first part of the recording only (``fitted_until``). Raises UnusableEcg.
    """
    return reconstruct_alike([ecg], inputs, model, calibration)[0]


def reconstruct_alike(
    ecgs: Sequence[Ecg], inputs: LeadSet, model: str, calibration: Calibration | None = None
) -> list[Reconstruction]:
    """``reconstruct`` for recordings of the same rate and length. Raises UnusableEcg where one cannot be
    worked with."""
    if not inputs:
        raise UnusableEcg("Choose at least one input lead.")
    if family := _fitted(model):
        fitted = [family(family.Config()).fit(ecg, inputs) for ecg in ecgs]
        return [
            assemble(ecg.pick(inputs), personal.estimate(ecg.pick(inputs)), model)
            for ecg, personal in zip(ecgs, fitted, strict=True)
        ]
    chosen = trained(model)
    if not chosen.card.accepts(inputs):
        raise UnusableEcg(f"{chosen.card.title} does not work from {inputs}; it needs {_needs(chosen.card)}.")
    measured = [ecg.pick(inputs) for ecg in ecgs]
    answering = calibrated(model, calibration) if calibration else chosen.model
    estimates = answering.estimate_alike(measured)
    rung = calibration.label if calibration else OWN
    if not calibration and (damage := damage_of_calibration(model)):
        estimates = [replace(each, warnings=(*each.warnings, damage)) for each in estimates]
    return [
        assemble(part, estimate, model, chosen.weights_hash, rung)
        for part, estimate in zip(measured, estimates, strict=True)
    ]


def _needs(card: Card) -> str:
    return "at least one lead" if card.inputs == "any" else " or ".join(card.inputs)


def estimated_by(name: str) -> LeadSet:
    """The leads a model estimates itself; ``assemble`` fills in others by the fallback. All, for one that is
    fitted on each recording."""
    card = next((info.card for info in available() if info.name == name), None)
    return LeadSet(card.outputs) if card else LeadSet(STANDARD)


def assemble(
    measured: Ecg, estimate: Estimate, model: str, weights: str = "", rung: str = ""
) -> Reconstruction:
    """Input leads as they are, derived ones by algebra, the rest from the estimate; what it lacks from the
    fallback. rung: what an interval stands on."""
    exact = with_derived(measured)
    rows = {lead: exact[lead] for lead in exact.leads}
    half = {lead: np.zeros(measured.n_samples, np.float32) for lead in exact.leads}
    warnings = estimate.warnings
    _fill(rows, half, estimate)
    if lacking := LeadSet(STANDARD) - LeadSet(rows):
        other = trained(fallback())
        _fill(rows, half, other.model.estimate(measured))
        warnings += (
            (
                f"{', '.join(lacking)}: this model does not estimate it; the estimate of "
                f"{other.card.title} is shown."
            ),
        )
    source: dict[str, Source] = dict.fromkeys(STANDARD, "estimated")
    source.update(dict.fromkeys(exact.leads, "derived"))
    source.update(dict.fromkeys(measured.leads, "measured"))
    interval = np.stack([half[lead] for lead in STANDARD]) if len(half) == len(STANDARD) else None
    return Reconstruction(
        ecg=measured.replace(signals=np.stack([rows[lead] for lead in STANDARD]), leads=STANDARD),
        source=source,
        inputs=measured.leads,
        model=model,
        weights=weights,
        interval=interval,
        fitted_until=estimate.fitted_until,
        warnings=warnings,
        rung="" if interval is None else rung,
    )


def _fill(rows: dict[str, np.ndarray], half: dict[str, np.ndarray], estimate: Estimate) -> None:
    """Add the estimated leads that are not there yet; limb leads are made to obey the laws, and those it has
    no row for follow."""
    exact = {lead: rows[lead] for lead in LIMB if lead in rows}
    for number, lead in enumerate(estimate.leads):
        if lead not in rows:
            rows[lead] = estimate.signals[number]
            if estimate.half_width is not None:
                half[lead] = estimate.half_width[number]
    guessed = {lead: rows[lead] for lead in LIMB if lead in rows and lead not in exact}
    if len(exact) < 2 < len(exact) + len(guessed):
        rows |= nearest_lawful(guessed, exact)
    limb = [lead for lead in LIMB if lead in rows]
    if 2 <= len(limb) < len(LIMB):
        back = np.linalg.pinv(np.array([LIMB_FROM_I_II[lead] for lead in limb]))
        two = back @ np.stack([rows[lead] for lead in limb])
        rows |= {
            lead: (np.array(LIMB_FROM_I_II[lead]) @ two).astype(np.float32)
            for lead in LIMB
            if lead not in rows
        }
