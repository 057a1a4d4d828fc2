"""What more recordings bring, what a network makes of those it was trained on, what one network for all sets
of leads costs, and what each part of the recipe brings (ablations).

The table has a row per checkpoint, input set and record: means over the learned leads, so that differences
are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecgcore.evaluation.statistics import Interval, bootstrap_mean
from ecgcore.evaluation.tables import Table

if TYPE_CHECKING:
    import pandas as pd

SEEN = "train"
"""The split of recordings that the network was trained on."""
COLUMNS = (
    "weights",
    "records",
    "steps",
    "plan",
    "only",
    "inputs",
    "split",
    "record",
    "patient",
    "r",
    "rmse_uv",
)
TABLE = Table(
    "trainings",
    COLUMNS,
    ("weights", "split", "record"),
    {"records": "int64", "steps": "int64", "r": "float64", "rmse_uv": "float64"},
)
ALIKE = 0.1
"""Trainings whose numbers of steps differ by no more than this part took equally many."""


@dataclass(frozen=True)
class Point:
    """A training on so many recordings, for one input set. plan: in what it departed from the family's own,
    without lengths and seeds."""

    records: int
    steps: int
    plan: str
    weights: str
    r: Interval
    rmse_uv: Interval


@dataclass(frozen=True)
class Gain:
    """What more recordings bring where all else is equal. r: mean r of the larger training minus the smaller
    one, paired by recording."""

    fewer: Point
    more: Point
    r: Interval


@dataclass(frozen=True)
class Alone:
    """A network trained for one input set beside the one for all. difference: mean r of alone minus together,
    paired."""

    inputs: str
    alone: float
    together: float
    difference: Interval


@dataclass(frozen=True)
class Ablation:
    """A training with one thing changed beside the whole recipe of as many recordings and steps, for one
    input set. r, rmse_uv: mean of the whole recipe minus that of the changed one, paired by recording: a part
    that helps has r above zero and RMSE below."""

    changed: str
    inputs: str
    steps: int
    whole: float
    without: float
    r: Interval
    rmse_uv: Interval


CHANGES = {
    "linear=False": "without the linear estimate beneath",
    "augment=False": "without augmentation",
    "average=0": "last weights in place of their running mean",
    "lead_channels=0": "leads added up before the first layer",
    "patches=True": "errors in units of each tenth of a second",
}
PARTS = "one training in place of the mean of several"
AVERAGED = "averaged"
"""The plan of the mean of several trainings that went on from the same weights."""
"""What a training departed in, in words, for those that take a part away."""


def learning(table: pd.DataFrame) -> dict[str, list[Point]]:
    """Input set -> the trainings for all sets, from few recordings to many, on held-out recordings."""
    return _points(_held_out(table))


def seen(table: pd.DataFrame) -> dict[str, Point]:
    """Input set -> the training with most recordings, on some of those it was trained on."""
    return {
        inputs: points[-1]
        for inputs, points in _points(table[(table["only"] == "") & (table["split"] == SEEN)]).items()
    }


def curve(points: list[Point]) -> list[Point]:
    """One line over the number of recordings: the longest trainings of equal length and plan, and the one
    with most recordings."""
    groups = _groups(points)
    chosen = groups[-1] if groups else []
    return [*chosen, *(point for point in points[-1:] if point not in chosen)]


def gains(table: pd.DataFrame) -> dict[str, list[Gain]]:
    """Input set -> the largest against the smallest of trainings of equal length and plan, from short
    trainings to long ones."""
    by_inputs = dict(iter(_held_out(table).groupby("inputs", sort=False)))
    return {
        inputs: [
            Gain(group[0], group[-1], _difference(by_inputs[inputs], group[-1].weights, group[0].weights))
            for group in _groups(points)
        ]
        for inputs, points in learning(table).items()
    }


def _held_out(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["only"] == "") & (table["split"] != SEEN)]


def _points(general: pd.DataFrame) -> dict[str, list[Point]]:
    return {
        inputs: [
            Point(
                *which,
                *(
                    bootstrap_mean(part[metric].to_numpy(), part["patient"].to_numpy())
                    for metric in ("r", "rmse_uv")
                ),
            )
            for which, part in rows.groupby(["records", "steps", "plan", "weights"])
        ]
        for inputs, rows in general.groupby("inputs", sort=False)
    }


def _groups(points: list[Point]) -> list[list[Point]]:
    """Trainings that differ in nothing but their recordings, two or more at a time, by their steps."""
    left, groups = sorted(points, key=lambda point: (point.steps, point.records)), []
    while left:
        alike = [
            point
            for point in left
            if point.plan == left[0].plan and point.steps <= (1 + ALIKE) * left[0].steps
        ]
        left = [point for point in left if point not in alike]
        if len({point.records for point in alike}) > 1:
            groups.append(sorted(alike, key=lambda point: point.records))
    return groups


def _difference(rows: pd.DataFrame, first: str, second: str, metric: str = "r") -> Interval:
    """Mean of a metric of the weights one minus that of the other on the records both have."""
    import pandas as pd

    both = pd.merge(
        rows[rows["weights"] == first], rows[rows["weights"] == second], on="record", suffixes=("", "_other")
    )
    return bootstrap_mean((both[metric] - both[f"{metric}_other"]).to_numpy(), both["patient"].to_numpy())


def ablations(table: pd.DataFrame) -> list[Ablation]:
    """Every training that changed one part of the recipe, or was for one input set alone, beside the whole
    recipe of as many recordings and steps; shorter ones beside the longest of as many recordings; the parts
    of a mean of weights, on average, beside that mean. By what was changed, then by input set."""
    held_out = _parts_as_one(table[table["split"] != SEEN])
    trainings = held_out.groupby(["weights", "records", "steps", "plan", "only"], sort=False).size().index
    rows = []
    for weights, *training in trainings:
        whole, changed = _counterpart(list(trainings), *training)
        for inputs, part in held_out.groupby("inputs", sort=False) if whole else ():
            if not {weights, whole} <= set(part["weights"]):
                continue
            r, rmse = (_difference(part, whole, weights, metric) for metric in ("r", "rmse_uv"))
            of_whole, of_changed = (
                float(part.loc[part["weights"] == name, "r"].mean()) for name in (whole, weights)
            )
            rows.append(Ablation(changed, str(inputs), training[1], of_whole, of_changed, r, rmse))
    return sorted(rows, key=lambda row: row.changed)


def _counterpart(
    trainings: Sequence[tuple[Any, ...]], records: int, steps: int, plan: str, only: str
) -> tuple[str, str]:
    """The weights that a training is set against, "" where there are none, and in what it differs from
    them. trainings: (weights, records, steps, plan, only) each."""

    def weights_of(plan: str, only: str, fits: Callable[[int], bool]) -> str:
        fitting = [
            training
            for training in trainings
            if (training[1], *training[3:]) == (records, plan, only) and fits(training[2])
        ]
        return max(fitting, key=lambda training: training[2])[0] if fitting else ""

    if plan == PARTS:
        return weights_of(AVERAGED, only, lambda other: other == steps), PARTS
    if (plan in CHANGES and only == "") or (plan == "" and only):
        whole = weights_of("", "", lambda other: _alike(other, steps))
        return whole, CHANGES.get(plan, "trained for this set alone")
    if plan == "":
        longer = weights_of("", "", lambda other: other > steps and not _alike(other, steps))
        of_longer = next((training[2] for training in trainings if training[0] == longer), 0)
        return longer, f"{steps:,} steps in place of {of_longer:,}"
    return "", ""


def _parts_as_one(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with those of the trainings that a mean of weights was made of, which took as many steps from the
    same recordings, as one training of the plan ``PARTS``: their mean, recording by recording."""
    import pandas as pd

    kind = ["records", "steps", "only"]
    means = rows.loc[rows["plan"] == AVERAGED, kind].drop_duplicates()
    with_mean = rows[kind].apply(tuple, axis=1).isin(list(means.itertuples(index=False, name=None)))
    part = with_mean & ~rows["plan"].isin(["", AVERAGED, *CHANGES])
    if not part.any():
        return rows
    together = rows[part].groupby([*kind, "inputs", "split", "record", "patient"], as_index=False, sort=False)
    parts = together[["r", "rmse_uv"]].mean().assign(plan=PARTS, weights=PARTS)
    return pd.concat([rows[~part], parts], ignore_index=True)


def _alike(steps: int, other: int) -> bool:
    return abs(steps - other) <= ALIKE * max(steps, other)


def alone(table: pd.DataFrame) -> list[Alone]:
    """Each network trained for a single set beside the general one with most recordings, on the records both
    have."""
    import pandas as pd

    general = _held_out(table)
    if general.empty:
        return []
    best = general.sort_values(["records", "steps"])["weights"].iloc[-1]
    together = general[general["weights"] == best]
    networks = []
    for (inputs, _), rows in table[table["only"] != ""].groupby(["inputs", "weights"], sort=False):
        both = pd.merge(rows, together[together["inputs"] == inputs], on="record", suffixes=("", "_all"))
        if len(both):
            difference = bootstrap_mean((both["r"] - both["r_all"]).to_numpy(), both["patient"].to_numpy())
            networks.append(
                Alone(str(inputs), float(both["r"].mean()), float(both["r_all"].mean()), difference)
            )
    return networks
