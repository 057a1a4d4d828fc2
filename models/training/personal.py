"""Personal models: trained on the first part of a recording, judged on its held-out end, beside what is
cheaper.

Truth and estimate are .5-50 Hz, the passband of the paper; all models are judged on the same end of the
recording that no personal one saw. Closed forms are fitted on all that the networks trained or validated on.
Over many recordings: ``models.studies.personal_model``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.evaluation.metrics import lead_metrics
from ecgcore.io.apart.worker import receive, send
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
    "train_apart",
]
POLITE = 10
"""How far the process that trains steps back behind the others of the machine (nice)."""
ROOT = Path(__file__).parents[2]


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


def train_apart(
    name: str,
    ecg: Ecg,
    inputs: LeadSet,
    progress: Callable[[dict[str, float]], None] = lambda _row: None,
    cancel: Callable[[], bool] = lambda: False,
    options: dict[str, Any] | None = None,
) -> FittedOnRecording:
    """``train`` in a process of its own that gives way to others, so that a server goes on answering.

    Raises UnusableEcg, also where that process is ended, and Cancelled after the epoch in which it was asked
    to stop.
    """
    path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
    process = subprocess.Popen(
        [sys.executable, "-c", "from models.training.personal import main; main()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        try:
            send(process.stdin, (name, ecg, inputs, options))
            while True:
                kind, answer = receive(process.stdout)
                if kind == "row":
                    progress(answer)
                elif kind == "refused":
                    raise answer
                else:
                    fitted: FittedOnRecording = answer
                    return fitted
                if cancel():
                    raise Cancelled
        except (EOFError, BrokenPipeError) as error:
            raise UnusableEcg(
                "The training stopped: its process was ended; the server's log may say why."
            ) from error
        finally:
            process.kill()


def main() -> None:
    """The process of ``train_apart``: a task on its input, rows and the fitted model on its output."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the answers
    if hasattr(os, "nice"):  # not on Windows
        os.nice(POLITE)
    name, ecg, inputs, options = receive(sys.stdin.buffer)
    try:
        fitted = train(name, ecg, inputs, lambda row: send(answers, ("row", row)), options=options)
    except UnusableEcg as error:
        send(answers, ("refused", error.with_traceback(None)))
    else:
        send(answers, ("fitted", fitted))


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
