"""The parts of the Review page: heading, sheets of paper, table of agreement, what the estimate is,
downloads."""

from __future__ import annotations

import math

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.evaluation.agreement import LeadAgreement, mean_of_estimated
from ecgcore.figures import describe, measure, paper_figure
from ecgcore.quality import Finding
from pages.shared import frame, session


def heading() -> None:
    """Which recording this is, in one line."""
    ecg = session.recording()
    length = f"{ecg.duration:.1f} s" if ecg.duration < 120 else f"{ecg.duration / 60:.1f} min"
    leads = "12 leads" if len(ecg.leads) == 12 else f"leads {' '.join(ecg.leads)}"
    simulated = "  :violet-badge[simulated]" if ecg.simulated else ""
    more = " · ".join(part for part in (length, f"{ecg.rate:g} Hz", leads, _indexed()) if part)
    st.markdown(f"#### {session.title()}{simulated} :small[:gray[{more}]]")


def _indexed() -> str:
    """Diagnoses and split of a local record, as its database's table has them."""
    row = session.known()
    words = [
        *row.get("superclasses", ()),
        *(code for code in row.get("codes", ()) if code not in row.get("superclasses", ())),
    ]
    said = [", ".join(words[:8])] if words else []
    if row.get("fold") is not None and row["fold"] == row["fold"]:
        said.append(f"fold {row['fold']}")
    if row.get("split"):
        said.append(
            {"train": "training", "val": "validation", "test": "test"}.get(row["split"], row["split"])
            + " part"
        )
    return " · ".join(said)


def sheets(truth: Ecg, made: Reconstruction | None) -> None:
    """The ten seconds on view: one sheet of paper, or several below one another where the speed needs them."""
    now = session.choices()
    first = min(now.start, session.last_start())
    starts = [
        number * now.paper.seconds
        for number in range(math.ceil(round(truth.duration / now.paper.seconds, 1)))
    ]
    figures = [
        paper_figure(
            truth,
            made,
            now.paper,
            start=start,
            band=now.band,
            difference=now.difference,
            filter_text=frame.filter_text() + _from(first + start),
            calipers=now.calipers,
        )
        for start in starts
    ]
    with st.container(width=max(figure["layout"]["width"] for figure in figures)):
        for number, figure in enumerate(figures):
            alt = describe(truth, made, now.paper)
            _sheet(figure, f"sheet_{number}", alt, now.calipers)


def _sheet(figure: dict, key: str, alt: str, calipers: bool) -> None:
    if not calipers:
        frame.true_scale(figure, key, alt=alt)
        return
    event = frame.true_scale(figure, f"{key}_calipers", alt=alt, on_select="rerun", selection_mode="box")
    boxes = event["selection"]["box"]
    said = (
        f"**{measure(boxes[0]['x'], boxes[0]['y'])}**"
        if boxes
        else "drag a box on the paper; a double click removes it"
    )
    st.markdown(f":material/straighten: Calipers: {said}")


def _from(second: float) -> str:
    return f"   from {second:g} s" if session.last_start() or second else ""


def reconstruction_or_reason() -> tuple[Reconstruction | None, str]:
    """The reconstruction, or None and a sentence why there is none; the recording is shown all the same."""
    try:
        made = session.reconstruction()
    except UnusableEcg as error:
        return None, f"{error} The recording is shown as it is."
    if not session.choices().inputs:
        return None, "Choose at least one lead as measured; until then the recording is shown as it is."
    return made, "" if made else "No model here works from these leads; the recording is shown as it is."


def agreement_table(table: list[LeadAgreement], fitted_until: float = 0.0) -> None:
    """Per estimated lead: r, RMSE, MAE, SNR; and the mean over estimated leads alone. fitted_until: s of a
    personal model that do not count."""
    rows = [row for row in table if row.source == "estimated"]
    derived = [row for row in table if row.source == "derived"]
    mean = mean_of_estimated(table)
    if not rows:
        st.caption("Nothing had to be estimated.")
    else:
        st.markdown("**Agreement of the estimated leads**")
        head = "| Lead | r | RMSE µV | MAE µV | SNR dB |\n|:--|--:|--:|--:|--:|\n"
        st.markdown(head + "\n".join(_row(row) for row in rows + ([mean] if mean else [])))
    said = f"{frame.filter_text()}{', the ten seconds shown' if session.last_start() else ''}. "
    if rows:
        said += "SNR with the mean removed. The mean is over all estimated leads; Results counts of them I, II and V1–V6. "
        if fitted_until:
            said += f"Only what follows the {fitted_until:.1f} s fitted is counted. "
    worst = max((row.rmse_uv for row in derived if row.rmse_uv is not None), default=None)
    if worst is not None:
        said += f"Derived exactly: {', '.join(row.lead for row in derived)}; they differ from the recorded ones by at most {worst:.1f} µV RMSE."
    st.caption(said)


