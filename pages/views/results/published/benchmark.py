"""All systems on the same recordings and leads, and input sets on leads that none holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.metrics import METRICS
from ecgcore.evaluation.statistics import Interval
from ecgcore.studies import scores as results
from ecgcore.studies.published import REDUCED, benchmark
from ecgcore.studies.published.benchmark import (
    FOLD,
    OF_ITS_OWN,
    OF_MILLIVOLTS,
    PTB,
    RAW,
)
from pages.shared import links, widgets
from pages.shared.reads import published, scores
from pages.shared.widgets import grid
from pages.views.results.published.conditions import IN_WORDS, PLACES, VERSIONS

SCALED = (
    "Lead scaled: each lead of each 5 s spans [−1, 1] (Beco’s unit; what is in mV is put into the truth’s "
    "range). Recording scaled: all twelve leads together span [−1, 1] (Matyschik’s unit). SSIM: eleven "
    "samples at 100 Hz; the paper does not specify its own, so only rows here compare."
)


def show(scored: published.Scored) -> None:
    """All systems from one input set; then input sets on the leads that none holds."""
    options = results.input_sets(scored.table)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        inputs = links.one_of(st.selectbox, "Input leads", "inputs", options, _usual(options), width=180)
        place = links.one_of(st.selectbox, "Scored on", "place", list(PLACES), width=260)
    condition = PLACES[place]
    rows = published.rows(scored.key, condition, inputs, tuple(scored.titles), scored.table)
    if not rows:
        raise UnusableEcg(f"Nothing was scored from {inputs} on {place}.")
    _grid_of(scored, rows, OF_MILLIVOLTS)
    n = next(iter(rows[0].values.values()))
    targets = ", ".join(benchmark.shared_targets(scored.table, condition, inputs))
    widgets.caption(
        f"{IN_WORDS[condition]} · from {inputs}, mean over {targets}, which all of them estimate · n = "
        f"{n.n_records} records of {n.n_patients} patients · [95 % interval]",
        help=f"Bold: best of its column. {VERSIONS} Patients resampled 2,000 times. "
        f"{SCALED if condition != RAW else ''}",
    )
    if own := [row for row in rows if set(OF_ITS_OWN) & set(row.values)]:
        widgets.markdown(
            "**In units of their own**, before they are put into mV",
            help="Beco’s networks see and give leads whose range was scaled away, 1–40 Hz, segments of 5 s. "
            "Their mV above come from the input’s range and the usual ratio of ranges, and are no claim of "
            "the paper.",
        )
        _grid_of(scored, own, tuple(OF_ITS_OWN))
    if condition == PTB:
        widgets.caption(
            "Six recordings of four people: too few for an interval to mean much. "
            f"{scored.titles[scored.ours[0]]} was trained on these recordings, the others were not; only the "
            "fold is unseen for all."
        )
    _sets(scored)
    _every_set(scored)


def _every_set(scored: published.Scored) -> None:
    """Each set of Gradowski and Buchner that has a network: ours beside theirs."""
    duels = published.duels(scored.key, scored.ours, scored.peer, scored.table)
    if not duels:
        return
    widgets.markdown("**Every input set of Gradowski and Buchner that was trained here**")
    head = [
        *(scored.titles.get(name, name) for name in scored.ours),
        _title_of_peer(scored),
    ]
    lines = []
    for duel in duels:
        cells = [
            " / ".join(
                _bold_best(metric, values[name], values.values(), metric == "r")
                for metric, values in duel.values.items()
            )
            for name in (*scored.ours, scored.peer)
        ]
        lines.append([f"**{duel.inputs}**", *cells])
    grid(["Input leads", *head], lines)
    ahead = {metric: sum(duel.ahead(scored.ours[0], metric) for duel in duels) for metric in ("r", "rmse_uv")}
    n = duels[0].values["r"][scored.ours[0]]
    widgets.caption(
        f"{scored.titles[scored.ours[0]]}, one for all sets, is ahead in r in {ahead['r']} and in RMSE "
        f"in {ahead['rmse_uv']} of {len(duels)} sets{_of_reduced(scored)}; n = {n.n_records} records of "
        f"{n.n_patients} patients.",
        help=f"{IN_WORDS[FOLD]} · r [95 % interval] / RMSE in µV, bold: best of the row. Each set is "
        "averaged over the chest leads that it leaves: compare along a row only.",
    )


def _title_of_peer(scored: published.Scored, which: str = "") -> str:
    """The published system as it is called in headings, with its version where that is not the paper's."""
    return f"Gradowski U-Net{which}{f' ({REDUCED})' if _reduced(scored) else ''}"


def _of_reduced(scored: published.Scored) -> str:
    """What the reader must know of the networks of ``_every_set``."""
    return " against reduced versions (Full width has the paper's own size)" if _reduced(scored) else ""


def _reduced(scored: published.Scored) -> bool:
    return any(name.startswith(scored.peer) for name in scores.reduced() & set(scored.titles))


def _bold_best(name: str, value: Interval, values: Iterable[Interval], ends: bool = True) -> str:
    """A value, bold where it is the best of its row or column. ends: with its interval."""
    metric = METRICS[name]
    number, _, interval = metric.interval(value).partition(" ")
    best = min(metric.distance(other.value) for other in values)
    text = f"**{number}**" if metric.distance(value.value) == best else number
    return f"{text} {interval}" if ends else text


def _grid_of(scored: published.Scored, rows: Sequence[benchmark.Row], names: Sequence[str]) -> None:
    """A line a version of a system, a column a metric that any of them has."""
    metrics = [name for name in names if any(name in row.values for row in rows)]
    by_model = {row.model: row for row in rows}
    lines = []
    for model in scored.together(by_model):
        cells = (_cell(name, by_model[model], rows) for name in metrics)
        lines.append([str(scored.network(model)), *cells])
    grid(["System", *(METRICS[name].title for name in metrics)], lines)


def _sets(scored: published.Scored) -> None:
    sets = benchmark.sets_of(scored.peer, scored.table)
    if len(sets) < 2:
        return
    targets = ", ".join(results.common_targets(sets))
    widgets.markdown(f"**Input sets on leads that none holds: {targets}**")
    families = {scored.peer: _title_of_peer(scored, ", one network a set")} | {
        name: scored.titles.get(name, name) for name in scored.ours
    }
    both = {
        metric: published.on_common_leads(scored.key, metric, sets, scored.ours, scored.table)
        for metric in ("r", "rmse_uv")
    }
    cells: dict[str, dict[str, list[str]]] = {}
    for metric, rows in both.items():
        for row in rows:
            cells.setdefault(benchmark.system(row.model, scored.ours), {}).setdefault(row.inputs, []).append(
                METRICS[metric].interval(row.values[metric])
                if metric == "r"
                else METRICS[metric].text(row.values[metric].value)
            )
    lines = [
        [f"**{families[name]}**", *(" / ".join(cells[name][text]) for text in sets)]
        for name in (*scored.ours, scored.peer)
        if name in cells
    ]
    grid(["System", *sets], lines)
    widgets.caption(
        f"{IN_WORDS[FOLD]} · r [95 % interval] / RMSE in µV, mean over {targets}: the only fair comparison "
        "of sets."
    )


def _usual(options: Sequence[str]) -> str:
    return "I+II+V4" if "I+II+V4" in options else options[0]


def _cell(name: str, row: benchmark.Row, rows: Sequence[benchmark.Row]) -> str:
    if name not in row.values:
        return "–"
    return _bold_best(name, row.values[name], [other.values[name] for other in rows if name in other.values])
