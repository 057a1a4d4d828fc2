"""The same person: what a 12-lead recording on file adds to an estimate from few leads.

With one or two input leads most of the squared error repeats at every beat: it is a constant of the person
that the inputs do not hold. In a reference recording R, where all leads are known, the generic model is given
the same input leads; what it misses there, Y - E, is regressed on its own estimate E, its shifts in time and,
in the same session, its likeness to the moments of R (``models.person.correction``), and what that says of
today's estimate is added to it. For another visit, when electrodes were placed anew and the heart may have
changed, it counts in part, and so does the residual median beat of R, laid on every beat of the same kind.
Where R is the beginning of the recording, E sees what comes after R too: the input leads go on.

All of it lies in the space that the inputs leave free, so input and derived leads stay untouched.
Everything happens at 100 Hz above 0.5 Hz; the correction is resampled to the recording's own rate.

The estimate stays generic, with a sentence that says why, where the reference cannot be trusted: its beats
are of another kind, its leads contradict each other, electrodes look exchanged in it or between it and today,
or it does not lower the error on its own second half. Beats of another kind than the reference's keep the
generic estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.evaluation.metrics import lead_metrics
from ecgcore.lead_algebra import (
    i_and_ii,
    independent_count,
    limb_violation,
    standard_from_independent,
)
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from ecgcore.measurements.beats import Beats, find_beats
from ecgcore.measurements.detector import RATE as BEAT_RATE
from ecgcore.signals import HIGH_PASS_HZ, filter_array, resample_array
from models.electrodes.scores import check_or_none
from models.person.beats import ALIKE, RATE, median_beat, median_of, same_kind
from models.person.correction import SESSION, Correction, Recipe, apply, fit, second_half
from models.person.intervals import Use, interval_factors, interval_use, rung_of
from models.reconstruct import reconstruct

USES: dict[Use, str] = {"session": "the same session", "visit": "another visit"}
SHORTEST_S = 1.0
JUDGED_S = 4.0
"""A shorter reference cannot be judged on its own second half: half of it holds a beat or two."""
CONTEXT_S = 8.0
"""What the estimate beside a reference sees of the recording behind it."""


@dataclass(frozen=True, eq=False)
class Reference:
    """A recording of the same person that holds I, II and V1-V6, or what they follow from.

    use: recorded in the same "session", electrodes untouched, or at another "visit". within: the recording
    that it is the beginning of, so that the estimate beside it sees what follows. Raises UnusableEcg.
    """

    ecg: Ecg
    use: Use
    within: Ecg | None = None

    def __post_init__(self) -> None:
        missing = LeadSet(INDEPENDENT) - self.ecg.leads.determined
        if missing:
            raise UnusableEcg(
                f"A reference recording needs all twelve leads; {', '.join(missing)} cannot be had from its "
                f"{self.ecg.leads}."
            )
        if self.ecg.duration < SHORTEST_S:
            raise UnusableEcg(
                f"The reference lasts {self.ecg.duration:.1f} s; at least {SHORTEST_S:g} s are needed."
            )


@dataclass(frozen=True, eq=False)
class PersonalEstimate:
    """Both estimates of one recording.

    personal: equal to generic where the reference is not used; reason: then why, else "". similarity:
    correlation of the input leads' median beats, reference and now; None without beats. error_uv: RMS error
    of the missing leads in the second half of the reference, generic and with what its first half says; None
    where not judged.
    """

    generic: Reconstruction
    personal: Reconstruction
    use: Use
    reason: str = ""
    similarity: float | None = None
    error_uv: tuple[float, float] | None = None
    copy_index: float | None = None

    @property
    def used(self) -> bool:
        """Whether the reference changed the estimate."""
        return not self.reason

    @property
    def sentence(self) -> str:
        """What the reference did, for people."""
        if self.reason:
            return self.reason
        before, after = self.error_uv or (0.0, 0.0)
        return (
            f"Personal estimate from a reference of {USES[self.use]}: beats of the input leads alike "
            f"(correlation {self.similarity:.2f}); error on the reference's own second half {before:.0f} µV "
            "generic, "
            f"{after:.0f} µV personal. A change since the reference may not show in full."
        )


def recipe_for(use: Use, inputs: LeadSet) -> Recipe:
    """Chosen on PTB-XL: fold 9 for the same session, patients with several recordings for another visit.

    Tried for another visit, scored where the reference is used and cross-fitted by patient (302 pairs of 85):
    k, and the reference's own median beat in place of what is missed there. I gains .006, II .006, I+II .005,
    I+II+V2 .001 in r, but of what changed since the reference I shows .29 in place of .35, I+II .31 in place
    of .40, so it is left out. Weights of their own for each lead, for QRS and the rest, or by similarity add
    .001 at most.
    """
    if use == "session":
        return SESSION
    independent = independent_count(inputs)
    linear, beat = ((0.4, 0.28), (0.4, 0.22))[independent - 1] if independent < 3 else (0.25, 0.2)
    return Recipe(0.3, linear, beat)


def personal_estimate(ecg: Ecg, inputs: LeadSet, model: str, reference: Reference) -> PersonalEstimate:
    """Generic and personal estimate of a recording by the model of that name. Raises UnusableEcg."""
    generic = reconstruct(ecg, inputs, model)
    reason = contradiction(reference.ecg) or exchanged(ecg.pick(inputs), reference)
    similarity, error_uv = None, None
    correction, beats = None, Beats(np.zeros(0, int), np.zeros(0, int))
    own_rows, rows = _beat_rows(reference.ecg, inputs), _beat_rows(ecg, inputs)
    own_beats = find_beats(own_rows)
    if not reason:
        own = median_of(own_rows, own_beats.of_kind(0), BEAT_RATE)
        similarity, beats = same_kind(own, rows, find_beats(rows))
        reason = _unlike(similarity)
    if not reason:
        recipe = recipe_for(reference.use, inputs)
        beside = reference.within or reference.ecg
        of_reference = generic if beside.digest == ecg.digest else reconstruct(beside, inputs, model)
        truth, estimate = both_sides(reference.ecg, of_reference)
        if reference.ecg.duration >= JUDGED_S:
            error_uv = second_half(truth, estimate, own_beats, recipe)
            reason = _no_gain(error_uv)
        correction = fit(truth, estimate, own_beats, recipe)
    if reason or correction is None:
        return PersonalEstimate(generic, generic, reference.use, reason, similarity, error_uv)
    personal = corrected(generic, correction, beats, reference.use, reference.ecg.duration)
    copied = copy_index(generic, personal, beats, median_beat(truth, own_beats.of_kind(0)))
    return PersonalEstimate(generic, personal, reference.use, "", similarity, error_uv, copied)


def copy_index(
    generic: Reconstruction, personal: Reconstruction, beats: Beats, own: np.ndarray | None
) -> float | None:
    """Where the personal median beat lies between the generic one (0) and the reference's own (1), as part
    of the way in its direction. own: (8, n) mV at RATE; None without beats."""
    at, rate = beats.of_kind(0), generic.ecg.rate
    sides = [median_beat(_heart(independent_rows(result), rate), at) for result in (generic, personal)]
    if own is None or any(side is None for side in sides):
        return None
    way, gone = own - sides[0], sides[1] - sides[0]
    length = float(np.sum(np.square(way)))
    return float(np.sum(gone * way)) / length if length else None


def from_start(ecg: Ecg, seconds: float, inputs: LeadSet, model: str) -> PersonalEstimate:
    """The same session: the first seconds of a recording, with all their leads, are the reference for the
    rest.

    The estimates cover the whole recording; what was fitted on is ``fitted_until``. Raises UnusableEcg.
    """
    if seconds >= ecg.duration:
        raise UnusableEcg(
            f"The reference takes {seconds:g} s of a recording of {ecg.duration:.1f} s; nothing would be "
            "left."
        )
    result = personal_estimate(ecg, inputs, model, beginning(ecg, seconds))
    if not result.used:
        return result
    return replace(result, personal=replace(result.personal, fitted_until=seconds))


def beginning(ecg: Ecg, seconds: float) -> Reference:
    """The first seconds of a recording as reference of the same session."""
    within = ecg.cut(0, min(ecg.duration, seconds + CONTEXT_S))
    return Reference(ecg.cut(0, seconds), "session", within)


def report(truth: Ecg, result: PersonalEstimate) -> dict:
    """What the reference said, in JSON types, and the errors of both estimates where there is a truth."""
    first = result.personal.fitted_until
    errors = {
        name: {
            lead: lead_metrics(
                truth[lead][round(first * truth.rate) :],
                reconstruction.ecg[lead][round(first * truth.rate) :],
            )
            for lead in reconstruction.estimated & truth.leads
        }
        for name, reconstruction in (("generic", result.generic), ("personal", result.personal))
    }
    return {
        "use": result.use,
        "used": result.used,
        "reason": result.reason,
        "similarity": result.similarity,
        "second_half_rmse_uv": result.error_uv,
        "copy_index": result.copy_index,
        "errors": errors,
    }


# ---- fitting -----------------------------------------------------------------------------------------------


def both_sides(ecg: Ecg, generic: Reconstruction) -> tuple[np.ndarray, np.ndarray]:
    """(8, n) mV each at RATE above 0.5 Hz: I, II, V1-V6 of a recording that holds them, and the generic
    estimate of it or of one that begins with it."""
    limb = i_and_ii(ecg)
    assert limb is not None
    truth = np.concatenate([limb, np.stack([ecg[lead] for lead in INDEPENDENT[2:]])])
    estimate = independent_rows(generic)[:, : ecg.n_samples]
    return _heart(truth, ecg.rate), _heart(estimate, ecg.rate)


def independent_rows(result: Reconstruction) -> np.ndarray:
    """(8, n) mV: I, II, V1-V6."""
    return np.stack([result.ecg[lead] for lead in INDEPENDENT])


def _heart(rows: np.ndarray, rate: float) -> np.ndarray:
    return resample_array(filter_array(rows, rate, HIGH_PASS_HZ), rate, RATE).astype(np.float64)


def corrected(
    generic: Reconstruction, correction: Correction, beats: Beats, use: Use, seconds: float
) -> Reconstruction:
    """The generic estimate with the person's correction in its estimated leads, and the interval of that
    use and of a reference of so many seconds."""
    rate = generic.ecg.rate
    added = apply(correction, _heart(independent_rows(generic), rate), beats)
    n = generic.ecg.n_samples
    eight = resample_array(added.astype(np.float32), RATE, rate)
    eight = np.pad(eight[:, :n], ((0, 0), (0, max(0, n - eight.shape[1]))), mode="edge")
    free = np.array([[lead in generic.estimated] for lead in STANDARD])
    signals = generic.ecg.signals + free * (standard_from_independent() @ eight)
    key = interval_use(use, generic.ecg.name)
    factors = interval_factors(generic.model, generic.weights, key, generic.inputs, seconds)
    interval = None if factors is None or generic.interval is None else generic.interval * factors[:, None]
    ecg = generic.ecg.replace(signals=signals.astype(np.float32))
    return replace(
        generic,
        ecg=ecg,
        interval=interval,
        rung="" if interval is None else f"this person's reference recording, {rung_of(key)}",
    )


# ---- beats -------------------------------------------------------------------------------------------------


def _beat_rows(ecg: Ecg, inputs: LeadSet) -> np.ndarray:
    """(n_inputs, n) mV at BEAT_RATE above 0.5 Hz."""
    rows = filter_array(ecg.pick(inputs & ecg.leads).signals, ecg.rate, HIGH_PASS_HZ)
    return resample_array(rows, ecg.rate, BEAT_RATE).astype(np.float64)


# ---- when not to use it ------------------------------------------------------------------------------------


def contradiction(ecg: Ecg) -> str:
    """Why a reference's limb leads cannot be right, or ""."""
    if any(value > 0.1 for value in limb_violation(ecg).values()):
        return "The limb leads of the reference contradict each other; the generic estimate is shown."
    return ""


def exchanged(today: Ecg, reference: Reference) -> str:
    """Which electrodes look out of place in the reference of another visit, or in today's input leads beside
    it, or ""."""
    if reference.use == "session":
        return ""
    for name, ecg, beside in (
        ("In the reference", reference.ecg, None),
        ("Beside the reference", today, reference.ecg),
    ):
        answer = check_or_none(ecg, beside)
        if answer is not None and answer.alarm:
            return f"{name}: {answer.text}. The generic estimate is shown."
    return ""


def _unlike(similarity: float | None) -> str:
    if similarity is None:
        return "No beats to compare were seen in the input leads; the generic estimate is shown."
    if similarity < ALIKE:
        return (
            f"The beats of the input leads are unlike those of the reference (correlation {similarity:.2f}, "
            f"at least {ALIKE:g} is needed); the generic estimate is shown."
        )
    return ""


def _no_gain(error_uv: tuple[float, float]) -> str:
    before, after = error_uv
    if after < before:
        return ""
    return (
        "The reference does not lower the error on its own second half "
        f"({before:.0f} µV before, {after:.0f} µV after); the generic estimate is shown."
    )
