"""Lead significance over many recordings, by diagnosis: who leads, and whether conditions differ more than
chance."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from ecgcore.datasets import SUPERCLASSES
from ecgcore.ecg import UnusableEcg
from ecgcore.figures.significance import groups as significance_groups
from ecgcore.figures.significance import maps as figures
from ecgcore.studies.significance import by_diagnosis as sig
from models.hints import hint
from pages.shared import downloads, links, widgets
from pages.shared.reads import significance


def groups() -> None:
    """Shares by diagnosis with intervals, both questions."""
    tables = significance.group_tables()
    question_of = {name: str(table["question"].iloc[0]) for name, table in tables.items()}
    questions = [question for question in sig.QUESTIONS if question in question_of.values()]
    if not questions:
        raise UnusableEcg(
            f"Nothing has been computed over many recordings yet; `{hint('significance')}` does that."
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measured_as = links.one_of(
            st.selectbox, "Question", "of", questions, format_func=sig.QUESTIONS.__getitem__, width=300
        )
        models = [name for name, question in question_of.items() if question == measured_as]
        name = links.one_of(st.selectbox, "Model", "by", models, width=150) if len(models) > 1 else models[0]
        table = tables[name]
        modes = list(table["mode"].unique())
        mode = (
            links.one_of(st.segmented_control, "Reading of “small gradients”", "reading", modes)
            if len(modes) > 1
            else modes[0]
        )
        measure = links.one_of(
            st.segmented_control, "Shares", "shares", list(sig.MEASURES), format_func=sig.MEASURES.__getitem__
        )
    part = table[table["mode"] == mode]
    _answer(part, measured_as)
    shown = part[part["measure"] == measure]
    there = list(shown["group"].unique())
    order = [group for group in (sig.ALL, *SUPERCLASSES) if group in there] + [
        group for group in there if group not in (sig.ALL, *SUPERCLASSES)
    ]
    widgets.markdown("**Share per lead, %, and how it differs from all other recordings'**")
    alt = "Table of shares by diagnosis and lead, coloured by the difference from all other recordings."
    widgets.chart(significance_groups.differences_figure(shown, order), "sig_differences", alt, narrowest=820)
    _conditions(shown, name)
    usual = [group for group in SUPERCLASSES if group in there] or there[:4]
    chosen = links.several_of("Groups with intervals", "groups", order, usual, max_selections=8) or order[:1]
    widgets.chart(
        significance_groups.groups_figure(shown, chosen),
        "sig_groups_chart",
        "Share of each lead with its interval, for the chosen groups.",
    )
    widgets.caption(
        "95 % intervals by patient; grey: 95 % range of a lead's mean share if no lead were special.",
        help="For the grey range each recording's shares are dealt out to its leads at random.",
    )
    _bodies(part, order, measured_as)
    everything = partial(part.to_csv, index=False, float_format="%.5f")
    downloads.values(f"significance-{name}", everything, "⤓ All values of this question, CSV")


def _answer(part: Any, measured_as: str) -> None:
    lead, differ = sig.who_leads(part), sig.who_differs(part)
    widgets.markdown(f"##### {' '.join(lead[:1])}")
    widgets.markdown(" ".join([*lead[1:], *differ]))
    if measured_as == "attention":
        widgets.caption(
            "Matyschik et al. found V2, V3 and V4 to lead and aVR and III (their abstract: aVL) to matter "
            "least.",
            help="They looked at healthy subjects of the PTB database, and found II a little higher in some "
            "patients. This is the same question asked of PTB-XL: one network for all patients in place of "
            f"one per condition. {sig.second_in_the_ill(part)}",
        )


def _conditions(shown: Any, name: str) -> None:
    from models.reconstruct import weights_of

    first = shown[shown["group"] == sig.ALL].iloc[0]
    old = (
        ""
        if str(first["weights"]) == weights_of(name)
        else " **These are not the weights installed now: run the command again.**"
    )
    widgets.caption(
        f"Bold: differs more than chance. n = {int(first['records'])} recordings of {int(first['patients'])} "
        f"patients, PTB-XL folds 9 and 10.{old}",
        help="10,000 permutations by patient, p times the number of groups. No model was trained on these "
        f"folds; {first['how']}; a recording can be in several groups; single diagnoses from 12 patients on. "
        f"Model {first['model']}, weights `{first['weights']}`.",
    )


def _bodies(part: Any, order: list[str], measured_as: str) -> None:
    usual = "NORM" if "NORM" in order else order[0]
    group = links.one_of(st.selectbox, "On the body", "body", order, usual, width=250)
    for column, (measure, words) in zip(st.columns(2, gap="medium"), sig.MEASURES.items(), strict=True):
        rows = part[(part["measure"] == measure) & (part["group"] == group)]
        parts = dict(zip(rows["lead"], rows["share"], strict=True))
        source = " (after Matyschik, Figure 1)" if measured_as == "attention" and measure == "raw" else ""
        figure = figures.body_figure(parts, f"{group}: {words}{source}")
        alt = f"Body outline with each lead's {words} share, {group}."
        with column:
            widgets.chart(figure, f"sig_group_body_{measure}", alt, bar=False)
