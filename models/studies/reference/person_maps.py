"""Systems that know two seconds of the person, over whole databases (``rlecg study person-maps``): see
``ecgcore.studies.person_maps``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ecgcore.datasets import local_databases, open_database
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.evaluation.metrics import lead_metrics
from ecgcore.evaluation.scoring import prepare
from ecgcore.leads import CHEST, LeadSet
from ecgcore.studies.person_maps import NETWORK, OURS, TABLE
from models.person.maps import Moments, mixed_map, moments_of, person_map
from models.person.reference import from_start
from models.progress import progress
from models.reconstruct import of_role, trained
from models.training.batches import Dataset, load_dataset
from models.zoo.calinet import REFERENCE_S, Calinet

RATE = 100.0
INPUTS = LeadSet("I II V2")
OUTPUTS = LeadSet(CHEST) - INPUTS
NETWORK_MODEL = Calinet.variants["calibrated"]
SCORED = (("ptb-xl", "test"), ("cpsc2018", ""))
CHOSEN_ON = (("ptb-xl", "val"),)
"""Databases and splits, "" for all of a database."""


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
    return {
        "population": of_population,
        "person": person_map(x, y),
        "mixed": mixed_map(x, y, of_population),
    }


def scored(system: str, truth: np.ndarray, estimate: np.ndarray) -> Iterator[tuple[str, ...]]:
    """(system, lead, ``NUMBERS``) after the reference, of the whole (5, n) mV; a constant lead has none."""
    edge = round(REFERENCE_S * RATE)
    for lead, row, answer in zip(OUTPUTS, truth[:, edge:], estimate[:, edge:], strict=True):
        metrics = lead_metrics(row, answer)
        r, rmse, r2 = (metrics[name] for name in ("r", "rmse_uv", "r2"))
        if r is not None and rmse is not None and r2 is not None:
            yield system, lead, f"{r:.5f}", f"{rmse:.2f}", f"{np.sqrt(1 - r2):.5f}"


def rows_of_maps(x: np.ndarray, y: np.ndarray, of_population: np.ndarray) -> Iterator[tuple[str, ...]]:
    """x: (3, n), y: (5, n) mV of a recording."""
    edge = round(REFERENCE_S * RATE)
    for name, each in maps_of(x[:, :edge], y[:, :edge], of_population).items():
        yield from scored(name, y, each @ x)


def network_estimate(network: Calinet, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(5, n) mV by a network calibrated on the first seconds; x: (3, n), y: (5, n) mV of a recording."""
    edge = round(REFERENCE_S * RATE)
    return network.estimate_rows(x, network.map_of(x[:, :edge], y[:, :edge]))


def own_estimate(truth: Ecg) -> np.ndarray:
    """(5, n) mV: our personal estimate of a recording whose first seconds are the reference."""
    return from_start(truth, REFERENCE_S, INPUTS, of_role("ours")[0].name).personal.ecg.pick(OUTPUTS).signals


def recordings(root: Path, database: str, split: str) -> Iterator[tuple[str, str, Ecg]]:
    """Those that are long enough: name, patient, above 0.5 Hz at ``RATE``."""
    base = open_database(database, root)
    for record in progress(base.records(split=split or None), about=database):
        try:
            ecg = prepare(base.read(record, RATE), "high-pass", RATE)
        except UnusableEcg:
            continue
        if ecg.duration > 2 * REFERENCE_S and not LeadSet(("I", "II", *CHEST)) - ecg.leads:
            yield record, str(base.info(record)["patient"] or record), ecg


def write(root: Path, out: Path, scored_on: Sequence[tuple[str, str]] = SCORED) -> None:
    """Append what is missing to the table at out; rows of other weights are taken out. The population's map
    is of PTB-XL's training folds."""
    network, ours = trained(NETWORK_MODEL), trained(of_role("ours")[0].name).weights_hash
    assert isinstance(network.model, Calinet)
    calibrated = network.model
    TABLE.keep(out, lambda table: table["weights"].isin(["", network.weights_hash, ours]))
    of_population = population(load_dataset(root, "ptb-xl", round(RATE), split="train"))
    with TABLE.appending(out) as (done, append):
        for database, split in scored_on:
            if database not in local_databases(root):
                continue
            for record, patient, ecg in recordings(root, database, split):
                x, y = (ecg.pick(leads).signals.astype(np.float64) for leads in (INPUTS, OUTPUTS))
                if ("", database, record) not in done:
                    rows = rows_of_maps(x, y, of_population)
                    append(("", database, split, record, patient, *row) for row in rows)
                if (network.weights_hash, database, record) not in done:
                    rows = scored(NETWORK, y, network_estimate(calibrated, x, y))
                    append((network.weights_hash, database, split, record, patient, *row) for row in rows)
                if (ours, database, record) not in done:
                    rows = scored(OURS, y, own_estimate(ecg))
                    append((ours, database, split, record, patient, *row) for row in rows)
