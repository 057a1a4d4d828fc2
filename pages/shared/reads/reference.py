"""The tables of reference recordings behind the Results page, read once per server. They hold open databases'
record numbers, nobody's own data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from ecgcore.studies import reference, visits
from pages.shared.reads import scores


def gains() -> dict[str, tuple[set[str], list[Any]]]:
    """By model: the weights its table was made with, and what the reference adds under each condition."""
    return _gains(_files())


def by_lead() -> dict[str, tuple[set[str], list[Any]]]:
    """The same lead by lead, for references of the same session and of another visit."""
    return _by_lead(_files())


def of_visits() -> dict[str, list[Any]]:
    """By model: (group, gain) of visits by days between them, change of diagnosis and use of the
    reference."""
    return _of_visits(_files())


def shared_by_visits() -> dict[str, Any]:
    """How well the beats of another visit, and a recording's own, agree with it; empty without the table."""
    path = scores.folder() / visits.FILE
    return _agreement(scores.stamp((path,))) if path.is_file() else {}


@st.cache_resource(max_entries=2, show_spinner=False)
def _agreement(files: scores.Stamp) -> dict[str, Any]:
    return visits.agreement(visits.TABLE.read(Path(files[0][0])))


def _files() -> scores.Stamp:
    return scores.stamp(tuple(sorted(scores.folder().glob(f"*/{reference.FILE}"))))


@st.cache_resource(max_entries=2, show_spinner="Reading the tables of reference recordings")
def _gains(files: scores.Stamp) -> dict[str, tuple[set[str], list[Any]]]:
    return {
        model: (_weights(table), list(reference.summary(table))) for model, table in _tables(files).items()
    }


@st.cache_resource(max_entries=2, show_spinner="Reading the tables of reference recordings")
def _by_lead(files: scores.Stamp) -> dict[str, tuple[set[str], list[Any]]]:
    return {
        model: (
            _weights(table),
            [gain for use in ("session", "visit") for gain in reference.by_lead(table, use)],
        )
        for model, table in _tables(files).items()
    }


@st.cache_resource(max_entries=2, show_spinner="Reading the tables of reference recordings")
def _of_visits(files: scores.Stamp) -> dict[str, list[Any]]:
    return {model: list(reference.summary_of_visits(table)) for model, table in _tables(files).items()}


def _tables(files: scores.Stamp) -> dict[str, Any]:
    return {Path(name).parent.name: reference.TABLE.read(Path(name)) for name, _ in files}


def _weights(table: Any) -> set[str]:
    return set(table["weights"].unique())
