"""Two variants of a system, compared within patients."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.metrics import METRICS
from ecgcore.studies.published import benchmark
from ecgcore.studies.published.benchmark import (
    FOLD,
)
from ecgcore.studies.scores import TOGETHER
from pages.shared import downloads, links, widgets
from pages.shared.reads import published
from pages.shared.widgets import grid, p_value
from pages.views.results.published.conditions import IN_WORDS


def show(scored: published.Scored) -> None:
    """Two variants of a system with the statistics Olaiya names."""
    pairs = scored.pairs
    if not pairs:
        raise UnusableEcg("No two variants of a published system were scored here.")
    lines = []
    for models, pair in pairs.items():
        for metric in pair.metrics:
            test = published.tests(scored.key, models, metric, scored.table).get("mean")
            if test is not None:
                stands = benchmark.verdict(test, pair.expects, str(METRICS[metric].better))
                lines.append(
                    [f"**{pair.paper}: {pair.title}**", stands, METRICS[metric].title, *_tested(metric, test)]
                )
    head = ["difference", "paired t, p", "Wilcoxon, p", "Cohen’s d", "patients"]
    numbers = ["Metric", *head]
    downloads.table(
        f"| Variants | against the paper | {' | '.join(numbers)} |\n|:--|:--|{'--:|' * len(numbers)}\n"
        + "\n".join(f"| {' | '.join(line)} |" for line in lines),
        "variants",
    )
    named = {"-".join(models): models for models in pairs}
    name = links.one_of(
        st.selectbox,
        "Lead by lead",
        "pair",
        list(named),
        format_func=lambda name: f"{pairs[named[name]].paper}: {pairs[named[name]].title}",
        width=420,
    )
    models = named[name]
    pair = pairs[models]
    tests = published.tests(scored.key, models, pair.metrics[0], scored.table)
    leads = [
        [f"**{TOGETHER}**" if lead == "mean" else f"**{lead}**", *_tested(pair.metrics[0], test)]
        for lead, test in tests.items()
    ]
    grid(["Lead", *head], leads)
    widgets.caption(
        f"{METRICS[pair.metrics[0]].title}, {scored.titles[models[0]]} minus {scored.titles[models[1]]}; the "
        f"paper: {pair.printed}.",
        help=f"{IN_WORDS[FOLD]} · [95 % interval], patients resampled 10,000 times; p values times "
        f"{len(tests)} comparisons (Bonferroni). Within a pair data, seed and budget are the same; both are "
        "small networks after few steps, so this says what the variant brings here, not at full size.",
    )


def _tested(metric: str, test: Any) -> list[str]:
    d = f"{test.cohens_d:+.2f}".replace("-", "−")
    return [
        METRICS[metric].interval(test.difference),
        p_value(test.t_p),
        p_value(test.wilcoxon_p),
        d,
        f"{test.difference.n_patients:,}",
    ]
