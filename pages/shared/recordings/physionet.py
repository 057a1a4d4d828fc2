"""A record fetched from PhysioNet by its name."""

from __future__ import annotations

import threading

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from ecgcore.datasets import title_of
from ecgcore.ecg import UnusableEcg
from pages.shared import session
from pages.shared.choices import Origin


def show() -> None:
    """The database, the record and the button that fetches it."""
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
        here = [title_of(name) for name in session.local_databases()]
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
