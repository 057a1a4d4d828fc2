"""The published systems on the Results page: what each paper claims and what holds, and their scores beside
ours on the benchmark."""

from __future__ import annotations

import streamlit as st

from pages.shared import links
from pages.shared.reads import published
from pages.views.results.published import benchmark, claims, full_width, leads, variants

TABLES = {
    "claims": ("What holds", claims),
    "benchmark": ("Benchmark", benchmark),
    "full-width": ("Full width", full_width),
    "leads": ("Lead by lead", leads),
    "variants": ("Variants", variants),
}


def show() -> None:
    """The view. Raises UnusableEcg where nothing was scored yet."""
    scored = published.read()
    table = links.one_of(
        st.segmented_control,
        "Table",
        "table",
        list(TABLES),
        format_func=lambda name: TABLES[name][0],
        label_visibility="collapsed",
    )
    TABLES[table][1].show(scored)
