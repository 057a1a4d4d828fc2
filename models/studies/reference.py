"""Generic and personal estimates scored on the same samples: see ``ecgcore.studies.reference`` for the table.

Patients are never told apart by anything but their recordings. Interval factors are 90 % quantiles of |error|
over the generic half width, per use, number of independent inputs and lead: for the same session from PTB-XL
fold 9, for another visit from the PTB-XL patients with several recordings. Those visits' own coverage is
judged with factors from the other half of the patients.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import permutations
from pathlib import Path
from typing import Literal
from zlib import crc32

import numpy as np
from tqdm import tqdm

from ecgcore.datasets import Database, local_databases, open_database
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
from ecgcore.studies.reference import TABLE
from models.calibration import NOMINAL
from models.checkpoint import load
from models.partial import reconstruct_partial
from models.person.beats import RATE, median_of
from models.person.reference import (
    CALIBRATION_FILE,
    PersonalEstimate,
    Reference,
    Use,
    from_start,
    independent_count,
    interval_factors,
    personal_estimate,
)
from models.reconstruct import TRAINED, replace_weights, weights_of
from models.sites import left_out

SETS = tuple(map(LeadSet, ("I", "II", "I II", "I II V2", "I II V4")))
SECONDS = (2.0,)
"""Lengths of the reference in PTB-XL."""
SESSION_DATABASES = {"twadb": 10.0, "ptbdb": 10.0, "cpsc2018": 2.0, "ludb": 2.0}
"""Beside PTB-XL, and the length of the reference: the first two hold minutes."""
THIN = 5
"""Every so many samples count for the interval factors."""
CALIBRATION_SETS = (*SETS, *map(LeadSet, ("I II V2 V4", "II V1 V5", "I II V1 V3 V5")))


@dataclass(frozen=True)
class Task:
    """A recording to estimate. reference: another record of the patient for a visit, "" for the same
    session."""

    database: str
    record: str
    use: Use | Literal["page"]
    seconds: float = 0.0
    reference: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """As in ``ecgcore.studies.reference.KEYS``, behind the weights."""
        return self.use, self.database, self.record, self.reference, self.length

    @property
    def length(self) -> str:
        """Seconds of the reference as text; "" for a visit."""
        return f"{self.seconds:g}" if self.seconds else ""


def session_tasks(root: Path, database: str, split: str | None, seconds: Sequence[float]) -> list[Task]:
    """Every recording of a database (of one split) with each length of reference that leaves at least as
    much."""
    base = open_database(database, root)
    records = base.records(split=split) if split else base.records()
    return [Task(database, record, "session", length) for record in records for length in seconds]


def visit_tasks(root: Path, database: str = "ptb-xl") -> list[Task]:
    """Every ordered pair of recordings of one patient."""
    base = open_database(database, root)
    visits: dict[str, list[str]] = defaultdict(list)
    for record, patient in zip(base.index["record"], base.index["patient"], strict=True):
        if patient:
            visits[patient].append(record)
    return [
        Task(database, now, "visit", 0.0, before)
        for records in visits.values()
        for now, before in permutations(records, 2)
    ]


def all_tasks(root: Path) -> list[Task]:
    """Same session and pages in PTB-XL's test fold, other visits in PTB-XL, and the same session in other
    databases below a root."""
    tasks = session_tasks(root, "ptb-xl", "test", SECONDS) + visit_tasks(root) + page_tasks(root, "test")
    for database, seconds in SESSION_DATABASES.items():
        if database in local_databases(root):
            tasks += session_tasks(root, database, None, (seconds,))
    return tasks


def page_tasks(root: Path, split: str, database: str = "ptb-xl") -> list[Task]:
    """Every recording of a split, to be cut into a printed page."""
    return [Task(database, record, "page") for record in open_database(database, root).records(split=split)]


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
    _one_thread()
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
        for name, estimate in (("generic", result.generic), ("personal", _judged(result, patient))):
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


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _judged(result: PersonalEstimate, patient: str) -> Reconstruction:
    """The personal estimate; at another visit with the interval of the half of the patients this one is not
    in."""
    personal, generic = result.personal, result.generic
    if result.use == "session" or not result.used or generic.interval is None:
        return personal
    factors = interval_factors(generic.model, generic.weights, _other_half(patient), generic.inputs)
    return replace(personal, interval=None if factors is None else generic.interval * factors[:, None])


def _half(patient: str) -> str:
    return f"visit, half {crc32(patient.encode()) % 2}"


def _other_half(patient: str) -> str:
    return f"visit, half {1 - crc32(patient.encode()) % 2}"


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


def run(
    root: Path,
    model: str,
    tasks: Sequence[Task],
    sets: Sequence[LeadSet],
    jobs: int,
    out: Path,
    untaught: Path | None = None,
) -> None:
    """Append what is missing to the table at out; rows of other weights are taken out. untaught: weights that
    score the visits in place of the model's own."""
    own = weights_of(model)
    others = own if untaught is None else load(untaught).weights_hash
    TABLE.keep(out, lambda table: table["weights"].isin([own, others]))
    visits = [task for task in tasks if task.use == "visit"]
    rest = [task for task in tasks if task.use != "visit"]
    with TABLE.appending(out) as (done, write):
        for weights, part, replaced in ((own, rest, None), (others, visits, untaught)):
            left = [task for task in part if (weights, *task.key) not in done]
            with pool_of(jobs, model, replaced) as pool:
                work = pool.map(partial(rows_of, root, model, sets), left, chunksize=4)
                for rows in tqdm(work, total=len(left), unit="recording", disable=None):
                    write(rows)


