"""What reconstruction the estimate, how far it can be trusted, and its model's card."""

from __future__ import annotations

import streamlit as st

from ecgcore.ecg import Reconstruction
from models.hints import hint
from pages.shared import memory, session, widgets


def warnings(reconstruction: Reconstruction) -> None:
    """Above the paper: what the model says against its own estimate."""
    if reconstruction.warnings:
        st.warning("  \n".join(reconstruction.warnings), icon=":material/warning:")


def show(reconstruction: Reconstruction) -> None:
    """What reconstruction it, how far it can be trusted, what the interval means."""
    info = session.model()
    with st.container(key="screen_only_about"):  # over what cannot be chosen on paper
        st.markdown("**About this estimate**")
    if (
        info
        and info.card
        and session.record_info().get("split") == "train"
        and session.origin().database in info.card.dataset.casefold()
    ):
        st.caption(
            ":material/info: This ECG was in the training data: errors look smaller than on a new patient."
        )
    if reconstruction.fitted_until:
        st.caption(
            f"Personal model: fitted on the first {reconstruction.fitted_until:.1f} s shown here, with the "
            f"missing leads visible. "
            "Errors count after that only, and say nothing about another person."
        )
    if reconstruction.estimated and reconstruction.interval is not None:
        _interval(reconstruction)
    elif reconstruction.estimated:
        st.caption("This model gives no prediction interval.")
    if info and info.card:
        _card(info.card, reconstruction)


def _interval(reconstruction: Reconstruction) -> None:
    """What the interval was calibrated on, and the choice of that."""
    names = session.rungs()
    if names:
        session.widget(
            st.selectbox,
            "90 % interval calibrated on",
            "rung",
            list(names),
            format_func=names.__getitem__,
            help=f"{_meaning(reconstruction.rung)} Hospitals differ in how tall chest leads are beside limb "
            "leads, and nothing in the input leads tells. A site's own interval is made from some of its "
            f"12-lead recordings, on the page Trained models or by `{hint('site')}`.",
        )
        if session.choices().rung == session.UPLOADED:
            st.file_uploader(
                "Site file (JSON)",
                key="site_file",
                on_change=_take_site,
                help=f"Interval and gains of one hospital, as `{hint('site')}` writes them. It holds no "
                "patient data and is kept for this session only.",
            )
    if not names or session.choices().rung == session.UPLOADED:
        st.caption(
            f"Shaded: 90 % prediction band, calibrated on **{reconstruction.rung}**.",
            help=_meaning(reconstruction.rung),
        )


def _take_site() -> None:
    if (file := memory.kept("site_file")) is not None:
        session.use_site_file(file.getvalue())


def _meaning(rung: str) -> str:
    if rung.startswith("site "):
        return "Nine of ten samples of that site's true traces are expected in it."
    if rung == "any hospital":
        return (
            "Wide enough for most hospitals that it was not fitted on; at a hospital like those, more than "
            "nine of ten "
            "samples of the true trace lie in it. It widens where these leads say little about the missing "
            "one."
        )
    return (
        "At such hospitals nine of ten samples of the true trace lie in it, on other hospitals' recordings "
        "often fewer; "
        "it widens where these leads say little about the missing one."
    )


def _card(card, reconstruction: Reconstruction) -> None:
    scored = {
        condition.split(", ")[0] + ", " + condition.split(", ")[-1]: value
        for condition, value in card.metrics.items()
        if f", {reconstruction.inputs}, " in condition
    }
    lines = [
        " · ".join(
            [f"**{card.title}**", *[card.version] * card.reduced, f"weights `{reconstruction.weights}`"]
        ),
        (
            f"Trained on {card.dataset}, {card.folds}: {card.records:,} recordings of {card.patients:,} "
            f"patients."
        ),
        f"Published as: {card.paper}" if card.paper else "",
        *(f"From {reconstruction.inputs} ({condition}): {value}" for condition, value in scored.items()),
        ""
        if scored or not card.metrics
        else f"Not scored from {reconstruction.inputs}; other leads are under Results.",
        card.intended_use,
    ]
    with st.expander("Model card"):
        widgets.markdown("\n\n".join(line for line in lines if line))
