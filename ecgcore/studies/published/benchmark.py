"""The published systems beside ours, from tables that hold the same recordings, leads, passbands and metrics
for all.

Reads what ``models.studies.published`` wrote. Input sets are compared on leads that none of them holds.
Variants of one system are compared with the statistics Olaiya and Manivannan name, over patients.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecgcore.evaluation.metrics import METRICS
from ecgcore.evaluation.statistics import Interval, PairedTest, bootstrap_mean
from ecgcore.leads import CHEST, INDEPENDENT, STANDARD, LeadSet
from ecgcore.studies import scores as results
from ecgcore.studies.published import FULL_NAME
from ecgcore.studies.published.gradowski_tables import PAPER_SETS
from ecgcore.studies.scores import Condition

if TYPE_CHECKING:
    import pandas as pd

FILE = "scores-common"
INPUTS = tuple(LeadSet(text) for text in ("I", "II", "I II", "I II V2", "I II V4", "I II V2 V4"))
"""Sets that are scored in every unit, on every place."""
MORE = tuple(inputs for inputs in PAPER_SETS if inputs not in INPUTS)
"""Further sets of Gradowski and Buchner, scored in r and uV on the fold."""
FOLD = Condition("ptb-xl", "test", "high-pass", "100")
RAW = Condition("ptb-xl", "test", "as-recorded", "100")
MONITOR = Condition("ptb-xl", "test", "0.67-40", "100")
OLAIYA_FOLD = Condition("ptb-xl", "val", "as-recorded", "100")
"""Fold 9, unfiltered: what Olaiya and Manivannan print is of."""
PTB = Condition("ptbdb", "all", "high-pass", "100")
NEGLIGIBLE = 0.2
"""Cohen's d below this is no effect, by the convention Olaiya and Manivannan state."""

OF_MILLIVOLTS = ("r", "rmse_uv", "rmse_scaled", "ssim", "mse_joint")
OF_ITS_OWN = {"own_r": "r", "own_rmse": "rmse_scaled", "own_ssim": "ssim"}
"""Metrics of what a system gives before it is put into mV, with the metric in mV beside which they stand."""


def system(model: str, ours: Collection[str] = ()) -> str:
    """The family a model's name begins with ("family-i-ii-v4" -> "family"), apart from its networks at full
    width; ours stand for themselves."""
    if model in ours:
        return model
    return model.split("-", maxsplit=1)[0] + FULL_NAME * model.endswith(FULL_NAME)


@dataclass(frozen=True)
class Row:
    """One model from one input set: mean over records of the mean over leads, by metric."""

    model: str
    inputs: str
    values: Mapping[str, Interval]


def side_by_side(
    table: pd.DataFrame, condition: Condition, inputs: str, order: Sequence[str], resamples: int = 2000
) -> list[Row]:
    """Every model that was scored from these leads, over ``shared_targets``, in the order given; metrics it
    has."""
    part = results.under(table, condition)
    part = part[part["inputs"] == inputs]
    targets = shared_targets(table, condition, inputs)
    by_model: dict[str, dict[str, Interval]] = {}
    for metric in (*OF_MILLIVOLTS, *OF_ITS_OWN):
        for (model, _), value in results.overview(
            part, metric, targets if metric in OF_MILLIVOLTS else None, resamples
        ).items():
            by_model.setdefault(model, {})[metric] = value
    return [Row(model, inputs, by_model[model]) for model in order if model in by_model]


def shared_targets(table: pd.DataFrame, condition: Condition, inputs: str) -> LeadSet:
    """Learned leads that every model scored from these leads estimates: Gradowski's networks give chest leads
    only, also from a single limb lead."""
    part = results.under(table, condition)
    part = part[(part["inputs"] == inputs) & (part["metric"] == "r") & (part["source"] == "estimated")]
    leads = set(INDEPENDENT)
    for _, rows in part.groupby("model", observed=True):
        leads &= set(rows["lead"].unique())
    return LeadSet(leads)


