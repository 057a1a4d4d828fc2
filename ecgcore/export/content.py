"""What leaves the product with a reconstruction, whatever the format: rows with their roles, and what is said
of them.

Nothing about a patient, no file name and no path is in it: a recording's own name and the notes of its reader
stay behind.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from ecgcore.ecg import NOT_FOR_DIAGNOSIS, Ecg, Reconstruction, UnusableEcg
from ecgcore.electrodes.correction import correction_notes
from ecgcore.figures.paper.sheet import USUAL, Paper
from ecgcore.io.roles import RolePart, label, role_line
from ecgcore.leads import STANDARD
from ecgcore.partial import PartialReconstruction, parts, where
from ecgcore.signals import HIGH_PASS_HZ

PURPOSE = f"{NOT_FOR_DIAGNOSIS}."
ROLE_OF = {"measured": "input", "derived": "derived", "estimated": "estimated"}


@cache
def version() -> str:
    """The product's version, as installed or as its sources say."""
    import tomllib
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    source = Path(__file__).parents[2] / "pyproject.toml"
    if source.is_file():
        return str(tomllib.loads(source.read_text(encoding="utf-8"))["project"]["version"])
    try:
        return installed("reduced-lead-ecg")
    except PackageNotFoundError:
        return "of unknown version"


@dataclass(frozen=True, eq=False)
class Export:
    """A reconstruction and what goes with it into a file.

    reconstruction: what is exported, whole. truth: the recorded leads on the same samples and through the
    same filter, with those that the model was not given; None without. high_pass: whether recording and
    inputs went through the 0.5 Hz high-pass. start: second of the recording at which this begins;
    recording_s: how long the recording is, s, None where this is all of it. interval, recorded: whether the
    ends of the prediction interval, and the recorded traces of the leads left out, are written too.
    passband: how it was filtered where that is neither of the two, in words.
    model_title, findings, paper, date: for the report and the pictures. findings: what speaks against the
    recording.
    """

    reconstruction: Reconstruction | PartialReconstruction
    truth: Ecg | None = None
    high_pass: bool = False
    start: float = 0.0
    recording_s: float | None = None
    interval: bool = True
    recorded: bool = False
    passband: str = ""
    model_title: str = ""
    findings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    paper: Paper = USUAL
    date: dt.date = field(default_factory=lambda: dt.datetime.now(dt.UTC).date())

    def __post_init__(self) -> None:
        ecg = self.reconstruction.ecg
        if self.truth is not None and (self.truth.rate, self.truth.n_samples) != (ecg.rate, ecg.n_samples):
            raise UnusableEcg("The recorded leads and the reconstruction differ in rate or length.")

    @property
    def ecg(self) -> Ecg:
        """The twelve leads."""
        return self.reconstruction.ecg

    def cut(self, start: float, stop: float) -> Export:
        """The part from start to stop, in seconds of this. Raises UnusableEcg if nothing is left."""
        return replace(
            self,
            reconstruction=self.reconstruction.cut(start, stop),
            truth=None if self.truth is None else self.truth.cut(start, stop),
            start=self.start + max(0.0, start),
            recording_s=self.recording_s or self.ecg.duration,
        )

    def with_findings(self, sentences: tuple[str, ...]) -> Export:
        """The same with what speaks against the recording."""
        return replace(self, findings=sentences)

    @property
    def filter_text(self) -> str:
        """How the signals were filtered, in words."""
        usual = f"{HIGH_PASS_HZ:g} Hz high-pass (zero-phase)" if self.high_pass else "as recorded"
        return self.passband or usual


@dataclass(frozen=True, eq=False)
class Row:
    """One signal of a file. lead, role: see ``ecgcore.io.roles``. samples: (n,) mV; parts: its roles over
    time."""

    lead: str
    role: str
    samples: np.ndarray
    parts: tuple[RolePart, ...]

    @property
    def name(self) -> str:
        """Lead and role in words."""
        return label(self.lead, self.role)

    @property
    def short_name(self) -> str:
        """The same in 16 characters or fewer."""
        return label(self.lead, self.role, short=True)


def rows(export: Export) -> tuple[Row, ...]:
    """The twelve leads, then the ends of the intervals, then the recorded traces of the leads left out."""
    return (*(lead_row(export, lead) for lead in STANDARD), *_ends(export), *_recorded_rows(export))


