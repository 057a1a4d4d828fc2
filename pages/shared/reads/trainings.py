"""What more recordings bring, read and resampled once per server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ecgcore.studies import trainings
from pages.shared.reads import scores

FILE = "studies.csv.gz"
ABLATIONS = "ablations.csv.gz"


@dataclass(frozen=True)
class Trainings:
    """Learning curves and gains by input set; seen: on what the network was trained on; alone: a network for
    each set; stale: whether all that belongs to other weights than those on disk."""

    curves: dict[str, list[trainings.Point]]
    gains: dict[str, list[trainings.Gain]]
    seen: dict[str, trainings.Point]
    alone: list[trainings.Alone]
    stale: bool


def of(name: str) -> Trainings | None:
    """Those of a model, or None where they were not computed."""
    path = scores.folder() / name / FILE
    return _read(scores.stamp((path,)), scores.weights()[name]) if path.is_file() else None


@st.cache_data(max_entries=4, show_spinner="Resampling patients")
def _read(files: scores.Stamp, weights: str) -> Trainings:
    table = trainings.TABLE.read(Path(files[0][0]))
    return Trainings(
        trainings.learning(table),
        trainings.gains(table),
        trainings.seen(table),
        trainings.alone(table),
        weights not in set(table["weights"]),
    )


def ablations_of(name: str) -> list[trainings.Ablation]:
    """What each part of a model's recipe brings, empty where that was not computed."""
    path = scores.folder() / name / ABLATIONS
    return _read_ablations(scores.stamp((path,))) if path.is_file() else []


@st.cache_data(max_entries=4, show_spinner="Resampling patients")
def _read_ablations(files: scores.Stamp) -> list[trainings.Ablation]:
    return trainings.ablations(trainings.TABLE.read(Path(files[0][0])))
