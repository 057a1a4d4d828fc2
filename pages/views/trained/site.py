"""The reader's own hospital: interval and gains from some of its 12-lead recordings, as a small file."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from ecgcore.ecg import Ecg, UnusableEcg
from models.hints import hint
from pages.shared import downloads, memory, session, widgets

SHOWN_REFUSALS = 5
AT_MOST = 200
"""Recordings in one go; a folder of more is for the command line."""


def show(model: str) -> None:
    """Where a model has an interval for any hospital to start from: files in, the site's file out."""
    from models.reconstruct import any_hospital

    if any_hospital(model) is None:
        return
    with st.expander("Calibrate the interval for your hospital", icon=":material/home_health:"):
        widgets.markdown(
            "Five to 200 of its 12-lead recordings, better 50 or more; ten seconds of each count. Nothing is "
            "kept but the file that you take along: factors and gains, no patient data. "
            f":small[:gray[On the command line: `{hint('site')}`.]]"
        )
        files = st.file_uploader(
            "Recordings (files of one recording share their name; zips may hold many)",
            accept_multiple_files=True,
            key="site_recordings",
            help="Read in memory; nothing is written to a disk, and nothing kept.",
        )
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            name = st.text_input("Name of the hospital", key="site_name", max_chars=40, width=300)
            pressed = st.button("Calibrate", key="site_calibrate", disabled=not (files and name.strip()))
        if pressed:
            memory.keep(site_result=_result(model, name.strip(), files))
        if (result := memory.kept("site_result")) is not None and result["model"] == model:
            _told(result)


def _result(model: str, name: str, files: Any) -> dict[str, Any]:
    """The site's calibration, or why there is none; and what could not be read."""
    from models.training.site import calibrate_site, material_of

    result: dict[str, Any] = {"model": model, "refusals": [], "calibration": None, "reason": ""}
    with st.spinner("Reading and estimating", show_time=True):
        ecgs = list(_readable(files, result["refusals"]))
        try:
            with session.AT_ONCE:
                result["calibration"] = calibrate_site(model, name, material_of(model, name, ecgs))
        except UnusableEcg as error:
            result["reason"] = str(error)
    return result


def _readable(files: Any, refusals: list[str]) -> Any:
    from ecgcore.io.apart.several import read_each

    for number, answer in enumerate(read_each({file.name: file.getvalue() for file in files}), start=1):
        if number > AT_MOST:
            refusals.append(f"More than {AT_MOST} recordings: the rest was not read.")
            return
        if isinstance(answer, Ecg):
            yield answer
        else:
            refusals.append(f"Recording {number}: {answer}")


def _told(result: dict[str, Any]) -> None:
    refusals, calibration = result["refusals"], result["calibration"]
    if refusals:
        rest = len(refusals) - SHOWN_REFUSALS
        more = [f"{rest} more could not be read."] if rest > 0 else []
        st.warning("\n\n".join([*refusals[:SHOWN_REFUSALS], *more]), icon=":material/info:")
    if calibration is None:
        st.error(result["reason"], icon=":material/error:")
        return
    st.success(f"{calibration.label}; {calibration.basis}", icon=":material/check:")
    downloads.table(_table(result["model"], calibration), "site")
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Take the site file",
            calibration.text,
            f"{calibration.name}.json",
            "application/json",
            key="site_take",
            icon=":material/download:",
            on_click="ignore",
        )
        st.button(
            "Use it for what is open",
            key="site_use",
            icon=":material/done_all:",
            on_click=lambda: session.use_site_file(calibration.text.encode()),
        )
    if session.choices().rung == session.UPLOADED:
        st.caption("In use for this session; Review says so under the paper and lets you choose another.")


def _table(model: str, calibration: Any) -> str:
    """By number of input leads: the interval's width against that for any hospital, and where gains move the
    estimate."""
    from ecgcore.leads import INDEPENDENT
    from models.reconstruct import any_hospital

    shared = any_hospital(model)
    assert shared is not None
    rows = [
        "| Independent input leads | Interval, of that for any hospital | Gains that lower the error here |"
    ]
    rows.append("|--:|--:|:--|")
    for count in range(1, len(INDEPENDENT)):
        ratio = calibration.factor[count] / shared.factor[count]
        own = [
            f"{lead} ×{gain:.2f}"
            for lead, gain, usual in zip(
                INDEPENDENT, calibration.gain[count], shared.gain[count], strict=True
            )
            if not np.isclose(gain, usual, atol=0.005)
        ]
        rows.append(f"| {count} | {100 * np.mean(ratio):.0f} % | {', '.join(own) or 'none'} |")
    return "\n".join(rows)
