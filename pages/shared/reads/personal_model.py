"""Personal models: estimates of the open recording (kept for its session only), results on many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.studies import personal_model as trials
from pages.shared.reads import scores


def cast() -> Any:
    """Who is tried on recordings and compared with whom (``ecgcore.studies.personal_model.Cast``)."""
    from models.training.personal import cast

    return cast()


def titles() -> dict[str, str]:
    """The methods of the page in full: networks, closed forms, then what knows nothing of the recording."""
    from models.base import families

    who, families_by_name = cast(), families()
    methods = {name: families_by_name[name].title for name in (*networks(), *who.closed_forms)}
    return methods | {name: f"{families_by_name[name].title} (generic)" for name in who.generic}


def networks() -> tuple[str, ...]:
    """The methods that must be trained first."""
    from models.training.personal import networks

    return networks()


def outcome() -> dict[str, Any] | None:
    """What came out over many recordings, summed up; None where no table is on disk."""
    place = scores.folder() / "personal"
    files = tuple(file for file in (place / "trials.csv.gz", place / "unscaled.csv.gz") if file.is_file())
    if len(files) == 0 or files[0].name != "trials.csv.gz":
        return None
    return _summed(scores.stamp(files), tuple(sorted(scores.weights().items())))


@st.cache_data(max_entries=2, show_spinner="Resampling patients")
def _summed(files: scores.Stamp, weights: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    tables = [trials.read(Path(name)) for name, _ in files]
    rows = trials.current(tables[0], dict(weights))
    who = cast()
    drawn = (*who.networks, who.reference)
    models = [name for name in drawn if any(row.model == name for row in rows)]
    inputs, n = trials.by_input(rows, models)
    return {
        "trials": rows,
        "rows": trials.table(rows, who.shown),
        "said": trials.conclusions(rows, who),
        "unscaled": trials.without_scales(tables[1], rows, who) if len(tables) > 1 else [],
        "tests": len(trials.comparisons(rows, who)),
        "inputs": inputs,
        "inputs_n": n,
        "models": models,
    }


def prepared(ecg: Ecg) -> Ecg:
    """The recording as personal models see it."""
    return _prepared(ecg.digest, ecg)


def estimate(lead: str, name: str, fitted: Any, ecg: Ecg) -> Reconstruction | None:
    """The whole recording from one lead by a method; None where it must be trained first."""
    if name in networks() and fitted is None:
        return None
    return _whole(ecg.digest, lead, name, id(fitted), prepared(ecg), fitted)


@st.cache_data(scope="session", max_entries=2, show_spinner=False)
def _prepared(digest: str, _ecg: Ecg) -> Ecg:
    from models.training.personal import prepared

    return prepared(_ecg)


@st.cache_data(scope="session", max_entries=24, show_spinner="Estimating the recording")
def _whole(digest: str, lead: str, name: str, fit: int, _ecg: Ecg, _fitted) -> Reconstruction | None:
    from models.training.personal import by_generic, by_personal, closed_form

    inputs = LeadSet(lead)
    if _fitted is not None:
        return by_personal(_fitted, name, _ecg, inputs)
    if name in cast().closed_forms:
        return by_personal(closed_form(name, _ecg, inputs), name, _ecg, inputs)
    return by_generic(name, _ecg, inputs)


FIRST_S = 10.0
"""The reference at the start of a recording: as long as a standard 12-lead."""


def generic_title() -> str:
    """The generic model that a reference is added to."""
    from models.base import families

    return families()[cast().generic[0]].title


def from_first_seconds(lead: str, whole: Ecg) -> Reconstruction | None:
    """The generic estimate corrected by the first seconds; None where that cannot be trusted."""
    return _from_first_seconds(whole.digest, lead, whole)


@st.cache_data(scope="session", max_entries=8, show_spinner=False)
def _from_first_seconds(digest: str, lead: str, _whole: Ecg) -> Reconstruction | None:
    from models.person.reference import from_start

    ecg = prepared(_whole)
    if LeadSet(INDEPENDENT) - ecg.leads.determined or ecg.duration <= FIRST_S:
        return None
    result = from_start(ecg, FIRST_S, LeadSet(lead), cast().generic[0])
    return result.personal if result.used else None
