"""The scores of a recording: generic and personal estimate on the same samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from ecgcore.datasets import Database, open_database
from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.evaluation.metrics import lead_metrics
from ecgcore.evaluation.scoring import prepare
from ecgcore.leads import LeadSet
from ecgcore.measurements import Measurements, measure
from ecgcore.measurements.amplitudes import wave_heights
from ecgcore.measurements.beats import find_beats
from ecgcore.measurements.detector import RATE as BEAT_RATE
from ecgcore.measurements.measurement import beats_at_points_of
from ecgcore.measurements.st.criteria import stemi
from ecgcore.partial import cut_into_page, where
from ecgcore.signals import resample_array
from models.partial import reconstruct_partial
from models.person.beats import RATE, median_of
from models.person.intervals import interval_factors
from models.person.reference import (
    PersonalEstimate,
    Reference,
    from_start,
    personal_estimate,
)
from models.sites import OWN_DATABASE
from models.studies.reference.processes import single_thread
from models.studies.reference.tasks import Task, other_half, without


def page_rows(root: Path, model: str, task: Task) -> list[tuple]:
    """A recording as a 3x4 page with lead II throughout, scored where a lead is estimated; generic: without
    the leads' own beats."""
    base = open_database(task.database, root)
    row = base.info(task.record)
    try:
        truth = prepare(base.read(task.record), "high-pass")
        page = cut_into_page(truth, "II")
        both = {
            "generic": reconstruct_partial(page, model, person=False),
            "personal": reconstruct_partial(page, model),
        }
    except UnusableEcg:
        return []
    rows = []
    for name, result in both.items():
        head = (
            model, result.weights, "page", task.database, row["split"], "II strip", "", task.record, "",
            str(row["patient"] or task.record), "",
        )  # fmt: skip
        for lead in result.estimated:
            unseen = where(result, lead, "estimated")
            scores = _scores_of(truth[lead], result.ecg[lead], result.half_width(lead), unseen)
            rows.append(_row(head, lead, name, (np.nan, 1.0, *scores, *[np.nan] * 7)))
    return rows


def estimates_of(
    root: Path, model: str, sets: Iterable[LeadSet], task: Task
) -> Iterator[tuple[Ecg, Ecg | None, PersonalEstimate]]:
    """Truth, reference (visits) and both estimates for each input set; nothing for a recording that does not
    suit."""
    base = open_database(task.database, root)
    try:
        truth = prepare(base.read(task.record, RATE), "high-pass", RATE)
        before = prepare(base.read(task.reference, RATE), "high-pass", RATE) if task.reference else None
    except UnusableEcg:
        return
    for inputs in sets:
        try:
            if before is None:
                yield truth, None, from_start(truth, task.seconds, inputs, model)
            else:
                yield truth, before, personal_estimate(truth, inputs, model, Reference(before, "visit"))
        except UnusableEcg:
            continue


def rows_of(root: Path, model: str, sets: Sequence[LeadSet], task: Task) -> list[tuple]:
    """One task's rows, columns as in ``ecgcore.studies.reference.TABLE``."""
    single_thread()
    if task.use == "page":
        return page_rows(root, model, task)
    base = open_database(task.database, root)
    row = base.info(task.record)
    patient = str(row["patient"] or task.record)
    days, changed = _between(base, task)
    rows, beats = [], None
    for truth, before, result in estimates_of(root, model, sets, task):
        head = (
            model, result.generic.weights, task.use, task.database,
            row["split"] if before is None else "several",
            str(result.generic.inputs), task.length, task.record, task.reference, patient, changed,
        )  # fmt: skip
        if before is not None and beats is None:
            beats = (_r_points(before), _r_points(truth))
        for name, estimate in (
            ("generic", result.generic),
            ("personal", _judged(result, task, patient)),
        ):
            st = _st_levels(root, task, estimate) if before is not None else {}
            for lead in estimate.estimated & truth.leads:
                scores = _scores(truth, estimate, lead, round(task.seconds * RATE))
                change = (
                    _change(truth, before, estimate, lead, *beats) if beats and before else (np.nan, np.nan)
                )
                levels = st.get(lead, (np.nan,) * 5)
                rows.append(_row(head, lead, name, (days, float(result.used), *scores, *change, *levels)))
    return rows


def _row(head: tuple, lead: str, estimate: str, numbers: Iterable[float]) -> tuple:
    return (*head, lead, estimate, *("" if np.isnan(value) else value for value in numbers))


