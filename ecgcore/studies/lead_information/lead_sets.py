"""What leads tell about one another: the value of every set of leads, and what follows from it.

**Knowledge** of a set of leads: the share of the power of the eight independent leads that the estimate from
the set explains, each lead counting alike (1 - mean squared error / mean square), known leads fully. It has
the same targets for every set, so sets can be compared; a mean over the leads that happen to be missing
cannot (a set that holds a hard lead is not scored on it). With one target lead it is the share of that lead's
power.

Shapley value: the mean, over all orders in which the leads can arrive, of what a lead adds when it comes
(Shapley 1953); exact over all subsets. Intervals: everything is computed again with patients drawn with
replacement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from math import factorial

import numpy as np

from ecgcore.leads import CHEST, INDEPENDENT, LIMB, STANDARD, LeadSet, all_states

ORDER: tuple[LeadSet, ...] = (LeadSet(), *all_states(), LeadSet(INDEPENDENT))
"""The states of knowledge: none, the 510 that leave something to estimate, and all leads."""
_PLACE = {state: number for number, state in enumerate(ORDER)}
Range = tuple[float, float]


def state_of(leads: Iterable[str]) -> LeadSet:
    """The state of knowledge that a set of leads gives, as ``all_states`` writes it."""
    leads = LeadSet(leads)
    return leads.chest | ("I", "II") if len(leads.limb) >= 2 else leads


@dataclass(frozen=True, eq=False)
class Knowledge:
    """The value of every state of ``ORDER``, 0 (none) to 1 (all).

    values: (512,). drawn: (resamples, 512), the same with patients drawn anew; (0, 512) where no intervals
    are wanted. target: a lead, or "" for the eight independent ones alike. n, n_patients: how many stand
    behind it.
    """

    values: np.ndarray
    drawn: np.ndarray
    target: str = ""
    n: int = 0
    n_patients: int = 0

    def __call__(self, leads: Iterable[str]) -> float:
        """The value of the state that these leads leave."""
        return float(self.values[_PLACE[state_of(leads)]])

    def replicas(self, leads: Iterable[str]) -> np.ndarray:
        """(resamples,) the value with patients drawn anew."""
        return self.drawn[:, _PLACE[state_of(leads)]]

    def step(self, leads: LeadSet, before: Iterable[str] = (), added: str = "") -> Step:
        """A set with its intervals. before: the set whose value its gain is counted from."""
        after, base = self.replicas(leads), self.replicas(before)
        return Step(
            leads, self(leads), added, interval(after), self(leads) - self(before), interval(after - base)
        )

    @property
    def players(self) -> LeadSet:
        """Leads that can be added: all but the target."""
        return LeadSet(STANDARD) - (self.target,)

    def fair(self, leads: LeadSet) -> bool:
        """Whether the set leaves the target to estimate."""
        return not self.target or self.target in leads.missing


def interval(drawn: np.ndarray, level: float = 0.95) -> Range:
    """Percentile interval of resampled values; NaN without any."""
    if not len(drawn):
        return (float("nan"), float("nan"))
    low, high = np.quantile(drawn, ((1 - level) / 2, (1 + level) / 2))
    return float(low), float(high)


@dataclass(frozen=True)
class Step:
    """A set of leads and what it knows, with its interval; added: the lead that made it out of the set before
    ("" for a set found whole).

    gain: value above the set before, with its interval.
    """

    leads: LeadSet
    value: float
    added: str = ""
    range: Range = (float("nan"), float("nan"))
    gain: float = float("nan")
    gain_range: Range = (float("nan"), float("nan"))


@dataclass(frozen=True)
class Best:
    """The best set of a size. chosen: the share of resamples that choose it too. rivals: other sets, best
    first, that the data do not tell apart from it (the interval of the difference reaches zero)."""

    step: Step
    chosen: float = float("nan")
    rivals: tuple[Step, ...] = field(default=())


def _of_size(knowledge: Knowledge, size: int) -> list[LeadSet]:
    return [leads for leads in ORDER if len(leads) == size and knowledge.fair(leads)]


def best_sets(knowledge: Knowledge, sizes: Iterable[int] = range(1, 8)) -> list[Best]:
    """The best set of each size: what each further lead buys at best, and how sure the choice is."""
    best: list[Best] = []
    for size in sizes:
        sets = _of_size(knowledge, size)
        if not sets:
            continue
        at = [_PLACE[leads] for leads in sets]
        first = int(np.argmax(knowledge.values[at]))
        step = knowledge.step(sets[first], best[-1].step.leads if best else ())
        if not len(knowledge.drawn):
            best.append(Best(step))
            continue
        drawn = knowledge.drawn[:, at]
        chosen = float(np.mean(drawn.argmax(1) == first))
        above = np.quantile(drawn[:, [first]] - drawn, 0.025, axis=0) <= 0
        rivals = sorted(
            (number for number in np.flatnonzero(above) if number != first),
            key=lambda number: -knowledge.values[at[number]],
        )
        best.append(
            Best(
                step,
                chosen,
                tuple(Step(sets[number], float(knowledge.values[at[number]])) for number in rivals),
            )
        )
    return best


def next_leads(knowledge: Knowledge, now: Iterable[str]) -> list[Step]:
    """Every lead that could be added to what is measured and would tell something new, the best first."""
    now = LeadSet(now)
    free = [lead for lead in knowledge.players - now.determined if knowledge.fair(now)]
    return sorted((knowledge.step(now | (lead,), now, lead) for lead in free), key=lambda step: -step.value)


def greedy(knowledge: Knowledge, start: Iterable[str] = (), longest: int = 7) -> list[Step]:
    """Adding the best next lead again and again. A third limb lead tells nothing and is never added."""
    now, steps = LeadSet(start), []
    while len(now) < longest:
        able = [step for step in next_leads(knowledge, now) if knowledge.fair(step.leads)]
        if not able:
            break
        steps.append(able[0])
        now = able[0].leads
    return steps


def shapley(knowledge: Knowledge, players: Iterable[str] | None = None) -> dict[str, float]:
    """Exact Shapley value of each player; they sum to the value of all players together."""
    leads = knowledge.players if players is None else LeadSet(players)
    return dict(zip(leads, (_shapley_weights(leads) @ knowledge.values).tolist(), strict=True))


def shapley_ranges(knowledge: Knowledge, players: Iterable[str] | None = None) -> dict[str, Range]:
    """Their intervals."""
    leads = knowledge.players if players is None else LeadSet(players)
    return dict(zip(leads, map(interval, (knowledge.drawn @ _shapley_weights(leads).T).T), strict=True))


@cache
def _shapley_weights(leads: LeadSet) -> np.ndarray:
    """(n_leads, 512): Shapley values are linear in the values of the states; subsets of the same state are
    added up."""
    n = len(leads)
    masks = np.arange(2**n)
    of_standard = sum((masks >> bit & 1) << STANDARD.index(lead) for bit, lead in enumerate(leads))
    state, size = _states_of_masks()[of_standard], np.bitwise_count(masks)
    weight = np.array([factorial(k) * factorial(n - k - 1) / factorial(n) for k in range(n)])
    out = np.zeros((n, len(ORDER)))
    for bit in range(n):
        without = masks[(masks >> bit & 1) == 0]
        np.add.at(out[bit], state[without | 1 << bit], weight[size[without]])
        np.add.at(out[bit], state[without], -weight[size[without]])
    out.flags.writeable = False
    return out


@cache
def _states_of_masks() -> np.ndarray:
    """(4096,) the state of every subset; bit b of the index stands for the b-th lead in the standard
    order."""
    held = np.full(2 ** len(STANDARD), -1)
    for number, leads in enumerate(ORDER):
        held[_mask(leads)] = number
    masks = np.arange(2 ** len(STANDARD))
    limb = masks & (2 ** len(LIMB) - 1)
    limb = np.where(np.bitwise_count(limb) >= 2, _mask(("I", "II")), limb)
    values: np.ndarray = held[masks >> len(LIMB) << len(LIMB) | limb]
    return values


def _mask(leads: Iterable[str]) -> int:
    return sum(1 << STANDARD.index(lead) for lead in leads)


def pair_values(knowledge: Knowledge, base: Iterable[str] = ("I", "II")) -> np.ndarray:
    """(6, 6) value of the base with every pair of chest leads; on the diagonal with one alone."""
    base = LeadSet(base)
    return np.array([[knowledge(base | (first, second)) for second in CHEST] for first in CHEST])
