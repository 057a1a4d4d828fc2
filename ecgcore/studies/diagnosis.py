"""Is the diagnosis preserved? What one frozen classifier says of original leads, of reconstructed ones, and
of the inputs alone.

``rlecg study diagnosis score`` makes the tables: a row per recording, origin of the leads and input set,
with the log odds of the five superclasses. The classifier has never seen a reconstructed lead, so a loss is
not only lost information: it is also what the leads look like to someone who learned on recorded ones. Beside
it stands what the inputs alone tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.datasets import SUPERCLASSES
from ecgcore.evaluation.discrimination import (
    MARGINS,
    Difference,
    draws,
    interval,
    margin_text,
    weighted_auroc,
)
from ecgcore.evaluation.tables import Table
from ecgcore.leads import LeadSet

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "classifier",
    "model",
    "weights",
    "inputs",
    "split",
    "record",
    "patient",
    "passband",
    "truth",
    *SUPERCLASSES,
)
TABLE = Table(
    "diagnoses",
    COLUMNS,
    ("classifier", "model", "weights", "inputs", "record", "passband"),
    dict.fromkeys(SUPERCLASSES, "float64"),
)
ORIGINAL, ALONE = "original", "inputs-only"
"""Origins of leads that are no models: all leads as recorded; the inputs as recorded and zero elsewhere."""
MACRO = "macro"
GROUPS = (MACRO, *SUPERCLASSES)
"""The mean over the five, then each."""
MAIN_SETS = tuple(
    map(LeadSet, ("I", "II", "I II", "I II V1", "I II V2", "I II V3", "I II V4", "I II V2 V4", "II V1 V5"))
)
RESAMPLES = 1000
FOLDS = {"test": "fold 10", "val": "fold 9"}


@dataclass(frozen=True)
class Answers:
    """What the classifier says of the recordings of one origin: records, patients (n,) text; truth (n, 5)
    bool; odds (n, 5) log odds."""

    records: np.ndarray
    patients: np.ndarray
    truth: np.ndarray
    odds: np.ndarray

    def __len__(self) -> int:
        return len(self.records)

    def of(self, records: np.ndarray) -> Answers:
        """Those of these records, in their order; all of them must be there."""
        order = np.argsort(self.records)
        places = order[np.searchsorted(self.records, records, sorter=order)]
        return Answers(*(values[places] for values in (self.records, self.patients, self.truth, self.odds)))

    @property
    def probability(self) -> np.ndarray:
        """(n, 5) probabilities."""
        values: np.ndarray = 1 / (1 + np.exp(-self.odds))
        return values

    @property
    def brier(self) -> np.ndarray:
        """(5,) mean squared error of the probabilities."""
        values: np.ndarray = np.square(self.probability - self.truth).mean(0)
        return values


def answers(
    table: pd.DataFrame, classifier: str, model: str, inputs: str, splits: Sequence[str] = ("test",)
) -> Answers:
    """From a table's rows of one classifier (hash), origin and input set."""
    chosen = (
        (table["classifier"] == classifier)
        & (table["model"] == model)
        & (table["inputs"] == inputs)
        & table["split"].isin(list(splits))
    )
    rows = table[chosen]
    truth = np.array(
        [[group in text.split("+") for group in SUPERCLASSES] for text in rows["truth"]], bool
    ).reshape(-1, len(SUPERCLASSES))
    return Answers(
        rows["record"].to_numpy(str),
        rows["patient"].to_numpy(str),
        truth,
        rows[list(SUPERCLASSES)].to_numpy(float),
    )


def input_sets(table: pd.DataFrame, classifier: str, model: str) -> list[str]:
    """Sets a table holds, the main ones in their order and then others."""
    there = set(table.loc[(table["classifier"] == classifier) & (table["model"] == model), "inputs"])
    usual = [str(leads) for leads in MAIN_SETS if str(leads) in there]
    return usual + sorted(there - set(usual))


