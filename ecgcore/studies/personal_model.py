"""What came out when personal models were tried on many recordings: per recording, paired over patients, by
input lead, in words.

The table has a row per recording, input lead, model and estimated lead (``TABLE``), measured on the held-out
end of the recording. A recording's value is the mean over its estimated leads; means are over recordings,
intervals resample patients, tests are over patients.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.evaluation.statistics import Interval, PairedTest, bootstrap_mean, paired
from ecgcore.evaluation.tables import Table
from ecgcore.leads import STANDARD

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "database",
    "record",
    "input",
    "model",
    "settings",
    "patient",
    "epochs",
    "held_out_s",
    "lead",
    "r",
    "rmse_uv",
    "mse_scaled",
)
KEYS = ("database", "record", "input", "model", "settings")
TABLE = Table(
    "personal models",
    COLUMNS,
    KEYS,
    {"epochs": "int64"} | dict.fromkeys(("held_out_s", "r", "rmse_uv", "mse_scaled"), "float64"),
)
CURVES = Table(
    "training curves",
    (*KEYS, "epoch", "train_loss", "validation_loss"),
    KEYS,
    {"epoch": "int64", "train_loss": "float64", "validation_loss": "float64"},
)
"""The loss of each epoch of a personal network."""
USUAL = "II"
FEWEST = 5
"""Recordings below which a model is not set beside the others."""


@dataclass(frozen=True)
class Cast:
    """The models of the trials, by name: who they are and who is compared with whom.

    networks: trained on the recording, in the order of lists. variants: of a network, by the network's name.
    reference: the closed form that is fair to compare with; closed_forms: all of them. generic: models that
    know nothing of the recording. titles: as in a sentence. colours: of those that figures draw.
    """

    networks: tuple[str, ...]
    variants: Mapping[str, str]
    reference: str
    closed_forms: tuple[str, ...]
    generic: tuple[str, ...]
    titles: Mapping[str, str]
    colours: Mapping[str, str]

    @property
    def shown(self) -> tuple[str, ...]:
        """Models set beside one another on the recordings that all of them were tried on."""
        return (*self.networks, *self.closed_forms, *self.generic)

    def questions(self, networks: Sequence[str]) -> list[tuple[str, str]]:
        """What the trials were made for: network against network, and each against the fair closed form."""
        return [*combinations(networks, 2), *((name, self.reference) for name in networks)]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every comparison that is made."""
        generic = [(name, other) for other in self.generic for name in self.networks]
        return [*self.questions(self.networks), *generic, *self.variants.items()]


@dataclass(frozen=True)
class Trial:
    """One model on one recording from one input lead: means over the estimated leads, and the worst of them.

    settings: what the model was made with, of a generic model the beginning of its weights' hash.
    """

    database: str
    record: str
    patient: str
    input: str
    model: str
    settings: str
    r: float
    rmse_uv: float
    mse_scaled: float
    worst_r: float
    worst_mse: float

    @property
    def recording(self) -> tuple[str, str]:
        """Database and record."""
        return self.database, self.record


@dataclass(frozen=True)
class Row:
    """One model over recordings: means with intervals; worst: of any lead of any recording."""

    model: str
    r: Interval
    rmse_uv: Interval
    mse_scaled: Interval
    worst_r: float
    worst_mse: float


@dataclass(frozen=True)
class Comparison:
    """first against second on the same recordings. better: recordings in which first has the higher r, of
    n."""

    first: str
    second: str
    r: PairedTest
    rmse_uv: PairedTest
    better: int
    n: int


def read(path: Path) -> list[Trial]:
    """The table at path, a value per trial. Raises UnusableTable where it is no such table."""
    whole = ["database", "record", "patient", "input", "model", "settings"]
    return [_trial(key, rows) for key, rows in TABLE.read(path).groupby(whole, sort=False)]


def _trial(key: tuple[str, ...], rows: pd.DataFrame) -> Trial:
    database, record, patient, lead, model, settings = key
    r, mse = rows["r"], rows["mse_scaled"]
    return Trial(
        database,
        record,
        patient,
        lead,
        model,
        settings,
        r=float(r.mean()),
        rmse_uv=float(rows["rmse_uv"].mean()),
        mse_scaled=float(mse.mean()),
        worst_r=float(r.min()),
        worst_mse=float(mse.max()),
    )


