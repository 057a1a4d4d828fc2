"""What reconstruction the estimate, how far it can be trusted, and its model's card."""

from __future__ import annotations

import streamlit as st

from ecgcore.ecg import Reconstruction
from pages.shared import session


def show(reconstruction: Reconstruction) -> None:
    """What reconstruction it, how far it can be trusted, what the band means."""
    info = session.model()
    st.markdown("**About this estimate**")
    for sentence in reconstruction.warnings:
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
    if reconstruction.fitted_until:
        st.caption(
            f"Personal model: fitted on the first {reconstruction.fitted_until:.1f} s shown here, with the missing leads visible. "
            "Errors count after that only, and say nothing about another person."
        )
    if reconstruction.estimated and reconstruction.band is not None:
        st.caption(
            "Shaded band: nominal 90 %. Where the model is calibrated, nine of ten samples of the true trace lie in it, on "
            "other hospitals' recordings often fewer (see Results, Band); it widens where these leads say little about the missing one."
        )
    elif reconstruction.estimated:
        st.caption("This model gives no band: how sure it is of a sample is not known.")
    if info and info.card:
        _card(info.card, reconstruction)


def _card(card, reconstruction: Reconstruction) -> None:
    scored = {
        condition.split(", ")[0] + ", " + condition.split(", ")[-1]: value
        for condition, value in card.metrics.items()
        if f", {reconstruction.inputs}, " in condition
    }
    lines = [
        f"**{card.title}** · weights `{reconstruction.weights}`",
        f"Trained on {card.dataset}, {card.folds}: {card.records:,} recordings of {card.patients:,} patients.",
        f"Published as: {card.paper}" if card.paper else "",
        *(
            f"From {reconstruction.inputs} ({condition}): {value.replace('uV', 'µV')}"
            for condition, value in scored.items()
        ),
        ""
        if scored or not card.metrics
        else f"Not scored from {reconstruction.inputs}; other leads are under Results.",
        card.intended_use,
    ]
    with st.expander("Model card"):
        st.markdown("\n\n".join(line for line in lines if line))
