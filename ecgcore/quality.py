"""What is odd about a recording, in words and numbers: flat, clipped, noisy, drifting, too small or too
large, too short, limb leads that contradict each other. Whether electrodes are exchanged is asked by
``models.electrodes``.

The limits are set so that real, acceptable recordings seldom meet them: 3 % of PTB-XL's and 1 % of LUDB's
recordings have a finding that is not harmless, and 15 % of those the CinC Challenge 2011 calls acceptable,
against 93 % of its unacceptable ones. ``rlecg check RECORD`` prints the findings, ``rlecg check --database
cinc2011`` how often each is met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ecgcore.clipping import clipped_s
from ecgcore.ecg import Ecg
from ecgcore.electrodes.names import cure
from ecgcore.lead_algebra import limb_violation
from ecgcore.leads import LeadSet
from ecgcore.partial import PartialEcg
from ecgcore.signals import HIGH_PASS_HZ, filter_array

SHORT_S = 5.0
"""Below this a recording at 60/min holds fewer than five beats: too few for a median beat or a rhythm."""
FLAT_S = 1.0
FLAT_MV = 0.01
"""A lead that stays within 10 uV, a tenth of a small square, for a second: shorter than any pause between
beats with its noise."""
NOISE_MV = 0.05
"""Standard deviation above 20 Hz outside QRS complexes over the recording: half a millimetre, the size of a P
wave."""
BURST_MV = 0.1
"""The same within one second: a millimetre, which hides P waves and ST changes of that beat."""
NOISE_FROM_HZ = 20.0
WANDER_MV = 3.0
"""Drift below 0.5 Hz from its 2nd to its 98th percentile: three centimetres of paper, more than a lead has
for itself."""
LOW_MV = 0.1
"""A lead of less than a millimetre between its lowest and highest deflection (0.5th and 99.5th percentile,
drift removed)."""
HIGH_MV = 10.0
"""Ten centimetres of paper, measured likewise: hypertrophy reaches about 8 mV, so the electrode or the unit
is wrong."""
OFFSET_MV = 1.0
"""A lead's median so far off zero is an amplifier's offset, which changes no shape."""
LIMB_MV = 0.05
"""Departure from Einthoven's and Goldberger's equations: half a millimetre. Rounding leaves 1 to 5 uV."""


@dataclass(frozen=True)
class Finding:
    """One oddity. kind: see KINDS. leads: the ones it is about, empty for the whole recording. value, unit:
    the worst number.
    text: one sentence. harmless: it does not speak against the recording."""

    kind: str
    leads: LeadSet
    value: float
    unit: str
    text: str
    harmless: bool = False

    def __str__(self) -> str:
        return self.text


KINDS = (
    "too short",
    "flat",
    "clipped",
    "noisy",
    "high baseline wander",
    "low amplitude",
    "implausible amplitude",
    "offset",
    "limb violation",
)


def findings(ecg: Ecg) -> tuple[Finding, ...]:
    """Everything odd about a recording, in the order of KINDS; empty for a good one. Takes some ms for 10 s
    of twelve leads."""
    every = list(_too_short(ecg))
    if ecg.duration >= FLAT_S:
        view = _View(ecg)
        for check in _CHECKS:
            every += check(view)
    return tuple(every)


def findings_of_parts(parts: PartialEcg) -> tuple[Finding, ...]:
    """The same of leads that are known only part of the time, moment by moment; each kind of the same leads
    once. That a moment is short is none."""
    every: dict[tuple[str, LeadSet], Finding] = {}
    for moment in parts.moments:
        if moment.leads and moment.stop - moment.first >= FLAT_S * parts.rate:
            for finding in findings(parts.between(moment.first, moment.stop, moment.leads)):
                if finding.kind != "too short":
                    every.setdefault((finding.kind, finding.leads), finding)
    return tuple(sorted(every.values(), key=lambda finding: KINDS.index(finding.kind)))


class _View:
    """What several checks look at. raw, beats (drift removed), drift: (n_leads, n_samples) mV; flat: the
    leads found flat."""

    def __init__(self, ecg: Ecg) -> None:
        self.ecg = ecg
        self.raw = ecg.signals.astype(np.float64)
        self.beats = filter_array(self.raw, ecg.rate, HIGH_PASS_HZ).astype(np.float64)
        self.drift = self.raw - self.beats
        low, high = np.quantile(self.beats, [0.005, 0.995], axis=1)
        self.size = high - low
        self.flat_s = np.array([_flat_seconds(row, ecg.rate) for row in self.raw])
        self.flat = self.flat_s >= FLAT_S

    def leads(self, rows: np.ndarray) -> LeadSet:
        return LeadSet(np.array(self.ecg.leads)[rows])


def _too_short(ecg: Ecg) -> Iterator[Finding]:
    if ecg.duration < SHORT_S:
        text = (
            f"The recording lasts {ecg.duration:.2g} s; below {SHORT_S:g} s few beats are there, and "
            "measurements and estimates are unsure."
        )
        yield Finding("too short", LeadSet(), ecg.duration, "s", text)


def _flat_seconds(row: np.ndarray, rate: float) -> float:
    """The longest time a signal stays within FLAT_MV, in steps of a quarter second."""
    step = max(1, round(rate / 4))
    parts = row[: row.size // step * step].reshape(-1, step)
    low, high = parts.min(axis=1), parts.max(axis=1)
    best = first = 0
    for last in range(len(parts)):  # the widest run of parts within the limit, by two pointers
        while high[first : last + 1].max() - low[first : last + 1].min() > FLAT_MV:
            first += 1
            if first > last:
                break
        best = max(best, last - first + 1)
    return best * step / rate


def _flat(view: _View) -> Iterator[Finding]:
    if view.flat.any():
        leads, longest = view.leads(view.flat), float(view.flat_s.max())
        text = f"{_named(leads)} flat for up to {longest:.2g} s, as if not connected."
        yield Finding("flat", leads, longest, "s", text)


def _clipped(view: _View) -> Iterator[Finding]:
    runs = np.array([clipped_s(row, view.ecg.rate) for row in view.raw])
    rows = (runs > 0) & ~view.flat
    if rows.any():
        longest = 1e3 * float(runs[rows].max())
        text = (
            f"{_named(view.leads(rows))} clipped: the signal stands still at its extreme for up to "
            f"{longest:.0f} ms."
        )
        yield Finding("clipped", view.leads(rows), longest, "ms", text)


def _noisy(view: _View) -> Iterator[Finding]:
    rate = view.ecg.rate
    if rate <= 2.5 * NOISE_FROM_HZ:
        return
    fast = (
        np.abs(filter_array(view.raw, rate, NOISE_FROM_HZ)) / 0.6745
    )  # median of |x| / .6745 is the SD of noise; QRS is too short to move it
    second = int(rate)
    burst = np.median(fast[:, : fast.shape[1] // second * second].reshape(len(fast), -1, second), axis=2).max(
        axis=1
    )
    overall = np.median(fast, axis=1)
    rows = ((overall > NOISE_MV) | (burst > BURST_MV)) & ~view.flat
    if rows.any():
        worst = 1e3 * float(np.maximum(overall, burst)[rows].max())
        lasting = bool((overall[rows] > NOISE_MV).any())
        text = (
            f"{_named(view.leads(rows))} noisy{'' if lasting else ' for a while'}: up to {worst:.0f} µV "
            f"(SD above {NOISE_FROM_HZ:g} Hz, worst second)."
        )
        yield Finding("noisy", view.leads(rows), worst, "uV", text)


def _wander(view: _View) -> Iterator[Finding]:
    low, high = np.quantile(view.drift, [0.02, 0.98], axis=1)
    rows = high - low > WANDER_MV
    if rows.any():
        worst = float((high - low)[rows].max())
        text = f"The baseline of {', '.join(view.leads(rows))} wanders by up to {worst:.1f} mV."
        yield Finding("high baseline wander", view.leads(rows), worst, "mV", text)


def _small(view: _View) -> Iterator[Finding]:
    rows = (view.size < LOW_MV) & ~view.flat
    if rows.any():
        least = 1e3 * float(view.size[rows].min())
        text = f"{_named(view.leads(rows))} very small: {least:.0f} µV from lowest to highest deflection."
        yield Finding("low amplitude", view.leads(rows), least, "uV", text)


def _large(view: _View) -> Iterator[Finding]:
    rows = view.size > HIGH_MV
    if rows.any():
        most = float(view.size[rows].max())
        text = (
            f"{_named(view.leads(rows))} larger than a heart makes: {most:.0f} mV from lowest to highest "
            "deflection; check electrodes and unit."
        )
        yield Finding("implausible amplitude", view.leads(rows), most, "mV", text)


def _offset(view: _View) -> Iterator[Finding]:
    middle = np.median(view.raw, axis=1)
    rows = np.abs(middle) > OFFSET_MV
    if rows.any():
        most = float(np.abs(middle[rows]).max())
        text = (
            f"{_named(view.leads(rows))} up to {most:.1f} mV off zero throughout; an amplifier's offset, "
            "which changes no shape."
        )
        yield Finding("offset", view.leads(rows), most, "mV", text, harmless=True)


def _limb(view: _View) -> Iterator[Finding]:
    departures = {lead: value for lead, value in limb_violation(view.ecg).items() if value > LIMB_MV}
    if not departures:
        return
    worst = max(departures.values())
    mistake, suspect = cure(view.ecg, LIMB_MV), _suspect(view.ecg)
    if mistake:
        who = f"{mistake.text}: then they agree."
    elif suspect:
        who = f"Without {suspect} the others agree."
    else:
        who = "Leads that are not simultaneous, a wrong gain or a wrong name can be the cause."
    text = (
        f"The limb leads contradict each other (Einthoven, Goldberger) by up to {1e3 * worst:.0f} µV. {who}"
    )
    yield Finding(
        "limb violation",
        LeadSet(mistake.leads if mistake else [suspect] if suspect else departures),
        1e3 * worst,
        "uV",
        text,
    )


def _suspect(ecg: Ecg) -> str | None:
    """The one limb lead without which the others obey the equations, or None where there is no such."""
    limb = ecg.leads.limb
    if len(limb) < 4:
        return None
    clears = [lead for lead in limb if max(limb_violation(ecg.pick(limb - [lead])).values()) <= LIMB_MV]
    return clears[0] if len(clears) == 1 else None


_CHECKS: tuple[Callable[[_View], Iterator[Finding]], ...] = (
    _flat, _clipped, _noisy, _wander, _small, _large, _offset, _limb,
)  # fmt: skip


def _named(leads: LeadSet) -> str:
    return f"Lead {leads[0]} is" if len(leads) == 1 else f"Leads {', '.join(leads)} are"
