"""Personal models: trained on the first part of a recording, judged on its held-out end, beside what is
cheaper.

Truth and estimate are .5-50 Hz, the passband of the paper; all models are judged on the same end of the
recording that no personal one saw. Closed forms are fitted on all that the networks trained or validated on.
Over many recordings: ``models.studies.personal_model``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.evaluation.metrics import lead_metrics
from ecgcore.leads import LeadSet
from ecgcore.signals import band_pass
from ecgcore.studies.personal_model import Cast
from models.base import Cancelled, FittedOnRecording, build, in_order
from models.blocks.on_recording import HELD_OUT, PASSBAND_HZ, refuse_flat
from models.reconstruct import assemble, available, of_role, reconstruct

__all__ = [
    "HELD_OUT",
    "Cancelled",
    "Score",
    "cast",
    "closed_form",
    "closed_forms",
    "duel",
    "fresh",
    "generic",
    "held_out",
    "mean",
    "networks",
    "prepared",
    "refuse_flat",
    "score",
    "train",
]


def networks() -> tuple[str, ...]:
    """The networks that are trained on a recording, in the order of lists."""
    return tuple(family.name for family in _fitted() if family.slow)


def closed_forms() -> tuple[str, ...]:
    """What is fitted on a recording at once."""
    return tuple(family.name for family in _fitted() if not family.slow)


def generic() -> tuple[str, ...]:
    """Our models that know nothing of the recording but the input leads."""
    return tuple(info.name for info in of_role("ours"))


def cast() -> Cast:
    """Who is tried on recordings, as ``ecgcore.studies.personal_model`` wants it."""
    fitted = _fitted()
    variants = {family.variant_of: family.name for family in fitted if family.variant_of}
    families = [*fitted, *(info.family for info in of_role("ours"))]
    return Cast(
        networks=tuple(name for name in networks() if name not in variants.values()),
        variants=variants,
        reference=next(family.name for family in fitted if family.reference),
        closed_forms=closed_forms(),
        generic=generic(),
        titles={family.name: family.short_title or family.title for family in families},
        colours={family.name: family.colour for family in families if family.colour},
    )


def _fitted() -> list[type[FittedOnRecording]]:
    return [family for family in in_order() if issubclass(family, FittedOnRecording)]


def fresh(name: str, options: dict[str, Any] | None = None) -> FittedOnRecording:
    """A model that is still to be fitted. Raises ValueError for a name or an option there is none of."""
    model = build(name, options or {})
    if not isinstance(model, FittedOnRecording):
        there = ", ".join((*networks(), *closed_forms()))
        raise ValueError(f"{name} is not fitted on a recording; {there} are.")
    return model


@dataclass(frozen=True)
class Score:
    """One estimated lead on the held-out end. r: None where a trace is constant. mse_scaled: of signals
    scaled as in training."""

    lead: str
    r: float | None
    rmse_uv: float | None
    mse_scaled: float


def prepared(ecg: Ecg) -> Ecg:
    """The recording in the passband that personal models are trained and judged in."""
    return band_pass(ecg, *PASSBAND_HZ)


def train(
    name: str,
    ecg: Ecg,
    inputs: LeadSet,
    progress: Callable[[dict[str, float]], None] = lambda _row: None,
    cancel: Callable[[], bool] = lambda: False,
    options: dict[str, Any] | None = None,
) -> FittedOnRecording:
    """One of ``networks`` trained on a recording. Raises UnusableEcg, Cancelled."""
    torch.set_num_threads(1)
    return fresh(name, options).fit(ecg, inputs, progress, cancel)


def closed_form(name: str, ecg: Ecg, inputs: LeadSet) -> FittedOnRecording:
    """One of ``closed_forms`` fitted on all but the held-out end of a prepared recording."""
    return fresh(name).sparing(HELD_OUT).fit(ecg, inputs)


def held_out(ecg: Ecg) -> tuple[float, float]:
    """Seconds from and to of the end that is not fitted on."""
    return ecg.duration * (1 - HELD_OUT), ecg.duration


def by_personal(model: FittedOnRecording, name: str, ecg: Ecg, inputs: LeadSet) -> Reconstruction:
    """The whole prepared recording by a fitted model."""
    return assemble(ecg.pick(inputs), model.estimate(ecg.pick(inputs)), name)


def by_generic(name: str, ecg: Ecg, inputs: LeadSet) -> Reconstruction | None:
    """The same by a generic model that is installed and takes these leads; else None."""
    fits = any(info.name == name and info.accepts(inputs) for info in available())
    return reconstruct(ecg.pick(inputs), inputs, name) if fits else None


def score(ecg: Ecg, result: Reconstruction) -> list[Score]:
    """Leads that had to be estimated, on the held-out end of a prepared recording.

    mse_scaled divides by half the joint range of what came before the end: the unit the paper's MSE is in.
    """
    start, stop = held_out(ecg)
    before = ecg.cut(0, start).signals
    half = max(float(before.max() - before.min()) / 2, 1e-6)
    truth, guess = ecg.cut(start, stop), result.ecg.cut(start, stop)
    rows = []
    for lead in result.estimated & ecg.leads:
        metrics = lead_metrics(truth[lead], guess[lead])
        error = float(np.mean(np.square(truth[lead] - guess[lead]))) / half**2
        rows.append(Score(lead, metrics["r"], metrics["rmse_uv"], error))
    return rows


def duel(first: Iterable[Score], second: Iterable[Score]) -> tuple[int, int]:
    """Leads in which first has the smaller error, of those that both have."""
    errors = {row.lead: row.mse_scaled for row in second}
    both = [row for row in first if row.lead in errors]
    return sum(row.mse_scaled < errors[row.lead] for row in both), len(both)


def mean(values: Iterable[float | None]) -> float | None:
    """Mean of what is there."""
    there = [value for value in values if value is not None]
    return float(np.mean(there)) if there else None
