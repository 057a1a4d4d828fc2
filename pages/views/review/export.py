"""Everything that can be taken along from the Review page, in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.quality import Finding
from pages.shared import session
from pages.shared.reads import electrode_checks

if TYPE_CHECKING:
    from ecgcore.export import Export, ExportFormat
    from ecgcore.partial import PartialReconstruction
    from pages.shared.choices import Choices


def show(
    truth: Ecg | None,
    reconstruction: Reconstruction | PartialReconstruction,
    findings: Sequence[Finding],
    choices: Choices | None = None,
    longer: float | None = None,
    personal: str = "",
) -> None:
    """A format, what goes into it, and the file.

    choices: paper and start where they differ from the session's. longer: seconds of the whole recording,
    where it is longer than the session's. personal: a sentence about the personal estimate where it is shown.
    """
    from ecgcore.export import export_format, export_formats

    titles = {form.name: f"{form.title}: {form.about}" for form in export_formats()}
    with st.container(key="export", gap="xsmall"):
        st.markdown("**Export**")
        name = st.selectbox(
            "Format",
            list(titles),
            key="export_format",
            format_func=titles.__getitem__,
            label_visibility="collapsed",
        )
        form = export_format(name)
        whole = not personal and _whole_wanted(form, reconstruction)
        with st.container(horizontal=True, vertical_alignment="center"):
            interval = reconstruction.interval is not None and st.toggle(
                "Prediction interval", True, key="export_interval"
            )
            recorded = truth is not None and st.toggle(
                "Recorded traces of the leads left out", key="export_recorded", disabled=not form.whole
            )
        try:
            form.check(reconstruction.ecg)
        except UnusableEcg as error:
            st.info(str(error))
            return
        out = _export(truth, reconstruction, findings, choices or session.choices(), longer)
        remarks = tuple(filter(None, (personal, _electrodes_remark())))
        out = replace(out, interval=bool(interval), recorded=bool(recorded), remarks=remarks)
        st.download_button(
            f"Download {form.title}",
            _whole_document(form, out) if whole else partial(form.bytes_of, out),
            f"{_name()}{form.suffix}",
            form.mime,
            icon=":material/download:",
            on_click="ignore",
            key="export_download",
            type="primary",
        )
        st.caption(
            "Or print this page from the browser: at a scale of 100 %, 1 mm is 1 mm, except on sheets too "
            "high for two pages."
        )


def _electrodes_remark() -> str:
    """What the check of electrodes says of a recording that is exported as it is, "" for nothing."""
    alarm = electrode_checks.open_alarm() if session.parts() is None else None
    return alarm.remark if alarm else ""


def _whole_wanted(form: ExportFormat, reconstruction: Reconstruction | PartialReconstruction) -> bool:
    """Whether the whole of a long recording is asked for, where the format holds it."""
    total = session.recording().duration
    if not session.last_start() or not form.whole or not isinstance(reconstruction, Reconstruction):
        return False
    part = {False: "The ten seconds on view", True: f"The whole recording, {total:,.0f} s"}
    return bool(
        st.radio("Part", list(part), key="export_part", format_func=part.__getitem__, horizontal=True)
    )


def _export(truth, reconstruction, findings: Sequence[Finding], now: Choices, longer: float | None) -> Export:
    from ecgcore.export import Export

    info = session.model()
    if longer is None and session.last_start():
        longer = session.recording().duration
    return Export(
        reconstruction,
        truth,
        high_pass=now.high_pass,
        start=0.0 if longer is None else min(now.start, longer - reconstruction.ecg.duration),
        recording_s=longer,
        model_title=info.label if info and info.name == reconstruction.model else "",
        findings=tuple(finding.text for finding in findings if not finding.harmless),
        paper=now.paper,
    )


def _whole_document(form: ExportFormat, out: Export) -> Callable[[], bytes]:
    """A function that makes the file of the whole recording when it is downloaded. The download runs outside
    the session, so everything it needs is bound here."""
    recording, now = session.whole_recording(), session.choices()
    calibration = session.calibration(now.model, recording.name)

    def document() -> bytes:
        from models.reconstruct import reconstruct

        with session.AT_ONCE:
            whole = reconstruct(recording, now.inputs, now.model, calibration)
        return form.bytes_of(replace(out, reconstruction=whole, truth=recording, start=0.0, recording_s=None))

    return document


def _name() -> str:
    """Of the file: that of a demonstration or a database's record; an upload's own name is not known here."""
    from ecgcore.io import record_name

    return (
        "reconstruction"
        if session.origin().kind == "upload"
        else record_name(f"{session.title()}-{session.choices().model}")
    )
