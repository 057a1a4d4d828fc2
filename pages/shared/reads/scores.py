"""The tables of scores behind the Results page, read once per server. They hold open databases' record
numbers, nobody's own data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from ecgcore.evaluation import people
from ecgcore.evaluation import scoring as evaluation
from ecgcore.studies import noise as noise_study
from ecgcore.studies import scores as results
from pages.shared import session


def folder() -> Path:
    """Where trained models and their tables lie."""
    from models import reconstruct

    return reconstruct.TRAINED


def titles(of_papers: bool = True) -> dict[str, str]:
    """Title of each trained model, best first; without those that follow a paper if asked."""
    from models.reconstruct import in_tables

    return {info.name: info.label for info in in_tables() if info.card and (of_papers or not info.card.paper)}


def reduced() -> frozenset[str]:
    """Trained models that are reduced versions of their papers'."""
    from models.reconstruct import in_tables

    return frozenset(info.name for info in in_tables() if info.card and info.card.reduced)


def weights() -> dict[str, str]:
    """Hash of the weights on disk of each trained model."""
    from models.reconstruct import in_tables, weights_of

    return {info.name: weights_of(info.name) for info in in_tables()}


def weights_in_tables() -> tuple[tuple[str, frozenset[str]], ...]:
    """Of each trained model the hashes that rows of its tables may hold."""
    from models.reconstruct import in_tables, weights_in_tables

    return tuple((info.name, weights_in_tables(info.name)) for info in in_tables())


def left_out(names: Iterable[str]) -> dict[str, tuple[str, int, tuple[str, ...]]]:
    """Trainings that stand for a model where it was trained on the recordings: by their hash the model, the
    steps and the databases they left out."""
    from models.reconstruct import TRAINED
    from models.sites import left_out

    return {
        training.weights: (name, training.steps, training.databases)
        for name in names
        for training in left_out.stored(TRAINED / name)
    }


Stamp = tuple[tuple[str, float], ...]


def stamp(paths: tuple[Path, ...]) -> Stamp:
    """The files a cached answer was read from, and when they were written."""
    return tuple((str(path), path.stat().st_mtime) for path in paths)


@st.cache_resource(max_entries=3, show_spinner="Reading the tables of scores")
def table(files: Stamp, on_disk: tuple[tuple[str, frozenset[str]], ...]) -> tuple[Any, list[str]]:
    """All files as one table, never to be changed, and a sentence for each file that is none."""
    tables, refused = [], []
    for name, _ in files:
        try:
            tables.append(evaluation.SCORES.read(Path(name)))
        except ValueError as error:
            refused.append(str(error))
    return results.together(tables, dict(on_disk)), refused


@st.cache_resource(max_entries=6, show_spinner=False)
def conditions(key: tuple, _table: Any) -> list[results.Condition]:
    """See ``results.conditions``. key: what the table was read from."""
    return results.conditions(_table)


@dataclass(frozen=True)
class Rows:
    """The rows of one condition, never to be changed; the metrics and the weights that occur in them."""

    rows: Any
    metrics: frozenset[str]
    weights: frozenset[str]


@st.cache_resource(max_entries=12, show_spinner=False)
def under(key: tuple, condition: results.Condition, _table: Any) -> Rows:
    """See ``results.under``."""
    rows = results.under(_table, condition)
    return Rows(rows, frozenset(rows["metric"].unique()), frozenset(map(str, rows["weights"].unique())))


@st.cache_data(max_entries=200, show_spinner="Resampling patients")
def overview(
    key: tuple, condition: results.Condition, metric: str, targets: tuple[str, ...] | None, _table: Any
) -> Any:
    """See ``results.overview``. key: what the table was read from."""
    return results.overview(results.under(_table, condition), metric, targets)


@st.cache_data(max_entries=200, show_spinner="Resampling patients")
def by_lead(
    key: tuple, condition: results.Condition, model: str, inputs: str, metric: str, _rows: Any
) -> list[results.LeadScores]:
    """See ``results.by_lead``."""
    return results.by_lead(_rows[_rows["model"] == model], metric)


@st.cache_data(max_entries=200, show_spinner=False)
def mean_of_learned(
    key: tuple, condition: results.Condition, model: str, inputs: str, metric: str, _rows: Any
) -> results.LeadScores | None:
    """See ``results.mean_of_learned``."""
    return results.mean_of_learned(_rows[_rows["model"] == model], metric)


@st.cache_data(max_entries=200, show_spinner=False)
def pooled_slopes(key: tuple, condition: results.Condition, inputs: str, _rows: Any, model: str) -> Any:
    """See ``evaluation.pooled_slopes``."""
    return evaluation.pooled_slopes(_rows)


def noise(model: str, condition: results.Condition, inputs: str) -> tuple[dict[str, Any], Any]:
    """By lead r on median beats (None where it is not estimated) and the noise ceiling, and their means as
    ``ecgcore.studies.noise.Near``; nothing and None for a model or a condition of which none are stored."""
    path = folder() / model / noise_study.FILE
    if condition != results.TEST_FOLD or not path.is_file():
        return {}, None
    return _noise(stamp((path,)), weights()[model], inputs)


@st.cache_data(max_entries=60, show_spinner=False)
def _noise(files: Stamp, on_disk: str, inputs: str) -> tuple[dict[str, Any], Any]:
    ((path, _),) = files
    table = noise_study.TABLE.read(Path(path))
    table = table[table["weights"] == on_disk]
    medians = noise_study.median_beats(table, inputs)
    by_lead = {lead: (medians.get(lead), value) for lead, value in noise_study.ceilings(table).items()}
    return by_lead, noise_study.near(table[table["inputs"].isin([inputs, ""])]).get(inputs)


@st.cache_data(max_entries=60, show_spinner="Resampling patients 10,000 times")
def compare(
    key: tuple, condition: results.Condition, inputs: str, metric: str, first: str, second: str, _rows: Any
) -> Any:
    """See ``results.compare``."""
    return results.compare(_rows, metric, first, second)


def groups(database: str, kind: str) -> Mapping[str, tuple[str, ...]]:
    """Groups (``ecgcore.evaluation.people``) of each record of a local database; empty where the database is
    not here or has none."""
    return _groups(database, kind) if database in session.local_databases() else {}


@st.cache_data(max_entries=20, show_spinner="Reading the database's table")
def _groups(database: str, kind: str) -> Mapping[str, tuple[str, ...]]:
    return people.groups(session.database(database).index, kind)
