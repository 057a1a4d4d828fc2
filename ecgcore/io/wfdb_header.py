"""WFDB headers as values, parsed and checked before any signal is read.

The library that reads the signals trusts what a header says: it follows paths out of the folder, recurses on
a header that names itself, takes microvolts for millivolts and a missing gain for 200 units per mV. So the
header is read here first. Specification: https://physionet.org/physiotools/wag/header-5.htm
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ecgcore.ecg import UnusableEcg
from ecgcore.io.units import millivolts_per

DEFAULT_RATE = 250.0  # Hz, what the specification says where the header names no rate
MAX_VALUES = (
    50_000_000  # samples times signals that are worth opening here: a day of two leads at 250 Hz fits
)
MAX_HEADER_BYTES = 1_000_000
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

    file: "~" where the signal has no samples (layout of a multi-segment record). gain: units of the converter
    per unit, None where missing or zero. unit: as written, "mV" where the header names none. label: the lead,
    as written.
    """

    file: str
    format: str
    per_frame: int
    offset: int
    gain: float | None
    unit: str
    label: str


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

    def comment(self, key: str) -> str:
        """The value of a "key: value" comment, whatever the case and the brackets around the key; "" where
        there is none."""
        for line in self.comments:
            word, colon, value = line.partition(":")
            if colon and word.strip(" <>").casefold() == key.casefold():
                return value.strip()
        return ""


def read_header(path: Path) -> Header:
    """The header in a .hea file. Raises UnusableEcg where it is none."""
    if not path.is_file():
        raise UnusableEcg(
            f"There is no header {path.name}: a WFDB record is a .hea file and the signal files it names."
        )
    if path.stat().st_size > MAX_HEADER_BYTES:
        raise UnusableEcg(f"{path.name} is too large for a WFDB header.")
    return parse_header(path.read_bytes().decode("utf-8", errors="replace"), path.name)


def parse_header(text: str, shown: str = "The header") -> Header:
    """A header from its text; ``shown`` names the file in messages. Raises UnusableEcg."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    comments = tuple(line.lstrip("#").strip() for line in lines if line.startswith("#"))
    lines = [line for line in lines if not line.startswith("#")]
    if not lines:
        raise UnusableEcg(f"{shown} is empty.")
    try:
        name, n_segments, n_signals, rate, n_samples = _record_line(lines[0])
        body = lines[1 : 1 + (n_segments or n_signals)]
        if len(body) < (n_segments or n_signals):
            raise UnusableEcg(
                f"{shown} announces {n_segments or n_signals} signals but describes {len(body)}."
            )
        if n_segments:
            segments = tuple((words[0], int(words[1])) for words in map(str.split, body))
            return Header(name, rate, n_samples, (), segments, comments)
        return Header(name, rate, n_samples, tuple(_signal_line(line) for line in body), (), comments)
    except (ValueError, IndexError) as error:
        if isinstance(error, UnusableEcg):
            raise
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
    gain, unit = None, "mV"
    if len(words) > 2:
        scale = _GAIN.match(words[2])
        if scale is None:
            raise ValueError(line)
        gain, unit = float(scale["gain"]) or None, scale["unit"] or "mV"
    label = words[8] if len(words) > 8 else ""
    return SignalLine(
        words[0], form["code"], int(form["per_frame"] or 1), int(form["offset"] or 0), gain, unit, label
    )


def check_header(header: Header, folder: Path, wanted: list[int]) -> tuple[str, ...]:
    """Whether the wanted signals (row numbers) of a single-segment record can be read from the folder; notes
    about what was odd.

    Raises UnusableEcg in one sentence for files outside the folder, missing, too short, of unknown format,
    gain or unit.
    """
    notes = []
    chosen = [header.signals[row] for row in wanted]
    for signal in chosen:
        _check_name(signal.file)
        if signal.format not in FORMATS and signal.format not in COMPRESSED:
            raise UnusableEcg(
                f"Signal {signal.label or signal.file} is stored in format {signal.format}, which is not a WFDB format."
            )
        if signal.gain is None:
            raise UnusableEcg(
                f"The header gives no gain for lead {signal.label or '?'}, so its amplitude in mV is unknown."
            )
        millivolts_per(signal.unit, f"Lead {signal.label or '?'}")
    for file in dict.fromkeys(signal.file for signal in chosen):
        notes += _check_file(
            folder / file, header, [signal for signal in header.signals if signal.file == file]
        )
    return tuple(notes)


def _check_name(file: str) -> None:
    if Path(file).name != file or "\\" in file or ":" in file or file in ("", ".", "..", "~", "-"):
        raise UnusableEcg(
            f"The header names {file[:80]!r} as signal file; only files that stand beside the header are read."
        )
    if file.casefold().endswith(".hea"):
        raise UnusableEcg(f"The header names a header, {file[:80]}, as signal file.")


def _check_file(path: Path, header: Header, signals: list[SignalLine]) -> list[str]:
    if not path.is_file():
        raise UnusableEcg(
            f"The header names the signal file {path.name}, which is not there; give it together with the header."
        )
    size = path.stat().st_size
    if size == 0:
        raise UnusableEcg(f"The signal file {path.name} is empty.")
    if (header.n_samples or 0) * len(header.signals) > MAX_VALUES:
        raise UnusableEcg(
            f"The recording has {header.n_samples:,} samples of {len(header.signals)} signals; that is more than can be opened here."
        )
    if len({signal.format for signal in signals}) > 1:
        raise UnusableEcg(f"The header gives the signals in {path.name} different formats, which cannot be.")
    if signals[0].format in COMPRESSED:
        return []
    per_sample = FORMATS[signals[0].format] * sum(signal.per_frame for signal in signals)
    held = int((size - signals[0].offset) / per_sample)
    if header.n_samples is None:
        if held * len(header.signals) > MAX_VALUES:
            raise UnusableEcg(
                f"The signal file {path.name} holds {held:,} samples; that is more than can be opened here."
            )
        return []
    if held < header.n_samples:
        raise UnusableEcg(
            f"The signal file {path.name} holds {held:,} samples per lead, the header says {header.n_samples:,}."
        )
    if held > header.n_samples + 3:
        return [
            f"The signal file {path.name} holds {held:,} samples per lead; the {header.n_samples:,} that the header says were read."
        ]
    return []
