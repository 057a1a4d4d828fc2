"""The commonest beat of the reference, of today's recording and of both estimates, side by side."""

from __future__ import annotations

import numpy as np

from ecgcore.ecg import Ecg
from ecgcore.leads import LeadSet
from ecgcore.measurements.beats import find_beats
from ecgcore.measurements.detector import RATE as BEAT_RATE
from ecgcore.signals import HIGH_PASS_HZ, filter_array, resample_array
from models.person.beats import RATE, median_of
from models.person.reference import PersonalEstimate

REFERENCE, TODAY, GENERIC, PERSONAL = "reference", "recorded today", "generic estimate", "personal estimate"


def median_beats(truth: Ecg, reference: Ecg, result: PersonalEstimate) -> dict[str, dict[str, np.ndarray]]:
    """By recording or estimate and estimated lead: (n,) mV at 100 Hz above 0.5 Hz, from .3 s before the R
    point to .5 s behind it. What holds no whole beat, or not the lead, is left out."""
    inputs, leads = result.generic.inputs, result.generic.estimated
    today = _r_points(truth, inputs)
    sources = {
        REFERENCE: (reference, _r_points(reference, inputs)),
        TODAY: (truth, today),
        GENERIC: (result.generic.ecg, today),
        PERSONAL: (result.personal.ecg, today),
    }
    beats = {name: _of(ecg, leads, at) for name, (ecg, at) in sources.items()}
    return {name: rows for name, rows in beats.items() if rows}


def _of(ecg: Ecg, leads: LeadSet, at: np.ndarray) -> dict[str, np.ndarray]:
    there = leads & ecg.leads
    if not there:
        return {}
    rows = resample_array(filter_array(ecg.pick(there).signals, ecg.rate, HIGH_PASS_HZ), ecg.rate, RATE)
    medians = median_of(rows.astype(np.float64), at, RATE)
    return {} if medians is None else dict(zip(there, medians, strict=True))


def _r_points(ecg: Ecg, inputs: LeadSet) -> np.ndarray:
    """Samples at 100 Hz of the beats of the commonest kind, found in the input leads."""
    rows = filter_array(ecg.pick(inputs & ecg.leads).signals, ecg.rate, HIGH_PASS_HZ)
    beats = find_beats(resample_array(rows, ecg.rate, BEAT_RATE).astype(np.float64))
    return np.rint(beats.of_kind(0) * RATE / BEAT_RATE).astype(int)
