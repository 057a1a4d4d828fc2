"""The parts of the Results page: what is looked at, and its views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ecgcore.datasets import SUPERCLASSES, databases
from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.metrics import METRICS, Metric
from ecgcore.evaluation.statistics import Interval
from ecgcore.evaluation.tables import made_with_other_weights
from ecgcore.figures import scores as figures
from ecgcore.leads import LeadSet
from ecgcore.studies import scores as results
from ecgcore.studies.published.benchmark import FILE
from ecgcore.studies.scores import Condition
from models.hints import hint
from pages.shared import links, memory, session, widgets
from pages.shared.choices import Origin
from pages.shared.reads import scores
from pages.shared.widgets import grid

FILES = {
    "scores": "Test fold",
    "scores-unseen": "Databases never trained on",
    FILE: "Published systems and ours",
}
SPLITS = {"test": "test part", "val": "validation part", "train": "training part", "all": "all recordings"}
BANDS = {"high-pass": "0.5 Hz high-pass on input and truth", "as-recorded": "as recorded, unfiltered"}
USUAL_INPUTS = "I+II+V4"


@dataclass(frozen=True)
class View:
    """What is looked at: the whole table, its rows under one condition, the metric, and the models' titles
    (best first)."""

    key: tuple
    table: Any
    rows: Any
    condition: Condition
    name: str
    titles: Mapping[str, str]

    @property
    def metric(self) -> Metric:
        return METRICS[self.name]

    def of(self, inputs: str, model: str | None = None) -> Any:
        rows = self.rows[self.rows["inputs"] == inputs]
        return rows if model is None else rows[rows["model"] == model]

    def models(self, rows: Any = None) -> list[str]:
        there = set((self.rows if rows is None else rows)["model"].unique())
        return [name for name in self.titles if name in there]


def choose() -> View:
    """File, database, band and metric. Raises UnusableEcg with what to do where nothing was scored yet."""
    files = results.files(scores.folder())
    if not files:
        raise UnusableEcg(
            "No model has been scored here yet; the command below scores one and puts its table where this page looks."
        )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = links.one_of(
            st.selectbox,
            "Scored on",
            "scored",
            list(files),
            format_func=lambda one: FILES.get(one, one),
            width=210,
        )
        on_disk, stamp = scores.weights(), scores.stamp(files[name])
        table, refused = scores.table(stamp, tuple(on_disk.items()))
        for sentence in refused:
            st.warning(sentence, icon=":material/info:")
        found = results.conditions(table)
        if not found:
            raise UnusableEcg("The tables here hold no scores: " + (" ".join(refused) or "they are empty."))
        places = {f"{one.database}/{one.split}": (one.database, one.split) for one in found}
        place = links.one_of(
            st.selectbox,
            "Database",
            "place",
            list(places),
            format_func=lambda one: _place(places[one]),
            width=270,
        )
        passbands = {
            f"{one.band}/{one.rate}": one for one in found if (one.database, one.split) == places[place]
        }
        condition = passbands[
            links.one_of(
                st.selectbox,
                "Filter",
                "passband",
                list(passbands),
                format_func=lambda one: _passband(passbands[one]),
                width=170,
            )
        ]
        rows = results.under(table, condition)
        metrics = [one for one in METRICS if one in set(rows["metric"].unique())]
        metric = links.one_of(
            st.selectbox,
            "Metric",
            "metric",
            metrics,
            format_func=lambda one: METRICS[one].title,
            width=230,
        )
    return View((stamp, tuple(on_disk.items())), table, rows, condition, metric, _titles(table))


def _place(place: tuple[str, str]) -> str:
    family = databases().get(place[0])
    return f"{family.title if family else place[0]} · {SPLITS.get(place[1], place[1])}"


def _passband(one: Condition) -> str:
    return {"high-pass": "0.5 Hz high-pass", "as-recorded": "As recorded"}.get(one.band, one.band) + (
        "" if one.rate == "100" else f" · {one.rate} Hz"
    )


def _titles(table: Any) -> dict[str, str]:
    """Trained models best first, then names that only the table has."""
    known, there = scores.titles(), list(table["model"].cat.categories)
    named = {name: title.removesuffix(" (baseline)") for name, title in known.items() if name in there}
    old = results.stale(table)
    every = named | {name: name for name in there if name not in named}
    return {name: f"{title}, other weights" if name in old else title for name, title in every.items()}


def choose_or_explain() -> View | None:
    """What is looked at, or None and the command that scores."""
    try:
        return choose()
    except UnusableEcg as error:
        st.info(str(error), icon=":material/leaderboard:")
        st.markdown(f"```sh\n{hint('scores')}\n```")
        return None


def warn_of_other_weights(view: View) -> None:
    """Say which rows were made with weights that are no longer, or not, on disk."""
    if old := results.stale(view.table):
        st.warning(
            made_with_other_weights(scores.titles().get(name, name) for name in old),
            icon=":material/history:",
        )
    if lacking := [
        title for name, title in scores.titles(of_papers=False).items() if name not in view.titles
    ]:
        st.caption(f"Not scored here yet: {', '.join(lacking)}.")


def _said(view: View, what: str, found: Sequence[Interval], interval: bool = True) -> None:
    """The conditions of the numbers above: they are part of every number."""
    one = view.condition
    rate = "each recording's own rate" if one.rate == "native" else f"{one.rate} Hz"
    sizes = sorted({(it.n_records, it.n_patients) for it in found})
    n = (
        "n = no records"
        if not sizes
        else f"n = {sizes[-1][0]:,} records of {sizes[-1][1]:,} patients"
        if len(sizes) == 1
        else f"n = {sizes[0][0]:,} to {sizes[-1][0]:,} records"
    )
    said = f"{_place((one.database, one.split))} · {BANDS.get(one.band, one.band)} · {rate} · {what} · {n}"
    st.caption(said + (" · [95 % interval], whole patients resampled 2,000 times." if interval else "."))


def _inputs(view: View) -> str:
    options = results.input_sets(view.rows)
    usual = USUAL_INPUTS if USUAL_INPUTS in options else ""
    return links.one_of(st.selectbox, "Input leads", "inputs", options, usual, width=180)


def _model(view: View, rows: Any, label: str = "Model", name: str = "of", at: int = 0) -> str:
    options = view.models(rows)
    usual = options[min(at, len(options) - 1)]
    return links.one_of(
        st.selectbox, label, name, options, usual, format_func=view.titles.__getitem__, width=260
    )


def _learned(inputs: str) -> str:
    return ", ".join(results.common_targets([inputs])) or "none"


def _chart(figure: dict, key: str, alt: str) -> None:
    st.plotly_chart(figure, theme=None, config=widgets.PLOTLY, key=key, alt=alt)


# -- views -----------------------------------------------------------------------------------------------------------


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
            "These input sets leave no lead in common to be estimated; choose fewer, for example I+II, I+II+V1 and I+II+V2."
        )
    found = scores.overview(
        view.key, view.condition, view.name, None if targets is None else tuple(targets), view.table
    )
    scored = {name: sum((name, leads) in found for leads in chosen) for name in view.models()}
    models = [name for name, sets in scored.items() if sets > (max(scored.values(), default=0) > 1)]
    single = [view.titles[name] for name, sets in scored.items() if sets and name not in models]
    shown = {pair: one for pair, one in found.items() if pair[1] in chosen and pair[0] in models}
    alt = f"{view.metric.title} with intervals of {len(models)} models from {len(chosen)} input sets; the table below has the same numbers."
    _chart(
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
    grid(["Measured", *(view.titles[name] for name in models), "n"], lines)
    what = (
        f"from each set, mean over {', '.join(targets)}"
        if targets
        else "mean over the learned leads of each set (I, II, V1–V6 not given)"
    )
    _said(view, f"{view.metric.title}, {what}", list(shown.values()))
    st.caption(
        "Bold: the best of its row. Other input sets leave other leads to be estimated; only “Same leads for all” compares the sets themselves."
    )
    if single:
        st.caption(f"Scored from one of these sets alone, see Published systems: {', '.join(single)}.")
    text = "inputs,model,metric,mean,low,high,records,patients\n" + "".join(
        f"{leads},{name},{view.name},{it.value:.6g},{it.low:.6g},{it.high:.6g},{it.n_records},{it.n_patients}\n"
        for (name, leads), it in shown.items()
    )
    file = f"{view.condition.database}-{view.condition.split}-{view.condition.band}-{view.name}.csv"
    st.download_button("CSV", text, file, "text/csv", icon=":material/download:", on_click="ignore")


def _marked(
    metric: Metric, found: Mapping[tuple[str, str], Interval], name: str, leads: str, models: Sequence[str]
) -> str:
    if (name, leads) not in found:
        return "–"
    values = {one: found[(one, leads)].value for one in models if (one, leads) in found}
    best = min(values, key=lambda one: metric.distance(values[one]))
    text = metric.interval(found[(name, leads)])
    value, _, interval = text.partition(" ")
    return f"**{value}** {interval}" if name == best and len(values) > 1 else text


def leads(view: View) -> None:
    """Lead by lead: all models in the figure, one with all its metrics in the table."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        inputs = _inputs(view)
        model = _model(view, view.of(inputs))
    rows = view.of(inputs)
    series = {
        view.titles[name]: scores.by_lead(view.key, view.condition, name, inputs, view.name, rows)
        for name in view.models(rows)
    }
    tail = f"{view.metric.tail}th percentile"
    _chart(
        figures.leads_figure(series, view.metric),
        "chart_leads",
        f"{view.metric.title} per lead and model from {inputs}.",
    )
    st.caption(f"Filled: mean with interval. Dash: median. Hollow: {tail}, one record in twenty is worse.")
    mine = series[view.titles[model]]
    together = scores.mean_of_learned(view.key, view.condition, model, inputs, view.name, rows)
    lines = [
        [
            f"**{it.lead}**",
            view.metric.interval(it.mean),
            view.metric.text(it.median),
            view.metric.text(it.tail(view.metric)),
            str(it.mean.n_records),
        ]
        for it in (*mine, *filter(None, [together]))
    ]
    st.markdown(f"**{view.titles[model]}, {view.metric.title}**")
    grid(["Lead", "mean", "median", tail, "n"], lines)
    others = [
        name
        for name in METRICS
        if name != view.name and not name.startswith("coverage") and name in set(rows["metric"].unique())
    ]
    means, slopes = (
        results.lead_means(view.of(inputs, model)),
        scores.pooled_slopes(view.key, view.condition, inputs, view.of(inputs, model), model),
    )
    st.markdown("**All other metrics, mean over records (median)**")
    grid(
        [
            "Lead",
            *(METRICS[name].title for name in others),
            *(["slope, all samples pooled"] if slopes else []),
        ],
        [
            [
                f"**{it.lead}**",
                *(_mean_median(METRICS[name], means.get((it.lead, name))) for name in others),
                *([METRICS["slope"].interval(slopes[it.lead])] if it.lead in slopes else []),
            ]
            for it in mine
        ],
    )
    if slopes:
        st.caption(
            f"Slope of truth on estimate pooled over all samples of all learned leads: {METRICS['slope'].interval(slopes['learned'])}."
        )
    _said(
        view, f"{view.titles[model]} from {inputs}, each estimated lead by itself", [it.mean for it in mine]
    )
    st.caption(
        "SNR with the mean removed. Slope: regression of truth on estimate, 1 for a calibrated estimate; by record a quiet recording counts as much as a tall one, pooled it does not. SD ratio: below 1 where the "
        "estimate shrinks to the mean, as every good predictor must where it cannot know."
    )