def current(trials: Iterable[Trial], weights: Mapping[str, str]) -> list[Trial]:
    """Without those of models (name -> hash of the weights there are now) that have got other weights
    since."""
    return [trial for trial in trials if weights.get(trial.model, trial.settings).startswith(trial.settings)]


def of(trials: Iterable[Trial], model: str, lead: str) -> dict[tuple[str, str], Trial]:
    """One model's trials from one input lead, by recording."""
    return {trial.recording: trial for trial in trials if trial.model == model and trial.input == lead}


def common(trials: Sequence[Trial], models: Sequence[str], lead: str) -> list[tuple[str, str]]:
    """Recordings that all of these models were tried on from this lead."""
    recordings = [set(of(trials, model, lead)) for model in models]
    return sorted(set.intersection(*recordings)) if recordings else []


def tried(trials: Sequence[Trial], models: Sequence[str], lead: str) -> tuple[str, ...]:
    """Those of the models that were tried from this lead, on enough recordings."""
    return tuple(model for model in models if len(of(trials, model, lead)) >= FEWEST)


def table(trials: Sequence[Trial], models: Sequence[str], lead: str = USUAL) -> list[Row]:
    """Each of the models that was ``tried`` over the recordings they have in common."""
    models = tried(trials, models, lead)
    where = common(trials, models, lead)
    rows = []
    for model in models:
        results = [of(trials, model, lead)[recording] for recording in where]
        patients = [trial.patient for trial in results]
        r, rmse, mse = (
            bootstrap_mean([getattr(trial, name) for trial in results], patients)
            for name in ("r", "rmse_uv", "mse_scaled")
        )
        worst_r, worst_mse = (
            min(trial.worst_r for trial in results),
            max(trial.worst_mse for trial in results),
        )
        rows.append(Row(model, r, rmse, mse, worst_r, worst_mse))
    return rows


def compare(
    trials: Sequence[Trial], first: str, second: str, lead: str = USUAL, comparisons: int = 1
) -> Comparison | None:
    """Paired over the recordings both were tried on; None for fewer than two patients. p values times
    comparisons (Bonferroni)."""
    where = common(trials, (first, second), lead)
    a, b = (of(trials, model, lead) for model in (first, second))
    patients = [a[recording].patient for recording in where]
    if len(set(patients)) < 2:
        return None
    r, rmse = (
        paired(
            [getattr(a[recording], name) for recording in where],
            [getattr(b[recording], name) for recording in where],
            patients,
            comparisons,
        )
        for name in ("r", "rmse_uv")
    )
    better = sum(a[recording].r > b[recording].r for recording in where)
    return Comparison(first, second, r, rmse, better, len(where))


def comparisons(trials: Sequence[Trial], cast: Cast, lead: str = USUAL) -> list[Comparison]:
    """All pairs of the cast that were tried on enough recordings, corrected for their number."""
    possible = [pair for pair in cast.pairs if len(common(trials, pair, lead)) >= FEWEST]
    compared = (compare(trials, *pair, lead, len(possible)) for pair in possible)
    return [comparison for comparison in compared if comparison is not None]


def by_input(trials: Sequence[Trial], models: Sequence[str]) -> tuple[dict[tuple[str, str], Interval], int]:
    """Mean r of each model (model, input lead) over the recordings tried from all twelve leads with all
    models; and their number.

    They are few: low and high are the lowest and highest recording, not an interval of confidence.
    """
    sets = [set(common(trials, models, lead)) for lead in STANDARD]
    where = sorted(set.intersection(*sets))
    means = {}
    for model in models:
        for lead in STANDARD:
            ones = [of(trials, model, lead)[recording] for recording in where]
            r, patients = [trial.r for trial in ones], len({trial.patient for trial in ones})
            if where:
                means[(model, lead)] = Interval(float(np.mean(r)), min(r), max(r), len(r), patients)
    return means, len(where)


# ---- in words ----------------------------------------------------------------------------------------------


