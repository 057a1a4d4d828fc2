"""The check of the open recording's electrodes, and the table of such checks on whole databases, summed
up once per server: Review and Results share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from ecgcore.ecg import Ecg
from ecgcore.studies import electrodes as study
from ecgcore.studies.electrodes import Shares
from pages.shared import reference, session
from pages.shared.reads import scores

if TYPE_CHECKING:
    from ecgcore.electrodes.check import ElectrodeCheck

FOLDER, FILE, READ_BY_EYE = "electrodes", "electrodes.csv.gz", "read_by_eye.csv"
WORST = 20
"""Recordings of each database that look least in place."""
Condition = tuple[str, float, str, str]
"""Database, rate in Hz, leads, reference: see ``study.conditions``."""


@dataclass(frozen=True)
class Whole:
    """What all checks together say, never to be changed. worst: rows of the table; readings: what a reader
    saw on the paper of these, {database/record: (verdict, why)}; milliseconds: see the study."""

    conditions: Sequence[Condition]
    false_alarms: Sequence[Shares]
    trade_off: Sequence[tuple[str, list[float]]]
    worst: Any
    readings: Mapping[str, tuple[str, str]]
    summary: str
    milliseconds: tuple[float, float, int]


@dataclass(frozen=True)
class Part:
    """What the checks under one condition say. by_kind: share noticed of each kind, by superclass."""

    kinds: Sequence[str]
    false_alarms: Sequence[Shares]
    by_kind: Mapping[tuple[str, str], Shares]
    sensitivity: Sequence[Shares]


def whole() -> Whole | None:
    """Of all conditions, None where nothing was scored yet."""
    files = _files()
    return _whole(files) if files else None


def under(condition: Condition) -> Part:
    """Of one of the conditions of ``whole``."""
    return _part(_files(), condition)


def _files() -> scores.Stamp:
    """The table, if there is one, and what was read by eye."""
    paths = (scores.folder() / FOLDER / name for name in (FILE, READ_BY_EYE))
    there = tuple(path for path in paths if path.is_file())
    return scores.stamp(there) if there and there[0].name == FILE else ()


@st.cache_resource(max_entries=2, show_spinner="Reading the checks of electrodes")
def _table(files: scores.Stamp) -> Any:
    return study.TABLE.read(Path(files[0][0]))


@st.cache_resource(max_entries=2, show_spinner=False)
def _whole(files: scores.Stamp) -> Whole:
    table = _table(files)
    readings = study.readings(Path(files[1][0])) if len(files) > 1 else {}
    return Whole(
        study.conditions(table),
        list(study.false_alarms_by_diagnosis(table)),
        list(study.trade_off(table)),
        study.worst(table, WORST, study.LOOKED_AT),
        readings,
        study.summary(table, study.LOOKED_AT, readings, WORST),
        study.milliseconds(table),
    )


@st.cache_resource(max_entries=40, show_spinner=False)
def _part(files: scores.Stamp, condition: Condition) -> Part:
    rows = study.part(_table(files), condition)
    return Part(
        [kind.name for kind in study.by_kind(rows)],
        list(study.false_alarms(rows)),
        {(name, shares.name): shares for name, shares in study.sensitivity_by_diagnosis(rows)},
        list(study.sensitivity(rows)),
    )


def answer(ecg: Ecg, earlier: Ecg | None) -> ElectrodeCheck | None:
    """Whether the electrodes look right, with another recording of the person where there is one; None
    where the leads are too few or no beat is seen."""
    return _check(ecg.digest, earlier.digest if earlier else "", ecg, earlier)


@st.cache_data(scope="session", max_entries=8, show_spinner=False)
def _check(digest: str, of_earlier: str, _ecg: Ecg, _earlier: Ecg | None) -> ElectrodeCheck | None:
    from models.electrodes.scores import check_or_none

    return check_or_none(_ecg, _earlier)


def open_alarm() -> ElectrodeCheck | None:
    """What is to be told of the open recording's electrodes: an alarm that the reader has not answered by
    showing it as corrected or by calling it right."""
    if session.shown_as_corrected() or session.called_right():
        return None
    now = answer(session.recording(), reference.visit())
    return now if now is not None and now.alarm else None
