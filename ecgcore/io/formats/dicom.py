"""DICOM waveforms (PS3.3 A.34, C.10.9): the rhythm strip of a 12-lead ECG, and what the device measured on
it."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import MAX_VALUES, Channel, Contents, Hints, Source
from ecgcore.io.formats import Format
from ecgcore.io.naming import distinct, wanted
from ecgcore.io.text import harmless
from ecgcore.leads import lead_name

MAX_BYTES = 250_000_000
MAX_COMMENTS = 500
_CODED = {
    1: "I",
    2: "II",
    **{chest + 2: f"V{chest}" for chest in range(1, 7)},
    61: "III",
    62: "aVR",
    63: "aVL",
    64: "aVF",
}
"""Lead numbers of SCP-ECG and ISO/IEEE 11073 (MDC), shared by DICOM context group 3001."""
_CODED_DERIVED = {31: "I", 32: "II", **{chest + 32: f"V{chest}" for chest in range(1, 7)},
                  111: "III", 112: "aVR", 113: "aVL", 114: "aVF"}  # fmt: skip
"""Numbers of the same leads where they were derived from others (MDC_ECG_LEAD_dI and so on)."""
_META = b"\x02\x00\x00\x00UL\x04\x00"
"""The length of the meta information, its first element."""
_DEFLATED = "1.2.840.10008.1.2.1.99"
_MEASURED = {
    "RR Interval": "rr_ms",
    "PP Interval": "pp_ms",
    "PR Interval": "pr_ms",
    "QRS Duration": "qrs_ms",
    "QT Interval": "qt_ms",
    "QTc Interval": "qtc_ms",
    "P Axis": "p_axis_deg",
    "QRS Axis": "qrs_axis_deg",
    "T Axis": "t_axis_deg",
}
_BEAT = ("median", "beat", "template", "average")


def read_dicom(source: Source, hints: Hints) -> Contents:
    """The rhythm groups of a DICOM ECG on one clock, NaN where a lead was not recorded; median beats are not
    taken, what was computed is noted. Raises UnusableEcg."""
    with _damage_as_sentence(source.shown):
        dataset = _dataset(source)
        group, position = _rhythm_group(dataset, source.shown)
        rate = float(group.get("SamplingFrequency") or 0)
        if not rate and not hints.rate:
            raise UnusableEcg(f"{source.shown} names no sampling frequency.")
        positions = _positions(dataset, position)
        starts, notes = _starts([dataset.WaveformSequence[at] for at in positions], rate)
        groups = [
            tuple(_channels(dataset, dataset.WaveformSequence[at], at, source.shown, hints))
            for at in positions
        ]
        channels = _on_one_clock(groups, starts) if len(groups) > 1 else groups[0]
        notes += _not_shown(dataset, set(positions))
        return Contents(channels, rate or None, tuple(notes), tuple(_comments(dataset)))


def _comments(dataset: Any) -> Iterator[str]:
    """What our own exports say in annotations of filter and simulation; how each lead came to be is in
    codes."""
    for note in list(dataset.get("WaveformAnnotationSequence") or [])[:MAX_COMMENTS]:
        text = str(note.get("UnformattedTextValue") or "")
        if text.startswith(("Filter: ", "Simulated recording")):
            yield text


def _channels(dataset: Any, group: Any, position: int, shown: str, hints: Hints) -> Iterator[Channel]:
    """Channels in the units of the file, NaN where it has padding; those that are no lead are empty."""
    raw = _raw_samples(dataset, position, shown)
    padding = _padding(group, raw)
    sequence = list(group.ChannelDefinitionSequence)
    computed = _is_computed(group)
    names = [_name(channel) for channel in sequence]
    needed = wanted(distinct(name for name, _ in names), hints)
    for column, (label, (channel, (_, derived))) in enumerate(
        zip(distinct(name for name, _ in names), zip(sequence, names, strict=True), strict=True)
    ):
        origin = "derived" if derived else "estimated" if computed else ""
        if label not in needed:
            yield Channel(label, np.empty(0), "", origin)
            continue
        samples = raw[:, column].astype(np.float64)
        if padding is not None:
            samples[raw[:, column] == padding] = np.nan
        yield Channel(label, *_scaled(samples, channel, label), origin)


def _positions(dataset: Any, chosen: int) -> list[int]:
    """The groups to show: the chosen one alone where no other has leads that it lacks, else all that were
    recorded at its rate, the longest first."""
    groups = list(dataset.WaveformSequence)
    recorded = [
        position
        for position, group in enumerate(groups)
        if group.get("SamplingFrequency") == groups[chosen].get("SamplingFrequency")
        and _is_computed(group) == _is_computed(groups[chosen])
        and not _is_beat(group)
    ]
    there = {
        lead for position in recorded for name in _names_of(groups[position]) if (lead := lead_name(name))
    }
    whole = groups[chosen].get("WaveformPaddingValue") is None
    if whole and there <= {lead_name(name) for name in _names_of(groups[chosen])}:
        return [chosen]
    return sorted(recorded, key=lambda position: (-_length(groups[position]), position))


def _length(group: Any) -> int:
    return int(group.get("NumberOfWaveformSamples") or 0)


def _starts(groups: list[Any], rate: float) -> tuple[list[int], list[str]]:
    """The first sample of each group on a common clock: by its time offset, else, where shorter groups
    together are as long as the longest, one after the other as on a printed page, with a note."""
    offsets = [group.get("MultiplexGroupTimeOffset") for group in groups]
    if len(groups) == 1 or all(offset is not None for offset in offsets):
        starts = [round(float(offset or 0) * rate / 1000) for offset in offsets]
        return [start - min(starts) for start in starts], []
    lengths = [_length(group) for group in groups]
    columns = [row for row, length in enumerate(lengths) if length < lengths[0]] or list(range(len(groups)))
    whole = len(columns) == len(groups) or abs(sum(lengths[row] for row in columns) - lengths[0]) <= len(
        columns
    )
    if not whole:
        return [0] * len(groups), []
    starts = [0] * len(groups)
    for before, row in pairwise(columns):
        starts[row] = starts[before] + lengths[before]
    note = (
        "The file does not say when each of its groups of leads was recorded; they were put one after the "
        "other, as on a printed page."
    )
    return starts, [note]


def _on_one_clock(groups: list[tuple[Channel, ...]], starts: list[int]) -> tuple[Channel, ...]:
    """Channels of all groups in arrays of one length; of a lead that is there twice the one that holds most,
    the first of equal ones."""
    if min(starts) < 0 or max(starts) > MAX_VALUES // 16:
        raise UnusableEcg("The groups of leads of the file lie too far apart in time to be opened together.")
    total = max(
        start + max((channel.samples.size for channel in group), default=0)
        for start, group in zip(starts, groups, strict=True)
    )
    joined: dict[str, Channel] = {}
    for start, group in zip(starts, groups, strict=True):
        for channel in group:
            before = joined.get(channel.label)
            if not channel.samples.size or (before and _held(before) >= _held(channel)):
                joined.setdefault(channel.label, channel)
                continue
            samples = np.full(total, np.nan)
            samples[start : start + channel.samples.size] = channel.samples
            joined[channel.label] = Channel(channel.label, samples, channel.unit, channel.origin)
    return tuple(joined.values())


def _held(channel: Channel) -> int:
    return int(np.isfinite(channel.samples).sum())


@contextmanager
def _damage_as_sentence(shown: str) -> Iterator[None]:
    """Turn what pydicom raises on broken files, at reading or later at first use of a value, into
    UnusableEcg; and keep its warnings quiet, as they quote values, which may be a patient's."""
    from pydicom.errors import BytesLengthException, InvalidDicomError

    broken = (
        InvalidDicomError,
        BytesLengthException,
        EOFError,
        ValueError,
        KeyError,
        AttributeError,
        TypeError,
        IndexError,
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            yield
    except UnusableEcg:
        raise
    except (
        *broken,
        NotImplementedError,
        ArithmeticError,
        OSError,
        RecursionError,
        struct.error,
    ) as error:
        raise UnusableEcg(f"{shown} is a damaged DICOM file.") from error


def _with_preamble(source: Source) -> Source:
    """A file that begins with its meta information, as some exports do, with the preamble before it."""
    if not source.begin(len(_META)).startswith(_META):
        return source
    content = bytes(128) + b"DICM" + source.content(MAX_BYTES)
    return Source(source.file, None, {source.file: content})


def _begins(first: bytes) -> bool:
    return first[128:132] == b"DICM" or first.startswith(_META)


def _dataset(source: Source) -> Any:
    import pydicom

    if source.size() > MAX_BYTES:
        raise UnusableEcg(
            f"{source.shown} is larger than {MAX_BYTES // 1_000_000} MB, more than a DICOM ECG has."
        )
    with _with_preamble(source).on_disk() as path:
        if pydicom.filereader.read_file_meta_info(str(path)).get("TransferSyntaxUID") == _DEFLATED:
            raise UnusableEcg(f"{source.shown} is a deflated DICOM file; save it uncompressed.")
        dataset = pydicom.dcmread(str(path))
    if not dataset.get("WaveformSequence"):
        raise UnusableEcg(
            f"{source.shown} is a DICOM file without waveforms; it may hold a picture of an ECG, which "
            "cannot be read."
        )
    return dataset


def _rhythm_group(dataset: Any, shown: str) -> tuple[Any, int]:
    """The multiplex group to show: recorded, not a median beat, with most standard leads, then the
    longest."""
    ranked = []
    for position, group in enumerate(dataset.WaveformSequence):
        channels = group.get("ChannelDefinitionSequence") or []
        leads = sum(lead_name(_name(channel)[0]) is not None for channel in channels)
        recorded = not _is_computed(group)
        if channels:
            ranked.append((not _is_beat(group), recorded, leads, _length(group), -position))
    if not ranked:
        raise UnusableEcg(f"{shown} describes no channels.")
    position = -max(ranked)[-1]
    return dataset.WaveformSequence[position], position


def _is_computed(group: Any) -> bool:
    return bool(group.get("WaveformOriginality") == "DERIVED")


def _is_beat(group: Any) -> bool:
    label = str(group.get("MultiplexGroupLabel") or "").casefold()
    return any(word in label for word in _BEAT)


def _names_of(group: Any) -> list[str]:
    return [_name(channel)[0] for channel in group.get("ChannelDefinitionSequence") or []]


def _not_shown(dataset: Any, shown: set[int]) -> Iterator[str]:
    """Sentences about the groups that are not shown."""
    for position, group in enumerate(dataset.WaveformSequence):
        names = _names_of(group)
        if position in shown or not names or _is_beat(group):
            continue
        seconds = _length(group) / (float(group.get("SamplingFrequency") or 0) or 1)
        origin = "computed, not recorded" if _is_computed(group) else "recorded"
        listed = " ".join(harmless(name, 20) for name in names[:16])
        yield f"A group of the file is not shown: {listed} ({seconds:.3g} s, {origin})."


def _raw_samples(dataset: Any, position: int, shown: str) -> np.ndarray:
    """(n_samples, n_channels) of the converter."""
    from pydicom.waveforms.numpy_handler import multiplex_array

    group = dataset.WaveformSequence[position]
    if (
        int(group.get("NumberOfWaveformSamples") or 0) * int(group.get("NumberOfWaveformChannels") or 0)
        > MAX_VALUES
    ):
        raise UnusableEcg(f"{shown} announces more samples than can be opened here.")
    try:
        return multiplex_array(dataset, position, as_raw=True)
    except (ValueError, KeyError, AttributeError, NotImplementedError, TypeError) as error:
        raise UnusableEcg(
            f"The waveform data of {shown} do not fit their description (length or type)."
        ) from error


def _scaled(samples: np.ndarray, channel: Any, label: str) -> tuple[np.ndarray, str]:
    """Samples in the channel's unit, and that."""
    sensitivity = float(channel.get("ChannelSensitivity") or 0)
    units = channel.get("ChannelSensitivityUnitsSequence")
    if not sensitivity or not units:
        raise UnusableEcg(
            f"The file gives no gain for lead {harmless(label, 20)}, so its amplitude in mV is unknown."
        )
    factor = float(channel.get("ChannelSensitivityCorrectionFactor") or 1)
    unit = str(units[0].get("CodeValue") or "?")
    return samples * sensitivity * factor + float(channel.get("ChannelBaseline") or 0), unit


def _name(channel: Any) -> tuple[str, bool]:
    """A channel's lead by its code, else by what it is called; and whether the code says it was derived."""
    sources = channel.get("ChannelSourceSequence")
    if sources:
        code, scheme = (
            str(sources[0].get("CodeValue") or ""),
            str(sources[0].get("CodingSchemeDesignator") or ""),
        )
        number = code.replace(":", "-").rsplit("-", 1)[-1]
        if scheme in ("SCPECG", "MDC") and number.isdigit() and code.startswith(("5.6.3-9-", "2:")):
            if int(number) in _CODED:
                return _CODED[int(number)], False
            if int(number) in _CODED_DERIVED and code.startswith("2:"):
                return _CODED_DERIVED[int(number)], True
        return str(sources[0].get("CodeMeaning") or channel.get("ChannelLabel") or "unnamed"), False
    return str(channel.get("ChannelLabel") or "unnamed"), False


def _padding(group: Any, raw: np.ndarray) -> int | None:
    """The value that stands for missing samples; None where there is none, or where it lies inside the range
    of the other values, as a common toolkit writes it: then it is a value like any."""
    given = group.get("WaveformPaddingValue")
    if given is None:
        return None
    value = int(np.frombuffer(given, dtype=raw.dtype)[0]) if isinstance(given, bytes) else int(given)
    others = raw[raw != value]
    return value if others.size == 0 or not others.min() < value < others.max() else None


def device_measurements(source: Source) -> dict[str, float]:
    """What the device that made the recording wrote into it: "pr_ms", "qrs_ms", "qt_ms", "qtc_ms", "rr_ms",
    axes in degrees.

    Only what the file has, and no zeros, which devices write for "not measured". These are another device's
    results, for comparison. Raises UnusableEcg for a file that is no DICOM ECG.
    """
    measured: dict[str, float] = {}
    with _damage_as_sentence(source.shown):
        for note in _dataset(source).get("WaveformAnnotationSequence") or []:
            concept = _MEASURED.get(_meaning(note))
            value = note.get("NumericValue")
            if concept and value not in (None, "") and float(value):
                measured.setdefault(concept, float(value))
    return measured


def _meaning(note: Any) -> str:
    concept = note.get("ConceptNameCodeSequence")
    return str(concept[0].get("CodeMeaning") or "") if concept else ""


FORMATS = (
    Format(
        "DICOM", (".dcm", ".dicom"), read_dicom, _begins, needs=("leads",),
        measurements=device_measurements, tried="three: of a 12-lead device, of a converter, of this product",
    ),
)  # fmt: skip
