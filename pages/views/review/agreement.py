"""How well the estimated leads agree with the recorded ones: the table beside the paper."""

from __future__ import annotations

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.evaluation.agreement import (
    LEAST_COVERAGE,
    LEAST_R,
    LeadAgreement,
    agreement,
    mean_of_estimated,
)
from ecgcore.figures import style
from ecgcore.figures.scores import agreement_figure
from pages.shared import downloads, session, widgets
from pages.shared.widgets import number, percent


def show(truth: Ecg, reconstruction: Reconstruction) -> None:
    """Per estimated lead: r, RMSE, MAE, SNR; and the mean over estimated leads alone, without what a personal
    model was fitted on."""
    table, fitted_until = agreement(truth, reconstruction), reconstruction.fitted_until
    rows = [row for row in table if row.source == "estimated"]
    derived = [row for row in table if row.source == "derived"]
    mean = mean_of_estimated(table)
    if not rows:
        st.caption("Nothing had to be estimated.")
    elif not any(row.has_truth for row in rows):
        st.markdown("**Agreement**")
        st.caption("None of the estimated leads was recorded: there is nothing to compare with.")
        return
    else:
        st.markdown("**Agreement of the estimated leads** :small[:gray[r]]")
        if any(row.r is not None for row in rows):
            widgets.chart(agreement_figure(rows), "agreement_bars", "r of each estimated lead", bar=False)
        head = "| Lead | r | RMSE µV | MAE µV | SNR dB | inside, % |\n|:--|--:|--:|--:|--:|--:|\n"
        downloads.table(head + "\n".join(_row(row) for row in rows + ([mean] if mean else [])), "agreement")
    worst = max((row.rmse_uv for row in derived if row.rmse_uv is not None), default=None)
    exact = (
        ""
        if worst is None
        else f" Derived exactly: {', '.join(row.lead for row in derived)}; they differ from the recorded "
        f"ones by at most {worst:.1f} µV RMSE."
    )
    text = f"{widgets.filter_text()}{', the ten seconds shown' if session.last_start() else ''}."
    if rows and fitted_until:
        text += f" Only what follows the {fitted_until:.1f} s fitted is counted."
    st.caption(
        text,
        help="SNR with the mean removed. The mean is over all estimated leads; Results counts of them I, "
        "II and "
        f"V1–V6.{exact}",
    )


def warnings(truth: Ecg, reconstruction: Reconstruction) -> None:
    """Above the paper: estimated leads that do not follow the recording, and those whose interval is too
    narrow for it."""
    rows = [row for row in agreement(truth, reconstruction) if row.source == "estimated"]
    stray = [f"**{row.lead}** (r {number(row.r, 2)})" for row in rows if row.strays]
    outside = [
        f"**{row.lead}** ({percent(row.coverage, 0)} % inside)"
        for row in rows
        if row.uncovered and not row.strays
    ]
    sentences = []
    if stray:
        sentences.append(
            f"The estimate does not follow the recording in {', '.join(stray)}: do not read it there. "
            f":small[Limit: r {LEAST_R:g}.]"
        )
    if outside:
        sentences.append(
            f"The recording leaves the 90 % prediction band too often in {', '.join(outside)}: the estimate "
            f"is less certain there than it is drawn. :small[Limit: {100 * LEAST_COVERAGE:.0f} %.]"
        )
    if sentences:
        st.warning("  \n".join(sentences), icon=":material/warning:")


def _row(row: LeadAgreement) -> str:
    if not row.has_truth:
        return f"| **{row.lead}** | no true lead | – | – | – | – |"
    cells = (number(row.r, 3), number(row.rmse_uv, 0), number(row.mae_uv, 0), number(row.snr_db, 1))
    cells += (percent(row.coverage, 0),)
    cells = tuple(f"**{cell}**" for cell in cells) if row.lead.startswith("mean") else cells
    name = row.lead.replace(" ", style.NO_BREAK)
    return f"| **{name}** | {' | '.join(cells)} |"
