"""Sections of ``RESULTS.md`` about scores: which models, how good, how wide, on which databases; the README's
table."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.evaluation.scoring import ZONES, pooled_slopes
from ecgcore.leads import INDEPENDENT
from ecgcore.studies import scores
from ecgcore.studies.published import REDUCED
from ecgcore.studies.scores import TEST_FOLD, Condition
from models.hints import hint
from models.reconstruct import TRAINED, fallback, weights_of
from models.report.markdown import block, both, correlation, microvolts, table
from models.report.stored import lacking, stored_models, stored_scores
from models.sites import left_out

if TYPE_CHECKING:
    import pandas as pd

README_SETS = ("I", "I+II", "I+II+V2", "I+II+V4", "I+II+V2+V4")


def _title(rows: pd.DataFrame, name: str) -> str:
    """A model's name, marked where its rows are of other weights than those on disk."""
    return f"{name} (OTHER WEIGHTS)" if name in scores.stale(rows) else name


def _models(rows: pd.DataFrame) -> list[str]:
    there = set(rows["model"].unique())
    return [info.name for info in stored_models() if info.name in there]


def _n(rows: pd.DataFrame) -> str:
    records = rows[["record", "patient"]].drop_duplicates().astype(str)
    return f"n = {records['record'].nunique()} recordings of {records['patient'].nunique()} patients"


def trained_models(folder: Path) -> Iterator[str]:
    """Which weights the numbers belong to, from their cards."""
    del folder
    yield from table(
        ["model", "weights", "trained on", "folds", "recordings", "commit"],
        (
            [info.name, weights_of(info.name), card.dataset, card.folds, f"{card.records}", card.commit]
            for info in stored_models()
            for card in [info.card]
            if card is not None and not card.reduced
        ),
    )
    reduced = [info.name for info in stored_models() if info.card and info.card.reduced]
    if reduced:
        yield f"\n{REDUCED.capitalize()}s (narrower, or fewer steps than their papers): {', '.join(reduced)}."


def accuracy(folder: Path) -> Iterator[str]:
    """The test fold, by input set and model."""
    rows = stored_scores(folder, "scores")
    if rows.empty:
        yield lacking("scores")
    yield from _by_condition(rows)
    yield f"Again: `{hint('scores')}`, and with `--passband as-recorded`."


def _by_condition(rows: pd.DataFrame, *more: Callable[[pd.DataFrame], Iterator[str]]) -> Iterator[str]:
    """A table of input sets and models for every condition, and what more there is to say of its rows."""
    for condition in scores.conditions(rows):
        part = scores.under(rows, condition)
        yield f"**{_place(condition)}**, {_n(part)}: r / RMSE.\n"
        for section in (_by_set, *more):
            yield from section(part)
        yield ""


def _place(condition: Condition) -> str:
    words = {
        "high-pass": "0.5 Hz high-pass",
        "as-recorded": "as recorded",
        "0.67-40": "0.67-40 Hz, first 9 s",
    }
    passband = words[condition.passband]
    rate = "own rate" if condition.rate == "native" else f"{condition.rate} Hz"
    return f"{condition.database}, {condition.split}, {passband}, {rate}"


def _by_set(part: pd.DataFrame) -> Iterator[str]:
    r, rmse = scores.overview(part, "r"), scores.overview(part, "rmse_uv")
    models = _models(part)
    yield from table(
        ["inputs", *(_title(part, name) for name in models)],
        (
            [
                inputs,
                *(
                    both(r[name, inputs], rmse[name, inputs]) if (name, inputs) in r else "-"
                    for name in models
                ),
            ]
            for inputs in scores.input_sets(part)
        ),
    )


def intervals(folder: Path) -> Iterator[str]:
    """Coverage and width of the nominal 90 % interval, and the slope of truth on estimate."""
    rows = stored_scores(folder, "scores")
    part = scores.under(rows, TEST_FOLD)
    covered = part[part["metric"] == "coverage"]
    if covered.empty:
        yield lacking("scores")
        return
    yield f"{_place(TEST_FOLD)}, {_n(covered)}. Nominal: 90 % of samples. Width: of the whole interval.\n"
    yield from table(
        ["model", "inputs", "covered", *ZONES, "lowest lead", "highest lead", "width, uV", "slope"],
        (
            _interval_row(part[(part["model"] == name) & (part["inputs"] == inputs)], name, inputs)
            for name in _models(covered)
            for inputs in scores.input_sets(covered[covered["model"] == name])
        ),
    )
    yield "\nSlope: of truth on estimate, pooled over samples of the learned leads; above 1 they are too low."


