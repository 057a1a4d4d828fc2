"""The marks against hand annotations, beside plain NeuroKit2 (``rlecg study delineation``).

Reference: LUDB (doi:10.1109/ACCESS.2020.3029211), P, QRS and T marked by hand in each lead of each beat but
the outer ones.

Conventions
- Errors are ms, found minus marked. A mark is found where the nearest one of its kind lies within 150 ms.
False is a mark of
  a method with no marked one of its kind within 150 ms, in the stretch from the first to the last beat marked
  by hand; its share is of all marks the method sets there.
- Global reference of a beat: the second earliest onset and the second latest offset over leads, if at least
six leads are
  marked; so two leads must agree and one slip of the hand does not decide. Found marks of single leads
  (NeuroKit2) are joined by the very same rule.
- ``per beat`` counts every beat. ``per recording`` takes the median error of each recording, one number a
recording, as the
  tolerances for measuring carts do (IEC 60601-2-25: one set of intervals per recording).
- The constants of ``marks.py`` and ``vote.py`` were fitted on the odd records; halves are reported apart. The
even ones are no
  untouched test set: their results were seen meanwhile, and beat finding, spikes and the presence of P
  (``delineate.py``) were set looking at all records.
- A mark refused because the two opinions disagree (``vote.REFUSED_MS``) counts as not found.
- Tolerances: mean within 10 ms (T offset 15) and standard deviation within QRS 10, P 15, T 30 ms, after IEC
60601-2-25 and the CSE
  study (doi:10.1016/0010-4809(85)90021-7) as commonly quoted; the text of the standard was not at hand.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ecgcore.datasets import Database
from ecgcore.ecg import Ecg
from ecgcore.measurements.delineation.plain_neurokit import METHODS, neurokit_marks
from ecgcore.measurements.measurement import measure

EDGES = tuple(f"{wave} {edge}" for wave in ("QRS", "P", "T") for edge in ("onset", "offset"))
OURS = "ours"
WITHIN_MS = 150.0
_NAMES = {
    "P onset": "p_on",
    "P offset": "p_off",
    "QRS onset": "qrs_on",
    "QRS offset": "qrs_off",
    "T onset": "t_on",
    "T offset": "t_off",
}
COLUMNS = (
    "scope",
    "edge",
    "method",
    "records",
    "level",
    "n",
    "mean_ms",
    "sd_ms",
    "mae_ms",
    "p95_ms",
    "sensitivity",
    "false_share",
)

Row = dict[str, float | int | str]
"""Of the table, by COLUMNS."""
Marked = Mapping[str, Mapping[str, np.ndarray]]
"""Per lead or "global", per edge: seconds."""


def by_hand(
    annotations: Mapping[str, Mapping[str, Mapping[str, np.ndarray]]], rate: float
) -> tuple[Marked, tuple[float, float]]:
    """The reference in seconds and the stretch from the first to the last marked QRS."""
    out: dict[str, dict[str, np.ndarray]] = {}
    for lead, waves in annotations.items():
        out[lead] = {}
        for wave, parts in waves.items():
            for edge in ("onset", "offset"):
                out[lead][f"{wave} {edge}"] = parts[edge][parts[edge] >= 0] / rate
    out["global"] = {edge: joined({lead: of[edge] for lead, of in out.items()}, edge) for edge in EDGES}
    peaks = np.concatenate([waves["QRS"]["peak"] for waves in annotations.values()]) / rate
    return out, (float(peaks.min()), float(peaks.max()))


def joined(times: Mapping[str, np.ndarray], edge: str, least: int = 6, gap_s: float = 0.075) -> np.ndarray:
    """Global marks out of those of single leads, seconds: the second earliest onset or second latest offset
    of each cluster."""
    every = np.sort(np.concatenate(list(times.values()))) if times else np.zeros(0)
    if not len(every):
        return every
    clusters = np.split(every, np.flatnonzero(np.diff(every) > gap_s) + 1)
    place = 1 if edge.endswith("onset") else -2
    return np.array([cluster[place] for cluster in clusters if len(cluster) >= least])


def marked_by_us(ecg: Ecg) -> Marked:
    """The marks that the product shows."""
    times = measure(ecg).fiducials
    return {lead: {edge: _there(of[_NAMES[edge]]) for edge in EDGES} for lead, of in times.items()}


def _there(times: list[float | None]) -> np.ndarray:
    return np.array([time for time in times if time is not None])


def marked_by_neurokit(ecg: Ecg, method: str) -> Marked:
    """The marks of plain NeuroKit2, joined to global ones."""
    out = {}
    for lead in ecg.leads:
        marks = neurokit_marks(ecg[lead].astype(float), ecg.rate, method)
        if marks is not None:
            out[lead] = {edge: marks[edge] / ecg.rate for edge in EDGES}
    return {
        **out,
        "global": {edge: joined({lead: of[edge] for lead, of in out.items()}, edge) for edge in EDGES},
    }


def errors(
    reference: np.ndarray, marks: np.ndarray, span: tuple[float, float]
) -> tuple[np.ndarray, int, int]:
    """Errors in ms of the reference marks that were found, the number of false marks and of all marks within
    the span."""
    inside = marks[(marks >= span[0] - 0.1) & (marks <= span[1] + 0.1)]
    if not len(marks):
        return np.full(len(reference), np.nan), 0, 0
    if not len(reference):
        return np.zeros(0), len(inside), len(inside)
    nearest = marks[np.abs(marks[None] - reference[:, None]).argmin(1)]
    error = 1000 * (nearest - reference)
    error[np.abs(error) > WITHIN_MS] = np.nan
    false = (np.abs(inside[:, None] - reference[None]).min(1) * 1000 > WITHIN_MS).sum() if len(inside) else 0
    return error, int(false), len(inside)


class Score:
    """Errors of one method, edge and scope, collected recording by recording."""

    def __init__(self) -> None:
        self.by_record: dict[str, np.ndarray] = {}
        self.false: dict[str, tuple[int, int]] = {}

    def add(self, record: str, result: tuple[np.ndarray, int, int]) -> None:
        """Add what ``errors`` says of one record."""
        error, false, every = result
        before = self.by_record.get(record, np.zeros(0))
        self.by_record[record] = np.concatenate([before, error])
        old = self.false.get(record, (0, 0))
        self.false[record] = (old[0] + false, old[1] + every)

    def summary(self, records: list[str], level: str) -> Row:
        """n, mean, SD, mean absolute, p95 of the absolute error in ms, sensitivity, false share; "" where
        nothing was found."""
        each = [self.by_record[record] for record in records if record in self.by_record]
        flat = np.concatenate(each) if each else np.zeros(0)
        sensitivity = float(np.isfinite(flat).mean()) if len(flat) else None
        if level == "per recording":
            flat = np.array([np.nanmedian(error) for error in each if np.isfinite(error).any()])
        flat = flat[np.isfinite(flat)]
        false, every = (
            np.array([self.false[record] for record in records if record in self.false]).reshape(-1, 2).sum(0)
        )
        share = round(false / every, 4) if every else ""
        if not len(flat):
            return dict(
                zip(COLUMNS[5:], (0, "", "", "", "", "" if sensitivity is None else 0.0, share), strict=True)
            )
        numbers = (
            flat.mean(),
            flat.std(ddof=1) if len(flat) > 1 else 0.0,
            np.abs(flat).mean(),
            np.quantile(np.abs(flat), 0.95),
        )
        rounded = [round(float(number), 1) for number in numbers]
        return dict(zip(COLUMNS[5:], (len(flat), *rounded, round(sensitivity or 0.0, 4), share), strict=True))


def prove(database: Database, records: list[str], methods: tuple[str, ...] = METHODS) -> list[Row]:
    """Rows of COLUMNS over the given records of a database that has ``read`` and ``annotations``."""
    scores: dict[tuple[str, str, str], Score] = {}
    for record in records:
        ecg = database.read(record)
        hand, span = by_hand(database.annotations(record), ecg.rate)
        for method in (OURS, *methods):
            marks = marked_by_us(ecg) if method == OURS else marked_by_neurokit(ecg, method)
            for lead, edges in hand.items():
                for edge, times in edges.items():
                    result = errors(times, marks.get(lead, {}).get(edge, np.zeros(0)), span)
                    for scope in (lead,) if lead == "global" else (lead, "leads"):
                        scores.setdefault((scope, edge, method), Score()).add(record, result)
    halves = {
        "all": records,
        "odd": [r for r in records if int(r) % 2],
        "even": [r for r in records if int(r) % 2 == 0],
    }
    rows = []
    for (scope, edge, method), score in scores.items():
        for name, chosen in halves.items():
            if scope not in ("global", "leads") and name != "all":
                continue
            for level in ("per beat", "per recording") if scope == "global" else ("per beat",):
                head: Row = dict(zip(COLUMNS[:5], (scope, edge, method, name, level), strict=True))
                rows.append(head | score.summary(chosen, level))
    order = {name: place for place, name in enumerate(("global", "leads", *hand))}
    return sorted(
        rows,
        key=lambda row: (
            order[str(row["scope"])],
            EDGES.index(str(row["edge"])),
            row["records"],
            row["level"],
        ),
    )


def lines(rows: list[Row]) -> list[str]:
    """The rows of all leads together and of the global marks, in columns."""
    return [
        " ".join(f"{row[column]!s:>13}" for column in COLUMNS)
        for row in rows
        if row["scope"] in ("global", "leads")
    ]


def write(rows: list[Row], path: Path) -> None:
    """The whole table as CSV."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