def _row(row: LeadAgreement) -> str:
    if not row.has_truth:
        return f"| **{row.lead}** | no true lead | – | – | – |"
    cells = (_number(row.r, 3), _number(row.rmse_uv, 0), _number(row.mae_uv, 0), _number(row.snr_db, 1))
    cells = tuple(f"**{cell}**" for cell in cells) if row.lead.startswith("mean") else cells
    return f"| **{row.lead}** | {' | '.join(cells)} |"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}".replace("-", "−")


def about_the_estimate(made: Reconstruction) -> None:
    """What made it, how far it can be trusted, what the band means."""
    info = session.model()
    st.markdown("**About this estimate**")
    for sentence in made.warnings:
        st.warning(sentence)
    if (
        info
        and info.card
        and session.known().get("split") == "train"
        and session.origin().database in info.card.dataset.casefold()
    ):
        st.caption(
            ":material/info: This recording is in the part of the database that models are trained on; its errors flatter the model."
        )
    if made.fitted_until:
        st.caption(
            f"Personal model: fitted on the first {made.fitted_until:.1f} s shown here, with the missing leads visible. "
            "Errors count after that only, and say nothing about another person."
        )
    if made.estimated and made.band is not None:
        st.caption(
            "Shaded band: nominal 90 %. Where the model is calibrated, nine of ten samples of the true trace lie in it, on "
            "other hospitals' recordings often fewer (see Results, Band); it widens where these leads say little about the missing one."
        )
    elif made.estimated:
        st.caption("This model gives no band: how sure it is of a sample is not known.")
    if info and info.card:
        _card(info.card, made)


def _card(card, made: Reconstruction) -> None:
    scored = {
        condition.split(", ")[0] + ", " + condition.split(", ")[-1]: value
        for condition, value in card.metrics.items()
        if f", {made.inputs}, " in condition
    }
    lines = [
        f"**{card.title}** · weights `{made.weights}`",
        f"Trained on {card.dataset}, {card.folds}: {card.records:,} recordings of {card.patients:,} patients.",
        f"Published as: {card.paper}" if card.paper else "",
        *(
            f"From {made.inputs} ({condition}): {value.replace('uV', 'µV')}"
            for condition, value in scored.items()
        ),
        ""
        if scored or not card.metrics
        else f"Not scored from {made.inputs}; other leads are under Results.",
        card.intended_use,
    ]
    with st.expander("Model card"):
        st.markdown("\n\n".join(line for line in lines if line))


def downloads(made: Reconstruction) -> None:
    """The twelve leads as files that say which is measured, derived or estimated, and by what."""
    from ecgcore.io import csv_bytes, record_name, wfdb_zip

    name = (
        record_name(f"{session.title()}-{made.model}")
        if session.origin().kind != "upload"
        else "reconstruction"
    )
    with st.container(horizontal=True):
        st.download_button(
            "WFDB",
            lambda: wfdb_zip(made, name),
            f"{name}.zip",
            "application/zip",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "CSV",
            lambda: csv_bytes(made),
            f"{name}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def quality_warnings(found: tuple[Finding, ...]) -> None:
    """What speaks against the recording, above the paper."""
    if serious := [finding.text for finding in found if not finding.harmless]:
        st.warning("  \n".join(serious), icon=":material/warning:")


def quality_notes(found: tuple[Finding, ...]) -> None:
    """What the reader of the file had to do, and what is odd but harmless."""
    said = [*session.recording().notes, *(finding.text for finding in found if finding.harmless)]
    if said:
        with st.expander(f"Notes on the recording ({len(said)})"):
            st.markdown("\n".join(f"- {sentence}" for sentence in said))
    elif not found:
        st.caption(
            "Signal quality: nothing flat, clipped or noisy was found in these ten seconds, and no contradiction between the limb leads."
        )
