"""What the Results page looks at: table, database, passband, metric, input leads, model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ecgcore.datasets import databases
from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.metrics import METRICS, Metric
from ecgcore.evaluation.statistics import Interval
from ecgcore.evaluation.tables import made_with_other_weights
from ecgcore.studies import scores as results
from ecgcore.studies.published.benchmark import FILE
from ecgcore.studies.scores import Condition
from models.hints import hint
from pages.shared import links, widgets
from pages.shared.reads import scores

FILES = {
    "scores": "Test fold",
    "scores-unseen": "Databases never trained on",
    FILE: "Published systems and ours",
}
SPLITS = {"test": "test part", "val": "validation part", "train": "training part", "all": "all recordings"}
SHORT_TITLES = {
    "ptb-xl": "PTB-XL",
    "ptbdb": "PTB",
    "ludb": "LUDB",
    "twadb": "TWADB",
    "chapman-ningbo": "Chapman/Ningbo",
    "georgia": "Georgia",
    "cpsc2018": "CPSC 2018",
    "cpsc-extra": "CPSC extra",
    "brugada-huca": "Brugada-HUCA",
}
"""Databases in narrow columns."""
PASSBANDS = {
    "high-pass": "0.5 Hz high-pass on input and truth",
    "as-recorded": "as recorded, unfiltered",
    "0.67-40": "0.67–40 Hz on input and truth, first 9 s",
}
USUAL_INPUTS = "I+II+V4"


@dataclass(frozen=True)
class View:
    """What is looked at: the whole table, its rows under one condition and the weights they were made with,
    the metric, and the models' titles (best first)."""

    key: tuple
    table: Any
    rows: Any
    weights: frozenset[str]
    condition: Condition
    name: str
    titles: Mapping[str, str]

    @property
    def metric(self) -> Metric:
        """The metric on view."""
        return METRICS[self.name]

    def of(self, inputs: str, model: str | None = None) -> Any:
        """The rows of an input set, of one model if given."""
        rows = self.rows[self.rows["inputs"] == inputs]
        return rows if model is None else rows[rows["model"] == model]

    def models(self, rows: Any = None) -> list[str]:
        """Models of the rows, best first."""
        there = set((self.rows if rows is None else rows)["model"].unique())
        return [name for name in self.titles if name in there]


def choose(of_one_metric: bool = True) -> View:
    """File, database, passband and, for a view of one metric, that. Raises UnusableEcg, with what to do,
    where nothing was scored."""
    files = results.files(scores.folder())
    if not files:
        raise UnusableEcg(
            "No model has been scored here yet; the command below scores one and puts its table where this "
            "page looks."
        )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = links.one_of(
            st.selectbox,
            "Scored on",
            "scored",
            list(files),
            format_func=lambda name: FILES.get(name, name),
            width=190,
        )
        on_disk, stamp = scores.weights_in_tables(), scores.stamp(files[name])
        table, refused = scores.table(stamp, on_disk)
        for sentence in refused:
            st.warning(sentence, icon=":material/info:")
        key = (stamp, on_disk)
        conditions = scores.conditions(key, table)
        if not conditions:
            raise UnusableEcg("The tables here hold no scores: " + (" ".join(refused) or "they are empty."))
        places = {
            f"{condition.database}/{condition.split}": (condition.database, condition.split)
            for condition in conditions
        }
        where = links.one_of(
            st.selectbox,
            "Database",
            "place",
            list(places),
            format_func=lambda name: place(places[name]),
            width=240,
        )
        passbands = {
            f"{condition.passband}/{condition.rate}": condition
            for condition in conditions
            if (condition.database, condition.split) == places[where]
        }
        condition = passbands[
            links.one_of(
                st.selectbox,
                "Filter",
                "passband",
                list(passbands),
                format_func=lambda name: _passband(passbands[name]),
                width=155,
            )
        ]
        rows = scores.under(key, condition, table)
        metrics = [metric for metric in METRICS if metric in rows.metrics]
        metric = _metric(metrics) if of_one_metric else str(links.remembered("metric", metrics, metrics[0]))
    return View(key, table, rows.rows, rows.weights, condition, metric, _titles(table))


