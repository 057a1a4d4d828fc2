"""A recording as it would be with every electrode in its place, as far as that follows exactly."""

from __future__ import annotations

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.electrodes.arrangements import Arrangement
from ecgcore.electrodes.check import ElectrodeCheck
from ecgcore.lead_algebra import observation
from ecgcore.leads import CHEST, INDEPENDENT, STANDARD, LeadSet

EXACT = 1e-9
CORRECTED = "Shown as corrected: "
"""How the note begins that a corrected recording carries wherever it goes."""


def recorded_as(ecg: Ecg, arrangement: Arrangement) -> Ecg:
    """What the same heart gives under an arrangement. Needs the leads that the arrangement mixes.

    Raises UnusableEcg where a recorded lead would come from one that is not there.
    """
    rows = observation(ecg.leads) @ arrangement.matrix
    signals = [_from(ecg, row) for row in rows]
    lacking = LeadSet(lead for lead, signal in zip(ecg.leads, signals, strict=True) if signal is None)
    if lacking:
        raise UnusableEcg(
            f"{arrangement.text}: what {', '.join(lacking)} would show does not follow from {ecg.leads}."
        )
    return ecg.replace(signals=np.stack([signal for signal in signals if signal is not None]))


def corrected(ecg: Ecg, arrangement: Arrangement) -> Ecg:
    """The recording with the arrangement undone and a note that says so: each lead that follows exactly.

    Leads that do not follow (all that Wilson's terminal or a lost limb lead touches, when the right leg's
    cable was moved) are left out. Raises UnusableEcg where none follows.
    """
    mixed = observation(ecg.leads) @ arrangement.matrix
    signals = {lead: _undone(ecg, mixed, lead) for lead in STANDARD}
    there = LeadSet(lead for lead, signal in signals.items() if signal is not None)
    kept = there & ecg.leads
    kept |= there - kept.determined
    if not kept:
        raise UnusableEcg(f"{arrangement.text}: no lead of the recording can be corrected exactly.")
    lost = ecg.leads - kept.determined
    note = f"{CORRECTED}{undone(arrangement)}"
    note += f" ({', '.join(lost)} cannot be recovered exactly and are left out)." if lost else "."
    rows = np.stack([signals[lead] for lead in kept])  # type: ignore[misc]
    return ecg.replace(signals=rows, leads=kept, notes=(*ecg.notes, note))


def as_answered(ecg: Ecg, answer: ElectrodeCheck) -> Ecg:
    """The recording with what the check names undone. Raises UnusableEcg where nothing follows exactly."""
    if answer.mistake is not None:
        ecg = answer.mistake.apply(ecg, f"{CORRECTED}leads named and turned as the limb equations want it.")
    return corrected(ecg, answer.likeliest) if answer.exchanged else ecg


def correction_notes(ecg: Ecg) -> tuple[str, ...]:
    """What was corrected in a recording, a sentence each."""
    return tuple(note for note in ecg.notes if note.startswith(CORRECTED))


def undone(arrangement: Arrangement) -> str:
    """What a correction does, as a clause: "V2 and V5 exchanged back"."""
    names = arrangement.electrodes
    listed = "all leads" if len(names) == len(INDEPENDENT) else ", ".join(names)
    by_kind = {
        "gain": f"{listed} brought back to its own size",
        "polarity": f"{listed} turned over",
        "one space high": "V1 and V2 moved down by a model, no measurement",
        "chest reversed": "V1 to V6 put into their order",
        "lead order": "leads named in their own order",
    }
    pair = f"{' and '.join(names)} exchanged back" if len(names) == 2 else f"{listed} put back in place"
    return by_kind.get(arrangement.kind, pair)


def _undone(ecg: Ecg, mixed: np.ndarray, lead: str) -> np.ndarray | None:
    """One true lead from the recorded ones, whose rows of true leads are ``mixed``; a recorded lead that is
    it, or its negative, as it is."""
    own = observation(LeadSet([lead]))[0]
    if lead in ecg.leads and np.allclose(mixed[ecg.leads.index(lead)], own):
        return ecg[lead]
    return _combined(ecg, mixed, own)


def _from(ecg: Ecg, row: np.ndarray) -> np.ndarray | None:
    """A combination of true I, II, V1-V6 from recorded leads that are true; None where it does not follow."""
    return _combined(ecg, observation(ecg.leads), row)


def _combined(ecg: Ecg, rows: np.ndarray, wanted: np.ndarray) -> np.ndarray | None:
    """The signal (n,) mV of a wanted row of true leads (8,) from the recorded ones, whose rows are (n_leads,
    8): one of them or its negative as it is, else their combination; None where there is none."""
    for row, signal in zip(rows, ecg.signals, strict=True):
        for factor in (1.0, -1.0):
            if np.allclose(factor * row, wanted):
                return np.asarray(factor * signal)
    weights = wanted @ np.linalg.pinv(rows, rcond=1e-9)
    if np.abs(weights @ rows - wanted).max() > EXACT:
        return None
    return np.asarray(weights @ ecg.signals.astype(np.float64), np.float32)


def measured_leads(inputs: LeadSet, arrangement: Arrangement) -> LeadSet:
    """The input leads under the names of the leads that they truly recorded, as after two chest electrodes
    were exchanged."""
    if arrangement.kind not in ("chest exchange", "chest rotation", "chest reversed"):
        return inputs
    see = observation(LeadSet(CHEST)) @ arrangement.matrix
    true = {lead: CHEST[int(np.argmax(np.abs(row[2:])))] for lead, row in zip(CHEST, see, strict=True)}
    return LeadSet(true.get(lead, lead) for lead in inputs)
