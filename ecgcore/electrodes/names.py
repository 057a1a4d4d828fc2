"""Limb leads under wrong names, upside down or of another size: told by Einthoven's and Goldberger's
equations alone, without any model.

Four or more limb leads contradict each other when one of them is not what it is called; where exactly one
of the usual mistakes cures that, it is named. What three leads say is left alone: too much would cure it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from ecgcore.ecg import Ecg
from ecgcore.lead_algebra import limb_violation
from ecgcore.leads import CABRERA, CHEST, LIMB, STANDARD

LIMB_MV = 0.05
"""Departure from the equations up to which they count as met: half a millimetre."""
BETTER = 4.0
"""A cure must leave at most this part of what contradicted before."""
SIZES = (0.1, 0.5, 2.0, 10.0)
ORDERS: dict[str, tuple[str, ...]] = {
    "chest leads first": (*CHEST, *LIMB),
    "aVL before aVR": ("I", "II", "III", "aVL", "aVR", "aVF", *CHEST),
    "aVF before aVL": ("I", "II", "III", "aVR", "aVF", "aVL", *CHEST),
    "aVF, aVL, aVR": ("I", "II", "III", "aVF", "aVL", "aVR", *CHEST),
    "Cabrera's": CABRERA,
    "reversed": STANDARD[::-1],
}
"""Orders in which files hold twelve leads; read as the standard order they give wrong names."""


@dataclass(frozen=True)
class Renaming:
    """What the leads are instead. true_name: recorded name -> true name, for those that differ. factor:
    recorded name -> by what its samples are multiplied to be right. text: one clause."""

    text: str
    true_name: Mapping[str, str] = field(default_factory=dict)
    factor: Mapping[str, float] = field(default_factory=dict)

    @property
    def leads(self) -> tuple[str, ...]:
        """The recorded names that are wrong, or whose samples are."""
        return tuple(lead for lead in STANDARD if lead in self.true_name or lead in self.factor)

    def apply(self, ecg: Ecg, note: str = "") -> Ecg:
        """The recording under true names and in true size."""
        signals = np.stack([self.factor.get(lead, 1.0) * ecg[lead] for lead in ecg.leads])
        names = tuple(self.true_name.get(lead, lead) for lead in ecg.leads)
        notes = (*ecg.notes, note) if note else ecg.notes
        return ecg.replace(signals=signals, leads=names, notes=notes)


def cure(ecg: Ecg, limit: float = LIMB_MV) -> Renaming | None:
    """The one usual mistake whose undoing makes the limb leads agree, or None: where they agree as they
    are, and where none or several would do."""
    if len(ecg.leads.limb) < 4:
        return None
    before = max(limb_violation(ecg).values())
    if before <= limit:
        return None
    cures: list[Renaming] = []
    for group in _mistakes(ecg):
        for renaming in group:
            after = max(limb_violation(renaming.apply(ecg)).values())
            if after <= limit and after <= before / BETTER:
                cures.append(renaming)
        if cures:
            return cures[0] if len(cures) == 1 else None
    return None


def _mistakes(ecg: Ecg) -> Iterator[list[Renaming]]:
    """Mistakes in groups, the likelier group first."""
    limb = ecg.leads.limb
    yield [
        Renaming(f"{first} and {other} look exchanged by name", {first: other, other: first})
        for first, other in combinations(limb, 2)
    ] + [Renaming(f"{lead} looks upside down", factor={lead: -1.0}) for lead in limb]
    if len(ecg.leads) == len(STANDARD):
        yield [_order(name, order) for name, order in ORDERS.items()]
    yield [
        Renaming(f"{lead} looks {_size(size)}", factor={lead: 1 / size}) for lead in limb for size in SIZES
    ]


def _order(name: str, order: tuple[str, ...]) -> Renaming:
    names = {read: true for read, true in zip(STANDARD, order, strict=True) if read != true}
    text = f"The leads look named in another order than the file's ({name})"
    turned = {STANDARD[order.index("aVR")]: -1.0} if order is CABRERA else {}
    return Renaming(text, names, turned)


def _size(size: float) -> str:
    return f"{size:g} times too large" if size > 1 else f"{1 / size:g} times too small"
