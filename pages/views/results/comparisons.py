"""Three views of the Results page: superclasses, two models on the same records, the worst records."""

from __future__ import annotations

import streamlit as st

from ecgcore.datasets.code_names import full_name
from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation import people
from ecgcore.figures import scores as figures
from ecgcore.leads import LeadSet
from ecgcore.studies import scores as results
from ecgcore.studies.scores import Condition
from pages.shared import links, memory, session, widgets
from pages.shared.choices import Origin
from pages.shared.reads import scores
from pages.shared.widgets import grid, p_value, percent
from pages.views.results import condition
from pages.views.results.condition import View


def superclasses(view: View) -> None:
    """By diagnosis, sex or age, where the database's own table is here to say which record has which."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        inputs = condition.inputs(view)
        kind = links.one_of(st.selectbox, "Groups of", "groups", list(people.KINDS), width=140)
    records_of, order = scores.groups(view.condition.database, kind), people.KINDS[kind]
    if not records_of:
        raise UnusableEcg(
            f"Which record is of which {kind} stands in the table of "
            f"{condition.place((view.condition.database, view.condition.split))}, which "
            "is not here, or does not say it; set ECG_DATA to the folder that holds it."
        )
    rows = view.of(inputs)
    means = results.by_group(rows, view.name, records_of, order)
    covered = results.by_group(rows, "coverage", records_of, order)
    models = view.models(rows)
    there = [group for group in order if any((name, group) in means for name in models)]
    n = {
        group: max(means[(name, group)].n_records for name in models if (name, group) in means)
        for group in there
    }
    shown = {
        (name, f"{group} (n = {n[group]})"): means[(name, group)]
        for name in models
        for group in there
        if (name, group) in means
    }
    widgets.chart(
        figures.inputs_figure(
            shown,
            {name: view.titles[name] for name in models},
            [f"{group} (n = {n[group]})" for group in there],
            view.metric,
        ),
        "chart_groups",
        f"{view.metric.title} by {kind} from {inputs}.",
    )
    grid(
        ["Model", *(f"{group} (n = {n[group]})" for group in there)],
        [
            [
                f"**{view.titles[name]}**",
                *(view.metric.interval(means[(name, g)]) if (name, g) in means else "–" for g in there),
            ]
            for name in models
        ],
    )
    condition.caption(
        view,
        f"from {inputs}, {view.metric.title}, mean over the independent estimated leads "
        f"{condition.learned(inputs)}",
        list(means.values()),
    )
    if covered:
        widgets.markdown("**Coverage of the nominal 90 % prediction interval, %**")
        lines = [
            [
                f"**{view.titles[name]}**",
                *(percent(covered[(name, g)].value if (name, g) in covered else None) for g in there),
            ]
            for name in models
            if any((name, g) in covered for g in there)
        ]
        grid(["Model", *there], lines)
    if kind == "superclass":
        widgets.caption(f"A record may belong to several superclasses. {widgets.SUPERCLASSES_IN_WORDS}.")
    if "under 18" in there:
        widgets.caption("No model was made for children: nothing is validated under 18 years.")


def pair(view: View) -> None:
    """Two models on the same records."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        inputs = condition.inputs(view)
        rows = view.of(inputs)
        first, second = (
            condition.model(view, rows, "First", "first"),
            condition.model(view, rows, "Second", "second", 1),
        )
    if first == second:
        raise UnusableEcg("Choose two different models; a model does not differ from itself.")
    differences = scores.compare(view.key, view.condition, inputs, view.name, first, second, rows)
    if not differences:
        raise UnusableEcg("These two models share no scored lead and record here.")
    lines = [
        [
            f"**{results.TOGETHER}**" if lead == "mean" else f"**{lead}**",
            view.metric.interval(difference.difference),
            p_value(difference.t_p),
            p_value(difference.wilcoxon_p),
            f"{difference.cohens_d:+.2f}".replace("-", "−"),
            f"{difference.difference.n_patients:,}",
        ]
        for lead, difference in differences.items()
    ]
    widgets.markdown(f"**{view.metric.title}: {view.titles[first]} minus {view.titles[second]}**")
    grid(["Lead", "difference", "paired t, p", "Wilcoxon, p", "Cohen’s d", "patients"], lines)
    whole = differences.get("mean", next(iter(differences.values())))
    condition.caption(
        view,
        f"from {inputs}, on the records both have, averaged within each patient",
        [whole.difference],
        False,
    )
    widgets.caption(
        f"[95 % interval by patient]; p values times {len(differences)} comparisons (Bonferroni).",
        help="Patients resampled 10,000 times. d: mean difference over the standard deviation of the "
        "differences. Over patients, not over leads: five leads of one table are no sample.",
    )


def worst(view: View) -> None:
    """The records that went worst; a click opens one in Review."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        inputs = condition.inputs(view)
        model = condition.model(view, view.of(inputs))
    there = view.condition.database in session.local_databases()
    records_of = scores.groups(view.condition.database, "superclass")
    worst_records = results.worst(view.of(inputs, model), view.name)
    widgets.markdown(f"**Worst by {view.metric.title}: {view.titles[model]} from {inputs}**")
    with st.container(gap="xxsmall"):
        for number, (record, value, lead) in enumerate(worst_records, 1):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                label = f"{number}. {record}"
                st.button(
                    label,
                    key=f"results_open_{number}",
                    icon=":material/cardiology:",
                    width=130,
                    disabled=not there,
                    on_click=_open,
                    args=(view.condition, record, inputs, model),
                )
                words = f"{view.metric.title} **{view.metric.text(value)}**, worst lead {lead}"
                widgets.markdown(
                    words
                    + (f" · {', '.join(map(full_name, records_of[record]))}" if record in records_of else "")
                )
    if memory.kept("results_go", False):
        memory.forget("results_go")
        st.switch_page("pages/review.py", query_params=session.address())
    n = scores.overview(view.key, view.condition, view.name, None, view.table).get((model, inputs))
    condition.caption(
        view,
        f"the worst {len(worst_records)}, mean over the independent estimated leads "
        f"{condition.learned(inputs)}",
        [n] if n else [],
        False,
    )
    if not there:
        widgets.caption(
            f"To open them in Review, set ECG_DATA to a folder that holds "
            f"{condition.place((view.condition.database, view.condition.split))}."
        )


def _open(condition: Condition, record: str, inputs: str, model: str) -> None:
    """Open a record in Review as it was scored."""
    if session.try_open(Origin("local", condition.database, record)):
        name = model if model in scores.titles() else session.choices().model
        session.choose(inputs=LeadSet(inputs), model=name, high_pass=condition.passband == "high-pass")
        memory.keep(results_go=True)
