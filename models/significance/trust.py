"""Checks of the maps of several trainings over many recordings (``rlecg study maps``); what is measured:
``ecgcore.studies.significance.trust``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from ecgcore.datasets import open_database, records_of
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import CHEST, LeadSet
from ecgcore.studies.significance.shares import rank_agreement, shares
from ecgcore.studies.significance.trust import TABLE
from models.checkpoint import Trained
from models.significance.contributions import (
    has_class_activations,
    map_of,
    map_shares,
    randomised,
    scene,
)
from models.significance.explain import Explanation, explain

INPUTS = (LeadSet("I II V2"), LeadSet("I II V2 V4"))
"""Sets that the maps are made of; every other chest lead is a target."""
DRAWS = 2
"""Shuffled networks a training."""
Words = tuple[str, str, str, str, str]


def rows_of(
    trainings: Sequence[Trained], shuffled: dict[str, list], ecg: Ecg, inputs: LeadSet
) -> Iterator[tuple[str, str, Words]]:
    """(weights, other weights, (kind, inputs, target, check, value)) of one recording. shuffled: networks of
    shuffled weights by hash. Raises UnusableEcg."""
    for target in LeadSet(CHEST) - inputs:
        explained = [explain(training.model, ecg, inputs, target, None, ()) for training in trainings]
        for training, own in zip(trainings, explained, strict=True):
            for kind, check, value in _of_one(training, shuffled[training.weights_hash], ecg, own, target):
                yield training.weights_hash, "", (kind, str(inputs), target, check, f"{value:.4f}")
        for (first, first_map), (second, second_map) in combinations(
            zip(trainings, explained, strict=True), 2
        ):
            for kind, check, value in _of_two(first_map, second_map):
                words = (kind, str(inputs), target, check, f"{value:.4f}")
                yield first.weights_hash, second.weights_hash, words


def _kinds(explanation: Explanation) -> list[str]:
    return [kind for kind in ("grad-cam", "gradient") if kind in explanation.maps]


def _of_one(
    training: Trained, shuffled: list, ecg: Ecg, own: Explanation, target: str
) -> Iterator[tuple[str, str, float]]:
    here, inputs = scene(ecg, own.contribution.leads), own.contribution.leads
    by_shapley = shares(own.contribution.shapley)
    for kind in _kinds(own):
        if kind == "grad-cam" and not has_class_activations(training.model, inputs):
            continue
        others = (map_of(kind, network, here, target, own.window) for network in shuffled)
        sizes = [rank_agreement(own.maps[kind], other) for other in others]
        if finite := [abs(size) for size in sizes if size is not None]:
            yield kind, "shuffled", float(np.mean(finite))
        parts = own.shares(kind)
        if parts and by_shapley:
            if (order := rank_agreement(parts, by_shapley)) is not None:
                yield kind, "shapley", order
            yield kind, "points", _points(parts, by_shapley)


def _of_two(first_map: Explanation, second_map: Explanation) -> Iterator[tuple[str, str, float]]:
    for kind in set(_kinds(first_map)) & set(_kinds(second_map)):
        if (alike := rank_agreement(first_map.maps[kind], second_map.maps[kind])) is not None:
            yield kind, "map", alike
        first, second = (
            shares(map_shares(by.maps[kind], by.contribution.leads)) for by in (first_map, second_map)
        )
        if first and second:
            yield kind, "training", _points(first, second)


def _points(first: dict[str, float], second: dict[str, float]) -> float:
    return float(100 * np.mean([abs(first[lead] - second[lead]) for lead in first]))


def run(trainings: Sequence[Trained], root: Path | None, split: str, most: int | None, out: Path) -> None:
    """Append what is missing to the table at out: maps of a fixed random choice of PTB-XL recordings."""
    from tqdm import tqdm

    base = open_database("ptb-xl", root)
    records = np.random.default_rng(0).permutation(records_of(base, split))[:most]
    shuffled = {
        training.weights_hash: [randomised(training.model, seed) for seed in range(DRAWS)]
        for training in trainings
    }
    with TABLE.appending(out) as (done, write):
        for record in tqdm(records.tolist(), desc="maps", unit="recording", mininterval=5):
            patient = base.info(record)["patient"] or record
            for inputs in INPUTS:
                if all((record, name, "", str(inputs)) in done for name in shuffled):
                    continue
                try:
                    rows = list(rows_of(trainings, shuffled, base.read(record), inputs))
                except UnusableEcg as error:
                    print(f"{record}: {error}", file=sys.stderr)
                    continue
                rows.sort(key=lambda row: row[:2])
                write((record, patient, *weights, *words) for *weights, words in rows)
