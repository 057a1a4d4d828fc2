"""A recording out of uploaded files, what the reader says about them, and names for channels without one."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.io import LEFT_OUT, harmless
from ecgcore.leads import STANDARD
from pages.shared import session
from pages.shared.choices import Origin

UNITS = {"mV": "mV", "uV": "µV", "V": "V", "nV": "nV"}


def show() -> None:
    """The field for files, and what is asked about them."""
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
    """Read the files with what is told about them, once; what is still missing is asked for."""
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
            f"{', '.join(named_leads)} {'is' if len(named_leads) == 1 else 'are'} named in the file. The "
            "other channels are not: name those you know and leave the rest out; "
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
    leads: dict[str, str | None], answers: dict[str, Any], missing: tuple[str, ...], some_named: bool
) -> str:
    """What keeps the answers from being complete; "" where nothing does."""
    named = [lead for lead in leads.values() if lead]
    if not named and not some_named:
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
            "Unit of the values",
            list(UNITS),
            index=None,
            key="hint_unit",
            placeholder="Choose",
            format_func=UNITS.__getitem__,
        )
    if "record" in missing:
        answers["record"] = st.selectbox(
            "Recording", choices, index=None, key="hint_record", placeholder="Choose"
        )
    return {name: value for name, value in answers.items() if value is not None}
