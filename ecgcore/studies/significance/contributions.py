"""What each input lead is worth for an estimated lead, and whether a map that claims to show it can be
believed.

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

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import factorial

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.leads import LeadSet

WAVES: dict[str, tuple[str, str]] = {
    "P": ("p_on", "p_off"),
    "QRS": ("qrs_on", "qrs_off"),
    "ST": ("qrs_off", "t_on"),
    "T": ("t_on", "t_off"),
}
"""Waves a window can be made of, from one fiducial mark to another."""


# -- the game ------------------------------------------------------------------------------------------------


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
class Worth:
    """What the input leads are worth for one target in one window.

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
        """Shapley value per power of the lead itself, as shares: what a uV of it is worth, so large leads
        have no advantage."""
        return variance_normalised(self.shapley, self.lead_power) if self.total > 0 else None


def worth(
    target: str,
    leads: LeadSet,
    value: Mapping[LeadSet, float],
    lead_power: Mapping[str, float],
    power: float | None,
) -> Worth:
    """All that follows from the values of the subsets."""
    how = "error" if power is not None else "variance"
    parts = shapley(leads, value), occlusion(leads, value), alone(leads, value)
    return Worth(target, leads, *parts, dict(value), dict(lead_power), power, how)


# -- shares --------------------------------------------------------------------------------------------------


def shares(amounts: Mapping[str, float]) -> dict[str, float] | None:
    """Amounts as parts of their sum, which may be negative where an amount is; None where they do not sum to
    something positive."""
    total = sum(amounts.values())
    return {lead: amount / total for lead, amount in amounts.items()} if total > 0 else None


def variance_normalised(amounts: Mapping[str, float], powers: Mapping[str, float]) -> dict[str, float] | None:
    """Shares of amount per power of the lead. A lead without power has none."""
    return shares(
        {lead: amount / powers[lead] if powers[lead] > 0 else 0.0 for lead, amount in amounts.items()}
    )


def rank_agreement(
    first: Mapping[str, float] | np.ndarray, second: Mapping[str, float] | np.ndarray
) -> float | None:
    """Spearman's rank correlation, of two mappings with the same leads or two arrays; None for constant or
    fewer than three values."""
    from scipy.stats import rankdata

    if isinstance(first, Mapping) and isinstance(second, Mapping):
        a, b = (np.array([values[lead] for lead in first]) for values in (first, second))
    else:
        a, b = np.ravel(np.asarray(first)), np.ravel(np.asarray(second))
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])


@dataclass(frozen=True)
class Null:
    """What chance gives: observed amount, mean and 95th percentile under the null, and the one-sided p value,
    by lead."""

    observed: Mapping[str, float]
    mean: Mapping[str, float]
    high: Mapping[str, float]
    p: Mapping[str, float]


def permutation_null(observed: Mapping[str, float], drawn: Mapping[str, np.ndarray]) -> Null:
    """Compare each lead's amount with (n_draws,) amounts under the null; p = (1 + draws at least as large) /
    (1 + draws)."""
    p = {
        lead: float((1 + np.sum(drawn[lead] >= amount)) / (1 + len(drawn[lead])))
        for lead, amount in observed.items()
    }
    mean = {lead: float(np.mean(values)) for lead, values in drawn.items()}
    high = {lead: float(np.quantile(values, 0.95)) for lead, values in drawn.items()}
    return Null(dict(observed), mean, high, p)


