"""``measure``: one recording in, every measurement out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ecgcore.clipping import clipped_s
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import i_and_ii
from ecgcore.measurements.amplitudes import frontal_axis, wave_heights
from ecgcore.measurements.beats import Beats, find_beats
from ecgcore.measurements.delineation.delineate import (
    Delineation,
    Together,
    delineate,
    delineate_together,
    fiducials,
    joint_marks,
)
from ecgcore.measurements.delineation.marks import Marks
from ecgcore.measurements.delineation.vote import Apart, agreed, disagreement
from ecgcore.measurements.detector import RATE
from ecgcore.measurements.intervals import SPANS, corrected, intervals, rhythm, span, why_no_p
from ecgcore.measurements.median_beats import MedianBeat, baseline, median_beat
from ecgcore.measurements.pacing import find_spikes, is_paced, without_spikes
from ecgcore.measurements.values import (
    AMPLITUDES,
    AXES,
    CORRECTED,
    INTERVALS,
    LEAD_INTERVALS,
    NO_WAVE,
    LeadMeasurements,
    Measurements,
    Value,
)
from ecgcore.signals import filter_array, resample_array

VERSION = "2"
"""To be counted up with every change that changes measured values; tables say which version measured them."""
IRREGULAR = 0.12
"""Standard deviation over mean of the RR intervals between ordinary beats from which a rhythm is irregular.
"""
FLAT_MV = 0.01
KINDS = 4
"""Rarer kinds of beat than the fourth are marked by the slope alone: a recording of noise has many, all of
them meaningless."""
_NO_BEATS = Beats(np.zeros(0, dtype=int), np.zeros(0, dtype=int))
UNITS = {"hr_bpm": "bpm", **dict.fromkeys(AXES, "deg")}


def measure(ecg: Ecg, beats: Beats | None = None, spread: bool = True, both: bool = True) -> Measurements:
    """Everything that can be measured on a recording of any leads, rate and length of at least 1 s.

    beats: those of another version of the same recording, to measure both on the same beats; found here if
    None. spread=False: without the spread over groups of beats, in half the time. both=False: a first look by
    the slope alone, in a tenth of a second, without NeuroKit2's opinion and so without any disagreement. What
    cannot be measured has value None and the reason. Raises UnusableEcg for less than one second.
    """
    seen = _seen(ecg, beats, both)
    if seen.reason:
        return _nothing(ecg, seen.left_out, seen.reason)
    return _measured(ecg, seen, spread and both, KINDS if both else 0)


def measure_values(ecg: Ecg) -> Mapping[str, Value]:
    """``measure(ecg, spread=False).values`` in half its time: nothing of single leads, nothing of rare
    beats."""
    seen = _seen(ecg, None, both=True)
    if seen.reason:
        return _nothing(ecg, seen.left_out, seen.reason).values
    together = delineate_together(
        seen.quiet[seen.usable], _median(seen, seen.beats.of_kind(0)), seen.rr_s, seen.irregular
    )
    return _values(ecg, seen, together, [], _level_beats(seen.rows, seen.beats, together.joint))


def beats_of(ecg: Ecg) -> Beats:
    """The beats ``measure`` would find, and nothing else. Raises UnusableEcg for less than one second."""
    _, quiet, left_out = _prepared(ecg)
    usable = [place for place, lead in enumerate(ecg.leads) if lead not in left_out]
    if not usable:
        return _NO_BEATS
    return find_beats(without_spikes(quiet, find_spikes(quiet[usable]))[usable], both=True)


def _prepared(ecg: Ecg) -> tuple[np.ndarray, np.ndarray, dict[str, str]]:
    """(n_leads, n) mV at RATE as they are and without wander, and why which lead is left out."""
    if ecg.duration < 1.0:
        raise UnusableEcg(f"{ecg.duration:.2g} s are too short to measure; a recording needs at least 1 s.")
    if ecg.rate < 50:
        raise UnusableEcg(
            f"{ecg.rate:g} samples per second are too few to measure intervals; at least 50 are needed."
        )
    rows = resample_array(ecg.signals, ecg.rate, RATE).astype(np.float64)
    quiet = filter_array(rows, RATE, 0.5).astype(np.float64)
    left_out = {
        lead: "the lead is flat" for lead, row in zip(ecg.leads, quiet, strict=True) if np.ptp(row) < FLAT_MV
    }
    return rows, quiet, left_out


@dataclass(frozen=True)
class _Seen:
    """A recording and its beats. rows, quiet: (n_leads, n) mV at RATE as they are and without wander, spikes
    taken out of both. usable: places of the leads that are not flat. reason: why nothing can be measured, or
    ""."""

    rows: np.ndarray
    quiet: np.ndarray
    usable: list[int]
    left_out: dict[str, str]
    beats: Beats
    paced: bool
    reason: str = ""

    @property
    def rr_s(self) -> float:
        """Median RR interval, s."""
        return float(np.median(np.diff(self.beats.at))) / RATE if self.beats.n > 1 else 0.9

    @property
    def irregular(self) -> bool:
        """Whether the rhythm is."""
        return _is_irregular(self.beats)


def _seen(ecg: Ecg, beats: Beats | None, both: bool) -> _Seen:
    rows, quiet, left_out = _prepared(ecg)
    usable = [place for place, lead in enumerate(ecg.leads) if lead not in left_out]
    if not usable:
        return _Seen(rows, quiet, usable, left_out, _NO_BEATS, False, "every lead is flat")
    spikes = find_spikes(quiet[usable])
    rows, quiet = without_spikes(rows, spikes), without_spikes(quiet, spikes)
    beats = find_beats(quiet[usable], both) if beats is None else _within(beats, rows.shape[1])
    reason = "" if beats.n else "no beat was found"
    return _Seen(rows, quiet, usable, left_out, beats, bool(beats.n) and is_paced(spikes, beats.at), reason)


def _median(seen: _Seen, of: np.ndarray) -> MedianBeat:
    """Median beat of the usable leads."""
    beat = median_beat(seen.quiet, of, seen.beats.at)
    return replace(beat, signals=beat.signals[seen.usable], noise=beat.noise[seen.usable])


def _values(
    ecg: Ecg, seen: _Seen, together: Together, groups: list[Marks], level: MedianBeat
) -> dict[str, Value]:
    """What is measured of all leads together. groups: marks of every third beat; level: see
    ``_level_beats``."""
    beats, marks, n = seen.beats, together.joint, len(seen.beats.of_kind(0))
    no_p = why_no_p(marks, seen.irregular, seen.paced)
    values = rhythm(beats, np.diff(beats.at) / RATE)
    values |= intervals(marks, together.apart, groups, n, no_p, seen.paced)
    return values | corrected(values, seen.irregular) | _axes(ecg, level, marks, n)


def _measured(ecg: Ecg, seen: _Seen, spread: bool, kinds: int) -> Measurements:
    beats, left_out, usable = seen.beats, seen.left_out, seen.usable
    by_kind = {
        int(kind): delineate(
            seen.quiet[usable],
            _median(seen, beats.of_kind(kind)),
            seen.rr_s,
            seen.irregular,
            both=kind < kinds,
        )
        for kind in np.unique(beats.kind)
    }
    per_kind = {
        kind: dict(zip(usable, map(agreed, delineation.leads, delineation.leads_apart), strict=True))
        for kind, delineation in by_kind.items()
    }
    main = by_kind[0].joint
    apart = dict(zip(usable, by_kind[0].leads_apart, strict=True))
    main_beats, groups = beats.of_kind(0), []
    if len(main_beats) >= 6 and spread:
        groups = [joint_marks(_median(seen, main_beats[start::3]), seen.rr_s) for start in range(3)]
    level = _level_beats(seen.rows, beats, main)
    values = _values(ecg, seen, by_kind[0].together, groups, level)
    leads = {}
    cut = [
        lead
        for lead, row in zip(ecg.leads, ecg.signals, strict=True)
        if lead not in left_out and clipped_s(row, ecg.rate)
    ]
    for place, lead in enumerate(ecg.leads):
        marks = per_kind[0].get(place, Marks())
        of = _lead_values(
            level.signals[place],
            _lead_marks(by_kind[0], usable, place),
            main,
            apart.get(place, {}),
            len(main_beats),
            left_out.get(lead, ""),
            values["pr_ms"],
        )
        of = _as_clipped(of) if lead in cut else of
        leads[lead] = LeadMeasurements(of, level.signals[place], marks, left_out.get(lead, ""))
    times = {
        lead: fiducials(beats, {kind: marks[place] for kind, marks in per_kind.items()}, seen.rows.shape[1])
        for place, lead in enumerate(ecg.leads)
        if lead not in left_out
    }
    times["global"] = fiducials(
        beats,
        {kind: agreed(delineation.joint, delineation.apart) for kind, delineation in by_kind.items()},
        seen.rows.shape[1],
    )
    sentences = _findings(beats, left_out, cut, seen.paced, seen.irregular, main)
    return Measurements(values, leads, beats, main, times, seen.paced, seen.irregular, sentences, RATE)


def _lead_marks(delineation: Delineation, usable: list[int], place: int) -> Marks:
    return delineation.leads[usable.index(place)] if place in usable else Marks()


def _within(beats: Beats, n_samples: int) -> Beats:
    inside = (beats.at >= 0) & (beats.at < n_samples)
    return Beats(beats.at[inside], beats.kind[inside])


def _is_irregular(beats: Beats) -> bool:
    """RR intervals between two beats of the commonest kind alone; ectopic beats do not make a rhythm
    irregular."""
    ordinary = (beats.kind[1:] == 0) & (beats.kind[:-1] == 0)
    rr = np.diff(beats.at)[ordinary]
    return bool(len(rr) >= 3 and np.std(rr) > IRREGULAR * np.mean(rr))


def beats_at_points_of(ecg: Ecg, recording: Ecg, true: Measurements) -> np.ndarray:
    """(n_leads, n) mV at RATE: median beats of another version of a recording.

    Cut at the recording's own beats and baseline points, without the pacemaker spikes found in the recording.
    true: the recording's measurements.
    """
    rows, _, _ = _prepared(ecg)
    _, quiet, left_out = _prepared(recording)
    usable = [place for place, lead in enumerate(recording.leads) if lead not in left_out]
    rows = without_spikes(rows, find_spikes(quiet[usable]))
    return _level_beats(rows, true.beats, true.marks).signals


def _level_beats(rows: np.ndarray, beats: Beats, marks: Marks) -> MedianBeat:
    """Median beats of the unfiltered recording, its baseline taken as straight lines between the PR
    segments."""
    lead_in = (marks.r or 0) - (marks.qrs_on if marks.qrs_on is not None else (marks.r or 0) - 0.05 * RATE)
    knots = (beats.at - lead_in - 0.008 * RATE).astype(int)
    knots = knots[(knots >= 4) & (knots < rows.shape[1] - 4)]
    return median_beat(rows - baseline(rows, knots, int(0.008 * RATE)), beats.of_kind(0), beats.at)


def _axes(ecg: Ecg, level: MedianBeat, marks: Marks, n: int) -> dict[str, Value]:
    two = i_and_ii(Ecg(level.signals, ecg.leads, RATE))
    spans = {
        "p_axis_deg": (marks.p_on, marks.p_off),
        "qrs_axis_deg": (marks.qrs_on, marks.qrs_off),
        "t_axis_deg": (_t_start(marks), marks.t_off),
    }
    out = {}
    for name, (start, stop) in spans.items():
        if two is None:
            out[name] = Value(None, "deg", n, None, "an axis needs two limb leads")
        elif start is None or stop is None:
            out[name] = Value(None, "deg", n, None, "the wave was not found")
        else:
            reference = two[:, [int(stop)]] if name != "qrs_axis_deg" else two[:, [int(start)]]
            lead_i, lead_ii = two - reference
            angle = frontal_axis(lead_i, lead_ii, start, stop)
            out[name] = Value(
                angle, "deg", n, None, "" if angle is not None else "the wave is too small in the limb leads"
            )
    return out


def _t_start(marks: Marks) -> float | None:
    return None if marks.qrs_off is None or marks.t_off is None else marks.qrs_off + 0.06 * RATE


def _lead_values(
    row: np.ndarray, marks: Marks, joint: Marks, apart: Apart, n: int, flat: str, pr: Value
) -> dict[str, Value]:
    names = {**dict.fromkeys(LEAD_INTERVALS, "ms"), **dict.fromkeys(AMPLITUDES, "uV")}
    if flat:
        return {name: Value(None, unit, n, None, flat) for name, unit in names.items()}
    heights = wave_heights(row, marks, joint)
    out = {}
    for name, unit in names.items():
        value = span(marks, name) if unit == "ms" else heights[name]
        why, refused = disagreement(apart, *SPANS[name]) if unit == "ms" else ("", False)
        if value is None:
            no_p = pr.reason if pr.value is None else ""
            why = no_p or "no P wave in this lead" if name in ("pr_ms", "p_uv") else NO_WAVE
        out[name] = Value(None if refused else value, unit, n, None, why)
    return out


def _as_clipped(of: dict[str, Value]) -> dict[str, Value]:
    doubt = "the lead is clipped"
    return {
        name: replace(value, reason=doubt) if value.unit == "uV" and value.value is not None else value
        for name, value in of.items()
    }


def _findings(
    beats: Beats, left_out: dict[str, str], cut: list[str], paced: bool, irregular: bool, marks: Marks
) -> tuple[str, ...]:
    sentences = [f"{lead}: {why}." for lead, why in left_out.items()]
    if cut:
        sentences.append(
            f"{', '.join(cut)} clipped at the edge of the recorder's range: heights and ST there are "
            "doubtful."
        )
    if paced:
        sentences.append("Pacemaker spikes lead the beats; they were taken out before measuring.")
    if irregular:
        sentences.append(
            "The rhythm is irregular" + (" and no steady P wave was found." if marks.p_on is None else ".")
        )
    others = int((beats.kind > 0).sum())
    if others:
        sentences.append(f"{others} of {beats.n} beats look different and are not in the median beat.")
    if marks.qrs_on is None:
        sentences.append("The beats are too flat for QRS edges.")
    return tuple(sentences)


def _nothing(ecg: Ecg, left_out: dict[str, str], why: str) -> Measurements:
    values = {
        name: Value(None, UNITS.get(name, "ms"), 0, None, why) for name in (*INTERVALS, *CORRECTED, *AXES)
    }
    none = {**dict.fromkeys(LEAD_INTERVALS, "ms"), **dict.fromkeys(AMPLITUDES, "uV")}
    leads = {
        lead: LeadMeasurements(
            {name: Value(None, unit, 0, None, left_out.get(lead, why)) for name, unit in none.items()},
            None,
            Marks(),
            left_out.get(lead, ""),
        )
        for lead in ecg.leads
    }
    sentences = tuple(f"{lead}: {reason}." for lead, reason in left_out.items())
    return Measurements(
        values,
        leads,
        _NO_BEATS,
        Marks(),
        {},
        findings=(*sentences, f"Nothing could be measured: {why}."),
        rate=RATE,
    )
