"""Linear maps of persons over whole databases (``rlecg study person-maps``): see
``ecgcore.studies.person_maps``.

Departs from CaLiNet where its description is silent: the part of the person's map in the mixed one is the
share of its error, e_p^-2 / (e_p^-2 + e_w^-2), with the RMS errors of both maps on the second of the two
seconds, the person's fitted on the first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from ecgcore.datasets import local_databases, open_database
from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.metrics import lead_metrics
from ecgcore.evaluation.scoring import prepare
from ecgcore.leads import CHEST, LeadSet
from ecgcore.studies.person_maps import MAPS, TABLE
from models.training.batches import Dataset, load_dataset

RATE = 100.0
INPUTS = LeadSet("I II V2")
OUTPUTS = LeadSet(CHEST) - INPUTS
REFERENCE_S = 2.0
RIDGE = 1e-3
"""In parts of the mean power of the inputs."""
DATABASES = {"ptb-xl": "test", "cpsc2018": ""}


class Moments(NamedTuple):
    """Sums over samples: inputs with inputs, (3, 3), and with outputs, (3, 5)."""

    inputs: np.ndarray
    cross: np.ndarray

    def solved(self) -> np.ndarray:
        """(5, 3): the map."""
        penalty = RIDGE * np.trace(self.inputs) / len(self.inputs) + 1e-9
        return np.linalg.solve(self.inputs + penalty * np.eye(len(self.inputs)), self.cross).T


def moments_of(x: np.ndarray, y: np.ndarray, weight: float = 1.0) -> Moments:
    """x: (3, n), y: (5, n) mV."""
    return Moments(weight * x @ x.T, weight * x @ y.T)


def population(dataset: Dataset) -> np.ndarray:
    """(5, 3): least squares over recordings, each divided by its power."""
    places = [("I", "II", *CHEST).index(lead) for lead in (*INPUTS, *OUTPUTS)]
    total = Moments(np.zeros((3, 3)), np.zeros((3, 5)))
    for number in range(len(dataset)):
        rows = dataset.read(number)[places].astype(np.float64)
        weight = 1 / (rows.shape[1] * max(np.mean(np.square(rows)), 1e-4))
        more = moments_of(rows[:3], rows[3:], weight)
        total = Moments(total.inputs + more.inputs, total.cross + more.cross)
    return total.solved()


def maps_of(x: np.ndarray, y: np.ndarray, of_population: np.ndarray) -> dict[str, np.ndarray]:
    """By name, from the seconds with all leads: x: (3, n), y: (5, n) mV."""
    half = x.shape[1] // 2
    first = moments_of(x[:, :half], y[:, :half]).solved()
    errors = [
        max(float(np.mean(np.square(y[:, half:] - each @ x[:, half:]))), 1e-12)
        for each in (first, of_population)
    ]
    part = errors[1] / (errors[0] + errors[1])
    person = moments_of(x, y).solved()
    return dict(zip(MAPS, (of_population, person, part * person + (1 - part) * of_population), strict=True))


def rows_of(x: np.ndarray, y: np.ndarray, of_population: np.ndarray) -> Iterator[tuple[str, str, str, str]]:
    """(map, lead, r, RMSE in uV) after the reference; a constant lead has none."""
    edge = round(REFERENCE_S * RATE)
    for name, each in maps_of(x[:, :edge], y[:, :edge], of_population).items():
        for lead, row, estimate in zip(OUTPUTS, y[:, edge:], each @ x[:, edge:], strict=True):
            metrics = lead_metrics(row, estimate)
            if metrics["r"] is not None and metrics["rmse_uv"] is not None:
                yield name, lead, f"{metrics['r']:.5f}", f"{metrics['rmse_uv']:.2f}"


def write(root: Path, out: Path) -> None:
    """Append what is missing to the table at out. The population's map is of PTB-XL's training folds."""
    of_population = population(load_dataset(root, "ptb-xl", round(RATE), split="train"))
    with TABLE.appending(out) as (done, append):
        for database in (name for name in DATABASES if name in local_databases(root)):
            base, split = open_database(database, root), DATABASES[database]
            for record in tqdm(base.records(split=split or None), desc=database, disable=None):
                if (database, record) in done:
                    continue
                try:
                    ecg = prepare(base.read(record, RATE), "high-pass", RATE)
                    x, y = (ecg.pick(leads).signals.astype(np.float64) for leads in (INPUTS, OUTPUTS))
                except UnusableEcg:
                    continue
                if ecg.duration > 2 * REFERENCE_S:
                    head = (database, split, record, str(base.info(record)["patient"] or record))
                    append((*head, *row) for row in rows_of(x, y, of_population))
