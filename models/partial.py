"""From leads that are known only part of the time to twelve leads over all of it.

At each moment the leads known then are the inputs. The model sees them over the widest stretch in which they
are all known, and the moment's part is taken. Neighbouring moments know different leads, so their estimates
do not meet: the step is taken out of the estimated side over ``FADE_S``, half of it from either where both
are estimated. Recorded and derived samples are never moved.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.lead_algebra import LIMB_FROM_I_II, nearest_lawful, with_derived
from ecgcore.leads import INDEPENDENT, LIMB, STANDARD, LeadSet
from ecgcore.partial import BRIDGED_S, Moment, PartialEcg, PartialReconstruction, source_at
from models.base import families
from models.person.page import SHARE, OwnBeats, own_beats
from models.reconstruct import ModelInfo, available, reconstruct, weights_of
from models.sites import Calibration

FADE_S = 0.1
"""Seconds over which the step between two moments is spread, on either side."""
SHORTEST_S = 1.0
"""What a model must see at least; a lead known for less around a moment is kept, but is no input."""
Z_90 = 1.645


def reconstruct_partial(
    ecg: PartialEcg, model: str, calibration: Calibration | None = None, *, person: bool = True
) -> PartialReconstruction:
    """Twelve leads over the whole time, each stretch from the leads known then, by the model of that name.
    calibration: as for ``reconstruct``.

    person: whether a lead's own beats, from where it is known, correct it where it is estimated; see
    ``models.person.page``.
    Raises UnusableEcg where no lead is known for more than ``BRIDGED_S``, for a model that is fitted on the
    recording itself, and where the model does not work from the leads of some moment.
    """
    family = families().get(model)
    if family is not None and family.personal:
        raise UnusableEcg(
            "A model that is fitted on the recording itself needs all leads for a while; choose another."
        )
    filled = _Filled(ecg, model, calibration)
    for moment in ecg.moments:
        filled.fill(moment)
    filled.bridge()
    if person and (own := own_beats(ecg, model)):
        filled.complete(own)
    filled.join()
    return PartialReconstruction(
        ecg=Ecg(filled.signals, LeadSet(STANDARD), ecg.rate, ecg.name, ecg.notes, ecg.simulated),
        moments=ecg.moments,
        model=model,
        weights=weights_of(model),
        interval=filled.half if filled.has_interval else None,
        warnings=tuple(dict.fromkeys(filled.warnings)),
        rung=filled.rung if filled.has_interval else "",
    )


def models_for(ecg: PartialEcg) -> tuple[ModelInfo, ...]:
    """The stored models that work from the leads of every moment, best first."""
    sets = {moment.leads for moment in ecg.moments if moment.leads}
    return tuple(info for info in available() if not info.personal and all(map(info.accepts, sets)))


class _Filled:
    """The twelve rows while they are being filled."""

    def __init__(self, ecg: PartialEcg, model: str, calibration: Calibration | None) -> None:
        self.ecg, self.model, self.calibration = ecg, model, calibration
        self.rung = ""
        self.signals = np.full((len(STANDARD), ecg.n_samples), np.nan, np.float32)
        self.half = np.zeros_like(self.signals)
        self.has_interval = True
        self.warnings: list[str] = []
        self.answer = cache(self._answer)

    def _answer(self, first: int, stop: int, leads: LeadSet) -> Reconstruction:
        return reconstruct(self.ecg.between(first, stop, leads), leads, self.model, self.calibration)

    def fill(self, moment: Moment) -> None:
        """The moment's recorded and derived rows as they are, the others from the model; NaN where nothing is
        known long enough to ask it."""
        span = slice(moment.first, moment.stop)
        if inputs := self._inputs(moment):
            first, stop = self.ecg.around(moment.first, moment.stop, inputs)
            answer = self.answer(first, stop, inputs)
            inside = slice(moment.first - first, moment.stop - first)
            self.signals[:, span] = answer.ecg.signals[:, inside]
            self.has_interval &= answer.interval is not None
            self.rung = answer.rung or self.rung
            if answer.interval is not None:
                self.half[:, span] = answer.interval[:, inside]
            self.warnings += answer.warnings
        if moment.leads:
            exact = with_derived(self.ecg.between(moment.first, moment.stop, moment.leads))
            for lead in exact.leads:
                self.signals[STANDARD.index(lead), span] = exact[lead]
                self.half[STANDARD.index(lead), span] = 0

    def _inputs(self, moment: Moment) -> LeadSet:
        """The moment's leads, without those known too briefly around it."""
        inputs = moment.leads
        while inputs:
            spans = {lead: self.ecg.around(moment.first, moment.stop, LeadSet(lead)) for lead in inputs}
            first, stop = self.ecg.around(moment.first, moment.stop, inputs)
            if stop - first >= SHORTEST_S * self.ecg.rate:
                return inputs
            inputs = inputs - (min(inputs, key=lambda lead: spans[lead][1] - spans[lead][0]),)
        return inputs

    def complete(self, own: OwnBeats) -> None:
        """Let the leads' own beats, from where they are known, speak where they are estimated."""
        for lead in INDEPENDENT:
            estimate = own.estimate(lead)
            if estimate is None:
                continue
            row, half = STANDARD.index(lead), own.half_width(lead)
            for moment in self.ecg.moments:
                if source_at(moment, lead) == "estimated" and moment.leads:
                    span = slice(moment.first, moment.stop)
                    self.signals[row, span] += SHARE * (estimate[span] - self.signals[row, span])
                    if half is not None:
                        self.half[row, span] = half[span]
        self._limb_from_two()

    def _limb_from_two(self) -> None:
        """The estimated limb leads from I and II, which may have moved, and their half width."""
        two = self.signals[:2]
        for moment in self.ecg.moments:
            span = slice(moment.first, moment.stop)
            for lead in LIMB:
                if source_at(moment, lead) == "estimated" and lead not in ("I", "II"):
                    row, (a, b) = STANDARD.index(lead), LIMB_FROM_I_II[lead]
                    self.signals[row, span] = a * two[0, span] + b * two[1, span]
                    self.half[row, span] = np.hypot(a * self.half[0, span], b * self.half[1, span])

    def bridge(self) -> None:
        """Straight lines over short intervals in which no lead is known; as uncertain as the lead itself
        varies."""
        unknown = [moment for moment in self.ecg.moments if not self._inputs(moment)]
        for moment in unknown:
            span = slice(moment.first, moment.stop)
            if moment.stop - moment.first > BRIDGED_S * self.ecg.rate:
                raise UnusableEcg(
                    f"From {moment.first / self.ecg.rate:.2f} to {moment.stop / self.ecg.rate:.2f} s no "
                    "lead is known "
                    f"for long enough; at least one is needed at every moment."
                )
            for row, values in enumerate(self.signals):
                finite = np.flatnonzero(np.isfinite(values))
                gap = moment.first + np.flatnonzero(np.isnan(values[span]))
                values[gap] = np.interp(gap, finite, values[finite])
                self.half[row, gap] = Z_90 * np.nanstd(values)
            self.warnings.append(
                f"From {moment.first / self.ecg.rate:.2f} to {moment.stop / self.ecg.rate:.2f} s no lead is "
                "known: "
                "a straight line is drawn."
            )

    def join(self) -> None:
        """Take the steps between moments out of the estimated samples."""
        moments = self.ecg.moments
        for before, after in pairwise(moments):
            for row, lead in enumerate(STANDARD):
                free = [source_at(moment, lead) == "estimated" for moment in (before, after)]
                if any(free):
                    self._close(self.signals[row], before, after, *free)
        for moment in moments:
            self._obey(moment)

    def _close(self, values: np.ndarray, before: Moment, after: Moment, left: bool, right: bool) -> None:
        edge, share = after.first, 0.5 if left and right else 1.0
        step = _step(values, edge)
        if left:
            n = self._reach(before)
            values[edge - n : edge] += share * step * _ramp(n)[::-1]
        if right:
            n = self._reach(after)
            values[edge : edge + n] -= share * step * _ramp(n)

    def _reach(self, moment: Moment) -> int:
        return max(1, min(round(FADE_S * self.ecg.rate), (moment.stop - moment.first) // 2))

    def _obey(self, moment: Moment) -> None:
        """The limb laws where the joining has moved estimated limb leads."""
        limb = moment.leads.limb
        if len(limb) > 1:
            return
        span = slice(moment.first, moment.stop)
        rows = {lead: self.signals[STANDARD.index(lead), span] for lead in LIMB}
        lawful = nearest_lawful(
            {lead: rows[lead] for lead in LIMB if lead not in limb}, {lead: rows[lead] for lead in limb}
        )
        for lead, values in lawful.items():
            self.signals[STANDARD.index(lead), span] = values


def _step(values: np.ndarray, edge: int) -> float:
    """What is left of the jump at an edge once the mean slope of both sides is taken off, mV."""
    slopes = [values[place + 1] - values[place] for place in (edge - 2, edge) if 0 <= place < len(values) - 1]
    return float(values[edge] - values[edge - 1] - np.mean(slopes))


def _ramp(n: int) -> np.ndarray:
    """(n,) from one down to zero, smooth at both ends."""
    return 0.5 + 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / n)