def lead_row(export: Export, lead: str) -> Row:
    """A lead as reconstructed, with its roles over time."""
    pieces = parts(export.reconstruction, lead)
    role = ROLE_OF[pieces[0].source] if len(pieces) == 1 else "partial"
    roles = (
        (RolePart(role),)
        if len(pieces) == 1
        else tuple(RolePart(ROLE_OF[piece.source], piece.first, piece.stop) for piece in pieces)
    )
    return Row(lead, role, export.ecg[lead], roles)


def _ends(export: Export) -> Iterator[Row]:
    if not export.interval or export.reconstruction.interval is None:
        return
    for lead in STANDARD:
        half = export.reconstruction.half_width(lead)
        if half is None or not where(export.reconstruction, lead, "estimated").any():
            continue
        for role, sign in (("lower", -1), ("upper", 1)):
            yield Row(lead, role, export.ecg[lead] + sign * half, (RolePart(role),))


def _recorded_rows(export: Export) -> Iterator[Row]:
    if not export.recorded or export.truth is None:
        return
    for lead in export.truth.leads:
        if not where(export.reconstruction, lead, "measured").all():
            yield Row(lead, "recorded", export.truth[lead], (RolePart("recorded"),))


def model_text(export: Export) -> str:
    """The model with its weights and the product's version."""
    weights = f" (weights {export.reconstruction.weights})" if export.reconstruction.weights else ""
    return f"{export.reconstruction.model}{weights}, reduced-lead-ecg {version()}"


def interval_text(reconstruction: Reconstruction | PartialReconstruction) -> str:
    """What the interval is, and what it stands on."""
    return "nominal 90 % prediction interval" + (
        f", calibrated for {reconstruction.rung}," if reconstruction.rung else ""
    )


def span_text(export: Export) -> str:
    """Which part of the recording this is."""
    stop = export.start + export.ecg.duration
    if export.recording_s is None and not export.start:
        return f"Whole recording, {export.ecg.duration:g} s"
    total = "" if export.recording_s is None else f" of a recording of {export.recording_s:g} s"
    return f"Seconds {export.start:g} to {stop:g}{total}"


def header(export: Export) -> list[str]:
    """What every file says about itself: purpose, model, filter, part, roles by code and in words,
    warnings."""
    reconstruction = export.reconstruction
    lines = [
        PURPOSE,
        f"Reconstruction from {' '.join(reconstruction.inputs)} by {model_text(export)}",
        f"Filter: {export.filter_text}",
        f"Part: {span_text(export)}",
        f"Start second: {export.start:g}",
        role_line({lead: lead_row(export, lead).parts for lead in STANDARD}),
    ]
    lines += correction_notes(export.ecg)
    if export.ecg.simulated:
        lines.append("Simulated recording: no patient stands behind it")
    if reconstruction.fitted_until:
        lines.append(
            f"Fitted on the first {reconstruction.fitted_until:g} s of this part with all leads visible"
        )
    lines += [f"{lead}: {origin(export, lead)}" for lead in STANDARD]
    if any(_ends(export)):
        lines.append(f"lower, upper: ends of the {interval_text(reconstruction)} of an estimated lead")
    if any(_recorded_rows(export)):
        lines.append("recorded: the recorded trace of a lead that the model was not given")
    lines += [f"Remark: {sentence}" for sentence in export.remarks]
    return lines + [f"Warning: {sentence}" for sentence in reconstruction.warnings]


def origin(export: Export, lead: str) -> str:
    """Where a lead comes from, in words; stretch by stretch where that changes."""
    pieces, rate = parts(export.reconstruction, lead), export.ecg.rate
    if len(pieces) == 1:
        return _origin(export, pieces[0].source)
    return "; ".join(
        f"{part.first / rate:.3f}-{part.stop / rate:.3f} s {_origin(export, part.source)}" for part in pieces
    )


def _origin(export: Export, source: str) -> str:
    recorded = f"input, {export.filter_text}" if export.high_pass else "input, as recorded"
    return {
        "measured": recorded,
        "derived": "derived from the input limb leads (Einthoven, Goldberger)",
        "estimated": f"estimated by {export.reconstruction.model}",
    }[source]
