"""DICOM: a General ECG object (PS3.3 A.34.4) that tells recorded from derived and estimated leads by codes
alone.

Inputs stand in a group that is ORIGINAL, under the codes of the leads; all that was computed in groups that
are DERIVED, under the codes of *derived* leads (CID 3001, MDC 2:31-2:38 and 2:111-2:114). What kind of
derived lead it is stands in the channel source's modifier, from the private scheme 99RLECG. De-identification
by PS3.15 removes labels and descriptions; codes and DERIVED stay.

Of the recording's own object nothing is taken over: all identifiers are new, patient and dates are empty or a
dummy. A lead that is known part of the time is padded in the ORIGINAL group (WaveformPaddingValue) and whole
in the DERIVED.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.export import ExportFormat
from ecgcore.export.content import Export, Row, header, origin, rows, version
from ecgcore.io.roles import RolePart
from ecgcore.leads import STANDARD
from ecgcore.partial import where
from ecgcore.signals import HIGH_PASS_HZ

GENERAL_ECG = "1.2.840.10008.5.1.4.1.1.9.1.2"
RECORDED = dict(zip(STANDARD, (1, 2, 61, 62, 63, 64, 3, 4, 5, 6, 7, 8), strict=True))
DERIVED = dict(zip(STANDARD, (31, 32, 111, 112, 113, 114, 33, 34, 35, 36, 37, 38), strict=True))
"""Codes of CID 3001, MDC 2:n."""
SCHEME = "99RLECG"
MODIFIERS = {
    "derived": ("DERIVED", "Follows exactly from recorded limb leads"),
    "estimated": ("ESTIMATED", "Estimated by a model"),
    "partial": ("PARTIAL", "Recorded, derived and estimated in turn"),
    "lower": ("LOWER", "Lower end of the 90 % prediction interval"),
    "upper": ("UPPER", "Upper end of the 90 % prediction interval"),
    "recorded": ("RECORDED", "Recorded, not given to the model"),
}
STEPS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""uV a step, the finest that holds a channel in 16 bits."""
PADDING = -32768
LOWEST_HZ, HIGHEST_HZ = 200, 1000
NO_DATE = "19000101"
"""A dummy where the standard asks for the time of acquisition, which is not kept."""


def dicom_bytes(export: Export) -> bytes:
    """The export as one DICOM file. Raises UnusableEcg for rates above 1000 Hz.

    Rates below 200 Hz, which the object does not allow, are raised by a whole factor with straight lines
    between the samples: every original sample stays, and an annotation says so.
    """
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    dataset = FileDataset(None, {}, file_meta=FileMetaDataset(), preamble=b"\0" * 128)  # type: ignore[arg-type]
    _identify(dataset, export)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    factor = _factor(export.ecg.rate)
    dataset.WaveformSequence = [_group(dataset, export, *group, factor) for group in _groups(export)]
    dataset.WaveformAnnotationSequence = [_note(line) for line in (*header(export), *_about_rate(factor))]
    packed = io.BytesIO()
    dataset.save_as(packed, enforce_file_format=True)
    return packed.getvalue()


def _check_rate(rate: float) -> None:
    if rate > HIGHEST_HZ:
        raise UnusableEcg(
            f"A DICOM ECG holds up to {HIGHEST_HZ} Hz, and this has {rate:g} Hz; choose another format."
        )


def _factor(rate: float) -> int:
    _check_rate(rate)
    return max(1, int(np.ceil(LOWEST_HZ / rate)))


def _about_rate(factor: int) -> list[str]:
    if factor == 1:
        return []
    return [
        (
            f"Sampling: one sample in {factor} is original, straight lines between (DICOM asks for "
            f"{LOWEST_HZ} Hz)"
        )
    ]


def _identify(dataset: Any, export: Export) -> None:
    from pydicom.uid import generate_uid

    today = export.date.strftime("%Y%m%d")
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID, dataset.SOPInstanceUID = GENERAL_ECG, generate_uid(prefix=None)
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(prefix=None), generate_uid(prefix=None)
    dataset.InstanceCreationDate = dataset.ContentDate = today
    dataset.ContentTime = "000000"
    dataset.AcquisitionDateTime = f"{NO_DATE}000000"
    dataset.StudyDate = dataset.StudyTime = dataset.AccessionNumber = dataset.StudyID = ""
    dataset.ReferringPhysicianName = dataset.PatientName = dataset.PatientID = ""
    dataset.PatientBirthDate = dataset.PatientSex = ""
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "New object; of the source only the signals were used"
    dataset.DeidentificationMethodCodeSequence = [
        _code("113100", "DCM", "Basic Application Confidentiality Profile")
    ]
    dataset.LongitudinalTemporalInformationModified = "REMOVED"
    dataset.Modality = "ECG"
    dataset.Manufacturer = "reduced-lead-ecg"
    dataset.ManufacturerModelName = export.reconstruction.model[:64]
    dataset.SoftwareVersions = [
        version()[:64],
        *([export.reconstruction.weights[:64]] if export.reconstruction.weights else []),
    ]
    dataset.SeriesDescription = "Reconstructed ECG, research and teaching, not for diagnosis"
    dataset.SeriesNumber = dataset.InstanceNumber = 1
    dataset.AcquisitionContextSequence = []


