"""The reference recording of a session: an earlier 12-lead ECG of the person whose recording is open. And the
estimates without and with it.

The address names it as ``reference``: ``first-5`` for the first five seconds of the open recording, or the
name of another recording of the same patient in a local database. An uploaded reference recording is kept in
the session alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.leads import INDEPENDENT, LeadSet
from pages.shared import links, session
from pages.shared.choices import Origin
from pages.shared.memory import complain, keep, kept

if TYPE_CHECKING:
    from models.person.reference import PersonalEstimate

NONE = "none"
SECONDS = (2, 5, 10)
"""Lengths of a reference at the start of the recording itself."""
UPLOADED = "upload"


def picker() -> None:
    """Which recording of the same person is the reference, if any; in the sidebar, below the leads."""
    titles = _titles()
    with st.expander("Reference 12-lead of the same person", expanded=_chosen() != NONE):
        picked = links.one_of(
            st.selectbox,
            "Reference",
            "reference",
            list(titles),
            format_func=titles.__getitem__,
            label_visibility="collapsed",
            help="One recording with all leads tells what few leads cannot: how this person's leads go "
            "together.",
        )
        if picked == UPLOADED:
            _upload()
        elif picked != NONE:
            st.caption("A change since the reference may not show in full.")


def personal_estimate() -> PersonalEstimate | None:
    """Generic and personal estimate of the ten seconds on view; None without a reference recording.
    Raises UnusableEcg."""
    reference, info = _reference(), session.model()
    if reference is None or info is None or info.personal or not session.choices().inputs:
        return None
    ecg, use = reference
    if use == "session":
        return first_seconds(int(_chosen().removeprefix("first-")))
    part = session.segment()
    return _estimate(part.digest, ecg.digest, tuple(session.choices().inputs), info.name, use, part, ecg)


def first_seconds(seconds: int) -> PersonalEstimate | None:
    """Both estimates of the ten seconds on view where the recording's first seconds are the reference; None
    without a generic model, without input leads or where a lead is lacking. Raises UnusableEcg."""
    info, inputs, whole = session.model(), session.choices().inputs, session.recording()
    if info is None or info.personal or not inputs or LeadSet(INDEPENDENT) - whole.leads.determined:
        return None
    part = session.segment()
    result = _from_beginning(part.digest, whole.digest, seconds, tuple(inputs), info.name, part)
    return _with_fitted_part(result, seconds)


def median_beats(result: PersonalEstimate) -> dict:
    """The commonest beat of the reference, of today's recording and of both estimates, by lead; see
    ``models.person.median_beats``. Raises UnusableEcg."""
    reference = _reference()
    if reference is None:
        return {}
    part = session.segment()
    estimate = (result.generic.weights, tuple(result.generic.inputs), result.use)
    return _median_beats(part.digest, reference[0].digest, estimate, part, reference[0], result)


@st.cache_data(scope="session", max_entries=8, show_spinner=False)
def _median_beats(
    digest: str, of_reference: str, estimate: tuple, _part: Ecg, _reference: Ecg, _result: PersonalEstimate
) -> dict:
    from models.person.median_beats import median_beats

    return median_beats(_part, _reference, _result)


def visit() -> Ecg | None:
    """Another recording of the person, if one is the reference; a part of the open one is none. Raises
    UnusableEcg."""
    reference = _reference()
    return reference[0] if reference is not None and reference[1] == "visit" else None


def shown(generic: Reconstruction, result: PersonalEstimate | None) -> Reconstruction:
    """The estimate that the paper and the exports show: the reader's choice of the two."""
    return result.personal if result is not None and kept(_SHOWN, "personal") == "personal" else generic


_SHOWN = "link_estimate"


def choice_of_estimate() -> None:
    """Personal or generic, above the paper."""
    links.one_of(
        st.segmented_control,
        "Estimate shown",
        "estimate",
        ["personal", "generic"],
        format_func={"personal": "Personal estimate", "generic": "Generic estimate"}.__getitem__,
        required=True,
    )


# -- which recording is the reference -----------------------------------------------------------------------


def _titles() -> dict[str, str]:
    """Choices by their names in the address."""
    titles = {NONE: "None: the generic estimate"}
    here = session.recording()
    if not LeadSet(INDEPENDENT) - here.leads.determined:
        titles |= {
            f"first-{seconds}": f"The first {seconds} s of this recording"
            for seconds in SECONDS
            if here.duration >= seconds + 3
        }
    return titles | other_visits() | {UPLOADED: "Upload another recording of this person"}


