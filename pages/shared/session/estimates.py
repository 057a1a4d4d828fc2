"""What follows from recording and choices: the seconds on view, and cached reconstructions."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.leads import LeadSet
from pages.shared.choices import Origin
from pages.shared.memory import kept
from pages.shared.session.chosen import choices, model
from pages.shared.session.opened import SEGMENT_S, last_start, read, record_info, recording
from pages.shared.session.sites import calibration, rung_in_use

if TYPE_CHECKING:
    from ecgcore.partial import PartialEcg, PartialReconstruction

AT_ONCE = threading.BoundedSemaphore(2)
"""Reconstructions that may run at the same time in one server."""


def segment() -> Ecg:
    """The ten seconds on view, filtered if so chosen: the truth of every comparison."""
    return _cut(_filtered(), choices().start)


def raw_segment() -> Ecg:
    """The ten seconds on view as recorded."""
    return _cut(recording(), choices().start)


def reconstruction() -> Reconstruction | None:
    """The chosen model's answer for the ten seconds on view; None without leads or a model. Raises
    UnusableEcg.

    Models that are fitted on the recording are given the whole of it.
    """
    from models.reconstruct.texts import for_person

    reconstructed = _of_choices()
    return None if reconstructed is None else for_person(reconstructed, record_info().get("age"))


def _of_choices() -> Reconstruction | None:
    now, info = choices(), model()
    if info is None:
        return None
    if info.personal:
        whole = _filtered()
        start = min(now.start, last_start())
        whole_answer = _reconstruct(whole.digest, tuple(now.inputs), info.name, "", whole)
        return whole_answer.cut(start, start + SEGMENT_S)
    part = segment()
    return _reconstruct(part.digest, tuple(now.inputs), info.name, rung_in_use(), part)


def whole_recording() -> Ecg:
    """The open recording, whole, filtered if so chosen."""
    return _filtered()


def parts_reconstruction(start: float) -> PartialReconstruction:
    """Ten seconds from start (s) of a recording whose leads are known part of the time, from the leads known
    at each moment, by the chosen model where it works from all of them. Raises UnusableEcg."""
    from models.partial import models_for

    whole = kept("parts")
    first = max(0.0, start - SEGMENT_S)
    around = whole.cut(first, start + 2 * SEGMENT_S)
    names = [info.name for info in models_for(around)]
    if not names:
        raise UnusableEcg("No model here works from the leads that are known at every moment.")
    name = choices().model if choices().model in names else names[0]
    reconstructed = _reconstruct_parts(around.digest, name, choices().high_pass, around)
    return reconstructed.cut(start - first, start - first + SEGMENT_S)


@st.cache_data(scope="session", max_entries=8, show_spinner=False)
def _reconstruct_parts(
    digest: str, model_name: str, high_pass: bool, _parts: PartialEcg
) -> PartialReconstruction:
    from ecgcore.signals import high_pass as above
    from models.partial import reconstruct_partial

    with AT_ONCE:
        return reconstruct_partial(_parts.mapped(above) if high_pass else _parts, model_name)


def reconstruct_here(part: Ecg) -> Reconstruction | None:
    """The chosen model's answer for ten seconds of any recording, from the chosen leads; None without leads
    or a model. Raises UnusableEcg."""
    info = model()
    now = choices()
    return (
        None if info is None else _reconstruct(part.digest, tuple(now.inputs), info.name, rung_in_use(), part)
    )


@st.cache_data(scope="session", max_entries=8, show_spinner=False)
def _ten_seconds(place: Origin, high_pass: bool) -> Ecg:
    from ecgcore.signals import high_pass as above

    ecg = read(place)
    return (above(ecg) if high_pass else ecg).cut(0.0, SEGMENT_S)


def ten_seconds(place: Origin) -> Ecg:
    """The first ten seconds of a recording that is not open, filtered as chosen. Raises UnusableEcg."""
    return _ten_seconds(place, choices().high_pass)


def filtered(ecg: Ecg) -> Ecg:
    """A recording of this session with the chosen filter."""
    return _high_passed(ecg.digest, ecg) if choices().high_pass else ecg


def _filtered() -> Ecg:
    return filtered(recording())


def _cut(ecg: Ecg, start: float) -> Ecg:
    start = min(start, last_start())
    return ecg.cut(start, start + SEGMENT_S)


@st.cache_data(scope="session", max_entries=4, show_spinner=False)
def _high_passed(digest: str, _ecg: Ecg) -> Ecg:
    from ecgcore.signals import high_pass

    return high_pass(_ecg)


@st.cache_data(scope="session", max_entries=32, show_spinner=False)
def _reconstruct(
    digest: str, inputs: tuple[str, ...], model_name: str, rung: str, _ecg: Ecg
) -> Reconstruction:
    from models.reconstruct import reconstruct

    with AT_ONCE:
        return reconstruct(_ecg, LeadSet(inputs), model_name, calibration(model_name, _ecg.name))
