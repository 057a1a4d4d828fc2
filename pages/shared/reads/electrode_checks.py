"""The check of the open recording's electrodes, and the table of such checks on whole databases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from ecgcore.ecg import Ecg
from ecgcore.studies import electrodes
from pages.shared import reference, session
from pages.shared.reads import scores

if TYPE_CHECKING:
    from ecgcore.electrodes.check import ElectrodeCheck

FOLDER, FILE, READ_BY_EYE = "electrodes", "electrodes.csv.gz", "read_by_eye.csv"


def table() -> Any | None:
    """The table, or None where nothing was scored yet."""
    path = scores.folder() / FOLDER / FILE
    return _read(scores.stamp((path,))) if path.is_file() else None


@st.cache_data(max_entries=2, show_spinner="Reading the checks of electrodes")
def _read(files: scores.Stamp) -> Any:
    return electrodes.TABLE.read(Path(files[0][0]))


def readings() -> dict[str, tuple[str, str]]:
    """What a reader saw on the paper of the worst recordings: {database/record: (verdict, why)}."""
    path = scores.folder() / FOLDER / READ_BY_EYE
    return electrodes.readings(path) if path.is_file() else {}


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
