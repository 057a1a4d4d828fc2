"""Scores of single leads beside those that a paper printed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.metrics import METRICS
from ecgcore.studies.published import printed
from ecgcore.studies.published.benchmark import (
    FOLD,
    OF_ITS_OWN,
    RAW,
)
from pages.shared import links, widgets
from pages.shared.reads import published
from pages.shared.widgets import grid
from pages.views.results.published.conditions import VERSIONS

BESIDE = {
    "Olaiya, from I+II+V4": ("Olaiya", "I+II+V4", RAW),
    "Beco, from II": ("Beco", "II", FOLD),
    "Beco, from I": ("Beco", "I", FOLD),
}


def show(scored: published.Scored) -> None:
    """Lead by lead beside what the paper printed."""
    paper = links.one_of(st.selectbox, "Paper", "paper", list(BESIDE), width=260)
    study, inputs, condition = BESIDE[paper]
    models = [
        row.model for row in published.rows(scored.key, condition, inputs, tuple(scored.titles), scored.table)
    ]
    names = scored.of_paper(study)
    of_paper = [name for name in models if name in names]
    ours = [name for name in models if name in scored.ours]
    if not of_paper:
        raise UnusableEcg(f"No system of this paper was scored from {inputs}.")
    if study == "Olaiya":
        _beside_olaiya(scored, [*of_paper, *ours], inputs)
    else:
        _beside_beco(scored, of_paper, ours, inputs)


def _beside_olaiya(scored: published.Scored, models: Sequence[str], inputs: str) -> None:
    """r of five chest leads, unfiltered."""
    means = {
        row.model: row.values["r"]
        for row in published.rows(scored.key, RAW, inputs, tuple(scored.titles), scored.table)
    }
    text = METRICS["r"].text
    lines = [
        [
            "Printed: baseline, PTB-XL fold 9",
            text(printed.OLAIYA_MEAN),
            *map(text, printed.OLAIYA_R.values()),
            "",
        ]
    ]
    for name in scored.together(models):
        by = published.lead_means(scored.key, RAW, name, "r", scored.table)
        cells = [text(by[lead].value) if lead in by else "–" for lead in printed.OLAIYA_R]
        lines.append(
            [
                str(scored.network(name)),
                METRICS["r"].interval(means[name]),
                *cells,
                printed.against(means[name]).partition(",")[0].removesuffix(" from it"),
            ]
        )
    grid(["", "mean r", *printed.OLAIYA_R, f"against {printed.OLAIYA_MEAN:.3f}"], lines)
    n = next(iter(means.values()))
    widgets.caption(
        f"r, mean over records, n = {n.n_records} of {n.n_patients} patients, as recorded. Unfiltered, drift "
        "that no model can know caps r: Benchmark has every system above 0.5 Hz.",
        help=f"{VERSIONS} Printed: fold 9 of the whole PTB-XL, unfiltered, networks of 17 M parameters. "
        "Below it: the "
        "test fold (10) of a subset of it, trained on about a quarter of the recordings. The high-pass "
        "alone moves r by about .07.",
    )


def _beside_beco(scored: published.Scored, of_paper: Sequence[str], ours: Sequence[str], inputs: str) -> None:
    """Eleven leads in the paper's own units."""
    ptb, ptb_xl = (
        (printed.BECO_PTB_II, printed.BECO_PTB_XL_II)
        if inputs == "II"
        else (printed.BECO_PTB_I, printed.BECO_PTB_XL_I)
    )
    own, leads = list(OF_ITS_OWN), list(ptb)
    metric = links.one_of(
        st.segmented_control,
        "Metric",
        "metric",
        own,
        format_func=lambda name: METRICS[name].title,
        label_visibility="collapsed",
    )
    lines = []
    for title, values, exchanged in (
        ("Printed: shared encoder, PTB patients 1–50", ptb, ()),
        ("Printed: the same network on PTB-XL", ptb_xl, printed.BECO_EXCHANGED),
    ):
        numbers = {lead: f"{values[lead][own.index(metric)]:.2f}".replace("-", "−") for lead in leads}
        lines.append(
            [title, *(f"({numbers[lead]})" if lead in exchanged else numbers[lead] for lead in leads)]
        )
    for name in scored.together((*of_paper, *ours)):
        means = published.lead_means(
            scored.key, FOLD, name, metric if name in of_paper else OF_ITS_OWN[metric], scored.table
        )
        lines.append(
            [
                str(scored.network(name)),
                *(METRICS[metric].text(means[lead].value) if lead in means else "–" for lead in leads),
            ]
        )
    grid(["", *leads], lines)
    widgets.caption(
        "Printed: trained on PTB; in brackets what the paper exchanged, so invalid.",
        help=f"{VERSIONS} Beco’s systems here: test fold of PTB-XL, 1–40 Hz, segments of 5 s, own "
        "units. Ours answer in "
        "mV: above 0.5 Hz, whole recordings, put into the truth’s range where the error is scaled; not the "
        "same number, but the nearest there is. SSIM depends on window and rate, which the paper does not "
        "give: compare it within our rows only.",
    )
