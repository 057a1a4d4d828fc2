"""DICOM as printers, archives and toolkits write it: several groups, true zeros, no suffix, derived leads."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from ecgcore.ecg import UnusableEcg
from ecgcore.io import NeedsHint, read_files, read_parts
from ecgcore.leads import STANDARD
from ecgcore.partial import PartialEcg
from tests.ecgcore.io.helpers import twelve_leads

ECG = twelve_leads(rate=250, seconds=10)
CODES = dict(zip(STANDARD, (1, 2, 61, 62, 63, 64, 3, 4, 5, 6, 7, 8), strict=True))
QUARTER = ECG.n_samples // 4


def group(
    leads, start=0, stop=None, offset: float | None = None, codes=CODES, original="ORIGINAL", padding=None
) -> Dataset:
    signals = np.round(1000 * np.stack([ECG[lead][start:stop] for lead in leads]).T).astype("<i2")
    dataset = Dataset()
    if offset is not None:
        dataset.MultiplexGroupTimeOffset = offset
    dataset.WaveformOriginality = original
    dataset.NumberOfWaveformChannels, dataset.NumberOfWaveformSamples = len(leads), len(signals)
    dataset.SamplingFrequency = ECG.rate
    dataset.ChannelDefinitionSequence = [channel(codes[lead]) for lead in leads]
    dataset.WaveformBitsAllocated, dataset.WaveformSampleInterpretation = 16, "SS"
    if padding is not None:
        dataset.add_new("WaveformPaddingValue", "OW", np.int16(padding).tobytes())
    dataset.add_new("WaveformData", "OW", signals.tobytes())
    return dataset


def coded(value: str, scheme: str, meaning: str = "x") -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def channel(number) -> Dataset:
    dataset = Dataset()
    dataset.ChannelSourceSequence = [
        coded(f"2:{number}", "MDC") if isinstance(number, int) else coded("9", "99X", number)
    ]
    dataset.ChannelSensitivity, dataset.ChannelSensitivityCorrectionFactor, dataset.ChannelBaseline = (
        "1",
        "1",
        "0",
    )
    dataset.ChannelSensitivityUnitsSequence = [coded("uV", "UCUM")]
    dataset.WaveformBitsStored = 16
    return dataset


def dicom(*groups: Dataset) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = (
        "1.2.840.10008.5.1.4.1.1.9.1.2",
        generate_uid(),
    )
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = (
        meta.MediaStorageSOPClassUID,
        meta.MediaStorageSOPInstanceUID,
    )
    dataset.PatientName, dataset.PatientID = "Quidam^Nemo", "4711"
    dataset.WaveformSequence = list(groups)
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def page(with_offsets: bool) -> bytes:
    columns = [STANDARD[n : n + 3] for n in range(0, 12, 3)]
    groups = [
        group(leads, n * QUARTER, (n + 1) * QUARTER, n * 2500.0 if with_offsets else None)
        for n, leads in enumerate(columns)
    ]
    return dicom(*groups, group(["II"], offset=0.0 if with_offsets else None))


@pytest.mark.parametrize("with_offsets", [True, False])
def test_no_group_of_a_printed_page_is_lost(with_offsets):
    ecg = read_parts({"a.dcm": page(with_offsets)})
    assert isinstance(ecg, PartialEcg) and ecg.leads == STANDARD and ecg.n_samples == ECG.n_samples
    for stretch in ecg.stretches:
        np.testing.assert_allclose(
            stretch.samples, ECG[stretch.lead][stretch.first : stretch.stop], atol=0.0006
        )
    at = {stretch.lead: stretch.first for stretch in ecg.stretches}
    assert at["II"] == 0 and at["aVR"] == QUARTER and at["V1"] == 2 * QUARTER and at["V6"] == 3 * QUARTER
    assert with_offsets != any("as on a printed page" in note for note in ecg.notes)


def test_as_a_plain_recording_a_page_is_its_rhythm_strip_and_names_the_rest():
    ecg = read_files({"a.dcm": page(True)})
    assert ecg.leads == ("II",) and ecg.duration == 10
    assert any("V4 (missing 7.5 s)" in note for note in ecg.notes)


def test_a_longer_strip_does_not_displace_twelve_leads():
    ecg = read_files({"a.dcm": dicom(group(STANDARD, 0, 1250), group(["II"]))})
    assert (
        ecg.leads == STANDARD
        and ecg.duration == 5
        and any("not shown: II (10 s, recorded)" in note for note in ecg.notes)
    )


def test_padding_inside_the_range_of_the_values_is_a_value():
    ecg = read_files({"a.dcm": dicom(group(STANDARD, padding=0))})
    assert (np.round(1000 * ECG.signals) == 0).sum() > 20
    np.testing.assert_allclose(ecg.signals, ECG.signals, atol=0.0006)
    assert not any("bridged" in note for note in ecg.notes)


def test_derived_leads_are_named_and_left_out():
    mixed = group(["I", "II", "V1"], codes={**CODES, "V1": 33})
    ecg = read_files({"a.dcm": dicom(mixed)})
    assert "V1" not in ecg.leads and any("computed from other leads: V1" in note for note in ecg.notes)
    with pytest.raises(UnusableEcg, match="No lead of a.dcm was recorded"):
        read_files({"a.dcm": dicom(group(STANDARD, original="DERIVED"))})


def test_a_file_without_suffix_opens_alone_in_a_zip_and_beside_a_directory():
    content = dicom(group(STANDARD))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("DICOMDIR", b"\0" * 128 + b"DICM" + b"\0" * 100)
        archive.writestr("A/B/1.2.840.113619.2.55", content)
        archive.writestr("README", "open with a viewer")
    for files in ({"IM000001": content}, {"1.2.840.10008.5.1.4": content}, {"a.zip": packed.getvalue()}):
        assert read_files(files).leads == STANDARD


def test_a_file_without_a_preamble_opens():
    content = dicom(group(STANDARD))[132:]
    for name in ("a.dcm", "IM000001"):
        np.testing.assert_allclose(read_files({name: content}).signals, ECG.signals, atol=0.0006)


def test_channels_without_a_code_are_asked_for():
    unnamed = group(["I", "V1"], codes={"I": "Channel A", "V1": "Channel B"})
    with pytest.raises(NeedsHint) as caught:
        read_files({"a.dcm": dicom(unnamed)})
    assert [channel.label for channel in caught.value.channels] == ["Channel A", "Channel B"]
    assert read_files({"a.dcm": dicom(unnamed)}, leads={"Channel A": "I", "Channel B": "-"}).leads == ("I",)


def test_nothing_of_the_patient_comes_along():
    ecg = read_files({"Quidam_4711": dicom(group(STANDARD))})
    assert not any(secret in repr(ecg) for secret in ("Quidam", "Nemo", "4711"))
