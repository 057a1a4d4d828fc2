"""Whether to believe a map: deletion and insertion against random orders, and how alike the maps of single
beats are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ecgcore.leads import LeadSet
from ecgcore.studies.significance.contributions import subsets
from ecgcore.studies.significance.shares import rank_agreement


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
    defined = [pair for pair in pairs if pair is not None]
    return float(np.mean(defined)) if defined else None


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
    rows = {lead: np.array([beat[lead] for beat in per_beat]) for lead in leads}
    return {
        lead: (float(row.mean()), float(row.std(ddof=1)) if len(row) > 1 else 0.0)
        for lead, row in rows.items()
    }
