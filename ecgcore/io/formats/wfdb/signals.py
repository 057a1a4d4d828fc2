"""Signals of WFDB records in one or several segments."""

from __future__ import annotations

from pathlib import Path, PurePath

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import MAX_VALUES, Channel, Contents, Hints, Source, linked
from ecgcore.io.formats.wfdb.header import (
    DEFAULT_RATE,
    Header,
    check_header,
    plain_text,
    read_header,
)
from ecgcore.io.formats.wfdb.plain import plain_samples
from ecgcore.io.naming import distinct, leads_by_label, wanted
from ecgcore.io.text import harmless
from ecgcore.io.units import is_voltage

_READING_FAILED = (
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    OSError,
    RuntimeError,
    ArithmeticError,
)
"""What wfdb and the libraries under it raise on broken files; nothing more precise is documented."""
_NAN = {
    "80": -128,
    "508": -128,
    "310": -512,
    "311": -512,
    "212": -2048,
    "16": -32768,
    "61": -32768,
    "160": -32768,
    "516": -32768,
    "24": -8388608,
    "524": -8388608,
    "32": -2147483648,
}
"""What the converter says where a sample is missing, by storage format."""

LARGE = 5_000_000
"""Values from which single precision must do, for memory: 24 bits of the converter stay exact. Of 16 bits it
does always."""


def read_record(head: Source, hints: Hints) -> Contents:
    """The standard leads of a WFDB record, by its header. Raises UnusableEcg."""
    header = read_header(head)
    notes = _rate_note(header)
    if header.segments:
        channels, more = _multi_segment(head, header, hints)
    else:
        channels, more = _single_segment(head, header, hints)
    return Contents(tuple(channels), _rate(header), (*notes, *more), header.comments)


def _single_segment(head: Source, header: Header, hints: Hints) -> tuple[list[Channel], list[str]]:
    labels = distinct(signal.label for signal in header.signals)
    chosen = _wanted_rows(header, labels, hints)
    notes = list(check_header(header, head, chosen)) if chosen else []
    samples = _samples(head, header, chosen) if chosen else {}
    if several := [harmless(labels[row], 20) for row in chosen if header.signals[row].per_frame > 1]:
        notes.append(
            f"The record holds several samples a frame of {', '.join(several)}; their mean is shown."
        )
    channels = [
        Channel(label, samples.get(row, np.empty(0)), signal.unit)
        for row, (label, signal) in enumerate(zip(labels, header.signals, strict=True))
    ]
    return channels, notes


def _wanted_rows(header: Header, labels: list[str], hints: Hints) -> list[int]:
    """Rows of the channels to read; of those that are no leads by name, only such as hold voltages."""
    names = wanted(labels, hints)
    lead_of = leads_by_label(labels, hints)
    return [
        row
        for row, label in enumerate(labels)
        if label in names
        and header.signals[row].file != "~"
        and (label in lead_of or (is_voltage(header.signals[row].unit) and header.signals[row].gain))
    ]


def _multi_segment(head: Source, header: Header, hints: Hints) -> tuple[list[Channel], list[str]]:
    """A record in several segments, joined by their labels; each must itself be a plain record beside the
    header, and what a segment lacks is a gap."""
    total = sum(length for _, length in header.segments)
    parts = [
        (name, length, _segment(head, name) if name != "~" else None) for name, length in header.segments
    ]
    labels = distinct(
        dict.fromkeys(signal.label for _, _, part in parts if part for signal in part[1].signals)
    )
    names = wanted(labels, hints)
    if (
        total < 0
        or min(length for _, length in header.segments) < 0
        or total * max(1, len(names)) > MAX_VALUES
    ):
        raise UnusableEcg(f"The segments of {head.shown} hold more samples than can be opened here.")
    joined: dict[str, np.ndarray] = {}
    units: dict[str, str] = {}
    notes: list[str] = []
    at = 0
    for _, length, part in parts:
        for channel in _of_part(part, hints, notes) if part else ():
            if channel.label not in names or channel.samples.size == 0:
                units.setdefault(channel.label, channel.unit)
                continue
            row = joined.setdefault(
                channel.label, np.full(total, np.nan, np.float32 if total > LARGE else np.float64)
            )
            if units.setdefault(channel.label, channel.unit) != channel.unit:
                raise UnusableEcg(
                    f"Lead {harmless(channel.label)} changes its unit between segments of {head.shown}."
                )
            count = min(length, channel.samples.size)
            row[at : at + count] = channel.samples[:count]
        at += length
    channels = [Channel(label, joined.get(label, np.empty(0)), units.get(label, "")) for label in labels]
    return channels, [*dict.fromkeys(notes), f"Joined from {len(header.segments)} segments."]