def _mean_median(metric: Metric, found: tuple[float, float] | None) -> str:
    return "–" if found is None else f"{metric.text(found[0])} ({metric.text(found[1])})"


def band(view: View) -> None:
    """How often the truth lies in the band, per lead and zone, and how wide it is."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        inputs = _inputs(view)
        model = _model(view, view.of(inputs))
    rows = view.of(inputs, model)
    held, width = results.by_zone(rows, "coverage"), results.by_zone(rows, "width_uv")
    if not held:
        raise UnusableEcg(f"{view.titles[model]} gives no band, or its coverage was not scored.")
    _chart(
        figures.coverage_figure(held),
        "chart_band",
        f"Coverage of the 90 % band per lead and zone, {view.titles[model]} from {inputs}.",
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
            *(_percent(row.get(zone)) for zone in zones),
            *(_whole(width.get(lead, {}).get(zone)) for zone in zones),
        ]
        for lead, row in held.items()
    ]
    grid(head, lines)
    every = scores.by_lead(view.key, view.condition, model, inputs, "coverage", view.of(inputs))
    _said(
        view,
        f"{view.titles[model]} from {inputs}, share of samples within the nominal 90 % band, mean over records",
        [it.mean for it in every],
        False,
    )
    outside = [
        lead
        for lead, row in held.items()
        if not figures.ALLOWED[0] <= row.get("all", 0.9) <= figures.ALLOWED[1]
    ]
    st.caption(f"Outside 86–94 %: {', '.join(outside)}." if outside else "Every lead lies within 86–94 %.")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _whole(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


def superclasses(view: View) -> None:
    """By diagnosis, where the database's own table is here to say which record has which."""
    inputs = _inputs(view)
    known = scores.groups(view.condition.database)
    if not known:
        raise UnusableEcg(
            f"Which record has which diagnosis stands in the table of {_place((view.condition.database, view.condition.split))}, which "
            "is not here, or knows no superclasses; set ECG_DATA to the folder that holds it."
        )
    rows = view.of(inputs)
    found = results.by_group(rows, view.name, known, SUPERCLASSES)
    covered = results.by_group(rows, "coverage", known, SUPERCLASSES)
    models = view.models(rows)
    there = [group for group in SUPERCLASSES if any((name, group) in found for name in models)]
    n = {
        group: max(found[(name, group)].n_records for name in models if (name, group) in found)
        for group in there
    }
    shown = {
        (name, f"{group} (n = {n[group]})"): found[(name, group)]
        for name in models
        for group in there
        if (name, group) in found
    }
    _chart(
        figures.inputs_figure(
            shown,
            {name: view.titles[name] for name in models},
            [f"{group} (n = {n[group]})" for group in there],
            view.metric,
        ),
        "chart_groups",
        f"{view.metric.title} by superclass from {inputs}.",
    )
    grid(
        ["Model", *(f"{group} (n = {n[group]})" for group in there)],
        [
            [
                f"**{view.titles[name]}**",
                *(view.metric.interval(found[(name, g)]) if (name, g) in found else "–" for g in there),
            ]
            for name in models
        ],
    )
    _said(
        view,
        f"from {inputs}, {view.metric.title}, mean over the learned leads {_learned(inputs)}",
        list(found.values()),
    )
    if covered:
        st.markdown("**Coverage of the nominal 90 % band, %**")
        lines = [
            [
                f"**{view.titles[name]}**",
                *(_percent(covered[(name, g)].value if (name, g) in covered else None) for g in there),
            ]
            for name in models
            if any((name, g) in covered for g in there)
        ]
        grid(["Model", *there], lines)
    st.caption("A record may belong to several superclasses.")


