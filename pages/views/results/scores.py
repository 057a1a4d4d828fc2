"""Three views of the Results page: models over input sets, lead by lead, the prediction interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.metrics import METRICS, Metric
from ecgcore.evaluation.statistics import Interval
from ecgcore.figures import scores as figures
from ecgcore.studies import scores as results
from pages.shared import links, widgets
from pages.shared.reads import scores
from pages.shared.widgets import grid, number, percent
from pages.views.results import condition
from pages.views.results.condition import View

ABREAST = 6
"""Metrics in one table."""


def overview(view: View) -> None:
    """Models over input sets."""
    every = results.input_sets(view.rows)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = links.several_of("Input leads", "sets", every, every) or every
        same = links.switch(
            "Same leads for all",
            "same",
            help="Mean over the leads that every chosen set leaves to be estimated.",
        )
    targets = results.common_targets(chosen) if same else None
    if same and not targets:
        raise UnusableEcg(
            "These input sets leave no lead in common to be estimated; choose fewer, for example I+II, "
            "I+II+V1 and I+II+V2."
        )
    means = scores.overview(
        view.key, view.condition, view.name, None if targets is None else tuple(targets), view.table
    )
    scored = {name: sum((name, leads) in means for leads in chosen) for name in view.models()}
    models = [name for name, sets in scored.items() if sets > (max(scored.values(), default=0) > 1)]
    single = [view.titles[name] for name, sets in scored.items() if sets and name not in models]
    shown = {pair: mean for pair, mean in means.items() if pair[1] in chosen and pair[0] in models}
    alt = (
        f"{view.metric.title} with intervals of {len(models)} models from {len(chosen)} input sets; the "
        f"table below has the same numbers."
    )
    widgets.chart(
        figures.inputs_figure(shown, {name: view.titles[name] for name in models}, chosen, view.metric),
        "chart_overview",
        alt,
    )
    lines = []
    for leads in chosen:
        n = [shown[(name, leads)].n_records for name in models if (name, leads) in shown]
        cells = [_marked(view.metric, shown, name, leads, models) for name in models]
        lines.append(
            [
                f"**{leads}**",
                *cells,
                f"{n[0]:,}" if len(set(n)) == 1 else f"{min(n):,}–{max(n):,}" if n else "0",
            ]
        )
    text = "inputs,model,metric,mean,low,high,records,patients\n" + "".join(
        f"{leads},{name},{view.name},{mean.value:.6g},{mean.low:.6g},{mean.high:.6g},{mean.n_records},{mean.n_patients}\n"
        for (name, leads), mean in shown.items()
    )
    file = f"{view.condition.database}-{view.condition.split}-{view.condition.passband}-{view.name}"
    head = ["Input leads", *(view.titles[name] for name in models), "n"]
    grid(head, lines, name=file, make=lambda: text)
    what = (
        f"from each set, mean over {', '.join(targets)}"
        if targets
        else "mean over the independent estimated leads of each set (I, II, V1–V6 not given)"
    )
    condition.caption(view, f"{view.metric.title}, {what}", list(shown.values()))
    widgets.caption(
        "Bold: the best of its row. Sets leave other leads to be estimated: “Same leads for all” compares "
        "them."
    )
    if single:
        widgets.caption(f"Scored from one of these sets alone, see Published systems: {', '.join(single)}.")


def _marked(
    metric: Metric, means: Mapping[tuple[str, str], Interval], name: str, leads: str, models: Sequence[str]
) -> str:
    if (name, leads) not in means:
        return "–"
    values = {model: means[(model, leads)].value for model in models if (model, leads) in means}
    best = min(values, key=lambda model: metric.distance(values[model]))
    text = metric.interval(means[(name, leads)])
    value, _, interval = text.partition(" ")
    return f"**{value}** {interval}" if name == best and len(values) > 1 else text


def leads(view: View) -> None:
    """Lead by lead: all models in the figure, one with all its metrics in the table."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        inputs = condition.inputs(view)
        model = condition.model(view, view.of(inputs))
    rows = view.of(inputs)
    series = {
        view.titles[name]: scores.by_lead(view.key, view.condition, name, inputs, view.name, rows)
        for name in view.models(rows)
    }
    tail = f"{view.metric.tail}th percentile"
    widgets.chart(
        figures.leads_figure(series, view.metric),
        "chart_leads",
        f"{view.metric.title} per lead and model from {inputs}.",
    )
    widgets.caption(
        f"Filled: mean with interval. Dash: median. Hollow: {tail}, one record in twenty is worse."
    )
    of_leads = series[view.titles[model]]
    together = scores.mean_of_learned(view.key, view.condition, model, inputs, view.name, rows)
    more, cells = _noise(view, model, inputs)
    lines = [
        [
            f"**{row.lead}**",
            view.metric.interval(row.mean),
            view.metric.text(row.median),
            view.metric.text(row.tail(view.metric)),
            *(cells.get(row.lead, ["–"] * len(more))),
            str(row.mean.n_records),
        ]
        for row in (*of_leads, *filter(None, [together]))
    ]
    widgets.markdown(f"**{view.titles[model]}, {view.metric.title}**")
    grid(["Lead", "mean", "median", tail, *more, "n"], lines)
    if more:
        widgets.caption(
            "Noise ceiling: r of a lead with its own mean beat, of the other beats of its kind. What lies "
            "above it is noise. On median beats noise is averaged out."
        )
    others = [
        name
        for name in METRICS
        if name != view.name and not name.startswith("coverage") and name in set(rows["metric"].unique())
    ]
    means, slopes = (
        results.lead_means(view.of(inputs, model)),
        scores.pooled_slopes(view.key, view.condition, inputs, view.of(inputs, model), model),
    )
    widgets.markdown("**All other metrics, mean over records (median)**")
    columns = {
        METRICS[name].title: [_mean_median(METRICS[name], means.get((row.lead, name))) for row in of_leads]
        for name in others
    }
    if slopes:
        columns["slope, all samples pooled"] = [
            METRICS["slope"].interval(slopes[row.lead]) if row.lead in slopes else "–" for row in of_leads
        ]
    for first in range(0, len(columns), ABREAST):
        titles = list(columns)[first : first + ABREAST]
        lines = [
            [f"**{row.lead}**", *(columns[title][place] for title in titles)]
            for place, row in enumerate(of_leads)
        ]
        grid(["Lead", *titles], lines)
    condition.caption(
        view,
        f"{view.titles[model]} from {inputs}, each estimated lead by itself",
        [row.mean for row in of_leads],
    )
    pooled = (
        f"Slope, pooled over all leads: {METRICS['slope'].interval(slopes['learned'])}." if slopes else ""
    )
    widgets.caption(
        pooled or "What the metrics are stands behind the mark.",
        help="SNR with the mean removed. Slope: regression of truth on estimate, 1 for a calibrated "
        "estimate; by record a quiet recording counts as much as a tall one, pooled it does not. SD ratio: "
        "below 1 where the estimate shrinks to the mean, as every good predictor must where it cannot know.",
    )


