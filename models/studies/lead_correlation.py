"""How leads go together, recording by recording, over the PTB-XL test fold: the table beside what Beco et al.
print (``rlecg study lead-correlation``).

"segments": 1-40 Hz, segments of 5 s, mean over segments, as their Tables 2 and 4. "high-pass": above 0.5 Hz,
whole recordings, for all patients and each group. No model stands behind it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np

from ecgcore.datasets import open_database
from ecgcore.datasets.diagnoses import groups_of
from ecgcore.evaluation.statistics import bootstrap_mean
from ecgcore.lead_algebra import standard_from_independent
from ecgcore.leads import STANDARD
from ecgcore.studies.lead_information.correlation import TABLE
from models.training.batches import Dataset, load_dataset

SEGMENT_S = 5.0
PROTOCOLS = {"segments": (1.0, 40.0), "high-pass": (0.5, None)}
RESAMPLES = 1000


def correlations(dataset: Dataset, segment_s: float | None) -> np.ndarray:
    """(n_records, 12, 12) mean correlation over the segments of each recording; NaN where a lead is
    constant."""
    full = standard_from_independent()
    values = []
    for number in range(len(dataset)):
        signals = full @ dataset.read(number)
        width = round(segment_s * dataset.rate) if segment_s else signals.shape[1]
        parts = [
            signals[:, first : first + width]
            for first in range(0, signals.shape[1] - round(0.9 * width), width)
        ]
        with np.errstate(invalid="ignore", divide="ignore"):
            values.append(np.mean([np.corrcoef(part) for part in parts], axis=0))
    return np.array(values)


def rows(root: Path) -> Iterator[tuple]:
    """Rows of the table: protocol, group, two leads, mean r with its interval, recordings and patients."""
    base = open_database("ptb-xl", root)
    for protocol, passband in PROTOCOLS.items():
        dataset = load_dataset(root, "ptb-xl", 100, split="test", passband=passband)
        infos = [base.info(record.split("/", 1)[1]) for record in dataset.records]
        groups = groups_of([row["superclasses"] for row in infos], [row["codes"] for row in infos])
        values = correlations(dataset, SEGMENT_S if protocol == "segments" else None)
        for group, inside in groups.items():
            at = np.flatnonzero(inside)
            for first, other in combinations(range(len(STANDARD)), 2):
                mean = bootstrap_mean(values[at, first, other], dataset.patients[at], RESAMPLES)
                ends = mean.value, mean.low, mean.high
                yield (
                    protocol,
                    group,
                    STANDARD[first],
                    STANDARD[other],
                    *ends,
                    mean.n_records,
                    mean.n_patients,
                )


def write(root: Path, out: Path) -> Path:
    """Write the table; where it lies."""
    import pandas as pd

    TABLE.write(pd.DataFrame(list(rows(root)), columns=list(TABLE.columns)), out)
    return out
