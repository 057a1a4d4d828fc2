"""Leads that are known only part of the time: a printed or digitised 3x4 page, DICOM groups of 2.5 s, a lead
that fell off.

A ``PartialEcg`` stands beside ``Ecg``: per lead the stretches that were recorded, on one common clock. It
holds no NaN and no zeros for what is unknown; what is unknown is absent. Its moments are the longest
intervals in which the same leads are known; ``models.partial`` reconstructs one after the other and joins
them into a ``PartialReconstruction``, which says of every stretch of every lead where it comes from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction, Source, UnusableEcg
from ecgcore.lead_algebra import with_derived
from ecgcore.leads import STANDARD, LeadSet, lead_name

BRIDGED_S = 0.2
"""Longest gap inside a lead that a straight line closes: below one beat's QRS-T it cannot invent a beat."""
SHORTEST_STRETCH_S = 0.5
"""A shorter stretch of a lead is left out: it does not hold a beat."""
SHORTEST_PART_S = 1.0
"""Below this a part is no recording of its own."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """A lead over one unbroken part of the recording. first: its first sample on the common clock; samples:
    (n,) float32 mV, finite."""

    lead: str
    first: int
    samples: np.ndarray

    @property
    def stop(self) -> int:
        """The sample after its last."""
        return self.first + len(self.samples)


@dataclass(frozen=True)
class Moment:
    """From sample ``first`` up to ``stop`` exactly these leads are known."""

    first: int
    stop: int
    leads: LeadSet


@dataclass(frozen=True)
class Part:
    """A lead from sample ``first`` up to ``stop`` and where it comes from there."""

    first: int
    stop: int
    source: Source


@dataclass(frozen=True, eq=False)
class PartialEcg:
    """Stretches of leads on one clock of n_samples at rate Hz.

    name, notes, simulated: as in ``Ecg``. Raises UnusableEcg for an unknown lead, samples that are not
    numbers, a stretch that leaves the recording, or two stretches of a lead that touch or overlap.
    """

    stretches: tuple[Stretch, ...]
    n_samples: int
    rate: float
    name: str = "recording"
    notes: tuple[str, ...] = ()
    simulated: bool = False

    def __post_init__(self) -> None:
        if not self.stretches:
            raise UnusableEcg("No lead is known at any time.")
        if not (np.isfinite(self.rate) and self.rate > 0):
            raise UnusableEcg(f"A sampling rate of {self.rate} Hz is not possible.")
        checked = sorted(
            map(self._checked, self.stretches),
            key=lambda stretch: (STANDARD.index(stretch.lead), stretch.first),
        )
        for stretch, following in pairwise(checked):
            if stretch.lead == following.lead and following.first <= stretch.stop:
                raise UnusableEcg(f"Lead {stretch.lead} is there twice at {following.first / self.rate:g} s.")
        object.__setattr__(self, "stretches", tuple(checked))
        object.__setattr__(self, "rate", float(self.rate))

    def _checked(self, stretch: Stretch) -> Stretch:
        lead = lead_name(stretch.lead)
        if lead is None:
            raise UnusableEcg(f"{stretch.lead} is no standard lead; the leads are {' '.join(STANDARD)}.")
        samples = np.array(stretch.samples, dtype=np.float32)
        if samples.ndim != 1 or not len(samples) or not np.isfinite(samples).all():
            raise UnusableEcg(f"A stretch of lead {lead} is empty or holds values that are not numbers.")
        if stretch.first < 0 or stretch.first + len(samples) > self.n_samples:
            raise UnusableEcg(f"A stretch of lead {lead} lies outside the recording.")
        samples.setflags(write=False)
        return Stretch(lead, int(stretch.first), samples)

    @classmethod
    def from_gaps(
        cls, rows: Mapping[str, np.ndarray], rate: float, notes: Iterable[str] = (), **more: Any
    ) -> PartialEcg:
        """From one array in mV per lead name, equal lengths, NaN where a lead is unknown.

        Gaps of up to ``BRIDGED_S`` inside a lead are closed by straight lines and stretches below
        ``SHORTEST_STRETCH_S`` left out, each with a note.
        """
        if len({len(row) for row in rows.values()}) != 1:
            raise UnusableEcg("The leads differ in length, so they were not recorded simultaneously.")
        bridged: list[str] = []
        dropped: list[Stretch] = []
        stretches: list[Stretch] = []
        for lead, given in rows.items():
            row, closed = _bridged(np.asarray(given, dtype=np.float64), round(BRIDGED_S * rate))
            bridged += [lead] * closed
            for first, stop in runs(np.isfinite(row)):
                short = stop - first < SHORTEST_STRETCH_S * rate
                (dropped if short else stretches).append(Stretch(lead, first, row[first:stop]))
        notes = list(notes)
        if bridged:
            notes.append(
                f"Gaps of at most {BRIDGED_S:g} s were bridged by straight lines in {' '.join(bridged)}."
            )
        if dropped:
            leads = " ".join(dict.fromkeys(stretch.lead for stretch in dropped))
            notes.append(f"Stretches shorter than {SHORTEST_STRETCH_S:g} s were left out in {leads}.")
        return cls(tuple(stretches), len(row), rate, notes=tuple(notes), **more)

    @classmethod
    def from_ecg(cls, ecg: Ecg) -> PartialEcg:
        """A recording whose leads are known throughout."""
        stretches = tuple(Stretch(lead, 0, ecg[lead]) for lead in ecg.leads)
        return cls(stretches, ecg.n_samples, ecg.rate, ecg.name, ecg.notes, ecg.simulated)

    @property
    def leads(self) -> LeadSet:
        """Every lead that is known at some time."""
        return LeadSet(stretch.lead for stretch in self.stretches)

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.n_samples / self.rate

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits of a hash over stretches and rate: the key of every cache."""
        total = hashlib.sha256(f"partial|{self.rate!r}|{self.n_samples}".encode())
        for stretch in self.stretches:
            total.update(f"|{stretch.lead} {stretch.first}|".encode() + stretch.samples.tobytes())
        return total.hexdigest()[:16]

    @cached_property
    def moments(self) -> tuple[Moment, ...]:
        """The longest intervals with the same known leads, in the order of time; one may have no leads at
        all."""
        edges = {0, self.n_samples} | {
            edge for stretch in self.stretches for edge in (stretch.first, stretch.stop)
        }
        ordered = sorted(edges)
        return tuple(Moment(first, stop, self._throughout(first, stop)) for first, stop in pairwise(ordered))

    def _throughout(self, first: int, stop: int) -> LeadSet:
        return LeadSet(
            stretch.lead for stretch in self.stretches if stretch.first <= first and stop <= stretch.stop
        )

    def around(self, first: int, stop: int, leads: LeadSet) -> tuple[int, int]:
        """The widest interval that contains first to stop and in which all of these leads are known."""
        holding = [
            stretch
            for stretch in self.stretches
            if stretch.lead in leads and stretch.first <= first and stop <= stretch.stop
        ]
        return max(stretch.first for stretch in holding), min(stretch.stop for stretch in holding)

    def between(self, first: int, stop: int, leads: LeadSet) -> Ecg:
        """These leads from sample first up to stop as a recording of its own. Raises UnusableEcg where one of
        them is not known throughout."""
        rows = {
            stretch.lead: stretch.samples[first - stretch.first : stop - stretch.first]
            for stretch in self.stretches
            if stretch.lead in leads and stretch.first <= first and stop <= stretch.stop
        }
        if absent := leads - LeadSet(rows):
            raise UnusableEcg(f"Lead {', '.join(absent)} is not known throughout this part of the recording.")
        return Ecg.from_leads(rows, self.rate, name=self.name, notes=self.notes, simulated=self.simulated)

    def throughout(self) -> Ecg | None:
        """The leads that are known all the time, as a recording; None without any."""
        leads = self._throughout(0, self.n_samples)
        return self.between(0, self.n_samples, leads) if leads else None

    def widest(self) -> Ecg:
        """The part that holds most, leads times samples, as a recording of its own, for what needs whole
        leads; a note says which. Raises UnusableEcg where no lead is known for ``SHORTEST_PART_S``."""
        spans = {
            (*self.around(moment.first, moment.stop, moment.leads), moment.leads)
            for moment in self.moments
            if moment.leads
        }
        long = [span for span in spans if span[1] - span[0] >= SHORTEST_PART_S * self.rate]
        if not long:
            raise UnusableEcg(f"No lead is known for {SHORTEST_PART_S:g} s without a gap.")
        first, stop, leads = max(long, key=lambda span: (len(span[2]) * (span[1] - span[0]), -span[0]))
        seconds = f"{first / self.rate:.1f}-{stop / self.rate:.1f} s of {self.duration:.1f} s"
        note = f"Leads are known only part of the time; this is {seconds}, where {' '.join(leads)} are known."
        part = self.between(first, stop, leads)
        return with_derived(part.replace(notes=(*part.notes, note)))

    def mapped(self, change: Callable[[Ecg], Ecg]) -> PartialEcg:
        """Every stretch changed by itself, as by a filter that keeps rate and length."""
        changed = (
            Stretch(
                stretch.lead,
                stretch.first,
                change(Ecg(stretch.samples[None], LeadSet(stretch.lead), self.rate)).signals[0],
            )
            for stretch in self.stretches
        )
        return self.replace(stretches=tuple(changed))

    def replace(self, **changes: Any) -> PartialEcg:
        """The same recording with some fields changed."""
        fields = ("stretches", "n_samples", "rate", "name", "notes", "simulated")
        return PartialEcg(**{name: changes.get(name, getattr(self, name)) for name in fields})

    def cut(self, start: float, stop: float) -> PartialEcg:
        """The part from start to stop, in seconds. Raises UnusableEcg if nothing is left."""
        first, last = max(0, round(start * self.rate)), min(self.n_samples, round(stop * self.rate))
        kept = [
            Stretch(
                stretch.lead,
                max(stretch.first, first) - first,
                stretch.samples[max(0, first - stretch.first) : last - stretch.first],
            )
            for stretch in self.stretches
            if stretch.first < last and first < stretch.stop
        ]
        if last <= first or not kept:
            raise UnusableEcg(f"No lead is known from {start:g} to {stop:g} s.")
        return self.replace(stretches=tuple(kept), n_samples=last - first)


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """(first, stop) of every run of true values in (n,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(flags, np.int8), [0]])))
    return [(int(first), int(stop)) for first, stop in edges.reshape(-1, 2)]


def _bridged(row: np.ndarray, longest: int) -> tuple[np.ndarray, bool]:
    """A row whose inner gaps of at most ``longest`` samples are straight lines, and whether there was one."""
    finite = np.isfinite(row)
    where = np.arange(len(row))
    inner = [(a, b) for a, b in runs(~finite) if a > 0 and b < len(row) and b - a <= longest]
    row = row.copy()
    for first, stop in inner:
        row[first:stop] = np.interp(where[first:stop], where[finite], row[finite])
    return row, bool(inner)


def cut_into_page(ecg: Ecg, rhythm: str | None = None) -> PartialEcg:
    """A twelve-lead recording as a 3x4 page prints it: each lead for a quarter of the time, in the columns I
    II III, aVR aVL aVF, V1-V3, V4-V6, and one lead throughout if named."""
    edges = np.linspace(0, ecg.n_samples, 5).round().astype(int)
    stretches = []
    for place, lead in enumerate(STANDARD):
        first, stop = (0, ecg.n_samples) if lead == rhythm else edges[place // 3 : place // 3 + 2]
        stretches.append(Stretch(lead, int(first), ecg[lead][first:stop]))
    return PartialEcg(tuple(stretches), ecg.n_samples, ecg.rate, ecg.name, ecg.notes, ecg.simulated)


@dataclass(frozen=True, eq=False)
class PartialReconstruction:
    """Twelve leads over the whole time, made moment by moment from the leads known then.

    ecg: twelve leads, mV. moments: as of the ``PartialEcg``; within one, its leads are as recorded, those
    that follow from them derived, the others estimated. model, weights, interval, warnings, rung: as in
    ``Reconstruction``.
    """

    ecg: Ecg
    moments: tuple[Moment, ...]
    model: str
    weights: str = ""
    interval: np.ndarray | None = None
    warnings: tuple[str, ...] = field(default=())
    rung: str = ""
    fitted_until: float = 0.0

    def __post_init__(self) -> None:
        if self.ecg.leads != LeadSet(STANDARD):
            raise ValueError(f"a reconstruction has twelve leads, not {self.ecg.leads}")
        edges = [moment.first for moment in self.moments] + [self.moments[-1].stop]
        stops = [moment.stop for moment in self.moments]
        if edges[0] != 0 or edges[1:] != stops or edges[-1] != self.ecg.n_samples:
            raise ValueError("the moments must follow one another over the whole recording")
        if self.interval is not None and (
            self.interval.shape != self.ecg.signals.shape or not (self.interval >= 0).all()
        ):
            raise ValueError("the interval must be a non-negative half width per lead and sample")

    @property
    def inputs(self) -> LeadSet:
        """Every lead that is an input at some moment."""
        return LeadSet(lead for moment in self.moments for lead in moment.leads)

    @property
    def estimated(self) -> LeadSet:
        """Every lead that is estimated at some moment."""
        return LeadSet(lead for lead in STANDARD if "estimated" in {part.source for part in self.parts(lead)})

    def half_width(self, lead: str) -> np.ndarray | None:
        """(n_samples,) mV, half width of the 90 % prediction interval of one lead, or None."""
        return None if self.interval is None else self.interval[STANDARD.index(lead)]

    def parts(self, lead: str) -> tuple[Part, ...]:
        """The stretches of a lead by where they come from, in the order of time."""
        by_source = groupby(self.moments, key=lambda moment: source_at(moment, lead))
        groups = [(source, list(moments)) for source, moments in by_source]
        return tuple(Part(moments[0].first, moments[-1].stop, source) for source, moments in groups)

    def cut(self, start: float, stop: float) -> PartialReconstruction:
        """The part from start to stop, in seconds. Raises UnusableEcg if nothing is left."""
        rate = self.ecg.rate
        first, last = max(0, round(start * rate)), min(self.ecg.n_samples, round(stop * rate))
        moments = tuple(
            Moment(max(stretch.first, first) - first, min(stretch.stop, last) - first, stretch.leads)
            for stretch in self.moments
            if stretch.first < last and first < stretch.stop
        )
        interval = None if self.interval is None else self.interval[:, first:last]
        return PartialReconstruction(
            self.ecg.cut(start, stop), moments, self.model, self.weights, interval, self.warnings, self.rung
        )


def source_at(moment: Moment, lead: str) -> Source:
    """Where a lead comes from while exactly the moment's leads are known."""
    if lead in moment.leads:
        return "measured"
    return "derived" if lead in moment.leads.determined else "estimated"


def parts(reconstruction: Reconstruction | PartialReconstruction, lead: str) -> tuple[Part, ...]:
    """The stretches of a lead by where they come from, whatever kind of reconstruction it is."""
    if isinstance(reconstruction, PartialReconstruction):
        return reconstruction.parts(lead)
    return (Part(0, reconstruction.ecg.n_samples, reconstruction.source[lead]),)


def where(reconstruction: Reconstruction | PartialReconstruction, lead: str, source: Source) -> np.ndarray:
    """(n_samples,) whether a lead comes from that source at each sample."""
    flags = np.zeros(reconstruction.ecg.n_samples, dtype=bool)
    for part in parts(reconstruction, lead):
        if part.source == source:
            flags[part.first : part.stop] = True
    return flags