def _noise(view: View, model: str, inputs: str) -> tuple[list[str], dict[str, list[str]]]:
    """Two columns beside r where they are stored: their heads and, by lead and for the mean, their cells."""
    by_lead, mean = scores.noise(model, view.condition, inputs) if view.name == "r" else ({}, None)
    if mean is None:
        return [], {}
    pairs = by_lead | {results.TOGETHER: (mean.median_beats, mean.ceiling)}
    cells = {
        lead: ["–" if value is None else view.metric.interval(value) for value in pair]
        for lead, pair in pairs.items()
    }
    return ["on median beats", "noise ceiling"], cells


def _mean_median(metric: Metric, values: tuple[float, float] | None) -> str:
    return "–" if values is None else f"{metric.text(values[0])} ({metric.text(values[1])})"


def interval(view: View) -> None:
    """How often the truth lies in the prediction interval, per lead and zone, and how wide it is."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        inputs = condition.inputs(view)
        model = condition.model(view, view.of(inputs))
    rows = view.of(inputs, model)
    held, width = results.by_zone(rows, "coverage"), results.by_zone(rows, "width_uv")
    if not held:
        raise UnusableEcg(
            f"{view.titles[model]} gives no prediction interval, or its coverage was not scored."
        )
    widgets.chart(
        figures.coverage_figure(held),
        "chart_band",
        f"Coverage of the 90 % prediction interval per lead and zone, {view.titles[model]} from {inputs}.",
    )
    zones = [zone for zone in figures.ZONE_TITLES if any(zone in row for row in held.values())]
    head = [
        "Lead",
        *(f"{figures.ZONE_TITLES[zone]}, %" for zone in zones),
        *(f"width {figures.ZONE_TITLES[zone]}, µV" for zone in zones),
    ]
    lines = [
        [
            f"**{lead}**",
            *(percent(row.get(zone)) for zone in zones),
            *(number(width.get(lead, {}).get(zone)) for zone in zones),
        ]
        for lead, row in held.items()
    ]
    grid(head, lines)
    every = scores.by_lead(view.key, view.condition, model, inputs, "coverage", view.of(inputs))
    condition.caption(
        view,
        f"{view.titles[model]} from {inputs}, share of samples within the nominal 90 % prediction "
        f"interval, mean over "
        f"records",
        [row.mean for row in every],
        False,
    )
    outside = [
        lead
        for lead, row in held.items()
        if not figures.ALLOWED[0] <= row.get("all", 0.9) <= figures.ALLOWED[1]
    ]
    widgets.caption(
        f"Outside 86–94 %: {', '.join(outside)}." if outside else "Every lead lies within 86–94 %."
    )