def shift_null(
    leads: LeadSet,
    truth: np.ndarray,
    estimates: Mapping[LeadSet, np.ndarray],
    window: np.ndarray,
    draws: int = 200,
    seed: int = 0,
) -> Null:
    """Shapley values of the same estimates for a target that has been moved in time, round the end, by a
    random amount.

    The leads keep their amplitude and rhythm; that they belong to this target's moments is what is destroyed.
    uV^2.
    """
    rng = np.random.default_rng(seed)
    n = len(truth)
    weights = shapley_weights(leads)[:, 1:]
    rows = np.stack([estimates[one] for one in subsets(leads)[1:]])
    inside = np.flatnonzero(window)
    true = truth[inside]
    observed = shapley(leads, explained_power(truth, estimates, window))
    drawn = np.empty((draws, len(leads)))
    least = max(1, n // 20)
    for number, shift in enumerate(rng.integers(least, n - least + 1, draws)):
        moved = rows[:, (inside + shift) % n]
        drawn[number] = weights @ (
            1e6 * (2 * moved @ true - np.einsum("st,st->s", moved, moved)) / len(inside)
        )
    return permutation_null(observed, dict(zip(leads, drawn.T, strict=True)))


# -- whether to believe a map --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Curves:
    """Value (as a part of that of everything) against the part that is kept or removed.

    x: (k,) 0-1 parts changed. deletion, insertion: (k,) in the map's order. random_deletion,
    random_insertion: (k,) mean over random orders. gain_deletion, gain_insertion: area between random and
    map, positive where the map's order beats chance.
    """

    x: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    random_deletion: np.ndarray
    random_insertion: np.ndarray

    @property
    def gain_deletion(self) -> float:
        """Area between the random curve and that of deletion: how much faster the ranked leads take the value
        away."""
        return float(np.trapezoid(self.random_deletion - self.deletion, self.x))

    @property
    def gain_insertion(self) -> float:
        """Area between the curve of insertion and the random one."""
        return float(np.trapezoid(self.insertion - self.random_insertion, self.x))


def lead_curves(leads: LeadSet, importance: Mapping[str, float], value: Mapping[LeadSet, float]) -> Curves:
    """Whole leads removed (and added) in the order of importance, against the exact mean over all orders."""
    order = sorted(leads, key=lambda lead: -importance[lead])
    n, total = len(order), value[LeadSet(leads)]
    scale = total if total > 0 else 1.0
    by_size = [
        np.mean([value[some] for some in subsets(leads) if len(some) == size]) for size in range(n + 1)
    ]
    return Curves(
        np.arange(n + 1) / n,
        np.array([value[LeadSet(order[size:])] for size in range(n + 1)]) / scale,
        np.array([value[LeadSet(order[:size])] for size in range(n + 1)]) / scale,
        np.array(by_size[::-1]) / scale,
        np.array(by_size) / scale,
    )


def patch_curves(
    importance: np.ndarray,
    value: Callable[[np.ndarray], np.ndarray],
    steps: int = 10,
    draws: int = 4,
    seed: int = 0,
) -> Curves:
    """Patches of a map (n_leads, n_patches) removed and added, most important first, against random orders.

    value: from keep masks (m, n_leads, n_patches) of 0 and 1 to (m,) values. One call holds them all.
    """
    rng = np.random.default_rng(seed)
    size = importance.size
    orders = [np.argsort(-importance, axis=None), *(rng.permutation(size) for _ in range(draws))]
    counts = np.round(np.linspace(0, size, steps + 1)).astype(int)
    masks = []
    for order in orders:
        rank = np.empty(size, int)
        rank[order] = np.arange(size)
        masks += [rank >= count for count in counts] + [rank < count for count in counts]
    values = np.asarray(value(np.stack(masks).reshape(-1, *importance.shape).astype(np.float32)), np.float64)
    curves = values.reshape(len(orders), 2, len(counts))
    everything, nothing = curves[0, 0, 0], curves[0, 0, -1]
    curves = (curves - nothing) / (everything - nothing if everything != nothing else 1.0)
    random = curves[1:].mean(0)
    return Curves(counts / size, curves[0, 0], curves[0, 1], random[0], random[1])


def stability(per_beat: Sequence[Mapping[str, float]]) -> float | None:
    """Mean over pairs of beats of the rank correlation of their lead shares; None for fewer than two beats or
    three leads."""
    pairs = [rank_agreement(a, b) for a, b in combinations(per_beat, 2)]
    known = [pair for pair in pairs if pair is not None]
    return float(np.mean(known)) if known else None


AROUND_R_S = (-0.25, 0.45)
"""A beat for laying maps over one another: from the P wave to most of the T wave at usual rates."""


def beat_agreement(
    amounts: np.ndarray, r_seconds: Sequence[float], rate: float, window: np.ndarray | None = None
) -> float | None:
    """Mean rank correlation of a map (n_leads, n) in two beats laid over one another at R; None for fewer
    than two beats.

    window: (n,) bool; beats of which nothing lies in it are not asked.
    """
    from scipy.stats import rankdata

    first, last = (round(end * rate) for end in AROUND_R_S)
    places = [round(at * rate) for at in r_seconds]
    whole = [at for at in places if at + first >= 0 and at + last <= amounts.shape[1]]
    if window is not None:
        whole = [at for at in whole if window[at + first : at + last].any()]
    beats = np.array([amounts[:, at + first : at + last].ravel() for at in whole])
    beats = beats[np.ptp(beats, axis=1) > 0] if len(beats) else beats
    if len(beats) < 2:
        return None
    among = np.corrcoef(rankdata(beats, axis=1))
    return float(among[np.triu_indices(len(beats), 1)].mean())


def spread(per_beat: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation over beats of each lead's share."""
    leads = per_beat[0] if per_beat else {}
    rows = {lead: np.array([one[lead] for one in per_beat]) for lead in leads}
    return {
        lead: (float(row.mean()), float(row.std(ddof=1)) if len(row) > 1 else 0.0)
        for lead, row in rows.items()
    }


# -- windows -------------------------------------------------------------------------------------------------

Spans = list[tuple[float, float]]


def wave_spans(fiducials: Mapping[str, Sequence[float | None]], wave: str) -> Spans:
    """(start, stop) in s of a wave in each beat that has it. Raises UnusableEcg where no beat has."""
    first, last = WAVES[wave]
    pairs = zip(fiducials.get(first, ()), fiducials.get(last, ()), strict=True)
    spans = [
        (start, stop) for start, stop in pairs if start is not None and stop is not None and stop > start
    ]
    if not spans:
        what = "segment" if wave == "ST" else "complex" if wave == "QRS" else "wave"
        raise UnusableEcg(
            f"No beat of these seconds has a {wave} {what} that can be told; choose another wave or all."
        )
    return spans


def beat_spans(r_seconds: Sequence[float], duration: float) -> Spans:
    """(start, stop) in s of each whole beat: from 40 % of the way from the previous R point to 40 % before
    the next one.

    The first and last beat borrow their neighbour's distance and are left out where the recording cuts them.
    """
    r = np.asarray(sorted(r_seconds), float)
    if len(r) < 2:
        return [(0.0, duration)] if len(r) else []
    gaps = np.diff(r)
    before, after = np.concatenate([gaps[:1], gaps]), np.concatenate([gaps, gaps[-1:]])
    spans = [(float(at - 0.4 * b), float(at + 0.6 * a)) for at, b, a in zip(r, before, after, strict=True)]
    return [(start, stop) for start, stop in spans if start >= 0 and stop <= duration]


def mask(spans: Iterable[tuple[float, float]], n: int, rate: float) -> np.ndarray:
    """(n,) True within the spans, s."""
    out = np.zeros(n, bool)
    for start, stop in spans:
        out[max(0, round(start * rate)) : max(0, round(stop * rate))] = True
    return out


def wave_levels(
    amounts: np.ndarray, rate: float, fiducials: Mapping[str, Sequence[float | None]]
) -> dict[str, float]:
    """Mean of a map (n_leads, n) within each wave that can be told, over its mean everywhere: 2 is twice as
    high as usual."""
    usual, out = float(np.mean(amounts)), {}
    for wave, (first, last) in WAVES.items():
        pairs = zip(fiducials.get(first, ()), fiducials.get(last, ()), strict=True)
        inside = mask(
            [(a, b) for a, b in pairs if a is not None and b is not None and b > a], amounts.shape[1], rate
        )
        if inside.any() and usual > 0:
            out[wave] = float(np.mean(amounts[:, inside])) / usual
    return out


def require_beat(r_seconds: Sequence[float], spans: Spans) -> None:
    """Raises UnusableEcg where no heart beat lies in the window: the baseline between beats rests on
    nothing."""
    if not any(start - 0.4 <= at <= stop + 0.3 for at in r_seconds for start, stop in spans):
        said = f"from {spans[0][0]:g} to {spans[-1][1]:g} s " if spans else ""
        raise UnusableEcg(
            f"There is no heart beat in the window {said}to explain; choose one that holds a QRS "
            "complex or its P or T wave."
        )


# -- in words ------------------------------------------------------------------------------------------------


def in_words(found: Worth, where: str = "the whole recording") -> str:
    """The finding in one or two plain sentences, from the Shapley values."""
    parts = found.shares
    if parts is None:
        return (
            f"For {found.target} in {where} these leads explain nothing: "
            "the estimate is no better than a flat line, so there is nothing to share out."
        )
    order = sorted(parts, key=lambda lead: -parts[lead])
    of = {lead: f"{lead} ({_percent(parts[lead])})" for lead in order}
    first = parts[order[0]]
    how = "rests almost only on" if first >= 0.8 else "rests mostly on" if first >= 0.5 else "draws most on"
    if len(order) == 1:
        text = f"For {found.target} in {where} this estimate rests on {order[0]} alone."
        return text + (
            f" It explains {_percent(found.total / found.power)} of the lead's power." if found.power else ""
        )
    rest = [of[lead] for lead in order[1:] if parts[lead] >= 0.005]
    text = f"For {found.target} in {where} this estimate {how} {of[order[0]]}"
    text += f", then {', '.join(rest)}." if rest else "."
    if harmful := [of[lead] for lead in order if parts[lead] < -0.005]:
        verb = "makes" if len(harmful) == 1 else "make"
        text += f" {', '.join(harmful)} {verb} it worse here."
    if found.power:
        text += f" Together the leads explain {_percent(found.total / found.power)} of the lead's power."
    return text


def _percent(part: float) -> str:
    return f"{100 * part:.0f} %".replace("-", "−")
