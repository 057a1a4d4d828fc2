"""Sections of ``RESULTS.md`` about whom numbers are of: groups of people and diagnoses, and what noise leaves
to be known of a recording."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.evaluation.people import KINDS
from ecgcore.evaluation.statistics import Interval
from ecgcore.studies.scores import TEST_FOLD
from models.report.markdown import block, correlation, microvolts, table
from models.report.stored import again, having, other_weights

if TYPE_CHECKING:
    import pandas as pd

TEXTS = {
    "r": ("r", correlation),
    "rmse_uv": ("RMSE, uV", microvolts),
    "coverage": ("covered by the nominal 90 % interval, %", lambda value: _hundredths(value, 100, 1)),
    "slope": ("slope of truth on estimate, pooled over samples", lambda value: _hundredths(value, 1, 2)),
}


def groups(folder: Path) -> Iterator[str]:
    """By superclass, sex and age on the test fold: r, RMSE, coverage and slope."""
    from ecgcore.studies.scores import GROUPS, GROUPS_FILE, under

    for info in having(folder, GROUPS_FILE):
        rows = under(GROUPS.read(folder / info.name / GROUPS_FILE), TEST_FOLD)
        yield f"{info.name}{other_weights(rows, info.name)}, PTB-XL test fold, 0.5 Hz high-pass, 100 Hz.\n"
        for kind, order in KINDS.items():
            of_kind = rows[rows["kind"] == kind]
            there = [group for group in order if (of_kind["group"] == group).any()]
            for metric, (title, _) in TEXTS.items():
                yield f"By {kind}, {title}:\n"
                yield from _by_group(of_kind[of_kind["metric"] == metric], there, metric)
                yield ""
    yield again(bool(having(folder, GROUPS_FILE)), "scores of groups")


def _by_group(rows: pd.DataFrame, order: list[str], metric: str) -> Iterator[str]:
    largest = rows.groupby("group")["n_records"].max()
    text = TEXTS[metric][1]
    values = {
        (row.inputs, row.group): Interval(row.value, row.low, row.high, row.n_records, row.n_patients)
        for row in rows.itertuples()
    }
    yield from table(
        ["inputs", *(f"{group} (n = {largest[group]})" for group in order)],
        (
            [inputs, *(text(values[inputs, group]) if (inputs, group) in values else "-" for group in order)]
            for inputs in rows["inputs"].unique()
        ),
    )


def _hundredths(value: Interval, times: float, digits: int) -> str:
    middle, low, high = (f"{times * number:.{digits}f}" for number in (value.value, value.low, value.high))
    return f"{middle} [{low}, {high}]"


def noise_ceiling(folder: Path) -> Iterator[str]:
    """How well a lead can be known at all, and r on median beats."""
    from ecgcore.studies.noise import FILE, TABLE, lines

    for info in having(folder, FILE):
        rows = TABLE.read(folder / info.name / FILE)
        yield (
            f"PTB-XL test fold, 0.5 Hz high-pass, 100 Hz. Noise ceiling: r of a lead with its own mean beat, "
            "of the other beats of its kind; an estimate above it would know the noise. r: of "
            f"{info.name}{other_weights(rows, info.name)}.\n"
        )
        yield from block(lines(rows))
        yield ""
    yield again(bool(having(folder, FILE)), "noise ceilings")
