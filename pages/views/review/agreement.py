"""How well the estimated leads agree with the recorded ones: the table beside the paper."""

from __future__ import annotations

import streamlit as st

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.evaluation.agreement import LeadAgreement, agreement, mean_of_estimated
from pages.shared import session, widgets
from pages.shared.widgets import number


def show(truth: Ecg, reconstruction: Reconstruction) -> None:
    """Per estimated lead: r, RMSE, MAE, SNR; and the mean over estimated leads alone, without what a personal
    model was fitted on."""
    table, fitted_until = agreement(truth, reconstruction), reconstruction.fitted_until
    rows = [row for row in table if row.source == "estimated"]
    derived = [row for row in table if row.source == "derived"]
    mean = mean_of_estimated(table)
    if not rows:
        st.caption("Nothing had to be estimated.")
    else:
        st.markdown("**Agreement of the estimated leads**")
        head = "| Lead | r | RMSE µV | MAE µV | SNR dB |\n|:--|--:|--:|--:|--:|\n"
        st.markdown(head + "\n".join(_row(row) for row in rows + ([mean] if mean else [])))
    said = f"{widgets.filter_text()}{', the ten seconds shown' if session.last_start() else ''}. "
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
    cells = (number(row.r, 3), number(row.rmse_uv, 0), number(row.mae_uv, 0), number(row.snr_db, 1))
    cells = tuple(f"**{cell}**" for cell in cells) if row.lead.startswith("mean") else cells
    return f"| **{row.lead}** | {' | '.join(cells)} |"
