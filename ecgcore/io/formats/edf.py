"""EDF, EDF+ and BDF."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Collection
from typing import Any

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import MAX_VALUES, Channel, Contents, Hints, Source
from ecgcore.io.formats import Format
from ecgcore.io.naming import distinct, known_leads, leads_by_label, wanted
from ecgcore.io.text import harmless

MAX_BYTES = 250_000_000
MAX_COMMENTS = 200
_EDF, _BDF = b"0       ", b"\xffBIOSEMI"
_STAMP = re.compile(rb"([+-]\d{1,12}(?:\.\d{1,9})?)\x14")
"""How a time-stamped annotation list begins (EDF+, 2.2.2)."""


def read_edf(source: Source, hints: Hints) -> Contents:
    """The standard leads of an EDF or BDF file. Nothing of its patient or recording field is kept. Raises
    UnusableEcg."""
    content = source.content(MAX_BYTES)
    _check_header(content, source.shown)
    try:
        with warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always")
            file = _open(content)
        incomplete = any("ncomplete" in str(warning.message) for warning in given)
        notes = ["The file ends within a data record; what is whole was read."] if incomplete else []
        starts = _record_starts(content)
        if starts is not None:
            notes.append("The recording was interrupted (EDF+D); what lies between its parts is a gap.")
        comments = tuple(note.text for note in list(file.annotations)[:MAX_COMMENTS])
        return _contents(list(file.signals), hints, source.shown, tuple(notes), comments, starts)
    except UnusableEcg:
        raise
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        OSError,
        ArithmeticError,
    ) as error:
        raise UnusableEcg(f"{source.shown} is a damaged {_kind(content)} file.") from error


def _kind(content: bytes) -> str:
    return "BDF" if content.startswith(_BDF) else "EDF"


def _open(content: bytes) -> Any:
    import edfio

    return (
        edfio.read_bdf(io.BytesIO(content))
        if content.startswith(_BDF)
        else edfio.read_edf(content, lazy_load_data=True)
    )


def _check_header(content: bytes, shown: str) -> None:
    """Refuse counts that do not fit the file before anything is allocated for them."""
    damaged = UnusableEcg(f"{shown} is a damaged {_kind(content)} file.")
    try:
        n_signals, duration = int(content[252:256]), float(content[244:252])
        per_record = [
            int(content[256 + 216 * n_signals + 8 * row :][:8]) for row in range(max(0, min(n_signals, 512)))
        ]
    except ValueError as error:
        raise damaged from error
    if (
        not 1 <= n_signals <= 512
        or duration <= 0
        or min(per_record, default=0) < 1
        or len(content) < 256 * (n_signals + 1)
    ):
        raise damaged
    if sum(per_record) * (3 if content.startswith(_BDF) else 2) > len(content):
        raise UnusableEcg(f"{shown} ends before its first data record is whole.")
    if len(content) // (3 if content.startswith(_BDF) else 2) > 2 * MAX_VALUES:
        raise UnusableEcg(f"{shown} holds more samples than can be opened here.")


def _record_starts(content: bytes) -> np.ndarray | None:
    """Seconds at which the data records of an interrupted recording (EDF+D, BDF+D) begin, from the time
    stamps of its annotation signal; None where it has no interruption. Raises UnusableEcg without stamps."""
    if content[192:197] not in (b"EDF+D", b"BDF+D"):
        return None
    n_signals, head = int(content[252:256]), int(content[184:192])
    labels = [content[256 + 16 * row :][:16].strip() for row in range(n_signals)]
    width = 3 if content.startswith(_BDF) else 2
    sizes = [width * int(content[256 + 216 * n_signals + 8 * row :][:8]) for row in range(n_signals)]
    stamps = next((row for row, label in enumerate(labels) if label.endswith(b"DF Annotations")), None)
    records = range(head, len(content) - sum(sizes) + 1, sum(sizes))
    offset = sum(sizes[:stamps])
    stamped = [_STAMP.match(content, start + offset) if stamps is not None else None for start in records]
    if not stamped or not all(stamped):
        raise UnusableEcg(
            "The recording was interrupted, and its parts have no time stamps to place them by."
        )
    starts = np.array([float(match[1]) for match in stamped if match])
    return None if np.allclose(np.diff(starts), float(content[244:252]), atol=1e-4) else starts - starts[0]


def _placed(samples: np.ndarray, per_record: int, rate: float, starts: np.ndarray) -> np.ndarray:
    """Samples of whole data records on one clock, NaN between them."""
    at = np.round(starts * rate).astype(np.int64)
    blocks = samples.reshape(-1, per_record)
    if len(blocks) > len(at):
        raise UnusableEcg("The recording was interrupted, and not all of its parts have a time stamp.")
    at = at[: len(blocks)]
    total = int(at[-1]) + per_record
    if (np.diff(at) < per_record).any() or total > MAX_VALUES:
        raise UnusableEcg("The parts of an interrupted recording overlap, or lie too far apart in time.")
    placed = np.full(total, np.nan)
    for start, block in zip(at, blocks, strict=True):
        placed[start : start + per_record] = block
    return placed


def _contents(
    signals: list[Any],
    hints: Hints,
    shown: str,
    notes: tuple[str, ...],
    comments: tuple[str, ...],
    starts: np.ndarray | None = None,
) -> Contents:
    labels = distinct(signal.label for signal in signals)
    names = wanted(labels, hints)
    chosen = {label: signal for label, signal in zip(labels, signals, strict=True) if label in names}
    if hints.ask_for_rest:
        chosen = _of_known_rate(chosen, known_leads(labels))
    rates = sorted({float(signal.sampling_frequency) for signal in chosen.values()})
    if len(rates) > 1 and not any(leads_by_label(labels, hints).values()):
        rates = rates[-1:]  # the ECG is the fastest of what nobody has named
        chosen = {
            label: signal for label, signal in chosen.items() if float(signal.sampling_frequency) == rates[0]
        }
    if len(rates) > 1:
        raise UnusableEcg(
            f"The leads of {shown} have different sampling rates: "
            f"{', '.join(f'{rate:g} Hz' for rate in rates)}."
        )
    channels = tuple(
        Channel(
            label,
            _samples(label, chosen[label], starts) if label in chosen else np.empty(0),
            signal.physical_dimension.strip(),
        )
        for label, signal in zip(labels, signals, strict=True)
    )
    return Contents(channels, rates[0] if rates else None, notes, comments)


def _of_known_rate(chosen: dict[str, Any], named: Collection[str]) -> dict[str, Any]:
    """Without the channels that nobody has named and that have other rates than those with a name."""
    rates = {signal.sampling_frequency for label, signal in chosen.items() if label in named}
    return {
        label: signal
        for label, signal in chosen.items()
        if not rates or label in named or signal.sampling_frequency in rates
    }


def _samples(label: str, signal: Any, starts: np.ndarray | None) -> np.ndarray:
    if signal.physical_max == signal.physical_min:
        raise UnusableEcg(
            f"The file gives no gain for lead {harmless(label, 20)}, so its amplitude in mV is unknown."
        )
    samples = np.array(signal.data, dtype=np.float64)
    if starts is None:
        return samples
    return _placed(samples, signal.samples_per_data_record, float(signal.sampling_frequency), starts)


FORMATS = (
    Format("EDF", (".edf",), read_edf, lambda first: first[:8] == _EDF, needs=("unit", "leads")),
    Format("BDF", (".bdf",), read_edf, lambda first: first[:8] == _BDF, needs=("unit", "leads")),
)
