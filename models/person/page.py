"""A printed page completed by its own beats: the same-session reference that every 3x4 page holds.

A lead that is known for a stretch is a reference of its own: what the estimate from the leads known
throughout (the rhythm strip) misses of it there is learned as in ``models.person.reference`` and added
everywhere else. It counts ``SHARE``; the rest is the estimate from the leads known at the moment.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import detrend

from ecgcore.ecg import Reconstruction
from ecgcore.lead_algebra import with_derived
from ecgcore.leads import INDEPENDENT
from ecgcore.partial import PartialEcg, runs
from ecgcore.signals import HIGH_PASS_HZ, filter_array, resample_array
from models.person.beats import RATE
from models.person.correction import SESSION, lagged, regress
from models.person.intervals import interval_factors, interval_use
from models.person.reference import independent_rows
from models.reconstruct import reconstruct

SHARE = 0.9
"""Chosen on every other recording of PTB-XL fold 9, cut into pages with II throughout."""
SHORTEST_S = 1.5
"""A lead known for less in one stretch teaches nothing."""


class OwnBeats:
    """What the stretches of a partly known recording say of one another."""

    def __init__(self, ecg: PartialEcg, generic: Reconstruction) -> None:
        self.ecg, self.generic = ecg, generic
        self.rows = independent_rows(generic)
        heart = filter_array(self.rows, ecg.rate, HIGH_PASS_HZ)
        self.design = lagged(resample_array(heart, ecg.rate, RATE).astype(np.float64))

    def estimate(self, lead: str) -> np.ndarray | None:
        """(n_samples,) mV of one of the independent leads, or None where no stretch of it is long enough."""
        recorded = self._known(lead)
        spans = [
            (first, stop)
            for first, stop in runs(np.isfinite(recorded))
            if stop - first >= SHORTEST_S * self.ecg.rate
        ]
        if not spans:
            return None
        row = self.rows[INDEPENDENT.index(lead)]
        columns, missed = [], []
        for first, stop in spans:
            residual = detrend(recorded[first:stop].astype(np.float64) - row[first:stop])
            residual = resample_array(residual, self.ecg.rate, RATE)
            start = round(first * RATE / self.ecg.rate)
            part = self.design[:, start : start + len(residual)]
            columns.append(part)
            missed.append(residual[: part.shape[1]])
        learn, residuals = np.concatenate(columns, 1), np.concatenate(missed)
        missing = regress(learn, residuals[None], SESSION).at(self.design)[0]
        added = resample_array(missing.astype(np.float32), RATE, self.ecg.rate)
        added = np.pad(added, (0, max(0, len(row) - len(added))), mode="edge")[: len(row)]
        return (row + added).astype(np.float32)

    def half_width(self, lead: str) -> np.ndarray | None:
        """(n_samples,) mV of the 90 % interval, calibrated for a same-session reference of 2 s; None without
        calibration."""
        generic = self.generic
        factors = interval_factors(
            generic.model, generic.weights, interval_use("session", generic.ecg.name), generic.inputs
        )
        half = generic.half_width(lead)
        return None if factors is None or half is None else half * factors[generic.ecg.leads.index(lead)]

    def _known(self, lead: str) -> np.ndarray:
        """(n_samples,) mV as recorded or derived, NaN where neither."""
        row = np.full(self.ecg.n_samples, np.nan, np.float32)
        for moment in self.ecg.moments:
            if lead in moment.leads.determined:
                part = with_derived(self.ecg.between(moment.first, moment.stop, moment.leads))
                row[moment.first : moment.stop] = part[lead]
        return row


def own_beats(ecg: PartialEcg, model: str) -> OwnBeats | None:
    """For a recording of which some leads are known throughout and others for a while; else None."""
    rhythm = ecg.throughout()
    if rhythm is None or not ecg.leads.determined - rhythm.leads.determined:
        return None
    return OwnBeats(ecg, reconstruct(rhythm, rhythm.leads, model))