def _groups(export: Export) -> list[tuple[str, str, list[Row]]]:
    """Originality, label and rows of each group, four at most: inputs, computed leads, interval, recorded
    traces of leads left out."""
    each = rows(export)
    computed = [row for row in each if row.role in ("derived", "estimated", "partial")]
    ends = [row for row in each if row.role in ("lower", "upper")]
    groups = [
        ("ORIGINAL", "INPUT", [row for row in each if row.role == "input"] + _recorded(export, computed)),
        ("DERIVED", "RECONSTRUCTED", computed),
        ("DERIVED", "90 % INTERVAL", ends),
        ("ORIGINAL", "RECORDED", [row for row in each if row.role == "recorded"]),
    ]
    return [group for group in groups if group[2]]


def _recorded(export: Export, computed: Iterable[Row]) -> list[Row]:
    """The recorded stretches of leads that are known part of the time, NaN outside them."""
    stretches = []
    for row in computed:
        recorded = where(export.reconstruction, row.lead, "measured")
        if recorded.any():
            samples = np.where(recorded, row.samples, np.nan)
            stretches.append(Row(row.lead, "input", samples, (RolePart("input"),)))
    return stretches


def _group(
    dataset: Any, export: Export, originality: str, text: str, signals: Sequence[Row], factor: int
) -> Any:
    from pydicom.dataset import Dataset

    group = Dataset()
    group.MultiplexGroupTimeOffset = "0"
    group.WaveformOriginality = originality
    group.MultiplexGroupLabel = text
    group.SamplingFrequency = _decimal(export.ecg.rate * factor)
    group.NumberOfWaveformChannels = len(signals)
    steps = [_step(row) for row in signals]
    columns = [_digital(row, step, factor) for row, step in zip(signals, steps, strict=True)]
    group.NumberOfWaveformSamples = len(columns[0])
    group.ChannelDefinitionSequence = [
        _channel(dataset, export, row, step) for row, step in zip(signals, steps, strict=True)
    ]
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    if any(np.isnan(row.samples).any() for row in signals):
        group.add_new("WaveformPaddingValue", "OW", np.int16(PADDING).tobytes())
    group.add_new("WaveformData", "OW", np.stack(columns, axis=1).astype("<i2").tobytes())
    return group


def _step(row: Row) -> float:
    """uV of one step."""
    peak = 1000 * float(np.nanmax(np.abs(row.samples)))
    step = next((step for step in STEPS if peak / step <= 32767), None)
    if step is None:
        raise UnusableEcg(f"Amplitudes up to {peak / 1000:.3g} mV do not fit a DICOM ECG.")
    return step


def _digital(row: Row, step: float, factor: int) -> np.ndarray:
    samples = np.asarray(row.samples, np.float64)
    if factor > 1:
        n = len(samples)
        samples = np.interp(np.arange(n * factor) / factor, np.arange(n), samples)
    return np.where(np.isnan(samples), PADDING, np.round(1000 * samples / step)).astype(np.int16)


def _channel(dataset: Any, export: Export, row: Row, step: float) -> Any:
    from pydicom.dataset import Dataset

    computed = row.role not in ("input", "recorded")
    channel = Dataset()
    channel.ChannelLabel = row.name
    number = (DERIVED if computed else RECORDED)[row.lead]
    name = f"{'Derived Lead' if computed else 'Lead'} {row.lead}"
    channel.ChannelSourceSequence = [_code(f"2:{number}", "MDC", name)]
    if row.role in MODIFIERS:
        value, meaning = MODIFIERS[row.role]
        channel.ChannelSourceModifiersSequence = [_code(value, SCHEME, meaning)]
    if computed:
        channel.SourceWaveformSequence = [_source(dataset, export)]
        channel.ChannelDerivationDescription = _derivation(export, row)
    channel.ChannelSensitivity = _decimal(step)
    channel.ChannelSensitivityUnitsSequence = [_code("uV", "UCUM", "microvolt")]
    channel.ChannelSensitivityCorrectionFactor = "1"
    channel.ChannelBaseline = channel.ChannelSampleSkew = "0"
    channel.WaveformBitsStored = 16
    if export.high_pass:
        channel.FilterLowFrequency = f"{HIGH_PASS_HZ:g}"
    return channel


def _derivation(export: Export, row: Row) -> str:
    if row.role in ("lower", "upper"):
        return f"{row.role} end of the 90 % prediction interval, {export.reconstruction.model}"[:64]
    if row.role == "partial":
        return f"recorded, derived or estimated by {export.reconstruction.model} in turn"[:64]
    return origin(export, row.lead)[:64]


def _source(dataset: Any, export: Export) -> Any:
    """The first group of the object itself, the inputs, as what a channel was made of."""
    from pydicom.dataset import Dataset

    source = Dataset()
    source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID = GENERAL_ECG, dataset.SOPInstanceUID
    channels = range(1, len(export.reconstruction.inputs) + 1)
    source.ReferencedWaveformChannels = [number for channel in channels for number in (1, channel)]
    return source


def _note(line: str) -> Any:
    from pydicom.dataset import Dataset

    note = Dataset()
    note.ReferencedWaveformChannels = [1, 0]
    note.UnformattedTextValue = line
    return note


def _code(value: str, scheme: str, meaning: str) -> Any:
    from pydicom.dataset import Dataset

    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def _decimal(value: float) -> str:
    """A decimal string of sixteen characters at most."""
    return f"{value:.10g}"


FORMATS = (
    ExportFormat(
        "dicom",
        "DICOM",
        "General ECG: recorded and derived leads by codes",
        ".dcm",
        "application/dicom",
        dicom_bytes,
        order=20,
        check=lambda ecg: _check_rate(ecg.rate),
    ),
)
