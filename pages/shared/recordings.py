"""Opening a recording: demonstration, local database, PhysioNet, upload. What fails is said; the open
recording stays."""

from __future__ import annotations

import threading
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from ecgcore.ecg import UnusableEcg
from ecgcore.io import LEFT_OUT, harmless
from ecgcore.leads import STANDARD
from pages.shared import session
from pages.shared.choices import Origin

SOURCES = {"demo": "Demo", "local": "Local", "physionet": "PhysioNet", "upload": "Upload"}
MOST_LISTED = 2000
"""Records in a drop-down list; more are found by typing part of the name."""
UNITS = ("mV", "uV", "V", "nV")


def recording_picker() -> None:
    """The sidebar's sources of recordings, one tab each; only the open tab works."""
    _get_ready()
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
            "No local database. Set the environment variable ECG_DATA to a folder that holds PTB-XL, PTB, "
            "LUDB or others."
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
    from ecgcore.datasets import title_of

    return title_of(name)


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
    records = database.records(fold=fold, diagnosis=diagnosis)
    return [record for record in records if part.casefold() in record.casefold()] if part else records


@st.cache_resource(show_spinner=False)
def _get_ready() -> None:
    """Once per server: nothing of a killed one is left, and a process waits to read."""
    from ecgcore.io import get_ready

    get_ready()


def _upload() -> None:
    from ecgcore.io import names

    files = st.file_uploader(
        "Files of one recording, or a zip of them",
        accept_multiple_files=True,
        key="pick_files",
        help="Read in memory; nothing is written to a disk, and nothing kept.",
    )
    st.caption(f"Read are {names()}.")
    if not files:
        return
    given = tuple(file.file_id for file in files)
    if st.session_state.get("upload", {}).get("files") != given:
        st.session_state.upload = {
            "files": given,
            "missing": (),
            "choices": (),
            "channels": (),
            "named": (),
            "leads": None,
            "hints": None,
            "refusal": "",
            "question": False,
            "dismissed": False,
        }
    state: dict[str, Any] = st.session_state.upload
    if state["channels"] and state["leads"] is None:
        _ask_for_leads(state)
    else:
        _read(state, files)
    if state["refusal"]:
        (st.info if state["question"] else st.error)(state["refusal"])
        st.caption("The recording that was open stays open.")


def _read(state: dict[str, Any], files: Any) -> None:
    """Read the files with what was said about them, once; what is still missing is asked for."""
    from ecgcore.io import NeedsHint, read_parts

    hints = {"ask_all": True, **state.get("answers", {}), **_hints(state["missing"], state["choices"])}
    if state["leads"] is not None:
        hints["leads"] = state["leads"]
    if hints == state["hints"]:
        return
    try:
        ecg = read_parts({file.name: file.getvalue() for file in files}, **hints)
    except NeedsHint as wish:
        more = tuple(name for name in wish.missing if name not in state["missing"])
        state |= {
            "refusal": str(wish),
            "question": True,
            "missing": (*state["missing"], *more),
            "choices": wish.choices or state["choices"],
            "channels": wish.channels or state["channels"],
            "named": wish.named or state["named"],
            "hints": hints,
        }
        if more:
            st.rerun()  # to ask for it above
    except UnusableEcg as error:
        state |= {
            "refusal": str(error),
            "question": False,
            "hints": hints,
            "leads": None if state["channels"] else state["leads"],
        }
        if state["channels"]:
            st.rerun()
    else:
        state |= {"refusal": "", "hints": hints}
        try:
            session.open_recording(Origin("upload"), ecg)
        except UnusableEcg as error:  # leads known too briefly to show anything
            state |= {"refusal": str(error), "question": False}
            return
        st.rerun()


# -- channels without a name --


def _ask_for_leads(state: dict[str, Any]) -> None:
    """The form for channels that the file does not name: it opens by itself, and again by a button."""
    if st.button("Name the channels", icon=":material/label:", width="stretch") or not state["dismissed"]:
        state["dismissed"] = True
        _lead_form(state)


@st.dialog("Which lead is each channel?", width="large")
def _lead_form(state: dict[str, Any]) -> None:
    from ecgcore.figures.channels import channel_picture

    channels, named_leads = state["channels"], state["named"]
    named = "The file does not name its channels as leads. Name those you know and leave the others out: "
    if named_leads:
        named = (
            f"The file names {', '.join(named_leads)}, and these are kept. Of the channels below "
            "it does not say which lead they are. Name those you know and leave the others out: "
        )
    st.markdown(
        f"{named}a wrong name makes every result wrong. Each is drawn by its own scale"
        + ("; a line is a second." if channels[0].rate else ".")
    )
    if channels[0].suggestion:
        st.button(
            f"Fill in the standard order: {', '.join(channel.suggestion for channel in channels)}",
            on_click=_fill_in,
            args=(channels,),
            icon=":material/format_list_numbered:",
        )
    with st.form("leads", border=False):
        answers = _hints(tuple(name for name in ("rate", "unit") if name in state["missing"]), ())
        leads = {}
        for number, channel in enumerate(channels):
            left, right = st.columns([1, 3], vertical_alignment="center")
            leads[channel.label] = left.selectbox(
                harmless(channel.label),
                [lead for lead in STANDARD if lead not in named_leads],
                index=None,
                key=f"hint_lead_{number}",
                placeholder="Leave out",
            )
            right.image(channel_picture(channel), width="stretch")
        pressed = st.form_submit_button("Open", type="primary", width="stretch")
    if pressed and (complaint := _complaint(leads, answers, state["missing"], bool(named_leads))):
        st.error(complaint)
    elif pressed:
        named = {label: lead or LEFT_OUT for label, lead in leads.items()}
        state |= {"leads": named, "answers": answers, "hints": None, "refusal": ""}
        st.rerun()


def _fill_in(channels: Any) -> None:
    for number, channel in enumerate(channels):
        st.session_state[f"hint_lead_{number}"] = channel.suggestion


def _complaint(
    leads: dict[str, str | None], answers: dict[str, Any], missing: tuple[str, ...], some_known: bool
) -> str:
    """What keeps the answers from being complete; "" where nothing does."""
    named = [lead for lead in leads.values() if lead]
    if not named and not some_known:
        return "Name at least one channel."
    if double := sorted({lead for lead in named if named.count(lead) > 1}):
        return f"Lead {', '.join(double)} is chosen more than once."
    words = {"rate": "sampling rate", "unit": "unit"}
    lacking = [words[name] for name in words if name in missing and name not in answers]
    return f"The {' and the '.join(lacking)} must be given too." if lacking else ""


def _hints(missing: tuple[str, ...], choices: tuple[str, ...]) -> dict[str, Any]:
    """What the file does not say, asked of the reader."""
    answers: dict[str, Any] = {}
    if "rate" in missing:
        answers["rate"] = st.number_input(
            "Sampling rate, Hz", 20.0, 20_000.0, None, key="hint_rate", placeholder="for example 500"
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
    database = DATABASES.get(name or "")
    with st.form("physionet", border=False):
        record = st.text_input(
            "Record",
            key="pick_remote_record",
            max_chars=200,
            placeholder=f"for example {database.example}" if database else "name of the record",
        )
        fetch = st.form_submit_button("Fetch", icon=":material/cloud_download:", width="stretch")
    if fetch and name and record.strip():
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
            f"Available without a network: the "
            f"demonstrations{'; under Local: ' + ' · '.join(here) if here else ''}."
        )
    except UnusableEcg as error:
        bar.empty()
        st.error(str(error))
    else:
        st.rerun()
