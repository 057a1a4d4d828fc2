"""WFDB headers as values, parsed and checked before any signal is read.

The library that reads the signals trusts what a header says: it follows paths out of the folder, recurses on
a header that names itself, takes microvolts for millivolts and a missing gain for 200 units per mV. So the
header is read here first. Specification: https://physionet.org/physiotools/wag/header-5.htm
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import MAX_VALUES, Source
from ecgcore.io.text import harmless
from ecgcore.io.units import is_voltage, millivolts_per

DEFAULT_RATE = 250.0  # Hz, what the specification says where the header names no rate
MAX_HEADER_BYTES = 1_000_000
MAX_SIGNALS, MAX_SEGMENTS = 1000, 10_000
MAX_PER_FRAME = 100
FORMATS = {
    "8": 1.0,
    "16": 2.0,
    "24": 3.0,
    "32": 4.0,
    "61": 2.0,
    "80": 1.0,
    "160": 2.0,
    "212": 1.5,
    "310": 4 / 3,
    "311": 4 / 3,
}
COMPRESSED = ("508", "516", "524")
_SIGNAL_FORMAT = re.compile(
    r"(?P<code>\d+)(?:x(?P<per_frame>\d+))?(?::(?P<skew>\d+))?(?:\+(?P<offset>\d+))?$"
)
_GAIN = re.compile(r"(?P<gain>[-+]?[\d.]+(?:[eE][-+]?\d+)?)(?:\((?P<baseline>-?\d+)\))?(?:/(?P<unit>\S+))?$")


@dataclass(frozen=True)
class SignalLine:
    """One signal of a record: where it lies and what a step of the converter is worth.

    file: "~" where the signal has no samples (layout of a multi-segment record). skew: samples by which it
    lags. gain: units of the converter per unit, None where missing or zero. baseline: what the converter says
    at 0 mV. unit: as written, "mV" where the header names none. label: the lead, as written. initial: the
    count to which the differences of format 8 are added.
    """

    file: str
    format: str
    per_frame: int
    skew: int
    offset: int
    gain: float | None
    baseline: int
    unit: str
    label: str
    initial: int = 0


@dataclass(frozen=True)
class Header:
    """A record's header. rate in Hz or None; n_samples None where the header does not say; segments: names
    and lengths in samples."""

    name: str
    rate: float | None
    n_samples: int | None
    signals: tuple[SignalLine, ...]
    segments: tuple[tuple[str, int], ...] = ()
    comments: tuple[str, ...] = ()


def read_header(source: Source) -> Header:
    """The header in a .hea file. Raises UnusableEcg where it is none."""
    if not source.exists():
        raise UnusableEcg(
            f"There is no header {source.shown}: a WFDB record is a .hea file and the signal files it names."
        )
    if source.size() > MAX_HEADER_BYTES:
        raise UnusableEcg(f"{source.shown} is too large for a WFDB header.")
    return parse_header(source.content(MAX_HEADER_BYTES).decode("utf-8", errors="replace"), source.shown)


def parse_header(text: str, shown: str = "The header") -> Header:
    """A header from its text; ``shown`` names the file in messages. Raises UnusableEcg."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    comments = tuple(line.lstrip("#").strip() for line in lines if line.startswith("#"))
    lines = [line for line in lines if not line.startswith("#")]
    if not lines:
        raise UnusableEcg(f"{shown} is empty.")
    try:
        name, n_segments, n_signals, rate, n_samples = _record_line(lines[0])
        if n_signals > MAX_SIGNALS or n_segments > MAX_SEGMENTS:
            raise UnusableEcg(
                f"{shown} announces {n_segments or n_signals:,} signals or segments; that is no ECG."
            )
        body = lines[1 : 1 + (n_segments or n_signals)]
        if len(body) < (n_segments or n_signals):
            raise UnusableEcg(
                f"{shown} announces {n_segments or n_signals} signals but describes {len(body)}."
            )
        if n_segments:
            segments = tuple((words[0], int(words[1])) for words in map(str.split, body))
            return Header(name, rate, n_samples, (), segments, comments)
        return Header(name, rate, n_samples, tuple(_signal_line(line) for line in body), (), comments)
    except UnusableEcg:
        raise
    except (ValueError, IndexError, OverflowError) as error:
        raise UnusableEcg(f"{shown} is not a WFDB header: its lines cannot be understood.") from error


def _record_line(line: str) -> tuple[str, int, int, float | None, int | None]:
    words = line.split()
    name, slash, n_segments = words[0].partition("/")
    rate = float(words[2].split("/")[0].split("(")[0]) if len(words) > 2 else None
    n_samples = int(words[3]) if len(words) > 3 else None
    n_signals = int(words[1])
    if n_signals < 0 or (n_samples or 0) < 0 or (slash and int(n_segments) < 1):
        raise ValueError(line)
    return name, int(n_segments) if slash else 0, n_signals, rate, n_samples or None


def _signal_line(line: str) -> SignalLine:
    words = line.split(maxsplit=8)
    form = _SIGNAL_FORMAT.match(words[1])
    if form is None:
        raise ValueError(line)
    gain, unit, baseline = None, "mV", int(words[4]) if len(words) > 4 else 0
    if len(words) > 2:
        scale = _GAIN.match(words[2])
        if scale is None:
            raise ValueError(line)
        gain, unit = float(scale["gain"]) or None, scale["unit"] or "mV"
        baseline = int(scale["baseline"]) if scale["baseline"] else baseline
    label = words[8] if len(words) > 8 else ""
    per_frame = int(form["per_frame"] or 1)
    if not 1 <= per_frame <= MAX_PER_FRAME or abs(baseline) > 2**31:
        raise ValueError(line)
    return SignalLine(
        words[0],
        form["code"],
        per_frame,
        int(form["skew"] or 0),
        int(form["offset"] or 0),
        gain,
        baseline,
        unit,
        label,
        int(words[5]) if len(words) > 5 else int(words[4]) if len(words) > 4 else 0,
    )


