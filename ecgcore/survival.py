"""Does the diagnosis survive? What one frozen classifier says of original leads, of reconstructed ones, and of the inputs alone.

``python -m models.diagnosis score`` makes the tables: a row per recording, origin of the leads and input set, with the log odds of the five
superclasses. The classifier has never seen a reconstructed lead, so a loss is not only lost information: it is also what the leads
look like to someone who learned on recorded ones. Beside it stands what the inputs alone tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.datasets import SUPERCLASSES
from ecgcore.discrimination import MARGINS, Difference, draws, interval, margin_text, weighted_auroc
from ecgcore.leads import LeadSet

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("classifier", "model", "weights", "inputs", "split", "record", "patient", "band", "truth", *SUPERCLASSES)
KEYS = ("classifier", "model", "weights", "inputs", "record", "band")
ORIGINAL, ALONE = "original", "inputs-only"
"""Origins of leads that are no models: all leads as recorded; the inputs as recorded and zero elsewhere."""
MACRO = "macro"
GROUPS = (MACRO, *SUPERCLASSES)
"""The mean over the five, then each."""
MAIN_SETS = tuple(map(LeadSet, ("I", "II", "I II", "I II V1", "I II V2", "I II V3", "I II V4", "I II V2 V4", "II V1 V5")))
RESAMPLES = 1000
FOLDS = {"test": "fold 10", "val": "fold 9"}


def read(path: Path) -> pd.DataFrame:
    """A table. Raises ValueError for a file that is none."""
    import pandas as pd

    table = pd.read_csv(path, dtype=dict.fromkeys(COLUMNS[:9], str), keep_default_na=False)
    if missing := set(COLUMNS) - set(table.columns):
        raise ValueError(f"{path.name} has no column {', '.join(sorted(missing))}")
    return table


@dataclass(frozen=True)
class Answers:
    """What the classifier says of the recordings of one origin: records, patients (n,) text; truth (n, 5) bool; odds (n, 5) log odds."""

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
        return 1 / (1 + np.exp(-self.odds))

    @property
    def brier(self) -> np.ndarray:
        """(5,) mean squared error of the probabilities."""
        return np.square(self.probability - self.truth).mean(0)


def answers(table: pd.DataFrame, classifier: str, model: str, inputs: str, splits: Sequence[str] = ("test",)) -> Answers:
    """From a table's rows of one classifier (hash), origin and input set."""
    chosen = (table["classifier"] == classifier) & (table["model"] == model) & (table["inputs"] == inputs) & table["split"].isin(list(splits))
    rows = table[chosen]
    truth = np.array([[group in text.split("+") for group in SUPERCLASSES] for text in rows["truth"]], bool).reshape(-1, len(SUPERCLASSES))
    return Answers(rows["record"].to_numpy(str), rows["patient"].to_numpy(str), truth, rows[list(SUPERCLASSES)].to_numpy(float))


def input_sets(table: pd.DataFrame, classifier: str, model: str) -> list[str]:
    """Sets a table holds, the main ones in their order and then others."""
    there = set(table.loc[(table["classifier"] == classifier) & (table["model"] == model), "inputs"])
    usual = [str(leads) for leads in MAIN_SETS if str(leads) in there]
    return usual + sorted(there - set(usual))


def differences(reference: Answers, new: Answers, resamples: int = RESAMPLES) -> dict[str, Difference]:
    """New minus reference for GROUPS, on the records both have, patients resampled together. Raises ValueError where they share none."""
    shared = np.intersect1d(reference.records, new.records)
    if not len(shared):
        raise ValueError("the two share no recording")
    reference, new = reference.of(shared), new.of(shared)
    n_patients = len(set(reference.patients))
    weights = np.concatenate([np.ones((1, len(shared)), np.float32), draws(reference.patients, resamples)])
    pairs = [(_areas(reference, place, weights), _areas(new, place, weights)) for place in range(len(SUPERCLASSES))]
    mean = tuple(np.mean([pair[side] for pair in pairs], axis=0) for side in (0, 1))
    found = {}
    for group, (old, made) in zip(GROUPS, [mean, *pairs], strict=True):
        positives = int(reference.truth[:, SUPERCLASSES.index(group)].sum()) if group != MACRO else len(shared)
        three = [interval(values[0], values[1:], len(shared), n_patients) for values in (old, made, made - old)]
        found[group] = Difference(*three, positives)
    return found


def _areas(said: Answers, place: int, weights: np.ndarray) -> np.ndarray:
    return weighted_auroc(said.odds[:, place], said.truth[:, place], weights)


def loss(value: float) -> str:
    """A difference of AUROC as it is read: three digits, a real minus, no zero before the point."""
    return f"{value:+.3f}".replace("0.", ".", 1).replace("-", "−")


def area(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def sentence(found: dict[str, Difference], inputs: str) -> str:
    """What happens to the five diagnoses from one input set, generated from the numbers."""
    kept = {margin: [group for group in SUPERCLASSES if found[group].within(margin)] for margin in MARGINS}
    worst = min(SUPERCLASSES, key=lambda group: found[group].difference.value)
    it = found[worst]
    wide, narrow = MARGINS
    said = f"From {inputs}, {worst} changes most: {loss(it.difference.value)} [{loss(it.difference.low)}, {loss(it.difference.high)}], {it.verdict}."
    macro = found[MACRO]
    change = f"The mean over the five goes from {area(macro.reference.value)} to {area(macro.new.value)}"
    change += f" ({loss(macro.difference.value)} [{loss(macro.difference.low)}, {loss(macro.difference.high)}]), {macro.verdict}."
    return f"{said} {change} Non-inferior at {margin_text(wide)}: {_list(kept[wide])}; at {margin_text(narrow)}: {_list(kept[narrow])}."


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def in_words(controls: pd.DataFrame, table: pd.DataFrame, classifier: str, model: str, splits: Sequence[str] = ("test",)) -> str:
    """A line per input set and group: AUROC of original and new leads, difference with interval, verdict."""
    original = answers(controls, classifier, ORIGINAL, "all", splits)
    lines = [f"{model}, classifier {classifier}, {' and '.join(FOLDS[split] for split in splits)}"]
    for inputs in input_sets(table, classifier, model):
        new = answers(table, classifier, model, inputs, splits)
        if not len(new):
            continue
        for group, it in differences(original, new).items():
            difference = f"{loss(it.difference.value)} [{loss(it.difference.low)}, {loss(it.difference.high)}]"
            count = f"n = {it.difference.n_records}" + ("" if group == MACRO else f", {it.positives} with it")
            lines.append(f"{inputs:12} {group:6} {it.reference} -> {it.new}  {difference}  {it.verdict}; {count}")
    return "\n".join(lines)
