"""What leads tell about one another, from the tables that ``python -m models.lead_information`` writes.

**Knowledge** of a set of leads: the share of the power of the eight independent leads that the estimate from the set explains,
each lead counting alike (1 - mean squared error / mean square), known leads fully. It has the same targets for every set, so sets can
be compared; a mean over the leads that happen to be missing cannot (a set that holds a hard lead is not scored on it). With one target
lead it is the share of that lead's power.

Shapley value: the mean, over all orders in which the leads can arrive, of what a lead adds when it comes (Shapley 1953); exact
over all subsets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import factorial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.leads import CHEST, INDEPENDENT, LIMB, STANDARD, LeadSet, all_states
from ecgcore.statistics import Interval, PairedTest, bootstrap_mean, paired

if TYPE_CHECKING:
    import pandas as pd

STATES_FILE, RECORDS_FILE = "states.csv.gz", "information_records.csv.gz"
STATE_COLUMNS = ("weights", "group", "inputs", "lead", "n", "r_mean", "r_median", "r_p05", "rmse_uv", "rms_uv")
RECORD_COLUMNS = ("weights", "inputs", "record", "patient", "groups", "lead", "r", "rmse_uv")
ALL = "all"

PAPER_SETS: tuple[LeadSet, ...] = (
    *map(LeadSet, ("I", "II", "III", "I II")),
    *(LeadSet(("I", "II", chest)) for chest in CHEST),
    *(LeadSet(("I", "II", *pair)) for pair in combinations(CHEST, 2)),
)
"""The 25 input sets of Gradowski and Buchner (their Figures 2 and 7)."""


def state_of(leads: Iterable[str]) -> LeadSet:
    """The state of knowledge that a set of leads gives, as ``all_states`` writes it."""
    leads = LeadSet(leads)
    return leads.chest | ("I", "II") if len(leads.limb) >= 2 else leads


def read_table(path: Path) -> pd.DataFrame:
    """Either table. Raises ValueError for a file that is none."""
    import pandas as pd

    columns = STATE_COLUMNS if path.name == STATES_FILE else RECORD_COLUMNS
    table = pd.read_csv(path, dtype={"weights": str, "groups": str, "inputs": str}, keep_default_na=False, na_values={"r_mean": "", "r": ""})
    if missing := set(columns) - set(table.columns):
        raise ValueError(f"{path.name} has no column {', '.join(sorted(missing))}")
    numbers = [name for name in columns if name not in ("weights", "group", "groups", "inputs", "lead")]
    table[numbers] = table[numbers].apply(pd.to_numeric, errors="coerce")
    return table


# -- every subset ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Knowledge:
    """The value of every set of leads, 0 (none) to 1 (all). target: a lead, or "" for the eight independent ones alike. n: records."""

    values: Mapping[LeadSet, float]
    target: str = ""
    n: int = 0

    def __call__(self, leads: Iterable[str]) -> float:
        return self.values[state_of(leads)]

    @property
    def players(self) -> LeadSet:
        """Leads that can be added: all but the target."""
        return LeadSet(STANDARD) - (self.target,)

    @cached_property
    def by_mask(self) -> np.ndarray:
        """(4096,) value of every subset; bit b of the index stands for the b-th lead in the standard order."""
        masks = np.arange(2 ** len(STANDARD))
        limb = masks & (2 ** len(LIMB) - 1)
        limb = np.where(np.bitwise_count(limb) >= 2, _mask(("I", "II")), limb)
        held = np.zeros(len(masks))
        for leads, value in self.values.items():
            held[_mask(leads)] = value
        return held[masks >> len(LIMB) << len(LIMB) | limb]

    def fair(self, leads: LeadSet) -> bool:
        """Whether the set leaves the target to estimate."""
        return not self.target or self.target in leads.missing


def knowledge(states: pd.DataFrame, group: str = ALL, target: str = "") -> Knowledge:
    """From the table of states, for one group of patients."""
    part = states[states["group"] == group]
    errors = {(inputs, lead): rms for inputs, lead, rms in zip(part["inputs"], part["lead"], part["rms_uv"], strict=True)}
    n = int(part["n"].max()) if len(part) else 0
    targets = (target,) if target else INDEPENDENT
    values = {LeadSet(): 0.0}
    for state in _complete_states():
        shares = [1 - (errors[str(state), lead] / errors["", lead]) ** 2 if lead in state.missing else 1.0 for lead in targets]
        values[state] = float(np.mean(shares))
    return Knowledge(values, target, n)


def _complete_states() -> list[LeadSet]:
    """All states but the empty one; also those that leave nothing to estimate."""
    return [*all_states(), LeadSet(("I", "II", *CHEST))]


@dataclass(frozen=True)
class Step:
    """A set of leads and what it knows; added: the lead that made it out of the step before ("" for a set found whole)."""

    leads: LeadSet
    value: float
    added: str = ""


def ranking(known: Knowledge, size: int) -> list[Step]:
    """Sets of that many measured leads, best first; two limb leads stand for any two."""
    steps = [Step(leads, value) for leads, value in known.values.items() if len(leads) == size and known.fair(leads)]
    return sorted(steps, key=lambda step: -step.value)


def best_sets(known: Knowledge, sizes: Iterable[int] = range(1, 8)) -> list[Step]:
    """The best set of each size: what each further lead buys at best."""
    found = [ranking(known, size) for size in sizes]
    return [steps[0] for steps in found if steps]


def next_leads(known: Knowledge, now: Iterable[str]) -> list[Step]:
    """Every lead that could be added to what is measured and would tell something new, the best first."""
    now = LeadSet(now)
    free = [lead for lead in known.players - now.determined if known.fair(now)]
    return sorted((Step(now | (lead,), known(now | (lead,)), lead) for lead in free), key=lambda step: -step.value)


def greedy(known: Knowledge, start: Iterable[str] = (), longest: int = 7) -> list[Step]:
    """Adding the best next lead again and again. A third limb lead tells nothing and is never added."""
    now, steps = LeadSet(start), []
    while len(now) < longest:
        able = [step for step in next_leads(known, now) if known.fair(step.leads)]
        if not able:
            break
        steps.append(able[0])
        now = able[0].leads
    return steps


def shapley(known: Knowledge, players: Iterable[str] | None = None) -> dict[str, float]:
    """Exact Shapley value of each player; they sum to the value of all players together."""
    leads = list(known.players if players is None else LeadSet(players))
    n = len(leads)
    masks = np.arange(2**n)
    of_standard = sum((masks >> bit & 1) << STANDARD.index(lead) for bit, lead in enumerate(leads))
    value, size = known.by_mask[of_standard], np.bitwise_count(masks)
    weight = np.array([factorial(k) * factorial(n - k - 1) / factorial(n) for k in range(n)])
    out = {}
    for bit, lead in enumerate(leads):
        without = masks[(masks >> bit & 1) == 0]
        out[lead] = float(np.sum(weight[size[without]] * (value[without | 1 << bit] - value[without])))
    return out


def _mask(leads: Iterable[str]) -> int:
    return sum(1 << STANDARD.index(lead) for lead in leads)


def figures_of(states: pd.DataFrame, leads: Iterable[str], group: str = ALL) -> dict[str, dict[str, float]]:
    """Estimated lead -> its row of the table (n, r_mean, r_median, r_p05, rmse_uv, rms_uv) for one set of measured leads."""
    part = states[(states["group"] == group) & (states["inputs"] == str(state_of(leads)))]
    return part.set_index("lead")[list(STATE_COLUMNS[4:])].to_dict("index")


# -- the tables of Gradowski and Buchner ------------------------------------------------------------------------------


@dataclass(frozen=True)
class PaperRow:
    """One input set. cells: chest lead -> value, absent where it is measured.

    own: mean over the chest leads this set leaves, the paper's convention. common: mean over all six, measured ones with the value of
    a perfect estimate (r 1, error 0), so that all sets have the same targets. Both over records, with intervals by patient.
    """

    inputs: LeadSet
    cells: Mapping[str, float]
    own: Interval
    median: float
    common: Interval


def paper_rows(records: pd.DataFrame, metric: str = "r", statistic: str = "mean", group: str = ALL, resamples: int = 1000) -> list[PaperRow]:
    """Rows of Figures 2 and 7 on our recordings. metric: "r" or "rmse_uv"; statistic of the cells: "mean" or "median"."""
    part = _of_group(records, group)
    perfect = 1.0 if metric == "r" else 0.0
    rows = []
    for inputs in PAPER_SETS:
        one = part[(part["inputs"] == str(inputs)) & part["lead"].isin(CHEST)]
        if one.empty:
            continue
        wide = one.pivot(index=["record", "patient"], columns="lead", values=metric)
        patients = wide.index.get_level_values("patient").to_numpy()
        known = len(CHEST) - wide.shape[1]
        own = wide.mean(axis=1).to_numpy()
        common = (wide.mean(axis=1) * wide.shape[1] + known * perfect).to_numpy() / len(CHEST)
        cells = (wide.mean() if statistic == "mean" else wide.median()).to_dict()
        rows.append(
            PaperRow(inputs, cells, bootstrap_mean(own, patients, resamples), float(np.nanmedian(own)), bootstrap_mean(common, patients, resamples))
        )
    return rows


def findings(rows: list[PaperRow]) -> list[tuple[str, bool, str]]:
    """What the paper says about its tables, whether ours (mean r) agree, and our numbers."""
    by = {row.inputs: row for row in rows}
    limb = [by[LeadSet(text)] for text in ("I", "II", "III")]
    order = [sorted(CHEST, key=lambda lead: -row.cells[lead]) for row in limb]
    third = sorted(CHEST, key=lambda lead: -by[LeadSet(("I", "II", lead))].own.value)
    fair = sorted(CHEST, key=lambda lead: -by[LeadSet(("I", "II", lead))].common.value)
    pairs = sorted((row for row in rows if len(row.inputs) == 4), key=lambda row: -row.own.value)
    said = "; ".join(f"{row.inputs}: {' '.join(leads)}" for row, leads in zip(limb, order, strict=True))
    best = ", ".join(f"{'+'.join(row.inputs.chest)} {row.own.value:.3f}" for row in pairs[:3])
    return [
        ("V1 and V6 are the easiest from one limb lead", all({"V1", "V6"} == set(leads[:2]) for leads in order), f"best to worst, {said}"),
        ("V3 and V4 are the hardest from one limb lead", all({"V3", "V4"} == set(leads[-2:]) for leads in order), "order as above"),
        ("V3 is the best third lead", third[0] == "V3", f"on each set's own targets {' > '.join(third)}; on common targets {' > '.join(fair)}"),
        ("V6 is the worst third lead", third[-1] == "V6", "order as above"),
        ("V2+V4 is among the best pairs, all close", ["V2", "V4"] in [list(row.inputs.chest) for row in pairs[:3]], f"best three {best}; worst {pairs[-1].own.value:.3f}"),
    ]  # fmt: skip


def compare(records: pd.DataFrame, one: LeadSet, other: LeadSet, metric: str = "r", group: str = ALL) -> tuple[LeadSet, PairedTest] | None:
    """Two of the paper's sets on the leads that both leave to estimate; None where there is no such lead. Difference: one - other."""
    targets = LeadSet(CHEST) - one - other
    if not targets:
        return None
    part = _of_group(records, group)
    part = part[part["lead"].isin(targets)]
    means = [part[part["inputs"] == str(leads)].groupby(["record", "patient"])[metric].mean() for leads in (one, other)]
    patients = means[0].index.get_level_values("patient").to_numpy()
    return targets, paired(means[0].to_numpy(), means[1].to_numpy(), patients, resamples=2000)


def _of_group(records: pd.DataFrame, group: str) -> pd.DataFrame:
    return records if group == ALL else records[records["groups"].str.split("+").map(lambda words: group in words)]