@dataclass(frozen=True)
class Areas:
    """AUROC of GROUPS, as they are and resampled: values (6, 1 + resamples). positives: records of each group
    that have it."""

    values: np.ndarray
    positives: tuple[int, ...]
    n_records: int
    n_patients: int

    def minus(self, reference: Areas) -> dict[str, Difference]:
        """These minus the reference, group by group; both from the same draws of the same records."""
        differences = {}
        for group, new, old, positives in zip(
            GROUPS, self.values, reference.values, self.positives, strict=True
        ):
            before, after, change = (
                interval(values[0], values[1:], self.n_records, self.n_patients)
                for values in (old, new, new - old)
            )
            differences[group] = Difference(before, after, change, positives)
        return differences


def areas(judged: Answers, weights: np.ndarray) -> Areas:
    """weights: (1 + resamples, n) how often each record counts, the first row all one."""
    each = np.stack(
        [
            weighted_auroc(judged.odds[:, place], judged.truth[:, place], weights)
            for place in range(len(SUPERCLASSES))
        ]
    )
    positives = (len(judged), *map(int, judged.truth.sum(0)))
    return Areas(
        np.concatenate([each.mean(0)[None], each]), positives, len(judged), len(set(judged.patients))
    )


def weights_of(patients: np.ndarray, resamples: int = RESAMPLES) -> np.ndarray:
    """See ``areas``."""
    return np.concatenate([np.ones((1, len(patients)), np.float32), draws(patients, resamples)])


def differences(reference: Answers, new: Answers, resamples: int = RESAMPLES) -> dict[str, Difference]:
    """New minus reference for GROUPS, on the records both have, patients resampled together. Raises
    ValueError where they share none."""
    shared = np.intersect1d(reference.records, new.records)
    if not len(shared):
        raise ValueError("the two share no recording")
    weights = weights_of(reference.of(shared).patients, resamples)
    return areas(new.of(shared), weights).minus(areas(reference.of(shared), weights))


@dataclass(frozen=True)
class Outcomes:
    """Of one model, by input set and group, on the records that all have.

    reconstructed: reconstructed leads minus original ones. zeroed: the inputs alone, zero elsewhere, minus
    the original ones. learned: the inputs alone by the second classifier, which learned with leads hidden,
    minus the original ones by the frozen one; empty where it was not trained. against: reconstructed minus
    the inputs alone (learned, or else zeroed). called: input set, or ORIGINAL -> mean probability by group;
    brier: the same of the Brier score, mean over the five. observed: share of the records that have it.
    """

    reconstructed: dict[str, dict[str, Difference]]
    zeroed: dict[str, dict[str, Difference]]
    learned: dict[str, dict[str, Difference]]
    against: dict[str, dict[str, Difference]]
    called: dict[str, dict[str, float]]
    brier: dict[str, float]
    observed: dict[str, float]

    @property
    def alone(self) -> dict[str, dict[str, Difference]]:
        """The inputs alone at their best: by the classifier that learned to do with few leads, where there is
        one."""
        return self.learned or self.zeroed


