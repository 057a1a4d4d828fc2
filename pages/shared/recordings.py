"""Opening a recording: demonstration, local database, PhysioNet, upload. What fails is said; the open
recording stays."""

from __future__ import annotations

import threading
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from ecgcore.ecg import UnusableEcg
from pages.shared import session
from pages.shared.choices import Origin

SOURCES = {"demo": "Demo", "local": "Local", "physionet": "PhysioNet", "upload": "Upload"}
MOST_LISTED = 2000
"""Records in a drop-down list; more are found by typing part of the name."""
UNITS = ("mV", "uV", "V", "nV")


def recording_picker() -> None:
    """The sidebar's sources of recordings, one tab each; only the open tab works."""
    st.markdown("**Recording**")
    tabs = st.tabs(
        list(SOURCES.values()), key="pick_source", default=SOURCES[session.origin().kind], on_change="rerun"
    )
    for tab, show in zip(tabs, (_demo, _local, _physionet, _upload), strict=True):
        if tab.open:
            with tab, st.container(gap="xsmall"):
                show()


def _open(place: Origin) -> None:
    """What a choice in the open tab asks for. A list of a tab that was left can be heard once more, with what
    stood in it: it asks for nothing."""
    if st.session_state.pick_source == SOURCES[place.kind]:
        session.try_open(place)


def _demo() -> None:
    titles = {session.slug(title): title for title in session.demonstrations()}
    now = session.origin()
    st.session_state.pick_demo = now.record if now.kind == "demo" else None
    st.selectbox(
        "Demonstration",
        list(titles),
        key="pick_demo",
        format_func=titles.__getitem__,
        placeholder="Choose a demonstration",
        label_visibility="collapsed",
        on_change=lambda: _open(Origin("demo", "", st.session_state.pick_demo)),
    )


def _local() -> None:
    names = session.local_databases()
    if not names:
        st.caption(
            "No local database. Set the environment variable ECG_DATA to a folder that holds PTB-XL, PTB, LUDB or others."
        )
        return
    now = session.origin()
    if "pick_database" not in st.session_state and now.kind == "local" and now.database in names:
        st.session_state.pick_database = now.database
    name = st.selectbox("Database", names, key="pick_database", format_func=_title, persist_state="session")
    database = session.database(name)
    records = _filtered_records(database)
    if not records:
        st.caption("No record passes these filters.")
        return
    if len(records) > MOST_LISTED:
        st.caption(f"{len(records):,} records, the first {MOST_LISTED:,} are listed; narrow them down.")
    key = f"pick_record_{name}"
    listed = records[:MOST_LISTED]
    st.session_state[key] = (
        now.record if (now.kind, now.database) == ("local", name) and now.record in listed else None
    )
    st.selectbox(
        f"Record ({len(records):,})",
        listed,
        key=key,
        placeholder="Choose a record",
        on_change=lambda: _open(Origin("local", name, st.session_state[key])),
    )


def _title(name: str) -> str:
    from ecgcore.datasets import databases

    return databases()[name].title


def _filtered_records(database: Any) -> list[str]:
    """Records by part of the name, diagnosis and fold, as far as the database knows them."""
    folds, diagnoses = session.facets(database.name)
    part = st.text_input("Name contains", key=f"pick_part_{database.name}", placeholder="any", max_chars=60)
    left, right = st.columns([3, 2], gap="small")
    diagnosis = fold = None
    if diagnoses:
        diagnosis = left.selectbox(
            "Diagnosis", diagnoses, index=None, key=f"pick_diagnosis_{database.name}", placeholder="any"
        )
    if folds:
        fold = right.selectbox("Fold", folds, index=None, key=f"pick_fold_{database.name}", placeholder="any")
    found = database.records(fold=fold, diagnosis=diagnosis)
    return [record for record in found if part.casefold() in record.casefold()] if part else found


def _upload() -> None:
    from ecgcore.io import NeedsHint, names, read_files

    files = st.file_uploader(
        f"{names()}, or a zip of these",
        accept_multiple_files=True,
        key="pick_files",
        help="Read in memory; nothing is written to a disk, and nothing kept.",
    )
    if not files:
        return
    given = tuple(file.file_id for file in files)
    asked: dict[str, Any] = st.session_state.get("upload", {})
    if asked.get("files") != given:
        asked = st.session_state.upload = {
            "files": given,
            "missing": (),
            "choices": (),
            "hints": None,
            "said": "",
        }
    hints = _hints(asked["missing"], asked["choices"])
    if hints != asked["hints"]:
        asked["hints"], asked["said"] = hints, ""
        try:
            ecg = read_files({file.name: file.getvalue() for file in files}, **hints)
        except NeedsHint as wish:
            more = tuple(name for name in wish.missing if name not in asked["missing"])
            asked |= {
                "said": str(wish),
                "missing": (*asked["missing"], *more),
                "choices": wish.choices or asked["choices"],
            }
            if more:
                st.rerun()  # to ask for it above
        except UnusableEcg as error:
            asked["said"] = str(error)
        else:
            session.open_recording(Origin("upload"), ecg)
            st.rerun()
    if asked["said"]:
        st.error(asked["said"])
        st.caption("The recording that was open stays open.")


def _hints(missing: tuple[str, ...], choices: tuple[str, ...]) -> dict[str, Any]:
    """What the file does not say, asked of the reader."""
    answers: dict[str, Any] = {}
    if "rate" in missing:
        answers["rate"] = st.number_input(
            "Sampling rate, Hz", 1.0, 100_000.0, None, key="hint_rate", placeholder="for example 500"
        )
    if "unit" in missing:
        answers["unit"] = st.selectbox(
            "Unit of the values", UNITS, index=None, key="hint_unit", placeholder="Choose"
        )
    if "record" in missing:
        answers["record"] = st.selectbox(
            "Recording", choices, index=None, key="hint_record", placeholder="Choose"
        )
    return {name: value for name, value in answers.items() if value is not None}


def _physionet() -> None:
    from ecgcore.io.physionet import DATABASES

    names = list(DATABASES)
    name = st.selectbox(
        "Database",
        names,
        key="pick_remote",
        format_func=lambda name: DATABASES[name].title if name in DATABASES else name,
        accept_new_options=True,
        persist_state="session",
        help="One of these, or any open database as folder/version, for example mitdb/1.0.0.",
    )
    known = DATABASES.get(name or "")
    with st.form("physionet", border=False):
        record = st.text_input(
            "Record",
            key="pick_remote_record",
            max_chars=200,
            placeholder=f"for example {known.example}" if known else "name of the record",
        )
        asked = st.form_submit_button("Fetch", icon=":material/cloud_download:", width="stretch")
    if asked and name and record.strip():
        _fetch(Origin("physionet", name.strip(), record.strip()))


def _fetch(place: Origin) -> None:
    """Fetch with a progress line; where the network fails, say what is here instead."""
    bar, context = st.progress(0.0, "Asking PhysioNet"), get_script_run_ctx()

    def show(line: str, part: float) -> None:  # called from the thread that downloads
        add_script_run_ctx(threading.current_thread(), context)
        bar.progress(min(1.0, part), line)

    from ecgcore.io.physionet import Unreachable

    try:
        session.open_recording(place, session.read(place, show))
    except Unreachable as error:
        here = [_title(name) for name in session.local_databases()]
        bar.empty()
        st.error(str(error))
        st.caption(
            f"Available without a network: the demonstrations{'; under Local: ' + ' · '.join(here) if here else ''}."
        )
    except UnusableEcg as error:
        bar.empty()
        st.error(str(error))
    else:
        st.rerun()