def pair(view: View) -> None:
    """Two models on the same records."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        inputs = _inputs(view)
        rows = view.of(inputs)
        first, second = (
            _model(view, rows, "First", "first"),
            _model(view, rows, "Second", "second", 1),
        )
    if first == second:
        raise UnusableEcg("Choose two different models; a model does not differ from itself.")
    found = scores.compare(view.key, view.condition, inputs, view.name, first, second, rows)
    if not found:
        raise UnusableEcg("These two models share no scored lead and record here.")
    lines = [
        [
            "**mean of learned**" if lead == "mean" else f"**{lead}**",
            view.metric.interval(it.difference),
            p_value(it.t_p),
            p_value(it.wilcoxon_p),
            f"{it.cohens_d:+.2f}".replace("-", "−"),
            f"{it.difference.n_patients:,}",
        ]
        for lead, it in found.items()
    ]
    st.markdown(f"**{view.metric.title}: {view.titles[first]} minus {view.titles[second]}**")
    grid(["Lead", "difference", "paired t, p", "Wilcoxon, p", "Cohen’s d", "patients"], lines)
    whole = found.get("mean", next(iter(found.values())))
    _said(
        view,
        f"from {inputs}, on the records both have, averaged within each patient",
        [whole.difference],
        False,
    )
    st.caption(
        f"[95 % interval], patients resampled 10,000 times. p values times {len(found)} comparisons (Bonferroni). d: mean difference over the "
        "standard deviation of the differences. Over patients, not over leads: five leads of one table are no sample."
    )


def p_value(value: float) -> str:
    return "< .001" if value < 0.001 else f"{value:.3f}"


def worst(view: View) -> None:
    """The records that went worst; a click opens one in Review."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        inputs = _inputs(view)
        model = _model(view, view.of(inputs))
    there = view.condition.database in session.local_databases()
    known = scores.groups(view.condition.database)
    found = results.worst(view.of(inputs, model), view.name)
    st.markdown(f"**Worst by {view.metric.title}: {view.titles[model]} from {inputs}**")
    with st.container(gap="xxsmall"):
        for number, (record, value, lead) in enumerate(found, 1):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                label = f"{number}. {record}"
                st.button(
                    label, key=f"results_open_{number}", icon=":material/cardiology:", width=190, disabled=not there,
                    on_click=_open, args=(view.condition, record, inputs, model),
                )  # fmt: skip
                words = f"{view.metric.title} **{view.metric.text(value)}**, worst lead {lead}"
                st.markdown(words + (f" · {', '.join(known[record])}" if record in known else ""))
    if memory.kept("results_go", False):
        memory.forget("results_go")
        st.switch_page("pages/review.py", query_params=session.address())
    n = scores.overview(view.key, view.condition, view.name, None, view.table).get((model, inputs))
    _said(
        view,
        f"the worst {len(found)}, mean over the learned leads {_learned(inputs)}",
        [n] if n else [],
        False,
    )
    if not there:
        st.caption(
            f"To open them in Review, set ECG_DATA to a folder that holds {_place((view.condition.database, view.condition.split))}."
        )


def _open(condition: Condition, record: str, inputs: str, model: str) -> None:
    """Open a record in Review as it was scored."""
    if session.try_open(Origin("local", condition.database, record)):
        name = model if model in scores.titles() else session.choices().model
        session.choose(inputs=LeadSet(inputs), model=name, high_pass=condition.band == "high-pass")
        memory.keep(results_go=True)