def _judged(result: PersonalEstimate, task: Task, patient: str) -> Reconstruction:
    """The personal estimate with an interval that was calibrated without this patient: at another visit that
    of the other half of the patients, elsewhere than in PTB-XL that of the other hospitals."""
    personal, generic = result.personal, result.generic
    if not result.used or generic.interval is None:
        return personal
    use = other_half(patient) if result.use == "visit" else without(task.database)
    factors = interval_factors(generic.model, generic.weights, use, generic.inputs, task.seconds)
    if result.use == "session" and (task.database == OWN_DATABASE or factors is None):
        return personal  # PTB-XL's factors are of its validation fold
    return replace(personal, interval=None if factors is None else generic.interval * factors[:, None])


def _between(base: Database, task: Task) -> tuple[float, str]:
    """Days from the reference to the recording, and "yes", "no" or "" whether the superclasses differ."""
    if not task.reference:
        return np.nan, ""
    now, before = base.info(task.record), base.info(task.reference)
    days = (np.datetime64(now["recorded"]) - np.datetime64(before["recorded"])) / np.timedelta64(1, "D")
    return float(days), "yes" if now["superclasses"] != before["superclasses"] else "no"


def _scores(truth: Ecg, estimate: Reconstruction, lead: str, first: int) -> tuple[float, float, float, float]:
    """``_scores_of`` one lead from sample first on."""
    return _scores_of(truth[lead], estimate.ecg[lead], estimate.half_width(lead), slice(first, None))


def _scores_of(
    truth: np.ndarray, estimate: np.ndarray, half: np.ndarray | None, at: np.ndarray | slice
) -> tuple[float, float, float, float]:
    """r, RMSE, coverage and mean full width in uV of (n,) mV at some samples; NaN where there is none."""
    metrics = lead_metrics(truth[at], estimate[at])
    r, rmse = (np.nan if metrics[name] is None else metrics[name] for name in ("r", "rmse_uv"))
    if half is None:
        return r, rmse, np.nan, np.nan
    inside = np.abs(truth - estimate)[at] <= half[at]
    return r, rmse, float(np.mean(inside)), float(2000 * half[at].mean())


def _change(
    truth: Ecg, before: Ecg, estimate: Reconstruction, lead: str, at_before: np.ndarray, at_truth: np.ndarray
) -> tuple[float, float]:
    """Product of estimated and true change since the reference, and the true one's power, uV^2 over the
    beat."""
    old = median_of(before[lead][None], at_before, RATE)
    new = median_of(truth[lead][None], at_truth, RATE)
    guess = median_of(estimate.ecg[lead][None], at_truth, RATE)
    if old is None or new is None or guess is None:
        return np.nan, np.nan
    return 1e6 * float(np.mean((guess - old) * (new - old))), 1e6 * float(np.mean(np.square(new - old)))


def _st_levels(root: Path, task: Task, estimate: Reconstruction) -> dict[str, tuple[float, ...]]:
    """By lead the ST levels at J + 60 ms, uV, of truth, reference and estimate, the last read at the truth's
    points, and whether the ST criterion is met at J in truth and estimate (1 or 0)."""
    truth, measured = _measured(root, task.database, task.record)
    _, earlier = _measured(root, task.database, task.reference)
    row = open_database(task.database, root).info(task.record)
    age, sex = (float(row["age"]) if row["age"] >= 0 else None), row["sex"] or None
    beats = beats_at_points_of(estimate.ecg, truth, measured)
    heights = {
        lead: wave_heights(beats[place], measured.leads[lead].marks, measured.marks)
        for place, lead in enumerate(estimate.ecg.leads)
        if lead in measured.leads and not measured.leads[lead].reason
    }
    at_j = {lead: measured.leads[lead]["st_j_uv"].value for lead in heights}
    criterion = [
        np.nan if (met := stemi(levels, age, sex).met) is None else float(met)
        for levels in (at_j, {lead: of.get("st_j_uv") for lead, of in heights.items()})
    ]
    return {
        lead: (
            *(_number(of.leads[lead]["st_j60_uv"].value) for of in (measured, earlier) if lead in of.leads),
            _number(heights[lead].get("st_j60_uv")),
            *criterion,
        )
        for lead in heights
        if lead in earlier.leads
    }


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


@lru_cache(maxsize=64)
def _measured(root: Path, database: str, record: str) -> tuple[Ecg, Measurements]:
    """A recording above 0.5 Hz at RATE, and what is measured on it."""
    ecg = prepare(open_database(database, root).read(record, RATE), "high-pass", RATE)
    return ecg, measure(ecg, spread=False)


def _r_points(ecg: Ecg) -> np.ndarray:
    """Samples at RATE of the beats of the commonest kind."""
    beats = find_beats(resample_array(ecg.signals, ecg.rate, BEAT_RATE).astype(np.float64))
    return np.rint(beats.of_kind(0) * RATE / BEAT_RATE).astype(int)