def _segment(head: Source, name: str) -> tuple[Source, Header]:
    """Header of a segment and where it lies. A layout, which has no samples, counts for its labels alone."""
    if (
        PurePath(name).name != name
        or "\\" in name
        or ":" in name
        or name in ("", ".", "..")
        or name == head.stem
    ):
        raise UnusableEcg(
            f"{head.shown} names {harmless(name)!r} as a segment; a segment is another record beside "
            "the header."
        )
    source = head.sibling(f"{name}.hea") if len(name) < 200 else None
    if source is None:
        raise UnusableEcg(f"{head.shown} names the segment {harmless(name)}, whose header is not there.")
    header = read_header(source)
    if header.segments:
        raise UnusableEcg(f"Segment {harmless(name)} of {head.shown} consists of segments itself.")
    return source, header


def _of_part(part: tuple[Source, Header], hints: Hints, notes: list[str]) -> list[Channel]:
    channels, more = _single_segment(*part, hints)
    notes += more
    return channels


def _samples(head: Source, header: Header, rows: list[int]) -> dict[int, np.ndarray]:
    """{row: (n_samples,) in the signal's unit, NaN where missing}."""
    converted = {}
    digital = _digital(head, header, rows)
    precision = np.float32 if digital.size > LARGE or digital.dtype == np.int16 else np.float64
    for column, row in enumerate(rows):
        signal = header.signals[row]
        row_of_file = np.ascontiguousarray(digital[:, column])
        samples: np.ndarray = row_of_file.astype(precision)
        if digital.dtype.kind == "i":
            missing = row_of_file == _NAN.get(signal.format, 1 << 40)
            samples -= precision(signal.baseline)
            samples /= precision(signal.gain or np.nan)
            if missing.any():
                samples[missing] = np.nan
        converted[row] = samples
    return converted


def _digital(head: Source, header: Header, rows: list[int]) -> np.ndarray:
    """(n_samples, len(rows)) whole numbers of the converter; in the signals' units where frames of several
    samples are averaged."""
    plain = plain_samples(head, header, rows)
    if plain is not None:
        return plain
    frames = any(header.signals[row].per_frame > 1 for row in rows)
    if head.folder is not None and _as_named(head, header, rows):
        return _rdrecord(head.folder / head.stem, rows, frames, head.shown)
    files = dict.fromkeys(header.signals[row].file for row in rows)
    neutral = {file: f"s{number}" for number, file in enumerate(files)}
    given: dict[str, bytes | Source] = {neutral[file]: head.sibling(file) for file in files}  # type: ignore[misc]
    text = plain_text(header, neutral)
    with linked({**given, "r.hea": text.encode()}) as folder:
        return _rdrecord(folder / "r", rows, frames, head.shown)


def _as_named(head: Source, header: Header, rows: list[int]) -> bool:
    """Whether the library finds the files under the names that the header gives, and nothing in it is odd."""
    exact = head.file == f"{head.stem}.hea" and header.name == head.stem
    return exact and all((head.folder / header.signals[row].file).is_file() for row in rows)  # type: ignore[operator]


def _rdrecord(path: Path, rows: list[int], frames: bool, shown: str) -> np.ndarray:
    import wfdb

    try:
        if frames:
            return np.asarray(wfdb.rdrecord(str(path), channels=rows).p_signal)
        return np.asarray(wfdb.rdrecord(str(path), channels=rows, physical=False, return_res=32).d_signal)
    except _READING_FAILED as error:
        raise UnusableEcg(
            f"The signals of {shown} cannot be read; the signal file is damaged or of another type."
        ) from error


def _rate(header: Header) -> float:
    return DEFAULT_RATE if header.rate is None else header.rate


def _rate_note(header: Header) -> tuple[str, ...]:
    if header.rate is not None:
        return ()
    return (f"The header names no sampling rate; {DEFAULT_RATE:g} Hz, the format's default, is assumed.",)
