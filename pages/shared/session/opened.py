"""The open recording: where it came from, what is put right in it, and how another one is opened."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import with_recorded_leads
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from pages.shared import links
from pages.shared.choices import Origin
from pages.shared.memory import complain, keep, kept
from pages.shared.session.chosen import choices, choose

if TYPE_CHECKING:
    from ecgcore.electrodes.check import ElectrodeCheck
    from ecgcore.partial import PartialEcg

SEGMENT_S = 10.0
"""Seconds that are reconstructed, drawn and measured at a time."""


def recording() -> Ecg:
    """The open recording, whole, as recorded."""
    return st.session_state.recording


def parts() -> PartialEcg | None:
    """The open recording where its leads are known only part of the time, else None."""
    return kept("parts")


def origin() -> Origin:
    """Where the open recording came from."""
    return st.session_state.origin


def title() -> str:
    """What the open recording is called on screen: never a name that an upload brought."""
    place = origin()
    return next(
        (title for title in demonstrations() if place == Origin("demo", "", slug(title))), recording().name
    )


def open_recording(place: Origin, ecg: Ecg | PartialEcg, keep_start: bool = False) -> None:
    """Make this the open recording of all pages, without leads that are flat throughout; leads that it lacks
    leave the choice. Of leads that are known part of the time Review shows all, the other pages the widest
    part."""
    given = ecg
    keep(parts=None if isinstance(ecg, Ecg) else ecg)
    whole = ecg if isinstance(ecg, Ecg) else ecg.widest()
    ecg = with_recorded_leads(whole)
    if ecg is not whole:
        complain(ecg.notes[-1])
    st.session_state.recording, st.session_state.origin = ecg, place
    if place.kind == "upload":
        keep(uploaded=given)  # an address cannot name it: Back and Forward would lose it
    keep(uncorrected=None)
    was = choices()
    inputs = was.inputs & ecg.leads
    if inputs != was.inputs:  # a recording of few leads: all it has, as far as independent
        inputs = inputs if len(ecg.leads) == len(STANDARD) else (ecg.leads & INDEPENDENT) or ecg.leads
    start = min(was.start, last_start()) if keep_start else 0.0
    st.session_state.choices = replace(was, inputs=inputs, start=max(0.0, start))


def show_as_corrected(answer: ElectrodeCheck) -> None:
    """Make the open recording the one with what the check names undone, on all pages; see
    ``ecgcore.electrodes``."""
    from ecgcore.electrodes.correction import as_answered, measured_leads

    before = recording()
    try:
        after = as_answered(before, answer)
    except UnusableEcg as error:
        complain(str(error))
        return
    inputs = choices().inputs
    _replace_recording(after, measured_leads(inputs, answer.likeliest) if inputs - after.leads else inputs)
    keep(uncorrected=before)


def show_as_recorded() -> None:
    """Undo ``show_as_corrected``."""
    before = kept("uncorrected")
    if before is not None:
        _replace_recording(before, choices().inputs)
        keep(uncorrected=None)


def _replace_recording(ecg: Ecg, inputs: LeadSet) -> None:
    st.session_state.recording = ecg
    choose(inputs=(inputs & ecg.leads) or (ecg.leads & INDEPENDENT) or ecg.leads)


def shown_as_corrected() -> bool:
    """Whether the open recording is one with its electrodes put back."""
    return kept("uncorrected") is not None


def call_right() -> None:
    """The reader says that the open recording's electrodes are in place."""
    keep(electrodes_right=recording().digest)


def called_right() -> bool:
    """Whether the reader said so of the open recording."""
    return bool(kept("electrodes_right") == recording().digest)


def at_first_recording() -> bool:
    """Whether the recording is open with which every session begins: none was chosen."""
    return origin() == Origin("demo", "", slug(next(iter(demonstrations()))))


def try_open(place: Origin, keep_start: bool = False) -> bool:
    """Open a recording by where it is; a sentence and the old recording where that fails."""
    links.touch()
    try:
        open_recording(place, read(place), keep_start)
    except UnusableEcg as error:
        complain(str(error))
        return False
    return True


def read(place: Origin, progress: Callable[[str, float], None] | None = None) -> Ecg:
    """The recording at a place that can be named in words. progress: for fetching, see
    ``ecgcore.io.physionet``. Raises UnusableEcg."""
    if place.kind == "demo":
        for title, make in demonstrations().items():
            if slug(title) == place.record:
                return make()
        raise UnusableEcg("There is no demonstration recording of that name.")
    if place.kind == "local":
        return database(place.database).read(place.record)
    if place.kind == "physionet":
        from ecgcore.io import physionet

        return physionet.fetch(place.database, place.record, progress=progress)
    raise UnusableEcg("An uploaded recording is not kept; upload it again.")


def demonstrations() -> Mapping[str, Callable[[], Ecg]]:
    """The demonstration recordings: title -> what makes it."""
    from ecgcore.demonstrations import demonstrations as all_of_them

    return all_of_them()


def local_databases() -> list[str]:
    """Names of the databases below the data root that the environment names, looked up once a minute."""
    from ecgcore import datasets

    return _databases_below(datasets.data_root())


@st.cache_data(ttl=60, max_entries=4, show_spinner=False)
def _databases_below(root: Path | None) -> list[str]:
    from ecgcore import datasets

    return datasets.local_databases(root)


def database(name: str) -> Any:
    """A local database, opened once per server. Raises UnusableEcg."""
    from ecgcore import datasets

    root = datasets.data_root()
    if root is None:
        raise UnusableEcg(
            f"No folder with databases is known; set the environment variable {datasets.DATA_VARIABLE}."
        )
    return datasets.open_database(name, root)


def record_info() -> Mapping[str, Any]:
    """What the table of a local database says about the open recording; empty elsewhere."""
    place = origin()
    return database(place.database).info(place.record) if place.kind == "local" else {}


def slug(title: str) -> str:
    """A title as part of a link: "Normal, 60/min" becomes "normal-60-min"."""
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")


def last_start() -> float:
    """The latest second from which ten can be shown; 0 for recordings of hardly more than ten."""
    spare = recording().duration - SEGMENT_S
    return float(int(spare)) if spare >= 1 else 0.0
