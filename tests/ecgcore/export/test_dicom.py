"""DICOM: read back with pydicom and with the product's own reader, whole and after de-identification by
PS3.15."""

import io

import numpy as np
import pydicom
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.export import export_format, rows
from ecgcore.export.content import header
from ecgcore.io import read_path
from ecgcore.leads import STANDARD, LeadSet
from tests.ecgcore.export.samples import export, page_export, recording

INPUTS = LeadSet("I II V2")
REMOVED = ("ChannelLabel", "ChannelDerivationDescription", "MultiplexGroupLabel")
"""What the basic profile of PS3.15 removes from a waveform."""


def written(out):
    return pydicom.dcmread(io.BytesIO(export_format("dicom").write(out)))


def codes(group):
    return [channel.ChannelSourceSequence[0].CodeValue for channel in group.ChannelDefinitionSequence]


def microvolts(dataset, number):
    return dataset.waveform_array(number).T


def test_groups_and_codes_tell_recorded_from_computed_leads():
    dataset = written(export(recorded=True))
    groups = dataset.WaveformSequence
    assert dataset.SOPClassUID.name == "General ECG Waveform Storage"
    assert [group.WaveformOriginality for group in groups] == ["ORIGINAL", "DERIVED", "DERIVED", "ORIGINAL"]
    assert codes(groups[0]) == ["2:1", "2:2", "2:4"]
    assert codes(groups[1]) == ["2:111", "2:112", "2:113", "2:114", "2:33", "2:35", "2:36", "2:37", "2:38"]
    modifiers = [
        channel.ChannelSourceModifiersSequence[0].CodeValue for channel in groups[1].ChannelDefinitionSequence
    ]
    assert modifiers == ["DERIVED"] * 4 + ["ESTIMATED"] * 5
    first = groups[1].ChannelDefinitionSequence[4]
    assert first.ChannelDerivationDescription == "estimated by any-subset"
    assert list(first.SourceWaveformSequence[0].ReferencedWaveformChannels) == [1, 1, 1, 2, 1, 3]
    assert first.SourceWaveformSequence[0].ReferencedSOPInstanceUID == dataset.SOPInstanceUID


def test_no_sample_is_lost():
    out = export(recorded=True)
    dataset, wanted = written(out), rows(out)
    order = [row for row in wanted if row.role == "input"]
    order += [row for row in wanted if row.role in ("derived", "estimated")]
    order += [row for row in wanted if row.role in ("lower", "upper")]
    order += [row for row in wanted if row.role == "recorded"]
    values = np.concatenate([microvolts(dataset, number) for number in range(4)])
    assert len(values) == len(order)
    for value, row in zip(values, order, strict=True):
        assert np.abs(value - 1000 * row.samples).max() <= 0.051


def test_codes_carry_the_meaning_when_labels_are_gone(tmp_path):
    dataset = written(export())
    for group in dataset.WaveformSequence:
        for item in (group, *group.ChannelDefinitionSequence):
            for keyword in REMOVED:
                if keyword in item:
                    delattr(item, keyword)
    del dataset.WaveformAnnotationSequence
    dataset.save_as(tmp_path / "bare.dcm")
    assert read_path(tmp_path / "bare.dcm").leads == INPUTS.determined


def test_read_here_the_inputs_are_all_there_is(tmp_path):
    out = export()
    path = tmp_path / "again.dcm"
    path.write_bytes(export_format("dicom").write(out))
    again = read_path(path)
    assert again.leads == INPUTS.determined
    assert np.abs(again["V2"] - out.ecg["V2"]).max() <= 0.051e-3 + 1e-6


def test_identifiers_are_new_and_the_removal_is_said():
    first, other = written(export()), written(export())
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        assert first[keyword].value != other[keyword].value
        assert first[keyword].value.startswith("2.25.")
    assert first.PatientIdentityRemoved == "YES"
    assert first.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
    assert (
        not first.PatientName and not first.PatientID and not first.PatientBirthDate and not first.StudyDate
    )


def test_the_header_stands_in_annotations():
    out = export(high_pass=True)
    dataset = written(out)
    assert [note.UnformattedTextValue for note in dataset.WaveformAnnotationSequence] == header(out)
    channels = [c for group in dataset.WaveformSequence for c in group.ChannelDefinitionSequence]
    assert {float(channel.FilterLowFrequency) for channel in channels} == {0.5}
    plain = written(export()).WaveformSequence[0].ChannelDefinitionSequence[0]
    assert "FilterLowFrequency" not in plain


def test_a_low_rate_is_raised_by_a_whole_factor_and_keeps_its_samples():
    out = export(truth=recording(rate=100))
    dataset = written(out)
    assert float(dataset.WaveformSequence[0].SamplingFrequency) == 200
    assert np.abs(microvolts(dataset, 0)[0][::2] - 1000 * out.ecg["I"]).max() <= 0.051
    assert "one sample in 2 is original" in dataset.WaveformAnnotationSequence[-1].UnformattedTextValue


def test_a_rate_above_the_standard_is_refused():
    with pytest.raises(UnusableEcg, match="up to 1000 Hz"):
        export_format("dicom").write(export(truth=recording(rate=2000, seconds=2)))


def test_a_page_is_padded_where_it_was_not_recorded():
    out = page_export()
    dataset = written(out)
    recorded, whole = dataset.WaveformSequence[:2]
    assert codes(recorded) == ["2:2", "2:1", "2:61", "2:62", "2:63", "2:64", *(f"2:{n}" for n in range(3, 9))]
    assert recorded.WaveformPaddingValue == np.int16(-32768).tobytes()
    raw = np.frombuffer(recorded.WaveformData, "<i2").reshape(-1, 12)
    assert (raw[:, 0] != -32768).all()
    assert (raw[:1250, 1] != -32768).all() and (raw[1250:, 1] == -32768).all()
    assert len(whole.ChannelDefinitionSequence) == 11
    modifiers = {
        channel.ChannelSourceModifiersSequence[0].CodeValue for channel in whole.ChannelDefinitionSequence
    }
    assert modifiers == {"PARTIAL"}
    assert not {"2:31", "2:33"} - set(codes(whole))
    assert set(STANDARD) - {"II"} == {
        channel.ChannelLabel.split()[0] for channel in whole.ChannelDefinitionSequence
    }
