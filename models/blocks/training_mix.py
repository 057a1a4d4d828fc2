"""What a network for any input leads is trained on: recordings of several hospitals, and the sets of leads
that are drawn for them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from ecgcore.leads import INDEPENDENT, NAMED_SETS, LeadSet, all_states
from models.linear_estimator import observed_leads
from models.training.batches import AS_RECORDED, Dataset, high_passed, load_dataset

N = len(INDEPENDENT)


def seen_once(several: Collection[str]) -> Callable[[dict], bool]:
    """Rows of an index whose patient has one recording."""
    return lambda row: row["patient"] not in several


MORE_RECORDINGS = {
    "cinc2011": lambda row: row.get("quality") == "acceptable",
    "twadb": lambda row: not row.get("synthetic"),
    **dict.fromkeys(
        ("ptbdb", "cpsc2018", "cpsc-extra", "chapman-ningbo", "georgia", "ludb"), lambda _row: True
    ),
}
"""Further training databases and which of their index rows are taken. Not Brugada-HUCA: it is share-alike."""

_NAMED = list(NAMED_SETS.values())
_SIZES = np.array([3, 3, 2, 1, 1, 1, 1]) / 12
"""How often 1, 2 ... 7 observed leads are drawn."""
_BY_SIZE: dict[int, list[LeadSet]] = {}
for _state in all_states():
    _BY_SIZE.setdefault(len(observed_leads(_state)), []).append(_state)


def held_out(root: Path, rate: float) -> Dataset:
    """PTB-XL fold 9 at a rate in Hz, above 0.5 Hz."""
    return high_passed(load_dataset(root, "ptb-xl", rate, split="val", passband=AS_RECORDED))


def draw_named(rng: np.random.Generator) -> LeadSet:
    """One of the named clinical sets, each as often."""
    return _NAMED[rng.integers(len(_NAMED))]


def draw_any(rng: np.random.Generator) -> LeadSet:
    """By the number of observed leads, few of them more often since more is left to learn there, then uniform
    over the states of that size."""
    states = _BY_SIZE[int(rng.choice(np.arange(1, N), p=_SIZES))]
    return states[rng.integers(len(states))]
