"""ST of the recording against ST of its reconstruction, lead by lead: level and shape.

One measurement per lead and recording: beats, PR level, J point and the ends of the waves are those of the
recording on all its leads, and the reconstruction is read at the same moments. An input lead therefore
differs by nothing and a derived lead by rounding; what differs is amplitude, never the place where it is
read. The reconstruction's own points stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.measurements.amplitudes import pr_level, wave_heights
from ecgcore.measurements.comparison import ST_LIMIT_UV
from ecgcore.measurements.detector import RATE
from ecgcore.measurements.measurement import beats_at_points_of
from ecgcore.measurements.st.criteria import Sex, Stemi, limit_uv, stemi
from ecgcore.measurements.values import AMPLITUDES, NO_WAVE, LeadMeasurements, Measurements, Value

SLOPE_S = 0.08
"""The slope of ST is read from J to this long after it."""
LEAST_CHANGE_UV = 50.0
"""A slope or a T wave smaller than this is level or flat: half a millimetre on paper."""
TERMINAL_LEADS = ("V1", "V2", "V3")
TERMINAL_UV, FIRST_R_UV = 100.0, 20.0
HIGH_J_UV = 200.0
"""J point from which a terminal r' counts as a pattern of its own (2 mm, as in the consensus on Brugada
patterns, doi:10.1016/j.jelectrocard.2012.06.004)."""


@dataclass(frozen=True)
class Shape:
    """ST of one lead. j_uv, j60_uv, slope_uv (J+80 ms minus J), t_uv: uV; t_uv is None without a T wave.
    terminal_uv: highest point after the S wave of an rS complex in V1-V3 (r' or J wave), None below 100 uV.
    """

    j_uv: float
    j60_uv: float
    slope_uv: float
    t_uv: float | None
    terminal_uv: float | None

    @property
    def slope(self) -> str:
        """Rising, level or falling."""
        return _of_three(self.slope_uv, "falling", "level", "rising")

    @property
    def t_wave(self) -> str:
        """Upright, flat or inverted."""
        return _of_three(self.t_uv or 0.0, "inverted", "flat", "upright")

    @property
    def pattern(self) -> str:
        """A high J point with the look of a Brugada pattern, in words; "" for every other. The look alone, no
        diagnosis."""
        if self.terminal_uv is None or self.j_uv < HIGH_J_UV:
            return ""
        if self.slope == "falling" and self.t_wave == "inverted":
            return "coved ST elevation with inverted T"
        return "terminal r' with a high J point"


def _of_three(value: float, low: str, middle: str, high: str) -> str:
    return low if value <= -LEAST_CHANGE_UV else high if value >= LEAST_CHANGE_UV else middle


@dataclass(frozen=True)
class LeadSt:
    """One lead on both sides.

    source: "measured", "derived" or "estimated". own: the reconstruction at its own points; None where it has
    none. limit_uv: threshold at the J point; None for aVR, which has none.
    """

    lead: str
    source: str
    recorded: Shape
    reconstructed: Shape
    own: Shape | None
    limit_uv: float | None

    @property
    def difference_uv(self) -> float:
        """At J+60, reconstructed minus recorded."""
        return self.reconstructed.j60_uv - self.recorded.j60_uv

    @property
    def within(self) -> bool:
        """Whether the level is within tolerance at J and at J+60."""
        at_j = self.reconstructed.j_uv - self.recorded.j_uv
        return max(abs(at_j), abs(self.difference_uv)) <= ST_LIMIT_UV

    @property
    def reached(self) -> tuple[bool, bool] | None:
        """Whether recorded and reconstructed reach the threshold."""
        if self.limit_uv is None:
            return None
        return self.recorded.j_uv >= self.limit_uv, self.reconstructed.j_uv >= self.limit_uv

    @property
    def changes(self) -> tuple[str, ...]:
        """What differs in shape, in words."""
        was, now = self.recorded, self.reconstructed
        pairs = [("ST", was.slope, now.slope), ("T", was.t_wave, now.t_wave)]
        words = [f"{what} {before} → {after}" for what, before, after in pairs if before != after]
        if (was.terminal_uv is None) != (now.terminal_uv is None):
            words.append("terminal r' lost" if now.terminal_uv is None else "terminal r' added")
        return tuple(words)


@dataclass(frozen=True)
class StComparison:
    """All leads of both sides, and the criterion of two contiguous leads on each."""

    leads: Mapping[str, LeadSt]
    recorded: Stemi
    reconstructed: Stemi

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader must know: where the criterion differs and by how much, which pattern is lost or
        added."""
        return tuple(chain(self._criterion(), self._patterns()))

    def _criterion(self) -> list[str]:
        was, now = self.recorded, self.reconstructed
        if was.met is None or now.met is None or was.pairs == now.pairs:
            return []
        pairs = [pair for pair in (*was.pairs, *now.pairs) if (pair in was.pairs) != (pair in now.pairs)]
        turned = dict.fromkeys(lead for pair in pairs for lead in pair)
        sentences = []
        for lead in turned:
            values = self.leads[lead]
            if values.reached and values.reached[0] != values.reached[1] and values.limit_uv is not None:
                short = values.reconstructed.j_uv - values.limit_uv
                word = "above" if short >= 0 else "below"
                sentences.append(
                    f"{lead}: {values.recorded.j_uv:.0f} µV recorded, {values.reconstructed.j_uv:.0f} µV "
                    f"reconstructed, {abs(short):.0f} µV {word} the threshold of {values.limit_uv:.0f} µV."
                )
        return sentences

    def _patterns(self) -> list[str]:
        lost: dict[str, list[str]] = {}
        added: dict[str, list[str]] = {}
        for lead, values in self.leads.items():
            was, now = values.recorded.pattern, values.reconstructed.pattern
            if was and not now:
                lost.setdefault(was, []).append(lead)
            elif now and not was:
                added.setdefault(now, []).append(lead)
        return [
            *(
                f"{', '.join(leads)}: {what} recorded, lost in the reconstruction."
                for what, leads in lost.items()
            ),
            *(
                f"{', '.join(leads)}: {what} in the reconstruction, not recorded."
                for what, leads in added.items()
            ),
        ]


def at_points_of(
    true: Measurements, recording: Ecg, other: Measurements, reconstruction: Ecg
) -> Measurements:
    """The reconstruction's measurements with every amplitude read where the recording's points are.

    true, other: measured on all leads, the reconstruction on the beats of the recording. Median beats are cut
    at the recording's points, too; each lead's own marks stay the reconstruction's.
    """
    rows = beats_at_points_of(reconstruction, recording, true)
    leads = {}
    for place, lead in enumerate(reconstruction.leads):
        of = other.leads[lead]
        if of.reason or lead not in true.leads or true.leads[lead].reason:
            leads[lead] = of
            continue
        heights = wave_heights(rows[place], true.leads[lead].marks, true.marks)
        values = {
            name: _at(of[name], heights.get(name)) if name in AMPLITUDES else of[name] for name in of.values
        }
        leads[lead] = LeadMeasurements(values, rows[place], of.marks)
    return replace(other, leads=leads, marks=true.marks)


def _at(value: Value, number: float | None) -> Value:
    if number is None:
        return value if value.value is None else replace(value, value=None, reason=NO_WAVE)
    return replace(value, value=number, reason=value.reason if value.value is not None else "")


def compare_st(
    true: Measurements,
    same_points: Measurements,
    own: Measurements,
    reconstruction: Reconstruction,
    age: float | None = None,
    sex: Sex | None = None,
) -> StComparison:
    """true: the recording on all its leads; same_points: of ``at_points_of``; own: the reconstruction at its
    own points."""
    leads = {}
    for lead in reconstruction.ecg.leads:
        recorded, now = shape(true, lead), shape(same_points, lead)
        if recorded is not None and now is not None:
            limit = None if lead == "aVR" else limit_uv(lead, age, sex)
            leads[lead] = LeadSt(lead, reconstruction.source[lead], recorded, now, shape(own, lead), limit)
    levels = [
        {lead: getattr(values, side).j_uv for lead, values in leads.items()}
        for side in ("recorded", "reconstructed")
    ]
    return StComparison(leads, *(stemi(level, age, sex) for level in levels))


def shape(of: Measurements, lead: str) -> Shape | None:
    """ST of one lead's median beat; None where the lead or its QRS edges were not measurable."""
    measured = of.leads.get(lead)
    if measured is None or measured.median is None or of.marks.qrs_on is None or of.marks.qrs_off is None:
        return None
    row, off = measured.median, round(of.marks.qrs_off)
    flat = 1000 * (row - pr_level(row, of.marks.qrs_on))
    late = min(off + int(SLOPE_S * RATE), len(flat) - 1)
    j, j60, t = (measured[name].value for name in ("st_j_uv", "st_j60_uv", "t_uv"))
    if j is None or j60 is None:
        return None
    terminal = _terminal(flat[round(of.marks.qrs_on) : off + 1]) if lead in TERMINAL_LEADS else None
    return Shape(j, j60, float(flat[late] - flat[min(off, len(flat) - 1)]), t, terminal)


def _terminal(qrs: np.ndarray) -> float | None:
    """uV of the highest point after S in an rS complex; None without an r before it or below 100 uV."""
    if len(qrs) < 5:
        return None
    nadir = int(qrs.argmin())
    before, after = qrs[: nadir + 1].max(), float(qrs[nadir:].max())
    return after if before >= FIRST_R_UV and after >= TERMINAL_UV else None
