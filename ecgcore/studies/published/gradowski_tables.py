"""The tables of Gradowski and Buchner (their Figures 2 and 7) on our recordings, and what they say about
them, checked.

Their convention averages over the chest leads that a set leaves: other leads for each set, so a set that is
given a hard lead is not scored on it. Beside it stand common targets: all six chest leads with measured ones
counted as perfect, or chosen leads that all shown sets leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ecgcore.datasets.diagnoses import ALL
from ecgcore.evaluation.statistics import Interval, PairedTest, bootstrap_mean, paired
from ecgcore.leads import CHEST, STANDARD, LeadSet
from ecgcore.studies.lead_information.states import ScoredStates

PAPER_SETS: tuple[LeadSet, ...] = (
    *map(LeadSet, ("I", "II", "III", "I II")),
    *(LeadSet(("I", "II", chest)) for chest in CHEST),
    *(LeadSet(("I", "II", *pair)) for pair in combinations(CHEST, 2)),
)
"""The 25 input sets: 10 of Figure 2, then 15 of Figure 7."""
RESAMPLES = 400
_CHEST_ROWS = [STANDARD.index(lead) for lead in CHEST]


@dataclass(frozen=True)
class PaperRow:
    """One input set. cells: chest lead -> value, absent where it is measured.

    own: mean over the chest leads this set leaves (or over the chosen targets), with the median over records.
    common: mean over all six, measured ones with the value of a perfect estimate (r 1, error 0). Intervals by
    patient.
    """

    inputs: LeadSet
    cells: Mapping[str, float]
    own: Interval
    median: float
    common: Interval


def paper_rows(
    table: ScoredStates,
    metric: str = "r",
    statistic: str = "mean",
    group: str = ALL,
    targets: Iterable[str] = (),
    more: Iterable[LeadSet] = (),
) -> list[PaperRow]:
    """Rows of both figures. metric: "r" or "rmse_uv"; statistic of the cells: "mean" or "median". targets:
    chest leads to average over; sets that hold one of them are left out. more: further input sets, shown
    last."""
    inside, rows, targets = table.inside(group), [], LeadSet(targets)
    patients = table.patients[inside]
    perfect = 1.0 if metric == "r" else 0.0
    for inputs in dict.fromkeys((*PAPER_SETS, *more)):
        left = inputs.missing.chest
        if not table.has(inputs) or not left or targets - left or not len(inside):
            continue
        values = table.of(inputs, metric)[_CHEST_ROWS][:, inside]
        shown = np.array([lead in (targets or left) for lead in CHEST])
        own = _mean(values[shown])
        given = sum(lead not in left for lead in CHEST)
        common = (_mean(values) * len(left) + given * perfect) / len(CHEST)
        pick = _mean if statistic == "mean" else _median
        cells = {lead: float(pick(values[row])) for row, lead in enumerate(CHEST) if lead in left}
        rows.append(
            PaperRow(
                inputs,
                cells,
                bootstrap_mean(own, patients, RESAMPLES),
                float(_median(own)),
                bootstrap_mean(common, patients, RESAMPLES),
            )
        )
    return rows


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over the first axis of what is defined; NaN where nothing is."""
    good = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        result: np.ndarray = np.where(good, values, 0).sum(0) / good.sum(0)
        return result


def _median(values: np.ndarray) -> float:
    good = values[np.isfinite(values)]
    return float(np.median(good)) if len(good) else float("nan")


# -- two sets, several models --------------------------------------------------------------------------------


def compare(
    table: ScoredStates, first: LeadSet, second: LeadSet, metric: str = "r", group: str = ALL
) -> tuple[LeadSet, PairedTest] | None:
    """Two sets on the chest leads that both leave to estimate; None where there is no such lead. Difference:
    one - other."""
    targets = first.missing.chest & second.missing
    if not targets or not table.has(first) or not table.has(second):
        return None
    return targets, _against(table, first, table, second, targets, metric, group)


def _against(
    first_table: ScoredStates,
    first: LeadSet,
    second_table: ScoredStates,
    second: LeadSet,
    targets: LeadSet,
    metric: str,
    group: str = ALL,
) -> PairedTest:
    rows, inside = [STANDARD.index(lead) for lead in targets], first_table.inside(group)
    means = [
        _mean(table.of(leads, metric)[rows][:, inside])
        for table, leads in ((first_table, first), (second_table, second))
    ]
    return paired(means[0], means[1], first_table.patients[inside], resamples=2000)


@dataclass(frozen=True)
class Beside:
    """One input set by several models on the chest leads it leaves: model -> mean with interval; against:
    model -> difference from the first."""

    inputs: LeadSet
    means: Mapping[str, Interval]
    against: Mapping[str, Interval]


