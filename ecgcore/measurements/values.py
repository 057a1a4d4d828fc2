"""What was measured, as values: each with its unit, how many beats it rests on, how it varies, and why it is
missing or doubtful."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ecgcore.leads import LeadSet
from ecgcore.measurements.beats import Beats
from ecgcore.measurements.delineation.marks import Marks

NO_WAVE = "this lead does not show the wave"
"""The reason of a height that is missing because nothing of the kind is there."""


@dataclass(frozen=True)
class Value:
    """A number or the reason why there is none.

    value: None where not measurable. n: beats behind it. spread: standard deviation in the same unit, over
    beats for the rate and over the medians of three disjoint groups of beats for everything else; None where
    there are too few beats.
    reason: why it is missing, or, beside a number, why it is doubtful; "" if nothing is wrong.
    """

    value: float | None
    unit: str
    n: int = 0
    spread: float | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.value is None and not self.reason:
            raise ValueError("a missing value needs its reason")

    @property
    def doubtful(self) -> bool:
        """Whether there is a value that something speaks against."""
        return self.value is not None and bool(self.reason)

    def __str__(self) -> str:
        return f"not measurable: {self.reason}" if self.value is None else f"{self.value:.0f} {self.unit}"


INTERVALS = ("hr_bpm", "rr_ms", "pr_ms", "p_ms", "qrs_ms", "qt_ms")
CORRECTED = ("qtc_bazett_ms", "qtc_fridericia_ms", "qtc_framingham_ms", "qtc_hodges_ms")
AXES = ("p_axis_deg", "qrs_axis_deg", "t_axis_deg")
LEAD_INTERVALS = ("pr_ms", "qrs_ms", "qt_ms")
AMPLITUDES = ("p_uv", "q_uv", "r_uv", "s_uv", "t_uv", "st_j_uv", "st_j60_uv")


@dataclass(frozen=True)
class LeadMeasurements:
    """One lead: ``values`` named as in LEAD_INTERVALS and AMPLITUDES (signed, relative to the PR segment),
    its median beat and marks.

    median: (n,) mV at ``RATE``; marks are samples of it. reason: why the whole lead was left out, or "".
    """

    values: Mapping[str, Value]
    median: np.ndarray | None = None
    marks: Marks = field(default_factory=Marks)
    reason: str = ""

    def __getitem__(self, name: str) -> Value:
        return self.values[name]


@dataclass(frozen=True)
class Measurements:
    """All that was measured on one recording.

    values: named as in INTERVALS, CORRECTED and AXES; intervals are global, earliest onset to latest offset
    over leads.
    leads: per lead. beats: R points and kinds at ``RATE`` samples per second; give them to ``measure`` to
    measure another version of the same recording on the same beats. marks: global, in samples of the median
    beats, R at ``marks.r``.
    fiducials: seconds per lead, wave edge and beat, see ``fiducials.py``. findings: sentences about rhythm
    and leads.
    """

    values: Mapping[str, Value]
    leads: Mapping[str, LeadMeasurements]
    beats: Beats
    marks: Marks
    fiducials: Mapping[str, Mapping[str, list[float | None]]]
    paced: bool = False
    irregular: bool = False
    findings: tuple[str, ...] = ()
    rate: float = 500.0

    def __getitem__(self, name: str) -> Value:
        return self.values[name]

    @property
    def n_beats(self) -> int:
        """Beats of the commonest kind, which the medians are made of."""
        return int((self.beats.kind == 0).sum())

    @property
    def measured(self) -> LeadSet:
        """Leads that were not left out."""
        return LeadSet(lead for lead, of in self.leads.items() if not of.reason)

    def as_dict(self) -> dict[str, Any]:
        """JSON types: every value by name with null where not measurable, ``reasons``, ``spreads``,
        ``leads``, ``fiducials_s``."""
        out: dict[str, Any] = {name: _rounded(value.value) for name, value in self.values.items()}
        out["reasons"] = {name: value.reason for name, value in self.values.items() if value.reason}
        out["spreads"] = {name: _rounded(value.spread) for name, value in self.values.items()}
        out |= {
            "n_beats": self.n_beats,
            "n_beats_all_kinds": self.beats.n,
            "paced": self.paced,
            "irregular": self.irregular,
        }
        out["findings"] = list(self.findings)
        out["beats_s"] = [round(float(at / self.rate), 4) for at in self.beats.at]
        out["leads"] = {lead: self._lead_dict(lead) for lead in self.leads}
        return out

    def _lead_dict(self, lead: str) -> dict[str, Any]:
        of = self.leads[lead]
        row: dict[str, Any] = {name: _rounded(value.value) for name, value in of.values.items()}
        row["reasons"] = {name: value.reason for name, value in of.values.items() if value.reason}
        if of.reason:
            row["reason"] = of.reason
        row["fiducials_s"] = {
            name: [_rounded(t, 4) for t in times] for name, times in self.fiducials.get(lead, {}).items()
        }
        return row


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(float(value), digits)
