"""How well a lead can be known at all, and how near a model comes once the noise is averaged out.

The noise ceiling of a lead is its r with its own mean beat, of the other beats of the same kind
(``ecgcore.evaluation.noise``): above it an estimate would have to know the noise. r on median beats has no
noise to know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecgcore.evaluation.statistics import Interval, bootstrap_mean
from ecgcore.evaluation.tables import Table
from ecgcore.leads import INDEPENDENT

if TYPE_CHECKING:
    import pandas as pd

FILE = "noise.csv.gz"
CEILING, ITSELF, WHOLE, MEDIAN = "ceiling", "ceiling with the beat itself", "r", "r on median beats"
TABLE = Table(
    "noise ceilings",
    ("model", "weights", "record", "patient", "inputs", "lead", "what", "value"),
    ("model", "weights", "record"),
    {"value": "float64"},
    digits="%.4f",
)
"""Of ``TEST_FOLD``. Rows of a ceiling have no inputs."""


@dataclass(frozen=True)
class Near:
    """From one set of inputs, means over records of the means over learned leads that have all three."""

    r: Interval
    median_beats: Interval
    ceiling: Interval


def ceilings(table: pd.DataFrame, what: str = CEILING) -> dict[str, Interval]:
    """By independent lead, with the 95 % interval by patient."""
    rows = table[table["what"] == what]
    several = {lead: rows[rows["lead"] == lead].dropna() for lead in INDEPENDENT}
    return {
        lead: bootstrap_mean(part["value"].to_numpy(), part["patient"].to_numpy())
        for lead, part in several.items()
        if len(part)
    }


def median_beats(table: pd.DataFrame, inputs: str) -> dict[str, Interval]:
    """r on median beats by learned lead, from one set of inputs."""
    return ceilings(table[table["inputs"] == inputs], MEDIAN)


def near(table: pd.DataFrame) -> dict[str, Near]:
    """By set of inputs."""
    of_leads = table[table["what"] == CEILING].set_index(["record", "lead"])["value"].rename("ceiling")
    answers = {}
    for inputs, part in table[table["inputs"] != ""].groupby("inputs", sort=False):
        wide = part.pivot_table(index=["record", "patient", "lead"], columns="what", values="value")
        wide = wide.reset_index().join(of_leads, on=["record", "lead"])
        means = wide.dropna().groupby(["record", "patient"])[[WHOLE, MEDIAN, "ceiling"]].mean().reset_index()
        answers[str(inputs)] = Near(
            *(
                bootstrap_mean(means[column].to_numpy(), means["patient"].to_numpy())
                for column in (WHOLE, MEDIAN, "ceiling")
            )
        )
    return answers


def lines(table: pd.DataFrame) -> Iterator[str]:
    """A line for each lead, then for each set of inputs."""
    itself = ceilings(table, ITSELF)
    for lead, ceiling in ceilings(table).items():
        yield (
            f"{lead:14} noise ceiling {_with_n(ceiling)}; with the beat itself in its mean "
            f"{itself[lead].value:.3f}"
        )
    for inputs, values in near(table).items():
        yield (
            f"{inputs:14} r {values.r.value:.3f}, on median beats {_with_n(values.median_beats)}; noise "
            f"ceiling of the same leads {values.ceiling.value:.3f}"
        )


def _with_n(value: Interval) -> str:
    return f"{value}   n = {value.n_records} records of {value.n_patients} patients"