@dataclass(frozen=True)
class Duel:
    """One input set: mean over the chest leads it leaves, ours and the published network's of that set, by
    metric. peer: the family of the published network."""

    inputs: str
    peer: str
    values: Mapping[str, Mapping[str, Interval]]

    def ahead(self, ours: str, metric: str) -> bool:
        """Whether our model is better than the published network."""
        first, second = (self.values[metric][name].value for name in (ours, self.peer))
        return METRICS[metric].distance(first) < METRICS[metric].distance(second)


def every_set(
    table: pd.DataFrame,
    ours: Sequence[str],
    peer: str,
    metrics: Sequence[str] = ("r", "rmse_uv"),
    resamples: int = 2000,
) -> list[Duel]:
    """The sets of Gradowski and Buchner for which a network of the peer was scored, beside ours, on the chest
    leads that the set leaves."""
    part = results.under(table, FOLD)
    part = part[part["lead"].isin(CHEST)]
    systems = {name: system(name, ours) for name in part["model"].unique()}
    names = {name: family for name, family in systems.items() if family in (*ours, peer)}
    by_set: dict[str, dict[str, dict[str, Interval]]] = {}
    for metric in metrics:
        for (name, inputs), value in results.overview(
            part[part["model"].isin(list(names))], metric, resamples=resamples
        ).items():
            by_set.setdefault(inputs, {}).setdefault(metric, {})[names[name]] = value
    sets = [str(text) for text in PAPER_SETS]
    whole = {*ours, peer}
    return [
        Duel(text, peer, by_set[text])
        for text in sets
        if text in by_set and all(whole <= set(by_set[text].get(metric, ())) for metric in metrics)
    ]


def on_common_leads(
    table: pd.DataFrame,
    condition: Condition,
    metric: str,
    sets: Sequence[str],
    ours: Collection[str],
    resamples: int = 2000,
) -> list[Row]:
    """Systems over input sets on the leads that no set holds: a row per system and set, ``values`` under the
    metric.

    A system with a model for each set (Gradowski's) counts as one where it has a model for every set.
    """
    targets = results.common_targets(sets)
    means = results.overview(results.under(table, condition), metric, targets, resamples)
    rows = [Row(model, inputs, {metric: value}) for (model, inputs), value in means.items() if inputs in sets]
    having: dict[str, list[str]] = {}
    for row in rows:
        having.setdefault(system(row.model, ours), []).append(row.inputs)
    whole = [row for row in rows if sorted(having[system(row.model, ours)]) == sorted(sets)]
    return sorted(whole, key=lambda row: (system(row.model, ours), sets.index(row.inputs)))


def sets_of(family: str, table: pd.DataFrame) -> tuple[str, ...]:
    """Those of ``INPUTS`` that a family has a model for; single leads are left out, they share hardly a
    target."""
    pairs = table[["model", "inputs"]].drop_duplicates().astype(str)
    there = {inputs for model, inputs in pairs.itertuples(index=False) if system(model) == family}
    return tuple(str(leads) for leads in INPUTS if str(leads) in there and len(leads) > 1)


def lead_means(
    table: pd.DataFrame, condition: Condition, model: str, metric: str, leads: Iterable[str] = STANDARD
) -> dict[str, Interval]:
    """Lead -> mean over records, of the estimated leads that were scored."""
    part = results.under(table, condition)
    part = part[(part["model"] == model) & (part["metric"] == metric) & (part["source"] == "estimated")]
    means = {}
    for lead in leads:
        rows = part[part["lead"] == lead]
        if len(rows):
            means[lead] = bootstrap_mean(rows["value"].to_numpy(float), rows["patient"].to_numpy())
    return means


# -- variants ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """Two variants of a system as their paper calls them, first minus second. expects: "same" or "first
    better", as the paper says. printed: its numbers. why: they may differ. printed_difference: of r, where
    the paper's numbers allow one."""

    paper: str
    title: str
    first: str
    second: str
    expects: str
    printed: str
    why: str
    metrics: tuple[str, ...] = ("r", "rmse_uv")
    printed_difference: float | None = None


