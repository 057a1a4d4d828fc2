"""What each input lead contributes to an estimated lead.

Conventions. Signals are (n_leads, n) mV above 0.5 Hz. A window is a boolean mask (n,) over their samples. The
players of the game are the input leads a user chose; the model itself says what it makes of every subset of
them, so a lead is taken away by the mask the model was trained with and never by zeros it would take for a
signal.

Value of a subset S for a target, with the truth there: the mean squared error that S saves in the window
against knowing no lead at all, where the estimate is the mean of the population, zero above 0.5 Hz::

    v(S) = mean truth^2 - mean (truth - estimate from S)^2        uV^2, v() = 0

Without the truth: the variance that S removes by the closed-form posterior, in uV^2 of an average recording.
Shapley values (Shapley 1953; as attributions: Lundberg and Lee 2017, arXiv:1705.07874) divide v(all) among
the leads; they are computed from all subsets, without sampling. Occlusion of a lead is v(all) - v(all but
it). Shares are parts of v(all); a lead that misleads the model has a negative one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import factorial

import numpy as np

from ecgcore.leads import LeadSet
from ecgcore.studies.significance.shares import shares, variance_normalised


def subsets(leads: Sequence[str]) -> tuple[LeadSet, ...]:
    """Every subset, by size, the empty one first."""
    return _subsets(tuple(leads))


@lru_cache(maxsize=64)
def _subsets(leads: tuple[str, ...]) -> tuple[LeadSet, ...]:
    return tuple(LeadSet(some) for size in range(len(leads) + 1) for some in combinations(leads, size))


def shapley(leads: Sequence[str], value: Mapping[LeadSet, float]) -> dict[str, float]:
    """The exact Shapley value of each lead; value has an entry for every subset. They sum to value(all) -
    value(none)."""
    every = subsets(leads)
    parts = shapley_weights(leads) @ np.array([value[some] for some in every])
    return dict(zip(leads, parts.tolist(), strict=True))


def shapley_weights(leads: Sequence[str]) -> np.ndarray:
    """(n_leads, 2^n_leads), read-only: Shapley values are this times the values of ``subsets(leads)``."""
    return _shapley_weights(tuple(leads))


@lru_cache(maxsize=64)
def _shapley_weights(leads: tuple[str, ...]) -> np.ndarray:
    n, every = len(leads), subsets(leads)
    out = np.zeros((n, len(every)))
    for column, some in enumerate(every):
        size = len(some)
        joined = factorial(size - 1) * factorial(n - size) / factorial(n) if size else 0.0
        stayed_out = factorial(size) * factorial(n - size - 1) / factorial(n) if size < n else 0.0
        out[:, column] = [joined if lead in some else -stayed_out for lead in leads]
    out.flags.writeable = False
    return out


def occlusion(leads: Sequence[str], value: Mapping[LeadSet, float]) -> dict[str, float]:
    """What is lost when one lead is taken away from all of them."""
    everything = LeadSet(leads)
    return {lead: value[everything] - value[everything - (lead,)] for lead in leads}


def alone(leads: Sequence[str], value: Mapping[LeadSet, float]) -> dict[str, float]:
    """What each lead achieves with no other."""
    return {lead: value[LeadSet((lead,))] - value[LeadSet()] for lead in leads}


def explained_power(
    truth: np.ndarray, estimates: Mapping[LeadSet, np.ndarray], window: np.ndarray
) -> dict[LeadSet, float]:
    """v(S) in uV^2 for a target: truth (n,) mV, the estimate (n,) mV from each subset; the empty one need not
    be there."""
    inside = truth[window].astype(np.float64)
    power = float(np.mean(np.square(inside)))
    saved = {
        some: 1e6 * (power - float(np.mean(np.square(inside - row[window]))))
        for some, row in estimates.items()
    }
    return saved | {LeadSet(): 0.0}


@dataclass(frozen=True)
class Contribution:
    """What the input leads contribute to one target in one window.

    target; leads: the players. shapley, occlusion, alone: uV^2 by lead. total: v(all), uV^2. power: of the
    true target in the window, uV^2 (None without the truth). lead_power: mean square of each input in the
    window, uV^2.
    value: of every subset. measured_by: "error" (the truth was there) or "variance" (closed form).
    """

    target: str
    leads: LeadSet
    shapley: Mapping[str, float]
    occlusion: Mapping[str, float]
    alone: Mapping[str, float]
    value: Mapping[LeadSet, float]
    lead_power: Mapping[str, float]
    power: float | None
    measured_by: str

    @property
    def total(self) -> float:
        """The value of all leads together."""
        return self.value[self.leads]

    @property
    def shares(self) -> dict[str, float] | None:
        """Shapley values as parts of v(all); None where the leads together explain nothing."""
        return shares(self.shapley) if self.total > 0 else None

    @property
    def normalised(self) -> dict[str, float] | None:
        """Shapley value per power of the lead itself, as shares: what a uV of it contributes, so large leads
        have no advantage."""
        return variance_normalised(self.shapley, self.lead_power) if self.total > 0 else None


def contribution_of(
    target: str,
    leads: LeadSet,
    value: Mapping[LeadSet, float],
    lead_power: Mapping[str, float],
    power: float | None,
) -> Contribution:
    """All that follows from the values of the subsets."""
    how = "error" if power is not None else "variance"
    parts = shapley(leads, value), occlusion(leads, value), alone(leads, value)
    return Contribution(target, leads, *parts, dict(value), dict(lead_power), power, how)


def in_words(contribution: Contribution, where: str = "the whole recording") -> str:
    """The finding in one or two plain sentences, from the Shapley values."""
    parts = contribution.shares
    if parts is None:
        return (
            f"For {contribution.target} in {where} these leads explain nothing: "
            "the estimate is no better than a flat line, so there is nothing to share out."
        )
    order = sorted(parts, key=lambda lead: -parts[lead])
    of = {lead: f"{lead} ({_percent(parts[lead])})" for lead in order}
    first = parts[order[0]]
    how = "rests almost only on" if first >= 0.8 else "rests mostly on" if first >= 0.5 else "draws most on"
    if len(order) == 1:
        text = f"For {contribution.target} in {where} this estimate rests on {order[0]} alone."
        return text + (
            f" It explains {_percent(contribution.total / contribution.power)} of the lead's power."
            if contribution.power
            else ""
        )
    rest = [of[lead] for lead in order[1:] if parts[lead] >= 0.005]
    text = f"For {contribution.target} in {where} this estimate {how} {of[order[0]]}"
    text += f", then {', '.join(rest)}." if rest else "."
    if harmful := [of[lead] for lead in order if parts[lead] < -0.005]:
        verb = "makes" if len(harmful) == 1 else "make"
        text += f" {', '.join(harmful)} {verb} it worse here."
    if contribution.power:
        share = _percent(contribution.total / contribution.power)
        text += f" Together the leads explain {share} of the lead's power."
    return text


def _percent(part: float) -> str:
    return f"{100 * part:.0f} %".replace("-", "−")
