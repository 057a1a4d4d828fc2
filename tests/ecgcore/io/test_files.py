"""CSV, DICOM, EDF and zips: round trips, questions to the user, and bad input."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.io import (
    NeedsHint,
    all_suffixes,
    device_measurements,
    read_files,
    read_path,
    upload,
)
from ecgcore.io.contents import NO_HINTS
from ecgcore.io.upload import read_files_here
from ecgcore.leads import STANDARD
from tests.ecgcore.io.helpers import twelve_leads, wfdb_files

ECG = twelve_leads(rate=250, seconds=3)


def csv(head: str, rows, sep: str = ",", form: str = "%.4f", end: str = "\n") -> bytes:
    text = io.StringIO()
    np.savetxt(text, rows, delimiter=sep, fmt=form, newline=end)
    return (head + text.getvalue()).encode()


def test_csv_asks_for_what_it_does_not_say():
    file = {"a.csv": csv("I,V2\n", ECG.signals[[0, 7]].T * 1000)}
    with pytest.raises(NeedsHint) as caught:
        read_files(file)
    assert caught.value.missing == ("rate", "unit") and "sampling rate and unit" in str(caught.value)
    with pytest.raises(NeedsHint) as caught:
        read_files(file, rate=250)
    assert caught.value.missing == ("unit",)
    back = read_files(file, rate=250, unit="uV")
    np.testing.assert_allclose(back.signals, ECG.signals[[0, 7]], atol=1e-6)


@pytest.mark.parametrize(
    ("head", "sep"),
    [
        ("time (s),I (mV),V2 (mV)\n", ","),
        ("Zeit [s];ECG I [mV];ECG V2 [mV]\n", ";"),
        ("t\tI/mV\tV2/mV\n", "\t"),
        ("# unit: mV\ns I V2\n", " "),
    ],
)
def test_time_column_gives_the_rate_and_columns_their_units(head, sep):
    rows = np.column_stack([ECG.time, ECG["I"], ECG["V2"]])
    back = read_files({"a.csv": csv(head, rows, sep)})
    assert back.rate == 250 and back.leads == ("I", "V2")
    np.testing.assert_allclose(back.signals, ECG.signals[[0, 7]], atol=0.0001)


def test_milliseconds_decimal_commas_and_windows_line_ends():
    rows = np.column_stack([ECG.time * 1000, ECG["I"], ECG["V2"]])
    data = csv("time (ms);I (mV);V2 (mV)\n", rows, ";", end="\r\n").replace(b".", b",")
    back = read_files({"a.csv": b"\xef\xbb\xbf" + data})
    assert back.rate == 250
    np.testing.assert_allclose(back["V2"], ECG["V2"], atol=0.0001)


def test_a_time_column_of_unknown_unit_asks_for_the_rate():
    rows = np.column_stack([ECG.time * 1000, ECG["I"]])
    with pytest.raises(NeedsHint) as caught:
        read_files({"a.csv": csv("time,I (mV)\n", rows)})
    assert caught.value.missing == ("rate",)


def test_apple_watch_export():
    head = (
        "Name,Jane Doe\nDate of Birth,1 Jan 1950\nRecorded Date,2020-03-04 05:06:07 "
        "+0100\nClassification,Sinus Rhythm\nSymptoms,\n"
        'Software Version,1.9\nDevice,"Watch4,1"\nSample Rate,512 hertz\n\n\nLead,Lead I\nUnit,µV\n\n'
    )
    back = read_files({"ecg_2020-03-04.csv": csv(head, ECG["I"][:, None] * 1000, form="%.3f")})
    assert back.leads == ("I",) and back.rate == 512
    np.testing.assert_allclose(back["I"], ECG["I"], atol=1e-5)
    assert "Doe" not in repr(back) and "1950" not in repr(back)


def test_empty_cells_are_gaps():
    rows = [f"{number:.4f},{two:.4f}" for number, two in zip(ECG["I"], ECG["V2"], strict=True)]
    rows[100] = ",0.1"
    back = read_files({"a.csv": ("I (mV),V2 (mV)\n" + "\n".join(rows)).encode()}, rate=250)
    assert np.isfinite(back.signals).all() and any("bridged" in note for note in back.notes)


BAD_CSV = {
    "no header": (csv("", ECG.signals.T), "which lead each channel is"),
    "unknown names": (csv("a,b\n", ECG.signals[:2].T), "which lead each channel is"),
    "other signals": (csv("Resp,ABP\n", ECG.signals[:2].T), "No standard lead among Resp, ABP"),
    "text inside": (csv("I,II\n", ECG.signals[:2].T) + b"x,1\n", "text among its numbers"),
    "same lead twice": (csv("I (mV),Lead I (mV)\n", ECG.signals[:2].T), "more than once"),
    "no numbers": (b"hello\nworld\n", "no numbers"),
    "unequal steps": (csv("time (s),I (mV)\n", np.column_stack([ECG.time**2, ECG["I"]])), "equal steps"),
    "not volts": (csv("I (bpm)\n", ECG.signals[:1].T), "no voltage"),
    "ragged": (csv("I,II\n", ECG.signals[:2].T) + b"1,2,3,4\n", "number of columns"),
    "binary": (b"\x00\x01\x02" * 100, "holds something else"),
    "a pdf": (b"%PDF-1.4 xxxx", "PDF"),
    "empty": (b"", "is empty"),
}


@pytest.mark.parametrize("case", BAD_CSV)
def test_bad_tables_are_one_sentence(case):
    data, words = BAD_CSV[case]
    with pytest.raises(UnusableEcg, match=words) as caught:
        read_files({"a.csv": data}, rate=250, unit="mV")
    assert "\n" not in str(caught.value)


def demonstration_dicom() -> Path:
    data = pytest.importorskip("pydicom.data")
    return Path(data.get_testdata_file("waveform_ecg.dcm", download=False))


def test_the_rhythm_strip_of_a_dicom_recording_in_millivolts():
    ecg = read_path(demonstration_dicom())
    assert ecg.leads == STANDARD and ecg.rate == 1000 and ecg.duration == 10
    assert 0.5 < np.ptp(ecg["II"]) < 3
    np.testing.assert_allclose(ecg["III"], ecg["II"] - ecg["I"], atol=0.006)


def test_the_measurements_that_a_cart_printed_are_read():
    printed = device_measurements(demonstration_dicom())
    assert (printed["pr_ms"], printed["qrs_ms"], printed["qt_ms"]) == (161, 75, 368)
    assert "pp_ms" not in printed


def test_identifiers_of_a_dicom_file_do_not_come_along():
    ecg = read_files({"Anonymous_642341.dcm": demonstration_dicom().read_bytes()})
    for word in ("642341", "Anonymous", "1971", "2013", "Galliera"):
        assert word not in ecg.name + " ".join(ecg.notes)


def changed_dicom(change) -> bytes:
    pydicom = pytest.importorskip("pydicom")
    dataset = pydicom.dcmread(demonstration_dicom())
    change(dataset)
    out = io.BytesIO()
    dataset.save_as(out)
    return out.getvalue()


def test_dicom_units_gaps_and_group_order():
    def millivolts(dataset):
        rhythm = dataset.WaveformSequence[0]
        for channel in rhythm.ChannelDefinitionSequence:
            channel.ChannelSensitivityUnitsSequence[0].CodeValue = "mV"
            channel.ChannelSensitivity = "0.00125"
        dataset.WaveformSequence.reverse()

    plain = read_path(demonstration_dicom())
    np.testing.assert_allclose(
        read_files({"a.dcm": changed_dicom(millivolts)}).signals, plain.signals, atol=1e-5
    )


def _set(name, value, channel=0):
    def change(dataset):
        setattr(dataset.WaveformSequence[0].ChannelDefinitionSequence[channel], name, value)

    return change


BAD_DICOM = {
    "no gain": (_set("ChannelSensitivity", "0"), "no gain for lead I"),
    "no volts": (
        lambda d: setattr(
            d.WaveformSequence[0].ChannelDefinitionSequence[0].ChannelSensitivityUnitsSequence[0],
            "CodeValue",
            "mm",
        ),
        "mm",
    ),
    "no waveforms": (lambda d: delattr(d, "WaveformSequence"), "without waveforms"),
    "wrong length": (
        lambda d: setattr(d.WaveformSequence[0], "NumberOfWaveformSamples", 99999),
        "do not fit",
    ),
    "no rate": (lambda d: setattr(d.WaveformSequence[0], "SamplingFrequency", None), "no sampling frequency"),
}


@pytest.mark.parametrize("case", BAD_DICOM)
def test_bad_dicom_is_one_sentence(case):
    change, words = BAD_DICOM[case]
    with pytest.raises(UnusableEcg, match=words):
        read_files({"a.dcm": changed_dicom(change)})


def test_a_truncated_dicom_file_is_one_sentence():
    data = demonstration_dicom().read_bytes()
    for part in (200, 5000, len(data) // 2):
        with pytest.raises(UnusableEcg):
            read_files({"a.dcm": data[:part]})


def test_edf_comes_back():
    edfio = pytest.importorskip("edfio")
    signals = [
        edfio.EdfSignal(
            ECG[lead].astype(float) * 1000,
            250,
            label=f"ECG {lead}",
            physical_dimension="uV",
            physical_range=(-3000, 3000),
        )
        for lead in ("I", "II", "V2")
    ]
    signals.append(edfio.EdfSignal(np.zeros(300), 100, label="Resp", physical_dimension=""))
    file = edfio.Edf(signals, patient=edfio.Patient(code="X1", name="Jane_Doe"))
    back = read_files({"a.edf": file.to_bytes()})
    assert (
        {"I", "II", "V2"} <= set(back.leads)
        and back.rate == 250
        and any("Resp" in note for note in back.notes)
    )
    np.testing.assert_allclose(back["V2"], ECG["V2"], atol=0.0002)
    assert "Doe" not in repr(back)
    with pytest.raises(UnusableEcg):
        read_files({"a.edf": file.to_bytes()[:400]})


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_a_zip_with_folders_and_strangers_is_read_by_names_alone():
    files = {f"../some/folder/{name}": content for name, content in wfdb_files(ECG).items()}
    files |= {"__MACOSX/._rec.hea": b"x", "run.exe": b"MZ", "readme.md": b"hello"}
    assert read_files({"a.zip": zipped(files)}).leads == ECG.leads


def test_a_zip_bomb_is_stopped(monkeypatch):
    monkeypatch.setattr(upload, "MAX_BYTES", 3_000_000)
    bomb = zipped({"a.dat": b"\0" * 10_000_000, "a.hea": b"a 1 500 10\n"})
    assert len(bomb) < 20_000
    with pytest.raises(UnusableEcg, match="unpacks to more than 3 MB"):
        read_files_here({"a.zip": bomb}, NO_HINTS)
    with pytest.raises(UnusableEcg, match="200 files|one recording"):
        read_files({"a.zip": zipped({f"{n}.csv": b"" for n in range(300)})})


def test_other_things_than_recordings():
    for files, words in (
        ({"a.zip": b"PK\x03\x04 no"}, "not a zip"),
        ({"a.zip": zipped({"b.exe": b""})}, "no file that can be a recording"),
        ({"a.png": b"\x89PNG"}, "no known type: it holds a PNG picture, from which no signals are read"),
        ({"a.pdf": b"%PDF-1.4"}, "no known type: it holds a PDF document"),
        (
            {"a.xml": b'<?xml version="1.0"?>\n<CardiologyXML/>'},
            "of a kind that is not read; of .xml .* MUSE",
        ),
        ({"a.json": b'{"ecgReadings": []}'}, "of a kind that is not read; of .json files these are: FHIR"),
        ({"a.dcm": csv("I\n", ECG.signals[:1].T)}, "named as DICOM, but holds"),
        ({"a.csv": demonstration_dicom().read_bytes()}, "but holds DICOM data"),
        ({}, "No file"),
        ({"..": b"x"}, "not a file name"),
    ):
        with pytest.raises(UnusableEcg, match=words):
            read_files(files, rate=1, unit="mV")


def test_nothing_of_an_upload_stays_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    read_files(wfdb_files(ECG))
    with pytest.raises(UnusableEcg):
        read_files({"a.csv": b"nonsense"})
    assert not list(tmp_path.iterdir())


def test_suffixes_for_the_upload_widget():
    assert {".hea", ".dat", ".mat", ".dcm", ".csv", ".edf"} <= set(all_suffixes())
