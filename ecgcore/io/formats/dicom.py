"""DICOM waveforms (PS3.3 A.34, C.10.9): the rhythm strip of a 12-lead ECG, and what the cart measured on it."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io.assemble import assemble
from ecgcore.io.formats import NO_HINTS, Format, Hints, refuse_other_type
from ecgcore.io.units import millivolts_per
from ecgcore.leads import lead_name

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
_DEFLATED = "1.2.840.10008.1.2.1.99"
_MEASURED = {"RR Interval": "rr_ms", "PP Interval": "pp_ms", "PR Interval": "pr_ms", "QRS Duration": "qrs_ms", "QT Interval": "qt_ms",
             "QTc Interval": "qtc_ms", "P Axis": "p_axis_deg", "QRS Axis": "qrs_axis_deg", "T Axis": "t_axis_deg"}  # fmt: skip
_MARKED = {"P Onset", "P Offset", "QRS Onset", "Fiducial Point", "QRS Offset", "T Onset", "T Offset"}


def read_dicom(path: str | Path, hints: Hints = NO_HINTS, name: str | None = None) -> Ecg:
    """The rhythm group of a DICOM ECG, in mV; median beats and other groups are not taken. Raises
    UnusableEcg."""
    path = Path(path)
    with _damage_as_sentence(path.name):
        dataset = _dataset(path)
        group, position = _rhythm_group(dataset, path.name)
        rate = float(group.get("SamplingFrequency") or 0) or hints.rate
        if not rate:
            raise UnusableEcg(f"{path.name} names no sampling frequency.")
        return assemble(_rows(dataset, group, position, path.name), rate, name or path.stem)


def _rows(dataset, group, position: int, shown: str) -> list[tuple[str, np.ndarray]]:
    """Labels and samples in mV, NaN where the file has padding; signals that are no lead are empty."""
    raw = _raw_samples(dataset, position, shown)
    padding = group.get("WaveformPaddingValue")
    rows = []
    for column, channel in enumerate(group.ChannelDefinitionSequence):
        label = _label(channel)
        if lead_name(label) is None:
            rows.append((label, np.empty(0)))
            continue
        samples = raw[:, column].astype(np.float64)
        if padding is not None:
            samples[raw[:, column] == _as_number(padding, raw.dtype)] = np.nan
        rows.append((label, _in_millivolts(samples, channel, label)))
    return rows


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
        MemoryError,
        RecursionError,
        struct.error,
    ) as error:
        raise UnusableEcg(f"{shown} is a damaged DICOM file.") from error


def _dataset(path: Path):
    import pydicom

    refuse_other_type(path, FORMAT)
    if pydicom.filereader.read_file_meta_info(str(path)).get("TransferSyntaxUID") == _DEFLATED:
        raise UnusableEcg(f"{path.name} is a deflated DICOM file; save it uncompressed.")
    dataset = pydicom.dcmread(str(path))
    if not dataset.get("WaveformSequence"):
        raise UnusableEcg(
            f"{path.name} is a DICOM file without waveforms; it may hold a picture of an ECG, which cannot be read."
        )
    return dataset


def _rhythm_group(dataset, shown: str) -> tuple[Any, int]:
    """The multiplex group to show: not a median beat, with most standard leads, then the longest."""
    ranked = []
    for position, group in enumerate(dataset.WaveformSequence):
        channels = group.get("ChannelDefinitionSequence") or []
        leads = sum(lead_name(_label(channel)) is not None for channel in channels)
        label = str(group.get("MultiplexGroupLabel") or "").casefold()
        beat = (
            any(word in label for word in ("median", "beat", "template", "average"))
            or group.get("WaveformOriginality") == "DERIVED"
        )
        if channels:
            ranked.append((not beat, leads, int(group.get("NumberOfWaveformSamples") or 0), -position))
    if not ranked:
        raise UnusableEcg(f"{shown} describes no channels.")
    position = -max(ranked)[-1]
    return dataset.WaveformSequence[position], position


def _raw_samples(dataset, position: int, shown: str) -> np.ndarray:
    """(n_samples, n_channels) of the converter."""
    from pydicom.waveforms import multiplex_array

    try:
        return multiplex_array(dataset, position, as_raw=True)
    except (ValueError, KeyError, AttributeError, NotImplementedError, TypeError) as error:
        raise UnusableEcg(
            f"The waveform data of {shown} do not fit their description (length or type)."
        ) from error


def _in_millivolts(samples: np.ndarray, channel, label: str) -> np.ndarray:
    sensitivity = float(channel.get("ChannelSensitivity") or 0)
    units = channel.get("ChannelSensitivityUnitsSequence")
    if not sensitivity or not units:
        raise UnusableEcg(f"The file gives no gain for lead {label}, so its amplitude in mV is unknown.")
    factor = float(channel.get("ChannelSensitivityCorrectionFactor") or 1)
    scale = millivolts_per(str(units[0].get("CodeValue") or ""), f"Lead {label}")
    return (samples * sensitivity * factor + float(channel.get("ChannelBaseline") or 0)) * scale


def _label(channel) -> str:
    """A channel's lead by its code, else by what it is called."""
    sources = channel.get("ChannelSourceSequence")
    if sources:
        code, scheme = (
            str(sources[0].get("CodeValue") or ""),
            str(sources[0].get("CodingSchemeDesignator") or ""),
        )
        number = code.replace(":", "-").rsplit("-", 1)[-1]
        if (
            scheme in ("SCPECG", "MDC")
            and number.isdigit()
            and int(number) in _CODED
            and code.startswith(("5.6.3-9-", "2:"))
        ):
            return _CODED[int(number)]
        return str(sources[0].get("CodeMeaning") or channel.get("ChannelLabel") or "unnamed")
    return str(channel.get("ChannelLabel") or "unnamed")