OWN = tuple(OF_ITS_OWN)
LEADS_NOT_PATIENTS = "its five leads are no sample of patients"
ON_PTB = "trained and scored on PTB there, on PTB-XL here"
PAIRS = (
    Pair(
        "Olaiya",
        "shared − lead-specific decoders",
        "baseline",
        "lead-specific decoders",
        "first better",
        "r .744 − .707, d .92, p .11 over five leads",
        LEADS_NOT_PATIENTS,
        printed_difference=0.037,
    ),
    Pair(
        "Olaiya",
        "hybrid heads − baseline",
        "hybrid heads",
        "baseline",
        "same",
        "r .8460 − .8463, d < .05, p .89",
        LEADS_NOT_PATIENTS,
        printed_difference=-0.0003,
    ),
    Pair(
        "Olaiya",
        "physics loss − baseline",
        "physics loss",
        "baseline",
        "same",
        "r .8463 − .8463",
        "theirs holds inputs and targets alone, so its gradient is zero; this form can act",
        printed_difference=0.0,
    ),
    Pair(
        "Beco",
        "individual − shared encoders",
        "individual encoders",
        "U-Net",
        "same",
        "r differs by −.01 to .04 a lead",
        ON_PTB,
        OWN,
    ),
    Pair(
        "Beco",
        "U-Net − autoencoder",
        "U-Net",
        "autoencoder",
        "first better",
        "r .69 − .67, II to I alone",
        ON_PTB,
        OWN,
        printed_difference=0.02,
    ),
    Pair(
        "Beco",
        "U-Net − label refinement",
        "U-Net",
        "label refinement",
        "first better",
        "r .69 − .65, II to I alone",
        ON_PTB,
        OWN,
        printed_difference=0.04,
    ),
    Pair(
        "Beco",
        "U-Net − point by point",
        "U-Net",
        "point by point",
        "first better",
        "r .67 − .00, wired wrongly",
        ON_PTB,
        OWN,
    ),
)


def test_pair(
    table: pd.DataFrame, condition: Condition, models: tuple[str, str], metric: str
) -> dict[str, PairedTest]:
    """``results.compare`` of two models: over patients, mean of the learned leads and each lead."""
    return results.compare(results.under(table, condition), metric, *models)


AGREES, IN_PART, NOT_TOLD_APART, DIFFERS = "agrees", "agrees in part", "not told apart", "does not agree"
STANDINGS = (AGREES, IN_PART, NOT_TOLD_APART, DIFFERS)
"""How a claim stands to the numbers here, in one word or two."""


def _judged(test: PairedTest, expects: str, better: str) -> tuple[str, str]:
    """How a paired test stands to what a paper expects: one of STANDINGS, and in words."""
    low, high = test.difference.low, test.difference.high
    if better == "low":
        low, high = -high, -low
    small = abs(test.cohens_d) < NEGLIGIBLE
    clear = low > 0 or high < 0
    if expects == "same":
        if not clear:
            return AGREES, "agrees: not told apart"
        if small:
            return AGREES, "agrees: told apart, but the effect is negligible"
        return DIFFERS, f"does not agree: the first is {'better' if low > 0 else 'worse'}"
    if low > 0:
        return (IN_PART, "agrees in direction, the effect is negligible") if small else (AGREES, "agrees")
    if high < 0:
        return DIFFERS, "does not agree: the first is worse"
    return NOT_TOLD_APART, "does not agree: not told apart"


def verdict(test: PairedTest, expects: str, better: str = "high") -> str:
    """How a paired test stands to what a paper expects, in words. better: "high" or "low" values of the
    metric."""
    return _judged(test, expects, better)[1]


def standing(test: PairedTest, expects: str, better: str = "high") -> str:
    """The same as one of STANDINGS."""
    return _judged(test, expects, better)[0]
