"""Generic and personal estimates scored on the same samples: see ``ecgcore.studies.reference`` for the table.

Patients are never told apart by anything but their recordings. Interval factors are 90 % quantiles of |error|
over the generic half width, per use, number of independent inputs and lead: for the same session from PTB-XL
fold 9, elsewhere the largest of several hospitals' factors, each with its standard error; for another visit
from the PTB-XL patients with several recordings. What is scored is judged with factors from others: another
half of those patients, the other hospitals.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ecgcore.leads import LeadSet
from ecgcore.studies.reference import TABLE
from models.checkpoint import load
from models.person.intervals import visits_by
from models.progress import progress
from models.reconstruct import weights_of
from models.studies.reference.calibration import calibrate
from models.studies.reference.processes import pool_of
from models.studies.reference.rows import rows_of
from models.studies.reference.tasks import SETS, Task, all_tasks

__all__ = ["SETS", "all_tasks", "calibrate", "run"]


def run(
    root: Path,
    model: str,
    tasks: Sequence[Task],
    sets: Sequence[LeadSet],
    jobs: int,
    out: Path,
    untaught: Path | None = None,
    again: Sequence[str] = (),
) -> None:
    """Append what is missing to the table at out; rows of other weights are taken out. untaught: weights that
    score the visits in place of the model's own. again: uses whose rows were judged by other intervals."""
    own = weights_of(model)
    others = visits_by(model) or own if untaught is None else load(untaught).weights_hash
    TABLE.keep(
        out,
        lambda table: table["weights"].isin([own, others]) & ~(table["use"].isin(again)),
    )
    visits = [task for task in tasks if task.use == "visit"]
    rest = [task for task in tasks if task.use != "visit"]
    with TABLE.appending(out) as (done, write):
        for weights, part, replaced in ((own, rest, None), (others, visits, untaught)):
            left = [task for task in part if (weights, *task.key) not in done]
            with pool_of(jobs, model, replaced) as pool:
                work = pool.map(partial(rows_of, root, model, sets), left, chunksize=4)
                for rows in progress(work, len(left)):
                    write(rows)