def _as_number(padding: Any, dtype: np.dtype) -> int:
    return int(np.frombuffer(padding, dtype=dtype)[0]) if isinstance(padding, bytes) else int(padding)


def cart_measurements(path: str | Path) -> dict[str, float]:
    """What the cart that made the recording wrote into it: "pr_ms", "qrs_ms", "qt_ms", "qtc_ms", "rr_ms",
    axes in degrees.

    Only what the file has, and no zeros, which carts write for "not measured". These are another device's
    results, for comparison. Raises UnusableEcg for a file that is no DICOM ECG.
    """
    found: dict[str, float] = {}
    with _damage_as_sentence(Path(path).name):
        for note in _dataset(Path(path)).get("WaveformAnnotationSequence") or []:
            concept = _MEASURED.get(_meaning(note))
            value = note.get("NumericValue")
            if concept and value not in (None, "") and float(value):
                found.setdefault(concept, float(value))
    return found


def cart_marks(path: str | Path) -> dict[str, list[float]]:
    """Seconds from the start of the rhythm strip at which the cart set its marks: "QRS Onset", "T Offset",
    ... Empty if none.

    Beats are annotation groups from 100 on; a lower group with marks is the median beat's, whatever channels
    it says it refers to.
    """
    with _damage_as_sentence(Path(path).name):
        marks = _marks(_dataset(Path(path)), Path(path).name)
    return {name: sorted(times) for name, times in marks.items()}


def _marks(dataset, shown: str) -> dict[str, list[float]]:
    group, position = _rhythm_group(dataset, shown)
    marks: dict[str, list[float]] = {}
    for note in dataset.get("WaveformAnnotationSequence") or []:
        where, channels = note.get("ReferencedSamplePositions"), note.get("ReferencedWaveformChannels") or [0]
        of_rhythm = (channels if isinstance(channels, int) else channels[0]) == position + 1
        if (
            where is None
            or not of_rhythm
            or int(note.get("AnnotationGroupNumber") or 0) < 100
            or _meaning(note) not in _MARKED
        ):
            continue
        samples = [where] if isinstance(where, int) else list(where)
        marks.setdefault(_meaning(note), []).extend(
            (int(sample) - 1) / float(group.SamplingFrequency) for sample in samples
        )
    return marks


def _meaning(note) -> str:
    concept = note.get("ConceptNameCodeSequence")
    return str(concept[0].get("CodeMeaning") or "") if concept else ""


FORMAT = Format("DICOM", (".dcm", ".dicom"), read_dicom, lambda first: first[128:132] == b"DICM")