def models_beside(
    tables: Mapping[str, ScoredStates],
    metric: str = "r",
    group: str = ALL,
    sets: Sequence[LeadSet] = PAPER_SETS,
) -> list[Beside]:
    """For every set that more than one model takes: all of them on the same recordings and leads.

    Where tables are of different recordings, those that most models share are taken and the others left out.
    """
    kinds = [table.recordings for table in tables.values()]
    most = max(tables.values(), key=lambda table: (kinds.count(table.recordings), len(table.patients)))
    alike = {name: table for name, table in tables.items() if table.recordings == most.recordings}
    rows = []
    for inputs in sets:
        there = {name: table for name, table in alike.items() if table.has(inputs)}
        if len(there) < 2 or not inputs.missing.chest:
            continue
        at, inside = [STANDARD.index(lead) for lead in inputs.missing.chest], most.inside(group)
        values = {name: _mean(table.of(inputs, metric)[at][:, inside]) for name, table in there.items()}
        patients = most.patients[inside]
        base = next(iter(values.values()))
        rows.append(
            Beside(
                inputs,
                {name: bootstrap_mean(value, patients, RESAMPLES) for name, value in values.items()},
                {
                    name: bootstrap_mean(value - base, patients, RESAMPLES)
                    for name, value in list(values.items())[1:]
                },
            )
        )
    return rows


# -- what the paper found ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """A sentence of the paper, whether these tables agree, and the numbers."""

    sentence: str
    holds: bool
    numbers: str


def findings(table: ScoredStates, group: str = ALL) -> list[Finding]:
    """The paper's statements judged by our tables; empty where a set that they need was not scored."""
    if not all(table.has(inputs) for inputs in PAPER_SETS):
        return []
    r, rmse = (
        {row.inputs: row for row in paper_rows(table, metric, group=group)} for metric in ("r", "rmse_uv")
    )
    single = [LeadSet(text) for text in ("I", "II", "III")]
    best = {leads: sorted(CHEST, key=lambda lead: -r[leads].cells[lead]) for leads in single}
    largest = {leads: max(CHEST, key=lambda lead: rmse[leads].cells[lead]) for leads in single}
    third = {chest: LeadSet(("I", "II", chest)) for chest in CHEST}
    own, common = (
        sorted(CHEST, key=lambda lead: -getattr(r[third[lead]], name).value) for name in ("own", "common")
    )
    errors = sorted((row for row in rmse.values() if len(row.inputs) == 4), key=lambda row: row.own.value)
    errors_common = sorted(errors, key=lambda row: row.common.value)
    v6 = {lead: _gain(table, LeadSet("I II"), third["V6"], lead, group) for lead in CHEST[:5]}
    pairs = sorted((row for row in r.values() if len(row.inputs) == 4), key=lambda row: -row.common.value)
    gap = _common_gap(table, pairs[0].inputs, pairs[1].inputs, group)
    order = "; ".join(f"{leads}: {' > '.join(ranked)}" for leads, ranked in best.items())
    return [
        Finding(
            "V1 and V6 are the easiest from one limb lead",
            all({"V1", "V6"} == set(ranked[:2]) for ranked in best.values()),
            f"mean r, {order}",
        ),
        Finding(
            "V4 has the lowest r from one limb lead",
            all(ranked[-1] == "V4" for ranked in best.values()),
            "order as above",
        ),
        Finding(
            "V3 has the largest error from one limb lead",
            all(lead == "V3" for lead in largest.values()),
            ", ".join(f"{leads}: {lead} {rmse[leads].cells[lead]:.0f} µV" for leads, lead in largest.items()),
        ),
        Finding(
            "V3 is the best third lead",
            own[0] == "V3",
            f"own targets {' > '.join(own)}; common targets {' > '.join(common)}",
        ),
        Finding("V6 is the worst third lead", own[-1] == "V6", "order as above"),
        Finding(
            "V6 as third lead improves V5 alone",
            v6["V5"].low > 0 and all(v6[lead].low <= 0 for lead in CHEST[:4]),
            "gain of r over I+II: " + ", ".join(f"{lead} {_signed(gain)}" for lead, gain in v6.items()),
        ),
        Finding(
            "V2+V4 is the pair with the lowest error",
            list(errors[0].inputs.chest) == ["V2", "V4"],
            f"own targets {_three(errors, 'own')}; common targets {_three(errors_common, 'common')}",
        ),
        Finding(
            "No pair of chest leads is the winner by r",
            gap.low <= 0,
            f"{'+'.join(pairs[0].inputs.chest)} − {'+'.join(pairs[1].inputs.chest)} {_signed(gap)} on "
            "common targets; "
            f"from {pairs[-1].common.value:.3f} ({'+'.join(pairs[-1].inputs.chest)}) to "
            f"{pairs[0].common.value:.3f}",
        ),
    ]


def _gain(table: ScoredStates, without: LeadSet, with_it: LeadSet, lead: str, group: str) -> Interval:
    inside, row = table.inside(group), STANDARD.index(lead)
    gain = table.of(with_it, "r")[row, inside] - table.of(without, "r")[row, inside]
    return bootstrap_mean(gain, table.patients[inside], RESAMPLES)


def _three(rows: list[PaperRow], name: str) -> str:
    return (
        ", ".join(f"{'+'.join(row.inputs.chest)} {getattr(row, name).value:.0f}" for row in rows[:3]) + " µV"
    )


def _common_gap(table: ScoredStates, first: LeadSet, second: LeadSet, group: str) -> Interval:
    """Difference of the mean r over all six chest leads, measured ones counted as perfect."""
    inside = table.inside(group)
    sums = [
        np.where(np.isfinite(r := table.of(leads, "r")[_CHEST_ROWS][:, inside]), r, 1.0).mean(0)
        for leads in (first, second)
    ]
    return bootstrap_mean(sums[0] - sums[1], table.patients[inside], RESAMPLES)


def _signed(interval: Interval) -> str:
    return f"{interval.value:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]".replace("-", "−")
