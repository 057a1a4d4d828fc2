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
from models.progress import progress
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
KINDS = ("grad-cam", "gradient", "averaged")
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
        maps = [_maps(*pair, ecg, target) for pair in zip(trainings, explained, strict=True)]
        for training, own, by_kind in zip(trainings, explained, maps, strict=True):
            for kind, check, value in _of_one(shuffled[training.weights_hash], ecg, own, by_kind, target):
                yield training.weights_hash, "", (kind, str(inputs), target, check, f"{value:.4f}")
        for (first, first_maps), (second, second_maps) in combinations(zip(trainings, maps, strict=True), 2):
            for kind, check, value in _of_two(first_maps, second_maps, inputs):
                words = (kind, str(inputs), target, check, f"{value:.4f}")
                yield first.weights_hash, second.weights_hash, words


def _maps(training: Trained, own: Explanation, ecg: Ecg, target: str) -> dict[str, np.ndarray]:
    """By kind, those of ``KINDS`` that there are."""
    inputs = own.contribution.leads
    maps = {kind: own.maps[kind] for kind in KINDS if kind in own.maps}
    if has_class_activations(training.model, inputs):
        maps["averaged"] = map_of("averaged", training.model, scene(ecg, inputs), target, own.window)
    return maps


def _of_one(
    shuffled: list, ecg: Ecg, own: Explanation, maps: dict[str, np.ndarray], target: str
) -> Iterator[tuple[str, str, float]]:
    here, inputs = scene(ecg, own.contribution.leads), own.contribution.leads
    by_shapley = shares(own.contribution.shapley)
    for kind, of_kind in maps.items():
        others = (map_of(kind, network, here, target, own.window) for network in shuffled)
        sizes = [rank_agreement(of_kind, other) for other in others]
        if finite := [abs(size) for size in sizes if size is not None]:
            yield kind, "shuffled", float(np.mean(finite))
        parts = shares(map_shares(of_kind, inputs))
        if parts and by_shapley:
            if (order := rank_agreement(parts, by_shapley)) is not None:
                yield kind, "shapley", order
            yield kind, "points", _points(parts, by_shapley)


def _of_two(
    first: dict[str, np.ndarray], second: dict[str, np.ndarray], inputs: LeadSet
) -> Iterator[tuple[str, str, float]]:
    for kind in first.keys() & second.keys():
        if (alike := rank_agreement(first[kind], second[kind])) is not None:
            yield kind, "map", alike
        parts = [shares(map_shares(maps[kind], inputs)) for maps in (first, second)]
        if parts[0] and parts[1]:
            yield kind, "training", _points(parts[0], parts[1])


def _points(first: dict[str, float], second: dict[str, float]) -> float:
    return float(100 * np.mean([abs(first[lead] - second[lead]) for lead in first]))


def run(trainings: Sequence[Trained], root: Path | None, split: str, most: int | None, out: Path) -> None:
    """Append what is missing to the table at out: maps of a fixed random choice of PTB-XL recordings."""
    base = open_database("ptb-xl", root)
    records = np.random.default_rng(0).permutation(records_of(base, split))[:most]
    shuffled = {
        training.weights_hash: [randomised(training.model, seed) for seed in range(DRAWS)]
        for training in trainings
    }
    with TABLE.appending(out) as (done, write):
        for record in progress(records.tolist(), about="maps"):
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
