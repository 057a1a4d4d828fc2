"""Files of devices, archives and Holter recorders through the library ecgdatakit: GE MUSE XML, HL7 aECG,
Philips Sierra XML, SCP-ECG, ISHNE and MFER.

Of what the library hands over only the rhythm leads and the device's measurements are kept: no patient, no
date, no comment, and none of its messages, which hold paths. What it marks as counts of a converter without a
scale is refused, and so is a checksum that does not fit, of which it only warns.
"""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import MAX_VALUES, Channel, Contents, Hints, Source
from ecgcore.io.formats import Format, begins_xml
from ecgcore.io.naming import distinct
from ecgcore.io.text import harmless
from ecgcore.leads import lead_name

MAX_BYTES = {"xml": 30_000_000, "scp": 20_000_000, "holter": 120_000_000}
"""Ten seconds of twelve leads have at most 2 MB as XML."""
_MEASURED = {"rr_interval": "rr_ms", "pr_interval": "pr_ms", "qrs_duration": "qrs_ms", "qt_interval": "qt_ms",
             "p_axis": "p_axis_deg", "qrs_axis": "qrs_axis_deg", "t_axis": "t_axis_deg"}  # fmt: skip
_MISSING = {"ISHNEHolterParser": -32768.0}
"""Count of the converter that stands for a missing sample, by parser."""


def read_clinical(parser: str, module: str, kind: str, source: Source, _hints: Hints) -> Contents:
    """The rhythm leads of a file, read by the library's parser of that name. Raises UnusableEcg."""
    record, notes = _record(parser, module, kind, source)
    rates = {float(lead.sampling_rate) for lead in record.leads}
    stated = _exact_rates(record)
    rates = stated or rates
    if len(rates) > 1:
        record.leads, rates = _standard_only(record.leads)
    if len(rates) > 1:
        raise UnusableEcg(f"The leads of {source.shown} have different sampling rates.")
    if sum(lead.samples.size for lead in record.leads) > MAX_VALUES:
        raise UnusableEcg(f"{source.shown} holds more samples than can be opened here.")
    labels = distinct(_as_in_file(record))
    channels = [
        _channel(label, lead, parser, source.shown) for label, lead in zip(labels, record.leads, strict=True)
    ]
    starts = [int(lead.annotations.get("start_sample", 1)) for lead in record.leads]
    channels = _on_one_clock(channels, starts, source.shown)
    return Contents(tuple(channels), next(iter(rates), None), (*notes, *_shorter(record)))


def _as_in_file(record: Any) -> list[str]:
    """Labels of the leads, without what the library puts behind one that is there again."""
    labels = [lead.label for lead in record.leads]
    return [
        re.sub(r"_\d+$", "", label) if re.sub(r"_\d+$", "", label) in labels else label for label in labels
    ]


def _exact_rates(record: Any) -> set[float]:
    """Rates that the library does not round to whole Hz: MFER by lead, HL7 aECG by its increment."""
    stated = record.raw_metadata.get("sampling_rates") or []
    increment = (record.raw_metadata.get("rhythm_time") or {}).get("sampling_rate_exact")
    rates = [*stated, *([increment] if increment else [])]
    return {float(round(rate)) if abs(rate - round(rate)) < 1e-6 * rate else float(rate) for rate in rates}


def _on_one_clock(channels: list[Channel], starts: list[int], shown: str) -> list[Channel]:
    """Channels whose leads begin at other samples, as in SCP-ECG of a device that records three at a time,
    with NaN where a lead was not recorded."""
    if len(set(starts)) <= 1:
        return channels
    first = min(starts)
    stops = [start - first + channel.samples.size for start, channel in zip(starts, channels, strict=True)]
    if max(stops) * len(channels) > MAX_VALUES:
        raise UnusableEcg(f"The leads of {shown} lie too far apart in time to be opened together.")
    moved = []
    for start, channel in zip(starts, channels, strict=True):
        samples = np.full(max(stops), np.nan)
        samples[start - first : start - first + channel.samples.size] = channel.samples
        moved.append(replace(channel, samples=samples))
    return moved


