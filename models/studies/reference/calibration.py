"""Interval factors of personal estimates, from recordings that no network was trained on."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ecgcore.datasets import local_databases, open_database
from ecgcore.lead_algebra import independent_count
from ecgcore.leads import LeadSet
from models.calibration import NOMINAL
from models.checkpoint import load
from models.person.beats import RATE
from models.person.intervals import CALIBRATION_FILE, LENGTHS_S, interval_use, of_length
from models.progress import progress
from models.reconstruct import TRAINED, weights_of
from models.sites import OWN_DATABASE, left_out
from models.studies.reference.processes import pool_of, single_thread
from models.studies.reference.rows import estimates_of
from models.studies.reference.tasks import SETS, Task, half_of, session_tasks, visit_tasks, without

THIN = 5
"""Every so many samples count for the interval factors."""
HOSPITALS = ("cpsc2018", "cpsc-extra", "chapman-ningbo", "georgia", "ludb", "brugada-huca")
"""Beside PTB-XL's validation fold, for the interval at any hospital."""
LONG = ("twadb", "ptbdb", "cpsc2018", "cpsc-extra")
"""Those with recordings that go on after a reference of ten seconds."""
LEAST_S = 4.0
"""What a recording must hold behind its reference to count."""
MOST = 100
"""Recordings of each."""
RESAMPLES = 20

CALIBRATION_SETS = (*SETS, *map(LeadSet, ("I II V2 V4", "II V1 V5", "I II V1 V3 V5")))


def ratios_of(
    root: Path, model: str, sets: Sequence[LeadSet], task: Task
) -> tuple[str, dict[tuple[str, str], np.ndarray]]:
    """The patient, and |error| over the generic half width by number of independent inputs and lead."""
    single_thread()
    ratios: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    for truth, _, result in estimates_of(root, model, sets, task):
        if not result.used or truth.duration < task.seconds + LEAST_S:
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


def calibrate(root: Path, model: str, jobs: int, untaught: Path | None = None, visits: bool = True) -> Path:
    """Write the interval factors of a model beside its weights. untaught: weights that stand for it where
    visits are calibrated. visits: or those of sessions alone, and keep the others that are there."""
    out = TRAINED / model / CALIBRATION_FILE
    stored: dict = {"weights": weights_of(model)} | _sessions(root, model, jobs)
    if visits:
        stored |= _visits(root, model, jobs, untaught)
    elif out.is_file() and (before := json.loads(out.read_text()))["weights"] == stored["weights"]:
        stored |= {name: before[name] for name in before if name.startswith("visit")}
    out.write_text(json.dumps(stored, indent=1) + "\n")
    return out


def _sessions(root: Path, model: str, jobs: int) -> dict[str, dict]:
    """Factors by length of the reference: for hospitals like PTB-XL, for any hospital, and for each one from
    the others; and how many recordings gave them."""
    stored: dict[str, dict] = {}
    for seconds in LENGTHS_S:
        several = _several(root, model, seconds, jobs)
        upper = {database: _upper(parts) for database, parts in several.items()}
        factors = {interval_use("session", ""): _largest(list(upper.values()))}
        if OWN_DATABASE in several:
            factors["session"] = _factors(several[OWN_DATABASE])
        for database in upper:
            others = [table for name, table in upper.items() if name != database]
            factors[without(database)] = _largest(others)
        factors["hospitals"] = {database: len(parts) for database, parts in several.items()}
        stored |= {of_length(use, seconds): table for use, table in factors.items()}
    return stored


def _several(
    root: Path, model: str, seconds: float, jobs: int
) -> dict[str, list[dict[tuple[str, str], np.ndarray]]]:
    """By database what ``ratios_of`` gives of its recordings, a fixed random choice, with a reference of so
    many seconds; of PTB-XL every second of the validation fold. Databases without such recordings are not
    there."""
    several = {}
    for database in LONG if seconds >= LENGTHS_S[-1] else (OWN_DATABASE, *HOSPITALS):
        if database not in local_databases(root):
            continue
        own = database == OWN_DATABASE
        tasks = session_tasks(root, database, "val" if own else None, (seconds,))
        few = np.sort(np.random.default_rng(0).permutation(len(tasks))[:MOST])
        chosen = tasks[::2] if own else [tasks[place] for place in few]
        parts = [ratios for _, ratios in _ratios(root, model, chosen, jobs) if ratios]
        if parts:
            several[database] = parts
    return several


def _upper(parts: list[dict[tuple[str, str], np.ndarray]]) -> dict[str, dict[str, float]]:
    """A hospital's factors, each with its standard error over recordings."""
    rng = np.random.default_rng(0)
    draws = [
        _factors([parts[place] for place in rng.integers(0, len(parts), len(parts))])
        for _ in range(RESAMPLES)
    ]
    return {
        size: {
            lead: factor
            * float(
                np.exp(np.std([np.log(draw[size][lead]) for draw in draws if lead in draw.get(size, ())]))
            )
            for lead, factor in row.items()
        }
        for size, row in _factors(parts).items()
    }


def _largest(several: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """As for any hospital's generic interval (``models.sites.pooling``)."""
    return {
        size: {
            lead: round(max(factors[size][lead] for factors in several if lead in factors.get(size, ())), 4)
            for lead in several[0][size]
        }
        for size in several[0]
    }


def _visits(root: Path, model: str, jobs: int, untaught: Path | None) -> dict:
    stored: dict = {}
    if untaught is not None:
        other = load(untaught)
        left_out.store(TRAINED / model, [(left_out.UNTAUGHT, other)])
        stored["visits_by"] = other.weights_hash
    answers = _ratios(root, model, visit_tasks(root), jobs, untaught)
    stored["visit"] = _factors(ratios for _, ratios in answers)
    for half in sorted({half_of(patient) for patient, _ in answers}):
        stored[half] = _factors(ratios for patient, ratios in answers if half_of(patient) == half)
    return stored


def _ratios(
    root: Path, model: str, tasks: Sequence[Task], jobs: int, replaced: Path | None = None
) -> list[tuple[str, dict[tuple[str, str], np.ndarray]]]:
    with pool_of(jobs, model, replaced) as pool:
        work = pool.map(partial(ratios_of, root, model, CALIBRATION_SETS), tasks, chunksize=4)
        return list(progress(work, len(tasks)))


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