def other_visits() -> dict[str, str]:
    """Other recordings of the patient of an open record, where its database knows them."""
    return _other_visits(session.origin())


@st.cache_data(scope="session", max_entries=16, show_spinner=False)
def _other_visits(place: Origin) -> dict[str, str]:
    row = session.record_info()
    if place.kind != "local" or not row.get("patient"):
        return {}
    index = session.database(place.database).index
    others = index[(index["patient"] == row["patient"]) & (index["record"] != place.record)]
    dates = others["recorded"] if "recorded" in others else [""] * len(others)
    return {
        record: f"Record {record}{_when(date, row.get('recorded', ''))}"
        for record, date in zip(others["record"], dates, strict=True)
        if re.fullmatch(r"[\w.-]+", record)
    }


def previous_visit() -> str:
    """Of the other recordings the last before the open one, else the first after it; "" for none."""
    place, row = session.origin(), session.record_info()
    if not (records := list(other_visits())):
        return ""
    base, today = session.database(place.database), row.get("recorded", "") or ""
    dates = {record: base.info(record).get("recorded", "") or "" for record in records}
    before = [record for record in records if dates[record] and dates[record] < today]
    return max(before, key=dates.__getitem__) if before else min(records, key=dates.__getitem__)


def read_visit(record: str) -> Ecg:
    """Ten seconds of another recording of the open one's database, filtered as chosen. Raises UnusableEcg."""
    return session.ten_seconds(Origin("local", session.origin().database, record))


def _when(date: str, today: str) -> str:
    """How long before or after the open one, in words."""
    from datetime import datetime

    try:
        days = (datetime.fromisoformat(today) - datetime.fromisoformat(date)).days
    except (TypeError, ValueError):
        return ""
    return f", {abs(days):,} days {'earlier' if days >= 0 else 'later'}"


def _chosen() -> str:
    return str(kept("link_reference", st.query_params.get("reference", NONE)))


def _reference() -> tuple[Ecg, str] | None:
    """The reference, filtered as the recording is, and its use."""
    chosen = _chosen()
    if chosen not in _titles() or chosen == NONE:
        return None
    if chosen.startswith("first-"):
        return session.filtered(session.recording()).cut(0, float(chosen.removeprefix("first-"))), "session"
    if chosen == UPLOADED:
        uploaded = kept("reference_upload")
        return None if uploaded is None else (session.filtered(uploaded), "visit")
    place = Origin("local", session.origin().database, chosen)
    return session.filtered(_read(place)), "visit"


@st.cache_data(scope="session", max_entries=4, show_spinner=False)
def _read(place: Origin) -> Ecg:
    return session.read(place)


def _upload() -> None:
    from ecgcore.io import read_files

    files = st.file_uploader(
        "Files of the reference recording", accept_multiple_files=True, key="reference_files"
    )
    given = tuple(file.file_id for file in files)
    if given and kept("reference_given") != given:
        keep(reference_given=given)
        try:
            keep(reference_upload=read_files({file.name: file.getvalue() for file in files}))
        except UnusableEcg as error:
            complain(f"The reference was not read: {error}")
            st.rerun()
    if kept("reference_upload") is None:
        st.caption("A 12-lead that says its rate and unit; nothing is kept after the session.")


@st.cache_data(scope="session", max_entries=16, show_spinner=False)
def _estimate(
    digest: str, of_reference: str, inputs: tuple[str, ...], model: str, use: str, _part: Ecg, _reference: Ecg
) -> PersonalEstimate:
    from models.person.reference import Reference, personal_estimate

    with session.AT_ONCE:
        return personal_estimate(_part, LeadSet(inputs), model, Reference(_reference, use))


@st.cache_data(scope="session", max_entries=16, show_spinner=False)
def _from_beginning(
    digest: str, of_whole: str, seconds: int, inputs: tuple[str, ...], model: str, _part: Ecg
) -> PersonalEstimate:
    from models.person.reference import beginning, personal_estimate

    with session.AT_ONCE:
        reference = beginning(session.filtered(session.recording()), float(seconds))
        return personal_estimate(_part, LeadSet(inputs), model, reference)


def _with_fitted_part(result: PersonalEstimate, seconds: float) -> PersonalEstimate:
    """How much of the ten seconds on view lies within the reference: there errors do not count."""
    from dataclasses import replace

    start = min(session.choices().start, session.last_start())
    fitted = min(result.personal.ecg.duration, seconds - start)
    if fitted <= 0 or not result.used:
        return result
    return replace(result, personal=replace(result.personal, fitted_until=fitted))