def _shorter(record: Any) -> list[str]:
    """A sentence where an ISHNE file announces more samples than it holds, of which the library does not
    warn."""
    announced, held = record.raw_metadata.get("ecg_size"), record.raw_metadata.get("samples_per_lead")
    if not announced or not held or announced <= held:
        return []
    return [f"The file announces {announced:,} samples per lead and holds {held:,}; those were read."]


def _standard_only(leads: list[Any]) -> tuple[list[Any], set[float]]:
    kept = [lead for lead in leads if lead_name(lead.label)]
    return kept, {float(lead.sampling_rate) for lead in kept}


def _channel(label: str, lead: Any, parser: str, shown: str) -> Channel:
    if lead.is_raw and (not lead.resolution_unit or not lead.resolution):
        raise UnusableEcg(
            f"{shown} gives no gain for lead {harmless(label, 20)}, so its amplitude in mV is unknown."
        )
    samples = np.array(lead.samples, dtype=np.float64)
    missing = samples == _MISSING[parser] if parser in _MISSING else None
    unit = lead.units
    if lead.is_raw:
        samples, unit = samples * lead.resolution + lead.offset, lead.resolution_unit
    if missing is not None:
        samples[missing] = np.nan
    derived = parser == "HL7aECGParser" and label.startswith("d") and lead_name(label[1:])  # MDC_ECG_LEAD_dV3
    return Channel(label, samples, unit, "derived" if derived else "")


def _record(parser: str, module: str, kind: str, source: Source) -> tuple[Any, tuple[str, ...]]:
    """What the library makes of a file, unscaled, and sentences about what it warned of."""
    if source.size() > MAX_BYTES[kind]:
        raise UnusableEcg(
            f"{source.shown} is larger than {MAX_BYTES[kind] // 1_000_000} MB, more than is read of "
            "such a file."
        )
    import importlib

    from ecgdatakit.exceptions import ChecksumWarning, ECGDataKitError, UnsupportedFormatError

    reader = getattr(importlib.import_module(f"ecgdatakit.parsing.parsers.{module}"), parser)()
    refused = UnusableEcg(
        f"{source.shown} cannot be read; it is damaged, or a variant of its format that is not known."
    )
    try:
        with source.on_disk() as path, warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always")
            record = reader.parse(path)
    except UnsupportedFormatError as error:
        raise UnusableEcg(
            f"{source.shown} is of a version or compression of its format that cannot be read."
        ) from error
    except (
        ECGDataKitError, ValueError, LookupError, TypeError, AttributeError, OSError, ArithmeticError,
        RecursionError, struct.error, SyntaxError,
    ) as error:  # fmt: skip
        raise refused from error
    if any(issubclass(warning.category, ChecksumWarning) for warning in given):
        raise UnusableEcg(f"{source.shown} is damaged: a checksum in it does not fit its data.")
    if not record.leads:
        raise UnusableEcg(f"{source.shown} holds no rhythm leads.")
    return record, _remarks(given, source.shown)


def _remarks(given: list[warnings.WarningMessage], shown: str) -> tuple[str, ...]:
    """What the user should know of the library's warnings, in our words; the messages themselves hold
    paths. Raises UnusableEcg where one makes the recording false."""
    texts = " ".join(str(warning.message).casefold() for warning in given)
    if "concatenated without a gap" in texts:
        raise UnusableEcg(
            f"The frames of {shown} do not follow one another in time, so the recording has gaps that cannot "
            "be placed."
        )
    remarks = {
        "truncated": "The file ends early; what is whole was read.",
        "missing sample": "The file holds fewer samples than it announces; what is missing counts as a gap.",
        "default of 1000 hz": "The file names no sampling rate; 1000 Hz, the format's default, is assumed.",
        "redefine the channels": (
            "The file holds further frames with other channels, rate or scale, which are not shown."
        ),
        "additional rhythm waveform": "The file holds a second rhythm recording, which is not shown.",
        "rhythm series found": "The file holds a second rhythm recording, which is not shown.",
        "sequence sets in the rhythm": "The file holds further parts, which are not shown.",
        "long-term rhythm data": "The file holds a long-term recording too, which is not shown.",
        "unrecognised sequences": "The file holds signals under unknown names; they were left out.",
        "may be truncated": "The file ends early; what is whole was read.",
        "sequence(s) with no waveform data": "The file ends early; what is whole was read.",
        "was not applied": (
            "The file gives an offset of the first sample that no specification explains; it was not applied."
        ),
    }
    return tuple(dict.fromkeys(remark for words, remark in remarks.items() if words in texts))


