"""What a session remembers of the open recording and the choices made about it, the link that says so, and
cached reconstructions.

Two values are common to all pages: the open recording (``Ecg`` with its ``Origin``) and the ``Choices`` made
about it. What follows from a recording lives in caches of the session, never in one that others share; models
are shared.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from pages.shared import links
from pages.shared.choices import Choices, Origin, from_link, search_from_link, search_to_link
from pages.shared.memory import complain, keep, kept

if TYPE_CHECKING:
    from ecgcore.electrodes.check import ElectrodeCheck
    from ecgcore.partial import PartialEcg, PartialReconstruction
    from models.reconstruct import ModelInfo
    from models.sites import Calibration

SEGMENT_S = 10.0
"""Seconds that are reconstructed, drawn and measured at a time."""
AT_ONCE = threading.BoundedSemaphore(2)
"""Reconstructions that may run at the same time in one server."""


def begin(own: Collection[str] = ()) -> None:
    """Open the session: recording and choices from the address, else the first demonstration. Later they
    follow the address where it moved by itself. own: names in the address that this page reads itself."""
    first, moved = "choices" not in st.session_state, links.moved()
    if first or moved:
        _read_address({name: value for name, value in st.query_params.items() if name not in own}, first)
    if moved:
        links.follow()
    _settle_model()


def _read_address(link: Mapping[str, str], first: bool) -> None:
    choices_there, complaints = from_link(link)
    search, more = search_from_link(link)
    complaints += more
    keep(choices=choices_there, search=search)
    for sentence in complaints:
        complain(sentence)
    place = Origin.from_link(link["record"]) if "record" in link else None
    if "record" in link and place is None:
        complain("The link names no record that can be opened; the demonstration recording is shown.")
    if first:
        if place is None or not try_open(place, keep_start=True):
            title = next(iter(demonstrations()))
            open_recording(Origin("demo", "", slug(title)), demonstrations()[title](), keep_start=True)
    elif place is None and kept("uploaded") is not None:
        open_recording(Origin("upload"), kept("uploaded"), keep_start=True)
    elif place is not None and place != origin():
        try_open(place, keep_start=True)


def address(own: Collection[str] = ()) -> dict[str, str]:
    """What all pages share, as query parameters."""
    link = choices().to_link()
    if place := origin().in_link():
        link["record"] = place
    if search := kept("search"):
        link |= search_to_link(search)
    return {name: value for name, value in link.items() if name not in own}


def end(own: Collection[str] = ()) -> None:
    """Write the address, once a run."""
    links.written(address(own))


# -- the recording -------------------------------------------------------------------------------------------


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
    """Make this the open recording of all pages; leads that it lacks leave the choice. Of leads that are
    known part of the time Review shows all, the other pages the widest part."""
    given = ecg
    keep(parts=None if isinstance(ecg, Ecg) else ecg)
    ecg = ecg if isinstance(ecg, Ecg) else ecg.widest()
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


# -- the choices ---------------------------------------------------------------------------------------------


def choices() -> Choices:
    """What the reader has chosen."""
    return st.session_state.choices


def choose(**changes: Any) -> None:
    """Change some choices; those of ``Paper`` by their own names."""
    now = choices()
    links.touch()
    of_paper = {name: value for name, value in changes.items() if hasattr(now.paper, name)}
    rest = {name: value for name, value in changes.items() if name not in of_paper}
    st.session_state.choices = replace(now.with_paper(**of_paper), **rest)


def widget(make: Callable[..., Any], label: str, name: str, *args: Any, **more: Any) -> Any:
    """A widget that shows and sets the choice of that name."""
    key = f"pick_{name}"
    now = choices()
    st.session_state[key] = getattr(now.paper, name) if hasattr(now.paper, name) else getattr(now, name)
    return make(label, *args, key=key, on_change=_keep, args=(name,), **more)


def _keep(name: str) -> None:
    choose(**{name: st.session_state[f"pick_{name}"]})


def _settle_model() -> None:
    """Keep the chosen model where it fits the leads, else take the best that does (generic models come
    first)."""
    names = [model.name for model in models_that_fit()]
    if choices().model not in names:
        if choices().model and "model_settled" not in st.session_state:
            complain(f"The model {choices().model} is not there or does not fit the chosen leads.")
        choose(model=names[0] if names else "")
    st.session_state.model_settled = True


# -- what follows from them ----------------------------------------------------------------------------------


def models_that_fit() -> tuple[ModelInfo, ...]:
    """Models for the chosen leads, best first; none for no leads."""
    from models.reconstruct import fitting

    return fitting(choices().inputs) if choices().inputs else ()


def damaged_models() -> tuple[str, ...]:
    """A sentence for each stored model that cannot be used."""
    from models.reconstruct import damaged

    return damaged()


def model() -> ModelInfo | None:
    """The chosen model."""
    return next((info for info in models_that_fit() if info.name == choices().model), None)


def last_start() -> float:
    """The latest second from which ten can be shown; 0 for recordings of hardly more than ten."""
    spare = recording().duration - SEGMENT_S
    return float(int(spare)) if spare >= 1 else 0.0


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
    from models.reconstruct import for_person

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
    return _reconstruct(part.digest, tuple(now.inputs), info.name, _rung(), part)


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
    return None if info is None else _reconstruct(part.digest, tuple(now.inputs), info.name, _rung(), part)


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


UPLOADED = "uploaded site"
"""The rung of a site file that the reader gave; it belongs to the session."""


def calibration(model_name: str, recording_name: str) -> Calibration | None:
    """What the interval stands on, as chosen; None for the model's own. Raises UnusableEcg."""
    from models.reconstruct import calibration_for

    rung = choices().rung
    if rung == UPLOADED and (given := kept("site")) is not None:
        return given
    return calibration_for(model_name, recording_name, None if rung == UPLOADED else rung or None)


def use_site_file(content: bytes) -> None:
    """Let intervals stand on a site's file. What is wrong with one is told in a sentence."""
    from models.sites import parse

    try:
        keep(site=parse(content.decode("utf-8", "replace"), "This file"))
    except UnusableEcg as error:
        complain(str(error))
        return
    choose(rung=UPLOADED)


def _rung() -> str:
    """The chosen rung, told apart by the site file where it is one."""
    rung, given = choices().rung, kept("site")
    return f"{rung} {hash(given)}" if rung == UPLOADED and given is not None else rung


def rungs() -> dict[str, str]:
    """What the interval of the chosen model can stand on, and how it is called; empty where there is no
    choice."""
    from models.reconstruct import any_hospital
    from models.sites import ANY, OWN, local_sites

    info = model()
    if info is None or info.personal or any_hospital(info.name) is None:
        return {}
    usual = OWN if origin().database == "ptb-xl" else ANY
    names = {
        "": f"{usual[0].upper()}{usual[1:]} (usual here)",
        OWN: "Hospitals like PTB-XL",
        ANY: "Any hospital",
    }
    given = kept("site")
    file = "A site's file" if given is None else f"Site {given.name} (from its file)"
    return names | {name: f"Site {name}" for name in local_sites()} | {UPLOADED: file}
