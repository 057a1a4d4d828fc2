"""WFDB records from disk: a checked header, then the signals of the standard leads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io.assemble import assemble
from ecgcore.io.formats import Format, Hints, looks_like_text
from ecgcore.io.units import millivolts_per
from ecgcore.io.wfdb_header import DEFAULT_RATE, MAX_VALUES, Header, SignalLine, check_header, read_header
from ecgcore.leads import STANDARD, lead_name

_READING_FAILED = (
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    OSError,
    RuntimeError,
    ArithmeticError,
    MemoryError,
)
"""What wfdb and the libraries under it raise on broken files; nothing more precise is documented."""


def read_record(path: str | Path, name: str | None = None) -> Ecg:
    """The standard leads of a WFDB record, in mV. ``path``: with or without .hea. Raises UnusableEcg."""
    head = Path(path)
    head = head if head.suffix == ".hea" else head.with_name(head.name + ".hea")
    header = read_header(head)
    if header.segments:
        rows, rate, notes = _multi_segment(head, header)
    else:
        rows, rate, notes = _single_segment(head, header)
    return assemble(rows, rate, name or head.stem, notes)


def _single_segment(head: Path, header: Header) -> tuple[list[tuple[str, np.ndarray]], float, list[str]]:
    wanted = [row for row, signal in enumerate(header.signals) if lead_name(signal.label)]
    others = [(signal.label, np.empty(0)) for signal in header.signals if not lead_name(signal.label)]
    _refuse_doubles(header.signals)
    _refuse_rate(header)
    if not wanted:
        return others, _rate(header), []
    notes = [*_rate_note(header), *check_header(header, head.parent, wanted)]
    record = _rdrecord(head, channels=wanted)
    rows = []
    for column, row in enumerate(wanted):
        signal = header.signals[row]
        rows.append((signal.label, record.p_signal[:, column] * millivolts_per(signal.unit)))
    return [*rows, *others], _rate(header), notes


def _multi_segment(head: Path, header: Header) -> tuple[list[tuple[str, np.ndarray]], float, list[str]]:
    """A record in several segments, joined; each must itself be a plain record beside the header."""
    if sum(length for _, length in header.segments) > MAX_VALUES:
        raise UnusableEcg(f"The segments of {head.name} hold more samples than can be opened here.")
    _refuse_rate(header)
    units: dict[str, str] = {}
    for segment, _ in header.segments:
        if segment == "~":
            continue
        if Path(segment).name != segment or "\\" in segment or ":" in segment or segment == head.stem:
            raise UnusableEcg(
                f"{head.name} names {segment[:80]!r} as a segment; a segment is another record beside the header."
            )
        inner = read_header(head.with_name(f"{segment}.hea"))
        if inner.segments:
            raise UnusableEcg(f"Segment {segment} of {head.name} consists of segments itself.")
        _refuse_doubles(inner.signals)
        real = [row for row, signal in enumerate(inner.signals) if signal.file != "~"]
        check_header(replace(inner, n_samples=inner.n_samples), head.parent, real)
        for signal in inner.signals:
            if units.setdefault(signal.label, signal.unit) != signal.unit:
                raise UnusableEcg(f"Lead {signal.label} changes its unit between segments of {head.name}.")
    record = _rdrecord(head)
    rows = [(label, record.p_signal[:, column]) for column, label in enumerate(record.sig_name)]
    rows = [
        (label, samples * millivolts_per(units.get(label, "mV"))) if lead_name(label) else (label, samples)
        for label, samples in rows
    ]
    return rows, _rate(header), [*_rate_note(header), f"Joined from {len(header.segments)} segments."]


def _rdrecord(head: Path, **options):
    import wfdb

    try:
        return wfdb.rdrecord(str(head.with_suffix("")), **options)
    except _READING_FAILED as error:
        raise UnusableEcg(
            f"The signals of {head.name} cannot be read; the signal file is damaged or of another type."
        ) from error


def _rate(header: Header) -> float:
    return DEFAULT_RATE if header.rate is None else header.rate


def _refuse_rate(header: Header) -> None:
    if not 0 < _rate(header) < float("inf"):
        raise UnusableEcg(f"The header gives a sampling rate of {header.rate:g} Hz, which is not possible.")


def _rate_note(header: Header) -> list[str]:
    if header.rate is not None:
        return []
    return [f"The header names no sampling rate; {DEFAULT_RATE:g} Hz, the format's default, is assumed."]


def _refuse_doubles(signals: tuple[SignalLine, ...]) -> None:
    names = [lead_name(signal.label) for signal in signals]
    for lead in STANDARD:
        if names.count(lead) > 1:
            raise UnusableEcg(f"Lead {lead} is there more than once.")


def _read(path: Path, _hints: Hints, name: str) -> Ecg:
    """A record by its header, or by one of its signal files where the header stands beside."""
    head = path.with_suffix(".hea")
    if path.suffix.lower() in (".dat", ".mat") and not head.is_file():
        raise UnusableEcg(
            f"{path.name} is a signal file; it can only be read together with its header, a .hea file."
        )
    return read_record(head, name)


FORMAT = Format("WFDB", (".hea",), _read, looks_like_text, companions=(".dat", ".mat", ".xyz"))
