"""Einthoven's law and Goldberger's equations as linear algebra on the two independent limb leads.

III = II - I, aVR = -(I + II)/2, aVL = I - II/2, aVF = II - I/2 (AHA/ACCF/HRS 2007,
doi:10.1161/CIRCULATIONAHA.106.180200). Any two different limb leads fix the other four.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np

from ecgcore.ecg import Ecg
from ecgcore.leads import INDEPENDENT, LIMB, STANDARD, LeadSet

LIMB_FROM_I_II: dict[str, tuple[float, float]] = {
    "I": (1.0, 0.0),
    "II": (0.0, 1.0),
    "III": (-1.0, 1.0),
    "aVR": (-0.5, -0.5),
    "aVL": (1.0, -0.5),
    "aVF": (-0.5, 1.0),
}


@cache
def standard_from_independent() -> np.ndarray:
    """(12, 8), read-only: the twelve standard leads from I, II, V1-V6."""
    matrix = np.zeros((len(STANDARD), len(INDEPENDENT)))
    for row, lead in enumerate(STANDARD):
        if lead in LIMB_FROM_I_II:
            matrix[row, :2] = LIMB_FROM_I_II[lead]
        else:
            matrix[row, INDEPENDENT.index(lead)] = 1.0
    matrix.setflags(write=False)
    return matrix


def observation(leads: LeadSet) -> np.ndarray:
    """(n_leads, 8): how the given leads are seen from I, II, V1-V6."""
    return standard_from_independent()[[STANDARD.index(lead) for lead in leads]]


def independent_count(leads: LeadSet) -> int:
    """Number of independent leads among these, 1 to 8: three limb leads are two."""
    return int(np.linalg.matrix_rank(observation(leads)))


def i_and_ii(ecg: Ecg) -> np.ndarray | None:
    """(2, n) mV: leads I and II by least squares over all limb leads present, or None when fewer than two are
    there.

    I and II themselves are taken as recorded where both are present.
    """
    if "I" in ecg.leads and "II" in ecg.leads:
        return np.stack([ecg["I"], ecg["II"]])
    limb = ecg.leads.limb
    if len(limb) < 2:
        return None
    matrix = np.array([LIMB_FROM_I_II[lead] for lead in limb])
    return (np.linalg.pinv(matrix) @ np.stack([ecg[lead] for lead in limb]).astype(np.float64)).astype(
        np.float32
    )


def with_derived(ecg: Ecg) -> Ecg:
    """The recording and all limb leads that follow exactly from it; leads already present stay as
    recorded."""
    two = i_and_ii(ecg)
    absent = LeadSet(LIMB) - ecg.leads
    if two is None or not absent:
        return ecg
    rows = np.array([LIMB_FROM_I_II[lead] for lead in absent], dtype=np.float32) @ two
    return ecg.replace(signals=np.concatenate([ecg.signals, rows]), leads=(*ecg.leads, *absent))


def with_recorded_leads(ecg: Ecg) -> Ecg:
    """Without the leads that hold one value throughout: a file that keeps a place for them did not record
    them. They are named in a note; a recording of nothing else stays as it is."""
    few = ecg.signals[:, :: max(1, ecg.n_samples // 4)]
    quiet = (few == few[:, :1]).all(1)  # most leads are told by these
    flat = LeadSet(
        lead for lead, same in zip(ecg.leads, quiet, strict=True) if same and not np.ptp(ecg[lead])
    )
    if not flat or flat == ecg.leads:
        return ecg
    note = f"Flat throughout, as if never connected, and taken as not recorded: {' '.join(flat)}."
    return ecg.pick(ecg.leads - flat).replace(notes=(*ecg.notes, note))


def nearest_lawful(rows: dict[str, np.ndarray], measured: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Estimated limb leads moved, by least squares, to the nearest that obey the laws together with a
    measured one.

    rows: limb lead -> (n,) mV, estimated. measured: at most one limb lead; it stays as it is. Answers as many
    leads as were given.
    """
    law = np.array([LIMB_FROM_I_II[lead] for lead in rows])
    wanted = np.stack(list(rows.values())).astype(np.float64)
    see = np.array([LIMB_FROM_I_II[lead] for lead in measured]).reshape(-1, 2)
    given = (
        np.stack([row.astype(np.float64) for row in measured.values()])
        if measured
        else np.zeros((0, wanted.shape[1]))
    )
    fixed = np.linalg.pinv(see) @ given  # (2, n) of I and II that the input lead tells
    free = np.linalg.svd(see)[2][len(see) :].T if measured else np.eye(2)
    two = fixed + free @ (np.linalg.pinv(law @ free) @ (wanted - law @ fixed))
    return dict(zip(rows, (law @ two).astype(np.float32), strict=True))


def limb_violation(ecg: Ecg) -> dict[str, float]:
    """Largest departure of each limb lead from what the others say, in mV, after the departure's median is
    removed.

    A constant offset is an amplifier's, not a broken law. (Medians of the leads themselves do not obey the
    law: removing those would invent departures of some 30 uV.) The 99th percentile over samples is taken, so
    that single outliers (the last samples of some files) do not decide. Empty when fewer than three limb
    leads are there.
    """
    limb = ecg.leads.limb
    if len(limb) < 3:
        return {}
    rows = np.stack([ecg[lead] for lead in limb]).astype(np.float64)
    matrix = np.array([LIMB_FROM_I_II[lead] for lead in limb])
    worst = {}
    for row, lead in enumerate(limb):
        others = [other for other in range(len(limb)) if other != row]
        departure = rows[row] - matrix[row] @ (np.linalg.pinv(matrix[others]) @ rows[others])
        worst[lead] = float(np.quantile(np.abs(departure - np.median(departure)), 0.99))
    return worst


def exchanged_names(ecg: Ecg, limit: float) -> tuple[str, str] | None:
    """The two limb leads whose names must be exchanged for the equations to hold within ``limit`` mV, or
    None.

    None too where they hold as named, where no or more than one exchange helps, and below four limb leads. I
    and II or I and III cannot be told from a change of sign alone, so an answer is only given where the
    algebra leaves one.
    """
    limb = ecg.leads.limb
    if len(limb) < 4 or max(limb_violation(ecg).values()) <= limit:
        return None
    cures = []
    for first, second in combinations(limb, 2):
        names = {first: second, second: first}
        renamed = Ecg.from_leads({names.get(lead, lead): ecg[lead] for lead in limb}, ecg.rate)
        if max(limb_violation(renamed).values()) <= limit:
            cures.append((first, second))
    return cures[0] if len(cures) == 1 else None