def _interval_row(rows: pd.DataFrame, name: str, inputs: str) -> list[str]:
    mean = scores.overview(rows, "coverage")[name, inputs]
    zones = [scores.overview(rows, f"coverage_{zone}").get((name, inputs)) for zone in ZONES]
    width = scores.overview(rows, "width_uv").get((name, inputs))
    leads = [row.mean.value for row in scores.by_lead(rows, "coverage") if row.lead in INDEPENDENT]
    slope = pooled_slopes(rows).get("learned")
    return [
        name,
        inputs,
        _percent(mean.value),
        *("-" if zone is None else _percent(zone.value) for zone in zones),
        _percent(min(leads)),
        _percent(max(leads)),
        "-" if width is None else microvolts(width),
        "-" if slope is None else f"{slope.value:.2f} [{slope.low:.2f}, {slope.high:.2f}]",
    ]


def _percent(part: float) -> str:
    return f"{100 * part:.1f} %"


def unseen(folder: Path) -> Iterator[str]:
    """Databases that were left out of training (tables scores-unseen), by database."""
    rows = stored_scores(folder, "scores-unseen")
    if rows.empty:
        yield lacking("scores")
    yield from _by_condition(rows, _coverage, _left_out)
    yield from _against(folder, "scores-unseen", rows)


def _left_out(part: pd.DataFrame) -> Iterator[str]:
    """Which models stand here by a training that left the database out."""
    for name in _models(part):
        used = set(part.loc[part["model"] == name, "weights"].astype(str))
        for training in left_out.stored(TRAINED / name):
            if training.weights in used:
                yield (
                    f"\n{name}: by a training of {training.steps:,} steps that left out "
                    f"{', '.join(training.databases)} (weights {training.weights}, `{training.command}`)."
                )


def _coverage(part: pd.DataFrame) -> Iterator[str]:
    """Coverage over all input sets, and of the worst and best lead of one."""
    for name in _models(part):
        own = part[(part["model"] == name) & (part["metric"] == "coverage") & (part["source"] == "estimated")]
        own = own[own["lead"].isin(INDEPENDENT)]
        if len(own):
            by_set = own.groupby("inputs", observed=True)["value"].mean()
            by_lead = own.groupby(["inputs", "lead"], observed=True)["value"].mean()
            low, high = (
                str(by_lead.loc[[by_lead.idxmin()]].index[0][1]),
                str(by_lead.loc[[by_lead.idxmax()]].index[0][1]),
            )
            yield (
                f"\n{name}: the nominal 90 % interval covers {_percent(by_set.mean())} of samples over the"
                f" input sets ({_percent(by_set.min())} to {_percent(by_set.max())}); by lead"
                f" {_percent(by_lead.min())} ({low}) to {_percent(by_lead.max())} ({high})."
            )


def _against(folder: Path, file: str, rows: pd.DataFrame) -> Iterator[str]:
    """The best model against the one that fills in, over everything in the tables."""
    from models.studies.comparison import METRICS, lines

    first = next(iter(_models(rows)), None)
    if first is None or first == fallback() or fallback() not in _models(rows):
        return
    if scores.stale(rows[rows["model"].isin([first, fallback()])]):
        return
    yield from block(lines(folder, (first, fallback()), file, metric)[-1] for metric in METRICS)
    yield f"\nEach difference: `rlecg compare {first} {fallback()} --table {file}`."


def readme_table(folder: Path) -> Iterator[str]:
    """The small table: the best model beside the linear estimate, on the test fold."""
    rows = scores.under(stored_scores(folder, "scores"), TEST_FOLD)
    r, rmse = scores.overview(rows, "r"), scores.overview(rows, "rmse_uv")
    best = _models(rows)[0]
    names = list(dict.fromkeys((fallback(), best)))
    yield from table(
        ["input leads", *(f"{_title(rows, name)}: r / RMSE, µV" for name in names)],
        (
            [
                inputs.replace("+", " + "),
                *(f"{correlation(r[name, inputs])} / {rmse[name, inputs].value:.0f}" for name in names),
            ]
            for inputs in README_SETS
        ),
    )
    own = rows[rows["model"] == best]
    covered = [
        value.value
        for (_, inputs), value in scores.overview(own, "coverage").items()
        if inputs in README_SETS
    ]
    yield ""
    yield from textwrap.wrap(
        f"PTB-XL test fold (fold 10), {_n(own)}, none in training; 0.5 Hz high-pass, 100 Hz; mean over"
        " recordings and learned leads (estimated, not derived), [95 % interval by patient]. The nominal 90 %"
        f" prediction interval of {best} covers {100 * min(covered):.1f} to {100 * max(covered):.1f} % of the"
        " samples from these sets.",
        width=110,
    )
