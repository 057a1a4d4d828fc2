"""What claims of published systems are judged on, and their judgement as values and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ecgcore.evaluation.statistics import Interval
from ecgcore.studies.personal_model import Trial
from ecgcore.studies.published import FULL_NAME, REDUCED
from ecgcore.studies.published.benchmark import (
    AGREES,
    DIFFERS,
    IN_PART,
)

if TYPE_CHECKING:
    import pandas as pd

LESS = "trained here on fewer recordings, narrower, for fewer steps"


@dataclass(frozen=True)
class Value:
    """A number that a claim rests on, as printed and as it comes out here. difference: of two r, else r."""

    name: str
    printed: float | None = None
    here: Interval | None = None
    difference: bool = False


@dataclass(frozen=True)
class Finding:
    """What a paper claims, what it printed, what comes out here, how the two stand (verdict in words,
    standing as one of ``benchmark.STANDINGS``), the likely why, and the numbers themselves."""

    paper: str
    claim: str
    printed: str
    here: str
    verdict: str
    why: str
    standing: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """table: scores of the benchmark. reduced: models in it that are reduced versions of their papers'.
    trials: personal models on many recordings. systems: (paper, what it calls a system) -> name of the
    model. ours: the name of our own, "" where it was not scored."""

    table: pd.DataFrame
    reduced: frozenset[str] = frozenset()
    trials: Sequence[Trial] = ()
    systems: Mapping[tuple[str, str], str] = field(default_factory=dict)
    ours: str = ""

    def model(self, paper: str, variant: str) -> str:
        """The name of the model of a system, "" where there is none."""
        return self.systems.get((paper, variant), "")

    def fullest(self, paper: str, variant: str) -> str:
        """The same at full width, where that was scored."""
        name = self.model(paper, variant)
        return name + FULL_NAME * (name + FULL_NAME in set(self.table["model"].unique()))

    def marked(self, *models: str) -> str:
        """Give "reduced version: " where any of the models is one."""
        return f"{REDUCED}: " if self.reduced & set(models) else ""

    def less(self, *models: str) -> str:
        """The reason to give for a number of such a model."""
        return f"{LESS}; " if self.reduced & set(models) else ""


def short(value: float | np.floating[Any], signed: bool = False) -> str:
    """.846, −.013, +.020."""
    text = f"{value:+.3f}" if signed else f"{value:.3f}"
    return text.replace("0.", ".", 1).replace("-", "−")


def with_interval(interval: Interval, signed: bool = False) -> str:
    """A value with its interval."""
    return f"{short(interval.value, signed)} [{short(interval.low, signed)}, {short(interval.high, signed)}]"


def ordered(means: Mapping[str, float]) -> list[str]:
    """Leads from the best to the worst."""
    return sorted(means, key=lambda lead: -means[lead])


def chain(means: Mapping[str, float], leads: Sequence[str]) -> str:
    """Leads with their means, from the best."""
    return " > ".join(f"{lead} {short(means[lead])}" for lead in leads)


def agreement_at_ends(first: bool, last: bool, whole: bool) -> tuple[str, str]:
    """Whether two orders agree, and at which end: in words and as a standing."""
    if whole:
        return "agrees", AGREES
    if first and last:
        return "agrees at both ends", AGREES
    if first or last:
        return f"agrees on the {'easiest' if first else 'hardest'}", IN_PART
    return "does not agree", DIFFERS


def values_of_leads(means: Mapping[str, Interval], printed_r: Mapping[str, float]) -> tuple[Value, ...]:
    """A value for each lead, beside the printed number where there is one."""
    return tuple(Value(lead, printed_r.get(lead), value) for lead, value in means.items())


def plain_values(means: Mapping[str, Interval]) -> dict[str, float]:
    """The values without their intervals."""
    return {lead: value.value for lead, value in means.items()}