def pool_of(jobs: int, model: str, replaced: Path | None) -> ProcessPoolExecutor:
    """Processes in which other weights stand for a model, if any are given."""
    if replaced is None:
        return ProcessPoolExecutor(jobs)
    return ProcessPoolExecutor(jobs, initializer=replace_weights, initargs=(model, replaced))


# ---- interval factors --------------------------------------------------------------------------------------


def ratios_of(
    root: Path, model: str, sets: Sequence[LeadSet], task: Task
) -> tuple[str, dict[tuple[str, str], np.ndarray]]:
    """The patient, and |error| over the generic half width by number of independent inputs and lead."""
    _one_thread()
    ratios: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    for truth, _, result in estimates_of(root, model, sets, task):
        if not result.used:
            continue
        size = str(independent_count(result.generic.inputs))
        first = round(task.seconds * RATE)
        for lead in result.personal.estimated & truth.leads:
            error = np.abs(truth[lead] - result.personal.ecg[lead])[first::THIN]
            half = result.generic.half_width(lead)
            if half is not None:
                ratios[size, lead].append(error / np.maximum(half[first::THIN], 1e-6))
    patient = str(open_database(task.database, root).info(task.record)["patient"] or task.record)
    return patient, {key: np.concatenate(values).astype(np.float32) for key, values in ratios.items()}


def calibrate(root: Path, model: str, jobs: int, untaught: Path | None = None) -> Path:
    """Write the interval factors of a model beside its weights. untaught: weights that stand for it where
    visits are calibrated."""
    stored: dict = {"weights": weights_of(model)}
    sessions = session_tasks(root, "ptb-xl", "val", SECONDS)[::2]
    answers = _ratios(root, model, sessions, jobs, None)
    stored["session"] = _factors(ratios for _, ratios in answers)
    if untaught is not None:
        other = load(untaught)
        left_out.store(TRAINED / model, [(left_out.UNTAUGHT, other)])
        stored["visits_by"] = other.weights_hash
    answers = _ratios(root, model, visit_tasks(root), jobs, untaught)
    stored["visit"] = _factors(ratios for _, ratios in answers)
    for half in sorted({_half(patient) for patient, _ in answers}):
        stored[half] = _factors(ratios for patient, ratios in answers if _half(patient) == half)
    out = TRAINED / model / CALIBRATION_FILE
    out.write_text(json.dumps(stored, indent=1) + "\n")
    return out


def _ratios(
    root: Path, model: str, tasks: Sequence[Task], jobs: int, replaced: Path | None
) -> list[tuple[str, dict[tuple[str, str], np.ndarray]]]:
    with pool_of(jobs, model, replaced) as pool:
        work = pool.map(partial(ratios_of, root, model, CALIBRATION_SETS), tasks, chunksize=4)
        return list(tqdm(work, total=len(tasks), disable=None))


def _factors(parts: Iterable[dict[tuple[str, str], np.ndarray]]) -> dict[str, dict[str, float]]:
    """{number of independent inputs: {lead: factor, "mean": ...}}."""
    pooled: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    for ratios in parts:
        for key, values in ratios.items():
            pooled[key].append(values)
    table: dict[str, dict[str, float]] = defaultdict(dict)
    for (size, lead), values in sorted(pooled.items()):
        table[size][lead] = round(float(np.quantile(np.concatenate(values), NOMINAL)), 4)
    for row in table.values():
        row["mean"] = round(float(np.mean(list(row.values()))), 4)
    return dict(table)