def plain_text(header: Header, files: Mapping[str, str]) -> str:
    """A header of one segment with the same signals under other file names, and nothing else: no comments."""
    rate = DEFAULT_RATE if header.rate is None else header.rate
    lines = [f"r {len(header.signals)} {rate!r}" + (f" {header.n_samples}" if header.n_samples else "")]
    for signal in header.signals:
        form = signal.format + (f"x{signal.per_frame}" if signal.per_frame > 1 else "")
        form += (f":{signal.skew}" if signal.skew else "") + (f"+{signal.offset}" if signal.offset else "")
        gain = signal.gain if signal.gain is not None else 0
        file = files.get(signal.file, "absent")
        lines.append(f"{file} {form} {gain!r}({signal.baseline})/mV 16 0 {signal.initial} 0 0 x")
    return "\n".join(lines) + "\n"


def check_header(header: Header, head: Source, wanted: list[int]) -> tuple[str, ...]:
    """Whether the wanted signals (row numbers) of a single-segment record can be read from beside its header;
    notes about what was odd.

    Raises UnusableEcg in one sentence for files outside the folder, missing, too short, of unknown format,
    gain or unit.
    """
    notes = []
    chosen = [header.signals[row] for row in wanted]
    for file in dict.fromkeys(signal.file for signal in chosen):
        _check_name(file)
    for signal in chosen:
        if signal.format not in FORMATS and signal.format not in COMPRESSED:
            raise UnusableEcg(
                f"Signal {_name(signal)} is stored in format {signal.format[:20]}, which is not a WFDB "
                "format."
            )
        if signal.gain is None:
            raise UnusableEcg(
                f"The header gives no gain for lead {_name(signal)}, so its amplitude in mV is unknown."
            )
        if not is_voltage(signal.unit):
            millivolts_per(signal.unit, f"Lead {_name(signal)}")
    for file in dict.fromkeys(signal.file for signal in chosen):
        notes += _check_file(head, file, header, [signal for signal in header.signals if signal.file == file])
    return tuple(notes)


def _name(signal: SignalLine) -> str:
    """Of a signal, for a sentence."""
    return harmless(signal.label or "?")


def _check_name(file: str) -> None:
    if PurePath(file).name != file or "\\" in file or ":" in file or file in ("", ".", "..", "~", "-"):
        raise UnusableEcg(
            f"The header names {harmless(file)!r} as signal file; only files that stand beside the "
            "header are read."
        )
    if file.casefold().endswith(".hea"):
        raise UnusableEcg(f"The header names a header, {harmless(file)}, as signal file.")


def _check_file(head: Source, file: str, header: Header, signals: list[SignalLine]) -> list[str]:
    shown = harmless(file)
    source = head.sibling(file) if len(file.encode(errors="replace")) < 250 else None
    if source is None:
        raise UnusableEcg(
            f"The header names the signal file {shown}, which is not there; give it together with the header."
        )
    if source.size() == 0:
        raise UnusableEcg(f"The signal file {shown} is empty.")
    if len({signal.format for signal in signals}) > 1:
        raise UnusableEcg(f"The header gives the signals in {shown} different formats, which cannot be.")
    skew = max(signal.skew for signal in signals)
    width = sum(signal.per_frame for signal in header.signals)
    if signals[0].format in COMPRESSED:
        held = _frames_of_flac(source.begin(64), shown, len(signals)) // signals[0].per_frame
    else:
        per_sample = FORMATS[signals[0].format] * sum(signal.per_frame for signal in signals)
        held = int((source.size() - signals[0].offset) / per_sample)
    if (max(header.n_samples or held, 0) + skew) * width > MAX_VALUES:
        raise UnusableEcg(
            f"The recording has {header.n_samples or held:,} samples of {width} signals; that is more "
            "than can be opened here."
        )
    if header.n_samples is None:
        return []
    if skew > header.n_samples:
        raise UnusableEcg(f"The header shifts a signal by {skew:,} samples, more than the recording has.")
    if held < header.n_samples:
        raise UnusableEcg(
            f"The signal file {shown} holds {held:,} samples per lead, the header says {header.n_samples:,}."
        )
    if held > header.n_samples + 3:
        return [
            (
                f"The signal file {shown} holds {held:,} samples per lead; the {header.n_samples:,} that "
                "the header says were read."
            )
        ]
    return []


def _frames_of_flac(first: bytes, shown: str, n_signals: int) -> int:
    """Samples per channel that a FLAC stream announces in its STREAMINFO block (RFC 9639, section 8.2)."""
    if first[:4] != b"fLaC" or first[4] & 0x7F != 0 or len(first) < 42:
        raise UnusableEcg(
            f"The signals of {shown} cannot be read; the signal file is damaged or of another type."
        )
    packed = int.from_bytes(first[18:26], "big")
    if (packed >> 41 & 0x7) + 1 != n_signals:
        raise UnusableEcg(
            f"The signal file {shown} holds {(packed >> 41 & 7) + 1} signals, the header says {n_signals}."
        )
    return packed & 0xFFFFFFFFF