def verdict(comparison: Comparison, titles: Mapping[str, str]) -> str:
    """One sentence: which is better in mean r, by how much, how sure, in how many recordings. The interval of
    the mean and signed ranks are two answers: where they differ, it names both."""
    test, ahead = comparison.r, comparison.better
    first, second = titles[comparison.first], titles[comparison.second]
    low, value, high = test.difference.low, test.difference.value, test.difference.high
    if (test.by_interval or test.by_ranks) < 0:
        first, second, ahead = second, first, comparison.n - ahead
        low, value, high = -high, -value, -low
    interval, p = f"[{_signed(low)}, {_signed(high)}]", _p(test.wilcoxon_p)
    corrected = f"{p} after correction for {test.comparisons} comparisons" if test.comparisons > 1 else p
    if test.by_interval == test.by_ranks != 0:
        text = f"{first} beats {second} by {value:.3f} in mean r {interval}, Wilcoxon {p}"
    elif test.by_interval:
        alone = " without correction" if test.comparisons > 1 else ""
        ranks = f"favour {second}" if test.by_ranks else "do not tell them apart"
        text = (
            f"By its mean r {first} is ahead of {second}, {_signed(value)} {interval}{alone}; signed ranks "
            f"{ranks}, Wilcoxon {corrected}"
        )
    elif test.by_ranks:
        text = (
            f"By signed ranks {first} is ahead of {second}, Wilcoxon {corrected}; the interval of the "
            f"difference in mean r holds zero, {_signed(value)} {interval}"
        )
    else:
        text = (
            f"{first} and {second} cannot be told apart (difference {_signed(value)} in mean r) {interval}, "
            f"Wilcoxon {p}"
        )
    return f"{text}; {first} is ahead in {ahead} of {comparison.n} recordings."


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _p(value: float) -> str:
    return "p < .001" if value < 0.001 else f"p = {value:.3f}".replace("0.", ".", 1)


def conclusions(trials: Sequence[Trial], cast: Cast, lead: str = USUAL) -> list[str]:
    """The questions the trials were made for, answered by the numbers: network against network, and each
    against a fair least squares."""
    questions = cast.questions(cast.networks)
    pairs = comparisons(trials, cast, lead)
    return [
        verdict(comparison, cast.titles)
        for comparison in pairs
        if (comparison.first, comparison.second) in questions
    ]


def without_scales(
    trials: Sequence[Trial], others: Sequence[Trial], cast: Cast, lead: str = USUAL
) -> list[str]:
    """The same questions to networks trained without fixed scales, or to their variants where these were
    tried on more recordings; others: holds the closed forms."""
    rows = [*trials, *of(others, cast.reference, lead).values()]
    sets = (cast.networks, tuple(cast.variants[name] for name in cast.networks if name in cast.variants))
    questions = cast.questions(max(sets, key=lambda names: len(common(trials, names, lead))))
    compared = (compare(rows, *pair, lead, len(questions)) for pair in questions)
    return [verdict(comparison, cast.titles) for comparison in compared if comparison is not None]


def lines(trials: Sequence[Trial], cast: Cast, lead: str = USUAL) -> list[str]:
    """The whole outcome as text for a terminal."""
    rows = table(trials, cast.shown, lead)
    text = [
        f"Input lead {lead}, mean over the estimated leads of the held-out end; [95 % interval over patients]"
    ]
    for row in rows:
        numbers = f"r {row.r}  RMSE {row.rmse_uv.value:.0f} uV  MSE scaled {row.mse_scaled.value:.4f}"
        text.append(
            f"  {cast.titles[row.model]:30} {numbers}  worst lead r {row.worst_r:.2f}, "
            f"MSE {row.worst_mse:.3f}"
        )
    if rows:
        text.append(f"  n = {rows[0].r.n_records} recordings of {rows[0].r.n_patients} patients")
    compared = comparisons(trials, cast, lead)
    text.append(f"Paired over patients, p values times {len(compared)}")
    for comparison in compared:
        gap = f"d r {comparison.r.difference}, d RMSE {comparison.rmse_uv.difference.value:+.1f} uV"
        r, patients = comparison.r, comparison.r.difference.n_patients
        tests = f"Wilcoxon {_p(r.wilcoxon_p)}, t {_p(r.t_p)}, Cohen's d {r.cohens_d:+.2f}"
        over = f"ahead in {comparison.better} of {comparison.n} recordings, {patients} patients"
        text.append(f"  {comparison.first} - {comparison.second}: {gap}, {tests}, {over}")
    models = [model for model in cast.shown if all(of(trials, model, each) for each in STANDARD)]
    inputs, n = by_input(trials, models) if models else ({}, 0)
    if n:
        text.append(f"Mean r by input lead, {n} recordings tried from all twelve")
        text += [
            f"  {lead:4}" + "".join(f"  {model} {inputs[(model, lead)].value:.3f}" for model in models)
            for lead in STANDARD
        ]
    return text + conclusions(trials, cast, lead)