def measured(parser: str, module: str, kind: str, source: Source) -> dict[str, float]:
    """What the device measured: "pr_ms", "qrs_ms", "qt_ms", "rr_ms", axes in degrees; only what the file
    has."""
    values = _record(parser, module, kind, source)[0].measurements
    return {name: float(value) for field, name in _MEASURED.items() if (value := getattr(values, field))}


def _scp(first: bytes) -> bool:
    """Whether a file begins with section 0 of SCP-ECG, whose first pointer is to itself (EN 1064, 5.3)."""
    numbers = struct.unpack_from("<HIHHI", first) if len(first) >= 32 else (0, 0, 1, 0, 0)
    section, length = struct.unpack_from("<HI", first, 8) if len(first) >= 32 else (1, 0)
    if len(first) < 32 or section != 0 or length < 26 or numbers[1] < 6 + length:
        return False
    return bool(struct.unpack_from("<H", first, 22)[0] == 0) and struct.unpack_from("<I", first, 28)[0] == 7


def _mfer(first: bytes) -> bool:
    return first[:1] == b"@" and first[2:6] == b"MFR "


_FIRST_TAGS = b"\x01\x02\x03\x04\x05\x06\x08\x17\x40\x67"
"""Of MFER, with which a file may begin."""


def _any_mfer(first: bytes) -> bool:
    """Also files without preamble, which a name must vouch for."""
    return _mfer(first) or (first[:1] != b"" and first[0] in _FIRST_TAGS)


def _format(
    name: str,
    suffixes: tuple[str, ...],
    parser: str,
    module: str,
    kind: str,
    begins: Callable[[bytes], bool],
    **more: Any,
) -> Format:
    read = partial(read_clinical, parser, module, kind)
    measurements = partial(measured, parser, module, kind) if kind != "holter" else None
    return Format(name, suffixes, read, begins, needs=("leads",), measurements=measurements, **more)


_MFER = (".mwf", ".mfer", ".mfr")
FORMATS = (
    _format(
        "GE MUSE XML",
        (".xml",),
        "GEMuseXMLParser",
        "ge_muse_xml",
        "xml",
        lambda first: begins_xml(first, "restingecg"),
        tried="two exports of MUSE 9",
    ),
    _format(
        "HL7 aECG",
        (".xml",),
        "HL7aECGParser",
        "hl7_aecg",
        "xml",
        lambda first: begins_xml(first, "annotatedecg"),
        tried="three, of two makers",
    ),
    _format(
        "Philips XML",
        (".xml",),
        "SierraXMLParser",
        "sierra_xml",
        "xml",
        lambda first: begins_xml(first, "restingecgdata"),
        tried="two devices, versions 1.03 and 1.04",
    ),
    _format(
        "SCP-ECG",
        (".scp", ".ecg"),
        "SCPECGParser",
        "scp_ecg",
        "scp",
        _scp,
        tried="one, of a converter, with the default Huffman table; others only in files made for tests",
    ),
    _format(
        "ISHNE",
        (".ecg",),
        "ISHNEHolterParser",
        "ishne_holter",
        "holter",
        lambda first: first[:8] == b"ISHNE1.0",
    ),
    _format("MFER", _MFER, "MFERParser", "mfer", "holter", _mfer),
    _format("MFER without preamble", _MFER, "MFERParser", "mfer", "holter", _any_mfer, certain=False),
)
