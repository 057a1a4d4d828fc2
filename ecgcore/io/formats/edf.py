"""EDF, EDF+ and BDF."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import MAX_VALUES, Channel, Contents, Hints, Source
from ecgcore.io.formats import Format
from ecgcore.io.naming import distinct, leads_by_label, wanted
from ecgcore.io.text import harmless

MAX_BYTES = 250_000_000
MAX_COMMENTS = 200
_EDF, _BDF = b"0       ", b"\xffBIOSEMI"


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
        notes = ("The file ends within a data record; what is whole was read.",) if incomplete else ()
        comments = tuple(note.text for note in list(file.annotations)[:MAX_COMMENTS])
        return _contents(list(file.signals), hints, source.shown, notes, comments)
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


def _contents(
    signals: list[Any], hints: Hints, shown: str, notes: tuple[str, ...], comments: tuple[str, ...]
) -> Contents:
    labels = distinct(signal.label for signal in signals)
    names = wanted(labels, hints)
    chosen = {label: signal for label, signal in zip(labels, signals, strict=True) if label in names}
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
            _samples(label, chosen[label]) if label in chosen else np.empty(0),
            signal.physical_dimension.strip(),
        )
        for label, signal in zip(labels, signals, strict=True)
    )
    return Contents(channels, rates[0] if rates else None, notes, comments)


def _samples(label: str, signal: Any) -> np.ndarray:
    if signal.physical_max == signal.physical_min:
        raise UnusableEcg(
            f"The file gives no gain for lead {harmless(label, 20)}, so its amplitude in mV is unknown."
        )
    return np.array(signal.data, dtype=np.float64)


FORMATS = (
    Format("EDF", (".edf",), read_edf, lambda first: first[:8] == _EDF, needs=("unit", "leads")),
    Format("BDF", (".bdf",), read_edf, lambda first: first[:8] == _BDF, needs=("unit", "leads")),
)