def _metric(metrics: Sequence[str]) -> str:
    return links.one_of(
        st.selectbox,
        "Metric",
        "metric",
        metrics,
        format_func=lambda name: METRICS[name].title,
        width=180,
    )


def place(place: tuple[str, str]) -> str:
    """A database and its split, as on screen."""
    family = databases().get(place[0])
    return f"{family.title if family else place[0]} · {SPLITS.get(place[1], place[1])}"


def short_title(database: str) -> str:
    """A database in a narrow column."""
    return SHORT_TITLES.get(database, database)


def _passband(condition: Condition) -> str:
    words = {"high-pass": "0.5 Hz high-pass", "as-recorded": "As recorded", "0.67-40": "0.67–40 Hz, 9 s"}
    return words.get(condition.passband, condition.passband) + (
        "" if condition.rate == "100" else f" · {condition.rate} Hz"
    )


def _titles(table: Any) -> dict[str, str]:
    """Trained models best first, then names that only the table has."""
    titles, there = scores.titles(), list(table["model"].cat.categories)
    named = {name: title for name, title in titles.items() if name in there}
    old = results.stale(table)
    every = named | {name: name for name in there if name not in named}
    return {name: f"{title}, other weights" if name in old else title for name, title in every.items()}


def choose_or_explain(of_one_metric: bool) -> View | None:
    """What is looked at, or None and the command that scores."""
    try:
        return choose(of_one_metric)
    except UnusableEcg as error:
        st.info(str(error), icon=":material/leaderboard:")
        widgets.markdown(f"```sh\n{hint('scores')}\n```")
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
        widgets.caption(f"Not scored here yet: {', '.join(lacking)}.")
    say_who_stands_in(view)


def say_who_stands_in(view: View) -> None:
    """Where a model was trained on these recordings, say which training that left them out was scored."""
    for digest, (name, steps, bases) in scores.left_out(view.titles).items():
        if digest in view.weights:
            widgets.caption(
                f"{view.titles[name]} was trained on these recordings too. Scored here is a shorter training "
                f"({steps:,} steps) that left out {', '.join(bases)}."
            )


def caption(view: View, what: str, intervals: Sequence[Interval], interval: bool = True) -> None:
    """The conditions of the numbers above: they are part of every number."""
    condition = view.condition
    rate = "each recording's own rate" if condition.rate == "native" else f"{condition.rate} Hz"
    sizes = sorted({(mean.n_records, mean.n_patients) for mean in intervals})
    n = (
        "n = no records"
        if not sizes
        else f"n = {sizes[-1][0]:,} records of {sizes[-1][1]:,} patients"
        if len(sizes) == 1
        else f"n = {sizes[0][0]:,} to {sizes[-1][0]:,} records"
    )
    passband = PASSBANDS.get(condition.passband, condition.passband)
    text = f"{place((condition.database, condition.split))} · {passband} · {rate} · {what} · {n}"
    resampled = "Whole patients are resampled 2,000 times." if interval else None
    widgets.caption(text + (" · [95 % interval]" if interval else ""), help=resampled)


def inputs(view: View) -> str:
    """One of the input sets that were scored."""
    options = results.input_sets(view.rows)
    usual = USUAL_INPUTS if USUAL_INPUTS in options else ""
    return links.one_of(st.selectbox, "Input leads", "inputs", options, usual, width=180)


def model(view: View, rows: Any, label: str = "Model", name: str = "of", at: int = 0) -> str:
    """One of the models that were scored on the rows."""
    options = view.models(rows)
    usual = options[min(at, len(options) - 1)]
    return links.one_of(
        st.selectbox, label, name, options, usual, format_func=view.titles.__getitem__, width=260
    )


def learned(inputs: str) -> str:
    """The independent leads that an input set leaves to estimate."""
    return ", ".join(results.common_targets([inputs])) or "none"
