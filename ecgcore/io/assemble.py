"""The last step of every reader: named rows in mV become an Ecg, with a note for everything that had to be
done."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import with_derived
from ecgcore.leads import STANDARD, LeadSet, lead_name

MAX_GAP_S = 0.2
"""Longest run of missing samples that is bridged by a straight line; below one beat's QRS-T it cannot invent
a beat."""


MIN_PADDING = 20
"""Shortest run of last samples, all repeating one value in every lead, that counts as padding: 40 ms at 500
Hz. The converters of eight and more leads never stand still together for so long while a patient is
connected. PTB-XL's 500 Hz files have about 50."""
MIN_LEADS_FOR_PADDING = 8


def assemble(
    rows: Iterable[tuple[str, np.ndarray]], rate: float, name: str = "recording", notes: Iterable[str] = ()
) -> Ecg:
    """An Ecg from labels as the file spells them and samples in mV (equal lengths, NaN where missing).

    Signals that are no standard lead are left out. Short gaps are bridged, leads with long ones left out,
    limb leads that follow exactly from others added; each with a note. Raises UnusableEcg.
    """
    said = list(notes)
    leads: dict[str, np.ndarray] = {}
    others = []
    for label, samples in rows:
        lead = lead_name(label)
        if lead is None:
            others.append(label.strip()[:20])
        elif lead in leads:
            raise UnusableEcg(f"Lead {lead} is there more than once.")
        else:
            leads[lead] = np.asarray(samples)
    if not leads:
        found = ", ".join(others[:12]) or "no signals at all"
        raise UnusableEcg(f"No standard lead among {found}; the leads are {' '.join(STANDARD)}.")
    if len({samples.size for samples in leads.values()}) > 1:
        raise UnusableEcg("The leads differ in length, so they were not recorded simultaneously.")
    if not np.isfinite(rate) or rate <= 0:
        raise UnusableEcg(f"A sampling rate of {rate:g} Hz is not possible.")
    if others:
        said.append(f"Left out, as they are none of the twelve standard leads: {', '.join(others)}.")
    leads = _without_gaps(leads, rate, said)
    ecg = Ecg.from_leads(leads, rate, name=name, notes=tuple(said))
    return without_padding(_completed(ecg))


def _without_gaps(leads: dict[str, np.ndarray], rate: float, said: list[str]) -> dict[str, np.ndarray]:
    kept, bridged, dropped = {}, [], []
    for lead, samples in leads.items():
        good = np.isfinite(samples)
        if good.all():
            kept[lead] = samples
        elif longest_run(~good) > MAX_GAP_S * rate:
            dropped.append(f"{lead} (missing {longest_run(~good) / rate:.2g} s)")
        else:
            where = np.arange(samples.size)
            kept[lead] = np.interp(where, where[good], samples[good])
            bridged.append(lead)
    if not kept:
        raise UnusableEcg(f"No lead is without gaps longer than {MAX_GAP_S:g} s: {', '.join(dropped)}.")
    if bridged:
        said.append(
            f"Gaps of at most {MAX_GAP_S:g} s were bridged by straight lines in {' '.join(LeadSet(bridged))}."
        )
    if dropped:
        said.append(
            f"Left out, as samples are missing for longer than {MAX_GAP_S:g} s: {', '.join(dropped)}."
        )
    return kept


def longest_run(flags: np.ndarray) -> int:
    """Length of the longest run of true values in (n,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def without_padding(ecg: Ecg) -> Ecg:
    """The recording without samples at its end that all repeat the last one in every lead; a note says so."""
    still = (ecg.signals == ecg.signals[:, -1:]).all(axis=0)
    run = int(np.argmin(still[::-1])) - 1  # samples that repeat the one before
    if still.all() or run < MIN_PADDING or len(ecg.leads) < MIN_LEADS_FOR_PADDING:
        return ecg
    note = f"The last {run} samples repeat one value in every lead; they are padding and were cut off."
    return ecg.replace(signals=ecg.signals[:, : ecg.n_samples - run], notes=(*ecg.notes, note))


def _completed(ecg: Ecg) -> Ecg:
    derived = ecg.leads.derived
    if not derived:
        return ecg
    note = f"Derived exactly from the other limb leads (Einthoven, Goldberger): {' '.join(derived)}."
    return with_derived(ecg).replace(notes=(*ecg.notes, note))
