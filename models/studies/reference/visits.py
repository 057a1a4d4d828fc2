"""Two visits of a person laid on one another (``rlecg study visits``): see ``ecgcore.studies.visits``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ecgcore.datasets import Database, open_database
from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.metrics import lead_metrics
from ecgcore.evaluation.scoring import prepare
from ecgcore.leads import INDEPENDENT
from ecgcore.measurements.beats import Beats, find_beats
from ecgcore.measurements.detector import RATE as BEAT_RATE
from ecgcore.signals import resample_array
from ecgcore.studies.visits import BEATS, TABLE
from models.person.beats import RATE, laid, median_beat, median_of, same_kind
from models.progress import progress
from models.studies.reference.tasks import visit_tasks


class Seen(NamedTuple):
    """A recording. rows, fast: (8, n) mV above 0.5 Hz at RATE and at BEAT_RATE."""

    rows: np.ndarray
    fast: np.ndarray
    beats: Beats


def seen(base: Database, record: str) -> Seen | None:
    """None for a recording that lacks a lead or beats."""
    try:
        ecg = prepare(base.read(record, RATE), "high-pass", RATE)
        rows = ecg.pick(INDEPENDENT).signals.astype(np.float64)
    except UnusableEcg:
        return None
    fast = resample_array(rows, RATE, BEAT_RATE)
    beats = find_beats(fast)
    return Seen(rows, fast, beats) if beats.n else None


def rows_of(today: Seen, earlier: Seen) -> Iterator[tuple[str, str, str, str]]:
    """(beats, lead, r, RMSE in uV) of both kinds of beats; a lead that is constant has none."""
    for kind, source in zip(BEATS, (earlier, today), strict=True):
        beat = median_beat(source.rows, source.beats.of_kind(0))
        likeness = median_of(source.fast, source.beats.of_kind(0), BEAT_RATE)
        if beat is None or likeness is None:
            continue
        _, moved = same_kind(likeness, today.fast, today.beats)
        copies = laid(beat, moved.at, today.rows.shape[1])
        for lead, row, copy in zip(INDEPENDENT, today.rows, copies, strict=True):
            metrics = lead_metrics(row, copy)
            if metrics["r"] is not None and metrics["rmse_uv"] is not None:
                yield kind, lead, f"{metrics['r']:.5f}", f"{metrics['rmse_uv']:.2f}"


def write(root: Path, out: Path, database: str = "ptb-xl") -> None:
    """Append what is missing to the table at out: every ordered pair of recordings of one patient."""
    base = open_database(database, root)
    get = lru_cache(maxsize=8)(partial(seen, base))
    with TABLE.appending(out) as (done, append):
        for task in progress(visit_tasks(root, database), unit="pair"):
            today, earlier = get(task.record), get(task.reference)
            if (task.record, task.reference) in done or today is None or earlier is None:
                continue
            patient = base.info(task.record)["patient"]
            append((task.record, task.reference, patient, *row) for row in rows_of(today, earlier))
