"""Shares of leads, and how alike two rankings are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


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