def outcomes(
    controls: pd.DataFrame,
    table: pd.DataFrame,
    model: str,
    splits: Sequence[str] = ("test",),
    resamples: int = RESAMPLES,
) -> Outcomes:
    """From the table of the controls and that of a model. Raises ValueError where the same classifier did not
    judge both."""
    frozen = str(table["classifier"].iloc[0]) if len(table) else ""
    original = answers(controls, frozen, ORIGINAL, "all", splits)
    if not len(original):
        raise ValueError(
            "the original leads were not judged by the classifier that judged the reconstructed ones"
        )
    others = [classifier for classifier in controls["classifier"].unique() if classifier != frozen]
    reconstructed = {
        inputs: answers(table, frozen, model, inputs, splits) for inputs in input_sets(table, frozen, model)
    }
    reconstructed = {inputs: judged for inputs, judged in reconstructed.items() if len(judged)}
    zeroed = {inputs: answers(controls, frozen, ALONE, inputs, splits) for inputs in reconstructed}
    learned = (
        {inputs: answers(controls, others[0], ALONE, inputs, splits) for inputs in reconstructed}
        if others
        else {}
    )
    zeroed = {inputs: judged for inputs, judged in zeroed.items() if len(judged)}
    learned = {
        inputs: judged for inputs, judged in learned.items() if len(judged) == len(original)
    }  # not one that judged a part of them
    shared = original.records
    for judged in (*reconstructed.values(), *zeroed.values(), *learned.values()):
        shared = np.intersect1d(shared, judged.records)
    if not len(shared) or not reconstructed:
        raise ValueError("original and reconstructed leads share no recording")
    original = original.of(shared)
    weights = weights_of(original.patients, resamples)
    of = areas(original, weights)
    by = [
        {inputs: areas(judged.of(shared), weights) for inputs, judged in classifier.items()}
        for classifier in (reconstructed, zeroed, learned)
    ]
    minus = [{inputs: classifier.minus(of) for inputs, classifier in each.items()} for each in by]
    alone = by[2] or by[1]
    against = {
        inputs: classifier.minus(alone[inputs]) for inputs, classifier in by[0].items() if inputs in alone
    }
    seen = {ORIGINAL: original} | {inputs: judged.of(shared) for inputs, judged in reconstructed.items()}
    called = {
        inputs: dict(zip(SUPERCLASSES, map(float, judged.probability.mean(0)), strict=True))
        for inputs, judged in seen.items()
    }
    observed = dict(zip(SUPERCLASSES, map(float, original.truth.mean(0)), strict=True))
    brier = {inputs: float(judged.brier.mean()) for inputs, judged in seen.items()}
    return Outcomes(minus[0], minus[1], minus[2], against, called, brier, observed)


def loss(value: float) -> str:
    """A difference of AUROC as it is read: three digits, a real minus, no zero before the point."""
    return f"{value:+.3f}".replace("0.", ".", 1).replace("-", "−")


def area(value: float) -> str:
    """An AUROC as it is read: three digits, no zero before the point."""
    return f"{value:.3f}".removeprefix("0")


def sentence(by_group: dict[str, Difference], inputs: str) -> str:
    """What happens to the five diagnoses from one input set, generated from the numbers."""
    worst = min(SUPERCLASSES, key=lambda group: by_group[group].difference.value)
    lowest, macro = by_group[worst], by_group[MACRO]
    words = "loses most" if lowest.difference.value < 0 else "gains least"
    chance = (
        ""
        if lowest.lower
        else ", a change that chance alone may bring"
        if lowest.difference.value < 0
        else ""
    )
    text = f"From {inputs}, **{worst}** {words}: {_bracket(lowest)}{chance}; {lowest.verdict}."
    text += (
        f" The mean over the five goes from {area(macro.reference.value)} to **{area(macro.new.value)}**, "
        f"{_bracket(macro)}; {macro.verdict}."
    )
    kept = [
        f"at {margin_text(margin)}: {_list(name for name in SUPERCLASSES if by_group[name].within(margin))}"
        for margin in MARGINS
    ]
    return f"{text} Non-inferior {'; '.join(kept)}."


def _bracket(outcome: Difference) -> str:
    return (
        f"{loss(outcome.difference.value)} [{loss(outcome.difference.low)}, {loss(outcome.difference.high)}]"
    )


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def in_words(
    controls: pd.DataFrame,
    table: pd.DataFrame,
    classifier: str,
    model: str,
    splits: Sequence[str] = ("test",),
) -> str:
    """A line per input set and group: AUROC of original and new leads, difference with interval, verdict."""
    original = answers(controls, classifier, ORIGINAL, "all", splits)
    lines = [f"{model}, classifier {classifier}, {' and '.join(FOLDS[split] for split in splits)}"]
    for inputs in input_sets(table, classifier, model):
        new = answers(table, classifier, model, inputs, splits)
        if not len(new):
            continue
        for group, outcome in differences(original, new).items():
            count = f"n = {outcome.difference.n_records}" + (
                "" if group == MACRO else f", {outcome.positives} with it"
            )
            lines.append(
                f"{inputs:12} {group:6} {outcome.reference} -> {outcome.new}  {_bracket(outcome)}  "
                f"{outcome.verdict}; {count}"
            )
    return "\n".join(lines)
