"""Cached calls of the measuring: of what is on view, and tables over many recordings. What follows from a
recording is kept for its session only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.leads import LeadSet
from ecgcore.measurements.values import Value
from ecgcore.partial import PartialEcg
from ecgcore.quality import Finding
from pages.shared import session
from pages.shared.choices import Origin


@st.cache_data(scope="session", max_entries=8, show_spinner="Finding the beats")
def _measured(digest: str, _ecg: Ecg) -> Any:
    from ecgcore.measurements import measure

    return measure(_ecg)


@st.cache_data(scope="session", max_entries=16, show_spinner=False)
def _values(digest: str, _ecg: Ecg) -> Mapping[str, Value]:
    from ecgcore.measurements import measure_values

    return measure_values(_ecg)


def values(ecg: Ecg) -> Mapping[str, Value]:
    """The values of ``measured`` on all leads, in half its time: without how far groups of beats differ."""
    return _values(ecg.digest, ecg)


def quality_on_view() -> tuple[Finding, ...]:
    """What is odd about the ten seconds on view as recorded, or about leads that are known only part of the
    time; see ``ecgcore.quality``."""
    part = session.parts() or session.raw_segment()
    return _quality(part.digest, part)


@st.cache_data(scope="session", max_entries=8, show_spinner=False)
def _quality(digest: str, _ecg: Ecg | PartialEcg) -> tuple[Finding, ...]:
    from ecgcore.quality import findings, findings_of_parts

    return findings(_ecg) if isinstance(_ecg, Ecg) else findings_of_parts(_ecg)


def beats_on_view() -> tuple[list[float], Mapping[str, list[float | None]]]:
    """R points and the global marks of every beat of the ten seconds on view, in s."""
    part = session.segment()
    measurement = _measured(part.digest, part)
    return [float(at / measurement.rate) for at in measurement.beats.at], measurement.fiducials.get(
        "global", {}
    )


@st.cache_data(scope="session", max_entries=24, show_spinner="Measuring")
def _measured_on(digest: str, leads: tuple[str, ...], beats_of: str, _ecg: Ecg, _beats: Any) -> Any:
    from ecgcore.measurements import measure

    return measure(_ecg.pick(leads), _beats)


def measured(ecg: Ecg, leads: LeadSet | None = None, beats_of: Ecg | None = None) -> Any:
    """The ``Measurements`` of a recording on all or some of its leads.

    beats_of: the recording whose beats, found on all its leads, are used; None for beats found on the
    input leads alone.
    """
    use = ecg.leads if leads is None else leads
    if use == ecg.leads and (beats_of is None or beats_of.digest == ecg.digest):
        return _measured(ecg.digest, ecg)
    if beats_of is None:
        return _measured_on(ecg.digest, tuple(use), "", ecg, None)
    return _measured_on(
        ecg.digest, tuple(use), beats_of.digest, ecg, _measured(beats_of.digest, beats_of).beats
    )


@st.cache_data(scope="session", max_entries=16, show_spinner="Measuring")
def _at_same_points(digests: tuple[str, str], _true: Any, _truth: Ecg, _own: Any, _other: Ecg) -> Any:
    from ecgcore.measurements.st.comparison import at_points_of

    return at_points_of(_true, _truth, _own, _other)


def at_same_points(truth: Ecg, reconstruction: Reconstruction) -> tuple[Any, Any]:
    """The ``Measurements`` of the recording on all its leads, and those of its reconstruction with amplitudes
    read where the recording's points are."""
    true, own = measured(truth), measured(reconstruction.ecg, beats_of=truth)
    return true, _at_same_points(
        (truth.digest, reconstruction.ecg.digest), true, truth, own, reconstruction.ecg
    )


def st_comparison(truth: Ecg, reconstruction: Reconstruction, age: float | None, sex: Any) -> Any:
    """``ecgcore.measurements.st.comparison.StComparison`` of what is on view."""
    from ecgcore.measurements.st.comparison import compare_st

    true, same = at_same_points(truth, reconstruction)
    return compare_st(true, same, measured(reconstruction.ecg, beats_of=truth), reconstruction, age, sex)


def first_look(ecg: Ecg) -> Any:
    """The ``Measurements`` by one method alone, at once, for a recording that was not measured yet in this
    session; else None."""
    from ecgcore.measurements import measure

    seen = st.session_state.setdefault("measured_seen", set())
    if ecg.digest in seen:
        return None
    seen.add(ecg.digest)
    return measure(ecg, both=False)


def unseen(reconstruction: Reconstruction) -> tuple[Ecg, Reconstruction]:
    """The ten seconds on view and their reconstruction, without what a personal model was fitted on. Raises
    UnusableEcg."""
    part = session.segment()
    if not reconstruction.fitted_until:
        return part, reconstruction
    if part.duration - reconstruction.fitted_until < 1.0:
        raise UnusableEcg(
            "The personal model was fitted on all that is on view; choose a later part of the recording."
        )
    return part.cut(reconstruction.fitted_until, part.duration), reconstruction.cut(
        reconstruction.fitted_until, part.duration
    )


def device_values() -> Mapping[str, float]:
    """What the electrocardiograph measured on the demonstration recording; empty for others."""
    from ecgcore.demonstrations import REAL, real_measurements

    return real_measurements() if session.origin() == Origin("demo", "", session.slug(REAL)) else {}


@st.cache_data(max_entries=4, show_spinner="Reading the measurements over the test fold")
def _cohort_table(path: str, changed: float) -> Any:
    from pathlib import Path

    from ecgcore.studies.measurements import TABLE

    return TABLE.read(Path(path))


def cohort_table(name: str) -> Any:
    """Measurements of a model over many recordings (see ``ecgcore.studies.measurements``), or None where they
    were not computed."""
    from models.studies.measurements import table_of

    file = table_of(name)
    return _cohort_table(str(file), file.stat().st_mtime) if file.is_file() else None


def st_routes(name: str) -> Any:
    """ST of the same leads by the earlier ways of measuring and as shown now, or None where it was not
    computed with the weights that the model has (see ``ecgcore.studies.measurements.st_routes``)."""
    from models.studies.measurements.st_routes import file_of

    file = file_of(name)
    if not file.is_file():
        return None
    table = _st_routes(str(file), file.stat().st_mtime)
    return table if set(table["weights"]) == {weights(name)} else None


@st.cache_data(max_entries=4, show_spinner=False)
def _st_routes(path: str, changed: float) -> Any:
    from pathlib import Path

    from ecgcore.studies.measurements.st_routes import TABLE

    return TABLE.read(Path(path))


def weights(name: str) -> str:
    """Hash of the weights a model has now."""
    from models.reconstruct import weights_of

    return weights_of(name)


def people(name: str) -> dict[str, tuple[float | None, Any]]:
    """Age and sex per record of a local database; empty where it is not at hand."""
    if name not in session.local_databases():
        return {}
    table = session.database(name).index
    return {
        record: (float(age) if age >= 0 else None, sex or None)
        for record, age, sex in zip(table["record"], table["age"], table["sex"], strict=True)
    }
