"""The two values everything else is a function of: a recording and its reconstruction.

Signals are millivolts, rows are leads in the standard order, the rate is samples per second. Arrays are
read-only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from ecgcore.leads import STANDARD, LeadSet, lead_name

Source = Literal["measured", "derived", "estimated"]
SOURCES: tuple[Source, ...] = ("measured", "derived", "estimated")
NOT_FOR_DIAGNOSIS = "Research and teaching use, not for diagnosis"


class UnusableEcg(ValueError):
    """A recording, or a choice about it, that cannot be worked with. The message is one sentence for the
    user."""


@dataclass(frozen=True, eq=False)
class Ecg:
    """A simultaneous recording of one or more standard leads.

    signals: (n_leads, n_samples) float32 mV, finite; rows may come in any order, they are put in the standard
    one.
    leads:   names of the rows. rate: Hz. name: shown to the user, never a patient's.
    notes:   sentences about what the reader had to do to get here.
    simulated: true where no patient stands behind the signals.

    A lead that was not recorded is absent, never zeros or NaN. Raises UnusableEcg.
    """

    signals: np.ndarray
    leads: LeadSet
    rate: float
    name: str = "recording"
    notes: tuple[str, ...] = ()
    simulated: bool = False

    def __post_init__(self) -> None:
        names = [lead_name(lead) for lead in self.leads]
        if None in names or not names:
            raise UnusableEcg(f"No standard lead among {', '.join(self.leads) or 'no leads at all'}.")
        if len(set(names)) != len(names):
            double = sorted({str(name) for name in names if names.count(name) > 1})
            raise UnusableEcg(f"Lead {', '.join(double)} is there more than once.")
        signals = np.asarray(self.signals, dtype=np.float32)
        if signals.ndim != 2 or signals.shape[0] != len(names) or signals.shape[1] == 0:
            raise UnusableEcg(f"Signals of shape {signals.shape} do not fit {len(names)} leads.")
        if not np.isfinite(signals).all():
            raise UnusableEcg("The signals have gaps (values that are not numbers).")
        if not (np.isfinite(self.rate) and self.rate > 0):
            raise UnusableEcg(f"A sampling rate of {self.rate} Hz is not possible.")
        leads = LeadSet(names)  # type: ignore[arg-type]
        rows = [names.index(lead) for lead in leads]
        signals = np.ascontiguousarray(signals[rows])
        signals.setflags(write=False)
        object.__setattr__(self, "signals", signals)
        object.__setattr__(self, "leads", leads)
        object.__setattr__(self, "rate", float(self.rate))

    def __reduce__(
        self,
    ) -> tuple[
        type[Ecg], tuple[Any, ...]
    ]:  # pickling makes arrays writeable again; go back through the constructor
        return Ecg, (self.signals, self.leads, self.rate, self.name, self.notes, self.simulated)

    @classmethod
    def from_leads(cls, signals: Mapping[str, np.ndarray], rate: float, **more: Any) -> Ecg:
        """An Ecg from one array in mV per lead name."""
        return cls(np.stack([np.asarray(row) for row in signals.values()]), tuple(signals), rate, **more)  # type: ignore[arg-type]

    def __getitem__(self, lead: str) -> np.ndarray:
        """The samples of one lead, (n_samples,) mV. Raises KeyError for a lead that is not there."""
        try:
            values: np.ndarray = self.signals[self.leads.index(lead)]
            return values
        except ValueError:
            raise KeyError(lead) from None

    @property
    def n_samples(self) -> int:
        """Samples of each lead."""
        count: int = self.signals.shape[1]
        return count

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.n_samples / self.rate

    @property
    def time(self) -> np.ndarray:
        """(n_samples,) seconds from the first sample."""
        return np.arange(self.n_samples) / self.rate

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits of a hash over samples, leads and rate: the key of every cache."""
        header = f"{' '.join(self.leads)}|{self.rate!r}|{self.signals.shape}|".encode()
        return hashlib.sha256(header + self.signals.tobytes()).hexdigest()[:16]

    def replace(self, **changes: Any) -> Ecg:
        """The same recording with some fields changed; where these are only words, on the same samples."""
        if changes.keys() <= {"name", "notes", "simulated"}:
            same = object.__new__(Ecg)
            same.__dict__.update(self.__dict__ | changes)
            return same
        fields = ("signals", "leads", "rate", "name", "notes", "simulated")
        return Ecg(**{name: changes.get(name, getattr(self, name)) for name in fields})

    def pick(self, leads: Iterable[str]) -> Ecg:
        """Only these leads. Raises UnusableEcg naming those that are not there."""
        wanted = LeadSet(leads)
        absent = wanted - self.leads
        if absent:
            raise UnusableEcg(
                f"The recording has no lead {', '.join(absent)}; it has {' '.join(self.leads)}."
            )
        if not wanted:
            raise UnusableEcg("Choose at least one input lead.")
        rows = [self.leads.index(lead) for lead in wanted]
        return self.replace(signals=self.signals[rows], leads=wanted)

    def cut(self, start: float, stop: float) -> Ecg:
        """The part from start to stop, in seconds. Raises UnusableEcg if nothing is left."""
        first, last = max(0, round(start * self.rate)), min(self.n_samples, round(stop * self.rate))
        if last <= first:
            raise UnusableEcg(f"{start:g}-{stop:g} s lies outside the recording of {self.duration:g} s.")
        return self.replace(signals=self.signals[:, first:last])


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """Twelve leads made from some, each measured, derived (exactly, by Einthoven and Goldberger) or
    estimated.

    ecg:     twelve leads, mV, of the rate and length of the input.
    source:  per lead name.
    inputs:  the leads the model was given. model, weights: its name and a hash of its weights ("" where it
    has none).
    interval: (12, n_samples) mV, half width of the nominal 90 % prediction interval around each sample; 0
             where measured or derived; None if the model gives none.
    fitted_until: seconds of this very recording that the model was fitted on, with the missing leads visible;
    errors
             count only after it. 0 for models that never saw the recording.
    warnings: sentences about why this estimate may be worse than the model's usual.
    rung: what the interval stands on: "hospitals like PTB-XL", "any hospital" or a site; "" where that is no
    question.
    """

    ecg: Ecg
    source: Mapping[str, Source]
    inputs: LeadSet
    model: str
    weights: str = ""
    interval: np.ndarray | None = None
    fitted_until: float = 0.0
    warnings: tuple[str, ...] = field(default=())
    rung: str = ""

    def __post_init__(self) -> None:
        if self.ecg.leads != LeadSet(STANDARD):
            raise ValueError(f"a reconstruction has twelve leads, not {self.ecg.leads}")
        if set(self.source) != set(STANDARD) or set(self.source.values()) - set(SOURCES):
            raise ValueError(f"each lead needs a source out of {SOURCES}: {dict(self.source)}")
        if self.interval is not None:
            interval = np.asarray(self.interval, dtype=np.float32)
            if interval.shape != self.ecg.signals.shape or not (interval >= 0).all():
                raise ValueError("the interval must be a non-negative half width per lead and sample")
            interval.setflags(write=False)
            object.__setattr__(self, "interval", interval)

    def __reduce__(self) -> tuple[type[Reconstruction], tuple[Any, ...]]:
        values = (self.ecg, dict(self.source), self.inputs, self.model, self.weights, self.interval)
        return Reconstruction, (*values, self.fitted_until, self.warnings, self.rung)

    def leads_that_are(self, *sources: Source) -> LeadSet:
        """Leads of one of these sources."""
        return LeadSet(lead for lead in STANDARD if self.source[lead] in sources)

    @property
    def estimated(self) -> LeadSet:
        """Leads that the model predicts."""
        return self.leads_that_are("estimated")

    def cut(self, start: float, stop: float) -> Reconstruction:
        """The part from start to stop, in seconds. Raises UnusableEcg if nothing is left."""
        first, last = (
            max(0, round(start * self.ecg.rate)),
            min(self.ecg.n_samples, round(stop * self.ecg.rate)),
        )
        part = self.ecg.cut(start, stop)
        interval = None if self.interval is None else self.interval[:, first:last]
        seen = min(part.duration, max(0.0, self.fitted_until - first / self.ecg.rate))
        seen = seen if seen * self.ecg.rate >= 1 else 0.0  # less than a sample
        return Reconstruction(
            part, self.source, self.inputs, self.model, self.weights, interval, seen, self.warnings, self.rung
        )

    def half_width(self, lead: str) -> np.ndarray | None:
        """(n_samples,) mV, half width of the 90 % prediction interval of one lead, or None."""
        return None if self.interval is None else self.interval[STANDARD.index(lead)]
