"""Part of the Trained models page: what more recordings would bring, what one network for all sets costs."""

from __future__ import annotations

import re

import streamlit as st

from ecgcore.evaluation.tables import made_with_other_weights
from ecgcore.figures.scores import learning_figure
from ecgcore.studies import trainings as studies
from pages.shared import downloads, links, widgets
from pages.shared.reads import scores
from pages.shared.reads import trainings as reads

USUAL_SET = "I+II+V2"
LAST = " The last is the network of this model; it has recordings of other databases too."


def show(name: str) -> None:
    """The learning curve, the single-set networks and the ablations of a model, where their tables are
    there."""
    _ablations(reads.ablations_of(name))
    trainings = reads.of(name)
    if trainings is None:
        return
    if trainings.stale:
        st.warning(made_with_other_weights([scores.titles()[name]]), icon=":material/history:")
    _learning(trainings.curves, trainings.gains, trainings.stale)
    _seen(trainings.curves, trainings.seen)
    _alone(trainings.alone)


def _learning(
    every: dict[str, list[studies.Point]], gains: dict[str, list[studies.Gain]], stale: bool
) -> None:
    curves = {inputs: studies.curve(points) for inputs, points in every.items()}
    if max(map(len, curves.values()), default=0) < 2:
        return
    widgets.markdown("**What more recordings bring**")
    alt = "; ".join(
        f"{inputs}: r {points[0].r.value:.3f} to {points[-1].r.value:.3f}"
        for inputs, points in curves.items()
    )
    widgets.chart(learning_figure(curves), "studies_learning", alt, width=760)
    points = next(iter(curves.values()))
    trainings = "; ".join(
        f"{point.records:,} recordings, {point.steps:,} steps{_differs(point)}" for point in points
    )
    widgets.caption(
        f"PTB-XL fold 9 (n = {points[-1].r.n_records} recordings of {points[-1].r.n_patients} patients), "
        "0.5 Hz high-pass, independent estimated leads, 95 % intervals by patient. "
        f"{trainings}.{'' if stale else LAST}"
    )
    _gains(gains)


def _gains(gains: dict[str, list[studies.Gain]]) -> None:
    """How much more recordings bring, after short trainings and long ones."""
    first = next(iter(gains.values()), [])
    if not first:
        return
    heads = " | ".join(f"{gain.more.steps:,} steps{_differs(gain.more)}" for gain in first)
    lines = "\n".join(
        f"| {inputs} | {' | '.join(_signed(gain.r) for gain in row)} |" for inputs, row in gains.items()
    )
    downloads.table(f"| inputs | {heads} |\n|:--|{':--|' * len(first)}\n{lines}", "trainings")
    fewer, more = first[-1].fewer, first[-1].more
    widgets.caption(
        f"Change of r with {more.records:,} recordings in place of {fewer.records:,}, everything else "
        f"equal, on the same fold 9 recordings [95 %]."
    )


def _signed(change: object) -> str:
    return re.sub(r"-(?=0\.0+\b)", "", str(change)).replace("-", "−")


def _differs(point: studies.Point) -> str:
    return f" ({point.plan.replace(' ', ', ')})" if point.plan else ""


def _seen(curves: dict[str, list[studies.Point]], own: dict[str, studies.Point]) -> None:
    if not own:
        return
    text = "\n".join(
        f"| {inputs} | {curves[inputs][-1].r} | {point.r} |"
        for inputs, point in own.items()
        if inputs in curves
    )
    n = next(iter(own.values())).r.n_records
    downloads.table(
        f"| inputs | r, unseen recordings [95 %] | r, trained on [95 %] |\n|:--|:--|:--|\n{text}", "memory"
    )
    widgets.caption(
        f"Right: the same network on {n} recordings of PTB-XL folds 1-8 that it was trained on; the "
        f"difference is what it knows of these recordings alone."
    )


def _alone(rows: list[studies.Alone]) -> None:
    if rows:
        widgets.markdown("**One network for all sets, or one for each**")
        lines = "\n".join(
            f"| {row.inputs} | {row.together:.3f} | {row.alone:.3f} | {_signed(row.difference)} |"
            for row in rows
        )
        downloads.table(
            f"| inputs | r, one for all | r, for this set alone | difference [95 %] "
            f"|\n|:--|--:|--:|:--|\n{lines}",
            "one-or-many",
        )
        widgets.caption(
            "Fold 9, same conditions. Each was trained further for its set alone, from the weights of the "
            "network for all sets."
        )


def _ablations(rows: list[studies.Ablation]) -> None:
    """What each part of the recipe brings, at equal recordings and steps."""
    if not rows:
        return
    st.markdown("**What each part of the recipe brings**")
    sets = list(dict.fromkeys(row.inputs for row in rows))
    usual = USUAL_SET if USUAL_SET in sets else sets[0]
    inputs = links.one_of(st.selectbox, "Input leads", "ablated", sets, usual, width=200)
    lines = "\n".join(
        f"| {row.changed} | {row.steps:,} | {row.without:.3f} | {row.whole:.3f} | "
        f"{_signed(row.r)} | {_signed(row.rmse_uv.to(1))} |"
        for row in rows
        if row.inputs == inputs
    )
    downloads.table(
        "| changed | steps | r, changed | r, whole recipe | r, whole − changed [95 %] "
        f"| RMSE, whole − changed, µV [95 %] |\n|:--|--:|--:|--:|:--|:--|\n{lines}",
        "ablations",
    )
    st.caption(
        f"PTB-XL test fold (n = {rows[0].r.n_records} recordings), 0.5 Hz high-pass, 100 Hz, independent "
        "estimated leads. Each is a training of its own, beside one on the same recordings, of as many steps "
        "where steps are not what was changed."
    )
