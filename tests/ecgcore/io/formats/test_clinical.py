"""Files as carts write them: real ones in three formats against each other and against a parse of their own,
made ones of formats that no real file is there for, and what nobody may see of them."""

from __future__ import annotations

import base64
import binascii
import os
import re
import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.io import device_measurements, listing, read_files, read_path
from ecgcore.io.formats import formats
from ecgcore.leads import STANDARD
from tests.ecgcore.io.helpers import twelve_leads

ROOT = Path(os.environ.get("ECG_DATA", "nowhere")) / "formats"
real = pytest.mark.skipif(not ROOT.is_dir(), reason="needs the real files below ECG_DATA")
ECG = twelve_leads(rate=250, seconds=4)
STEP = 0.0025
"""mV a step of same_recording.*"""


@real
def test_one_recording_in_three_formats_is_equal_within_a_step():
    aecg, scp, dicom = (
        read_path(next(ROOT.glob(f"*/same_recording.{kind}"))) for kind in ("xml", "scp", "dcm")
    )
    assert aecg.leads == scp.leads == dicom.leads == STANDARD and aecg.rate == scp.rate == dicom.rate == 500
    assert aecg.n_samples == 5000 and np.ptp(aecg["V2"]) > 1
    for other in (scp, dicom):
        np.testing.assert_allclose(other.signals, aecg.signals, atol=1.01 * STEP)


@real
@pytest.mark.parametrize("name", ["example1.xml", "example3.xml"])
def test_muse_is_what_base64_says(name):
    ecg = read_path(ROOT / "muse" / name)
    root = ET.fromstring(
        re.sub(r"<!DOCTYPE[^>]*>", "", (ROOT / "muse" / name).read_text("latin-1")).encode("latin-1")
    )
    rhythm = next(wave for wave in root.iter("Waveform") if wave.findtext("WaveformType") == "Rhythm")
    stored = rhythm.findall("LeadData")
    assert len(stored) == 8
    for lead in stored:
        counts = np.frombuffer(base64.b64decode("".join(lead.findtext("WaveFormData").split())), "<i2")
        microvolts = counts * float(lead.findtext("LeadAmplitudeUnitsPerBit"))
        np.testing.assert_allclose(1000 * ecg[lead.findtext("LeadID")][: counts.size], microvolts, atol=0.01)
    np.testing.assert_allclose(ecg["aVF"], ecg["II"] - ecg["I"] / 2, atol=1e-5)
    assert device_measurements(ROOT / "muse" / name)["qt_ms"] == float(
        root.findtext("RestingECGMeasurements/QTInterval")
    )


@real
@pytest.mark.parametrize(("name", "seconds"), [("129DYPRG.XML", 10.528), ("demo_1-04.xml", 10.6)])
def test_philips_is_what_a_second_decoder_says(name, seconds):
    ecg = read_path(ROOT / "philips" / name)
    assert ecg.leads == STANDARD and ecg.rate == 500 and ecg.duration == seconds
    assert any("calibration pulse" in note for note in ecg.notes)
    waves = next(
        node
        for node in ET.fromstring((ROOT / "philips" / name).read_bytes()).iter()
        if node.tag.endswith("parsedwaveforms")
    )
    microvolts = 5 * decompressed(base64.b64decode("".join(waves.text.split())))
    np.testing.assert_allclose(1000 * ecg.signals, microvolts[:, : ecg.n_samples], atol=0.01)
    assert (microvolts[:, 5350:5450] == 1000).all()  # the pulse that is no ECG
    np.testing.assert_allclose(ecg["III"], ecg["II"] - ecg["I"], atol=0.0101)


def decompressed(content: bytes) -> np.ndarray:
    """(12, n) counts of XLI: per lead an LZW stream of ten-bit codes, high bytes before low ones, of which
    second differences of the samples come; the four derived limb leads are stored as what is left of the
    algebra."""
    leads, at = [], 0
    while at + 8 <= len(content) and len(leads) < 12:
        size, _, start = struct.unpack_from("<ihh", content, at)
        leads.append(integrated(unpacked(content[at + 8 : at + 8 + size]), start))
        at += 8 + size
    i, ii, iii, avr, avl, avf, *chest = leads
    iii = ii - i - iii
    avr, avl, avf = -avr - (i + ii) // 2, (i - iii) // 2 - avl, (ii + iii) // 2 - avf
    return np.stack([i, ii, iii, avr, avl, avf, *chest])


def unpacked(payload: bytes) -> np.ndarray:
    table = [bytes([value]) for value in range(256)]
    bits = "".join(f"{byte:08b}" for byte in payload)
    codes = [int(bits[at : at + 10], 2) for at in range(0, len(bits) - 9, 10)]
    before, out = b"", []
    for code in codes:
        if code > 1022:
            break
        entry = table[code] if code < len(table) else before + before[:1]
        if before and len(table) <= 1022:
            table.append(before + entry[:1])
        out.append(entry)
        before = entry
    joined = np.frombuffer(b"".join(out), np.uint8).astype(np.int64)
    half = joined.size // 2
    return ((joined[:half] << 8) | joined[half : 2 * half]).astype(np.int16).astype(np.int64)


def integrated(deltas: np.ndarray, start: int) -> np.ndarray:
    values = deltas.copy()
    last = start
    for n in range(2, values.size):
        values[n], last = 2 * values[n - 1] - values[n - 2] - last, deltas[n] - 64
    return values


@real
def test_a_document_of_another_maker_is_refused():
    with pytest.raises(UnusableEcg, match="version or compression"):
        read_path(ROOT / "philips" / "invalid-doc-type.xml")


@real
@pytest.mark.parametrize("path", sorted(ROOT.glob("*/*.[xXsS]*")), ids=lambda path: path.name)
def test_a_real_file_is_recognised_by_its_content_alone(path):
    if "invalid" in path.name:
        with pytest.raises(UnusableEcg, match="IM000001"):
            read_files({"IM000001": path.read_bytes()})
    else:
        ecg = read_files({"IM000001": path.read_bytes()})
        np.testing.assert_array_equal(ecg.signals, read_path(path).signals)


# -- made files ----------------------------------------------------------------------------------------------


def muse(ecg=ECG, unit: str = "MICROVOLTS", crc: bool = True, name: str = "Quidam", extra: str = "") -> bytes:
    def lead(label: str) -> str:
        payload = np.round(ecg[label] * 1000 / 4.88).astype("<i2").tobytes()
        check = f"<LeadDataCRC32>{binascii.crc32(payload) ^ (not crc)}</LeadDataCRC32>"
        return (
            f"<LeadData><LeadID>{label}</LeadID><LeadByteCountTotal>{len(payload)}</LeadByteCountTotal>"
            f"<LeadSampleCountTotal>{len(payload) // 2}</LeadSampleCountTotal>"
            "<LeadSampleSize>2</LeadSampleSize>"
            "<LeadAmplitudeUnitsPerBit>4.88</LeadAmplitudeUnitsPerBit>"
            f"<LeadAmplitudeUnits>{unit}</LeadAmplitudeUnits>"
            f"{check}<WaveFormData>{base64.b64encode(payload).decode()}</WaveFormData></LeadData>"
        )

    leads = "".join(map(lead, ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")))
    return (
        '<?xml version="1.0" '
        f'encoding="ISO-8859-1"?>{extra}<RestingECG><PatientDemographics><PatientID>4711-0815</PatientID>'
        f"<PatientLastName>{name}</PatientLastName><DateofBirth>01-02-1934</DateofBirth></PatientDemographics>"
        f"<Waveform><WaveformType>Rhythm</WaveformType><SampleBase>{ecg.rate:g}</SampleBase><SampleExponent>0</SampleExponent>"
        f"{leads}</Waveform></RestingECG>"
    ).encode("latin-1")


def test_muse_of_eight_leads_becomes_twelve():
    back = read_files({"a.xml": muse()})
    assert back.leads == STANDARD and back.rate == 250
    np.testing.assert_allclose(back.signals, ECG.signals, atol=0.0075)
    assert any("Derived exactly" in note for note in back.notes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"unit": ""}, "no gain for lead I"),
        ({"unit": "PARSECS"}, "no gain for lead I"),
        ({"crc": False}, "a checksum in it does not fit"),
        ({"extra": '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]>', "name": "&c;"}, "cannot be read"),
        (
            {"extra": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "name": "&a;"},
            "cannot be read",
        ),
    ],
    ids=["no unit", "no such unit", "checksum", "entities", "outside entity"],
)
def test_what_cannot_be_trusted_is_refused(change, words):
    with pytest.raises(UnusableEcg, match=words):
        read_files({"a.xml": muse(**change)})


def ishne(ecg=ECG, nanovolts: int = 1000, name: bytes = b"Quidam", crc_error: int = 0) -> bytes:
    leads = list(ecg.leads)
    codes = {lead: code for code, lead in enumerate(STANDARD, start=5)}
    head = bytearray(512)
    struct.pack_into("<iiii", head, 0, 0, ecg.n_samples, 522, 522)
    struct.pack_into("<h", head, 16, 1)
    head[18 : 18 + len(name)] = name
    struct.pack_into("<hhh", head, 122, 2, 1, 1934)
    struct.pack_into("<h", head, 146, len(leads))
    for row, lead in enumerate(leads):
        struct.pack_into("<h", head, 148 + 2 * row, codes[lead])
        struct.pack_into("<h", head, 196 + 2 * row, nanovolts)
    struct.pack_into("<h", head, 262, int(ecg.rate))
    samples = np.round(ecg.signals.T * 1e6 / nanovolts).astype("<i2")
    crc = binascii.crc_hqx(bytes(head), 0xFFFF) ^ crc_error
    return b"ISHNE1.0" + struct.pack("<H", crc) + bytes(head) + samples.tobytes()


def test_ishne_holter_leads_by_their_codes():
    back = read_files({"a.ecg": ishne(ECG.pick(["II", "V1", "V5"]))})
    assert back.leads == ("II", "V1", "V5") and back.rate == 250
    np.testing.assert_allclose(back.signals, ECG.pick(back.leads).signals, atol=0.0006)


def test_ishne_with_a_wrong_checksum_or_without_gain_is_refused():
    with pytest.raises(UnusableEcg, match="checksum"):
        read_files({"a.ecg": ishne(crc_error=1)})
    content = bytearray(ishne())
    struct.pack_into("<12h", content, 10 + 196, *[0] * 12)
    content[8:10] = b"\0\0"
    with pytest.raises(UnusableEcg, match="no gain"):
        read_files({"a.ecg": bytes(content)})


def mfer(ecg=ECG, name: bytes = b"Quidam^Nemo") -> bytes:
    def item(tag: int, value: bytes) -> bytes:
        size = bytes([len(value)]) if len(value) < 128 else b"\x84" + struct.pack(">I", len(value))
        return bytes([tag]) + size + value

    codes = {
        "I": 1,
        "II": 2,
        "V1": 3,
        "V2": 4,
        "V3": 5,
        "V4": 6,
        "V5": 7,
        "V6": 8,
        "III": 61,
        "aVR": 62,
        "aVL": 63,
        "aVF": 64,
    }
    leads = list(ecg.leads)
    samples = np.round(ecg.signals * 1000).astype(">i2")
    parts = [
        b"\x40\x20MFR " + b" " * 28,
        item(0x01, b"\0"),
        item(0x08, b"\0\x01"),
        item(0x81, name),
        item(0x82, b"4711-0815"),
    ]
    parts += [
        item(0x0B, b"\x01\xfd" + struct.pack(">H", round(1000 / ecg.rate))),
        item(0x0C, b"\x00\xfa" + struct.pack(">H", 1)),
    ]
    parts += [
        item(0x04, struct.pack(">I", ecg.n_samples)),
        item(0x05, bytes([len(leads)])),
        item(0x06, b"\x01"),
    ]
    for row, lead in enumerate(leads):
        inner = item(0x09, struct.pack(">H", codes[lead]))
        parts.append(bytes([0x3F, row, len(inner)]) + inner)
    return b"".join([*parts, item(0x1E, samples.tobytes()), b"\x80\x00"])


def test_mfer_leads_by_their_codes():
    back = read_files({"a.mwf": mfer()})
    assert back.leads == STANDARD and back.rate == 250
    np.testing.assert_allclose(back.signals, ECG.signals, atol=0.0006)


SECRETS = ("Quidam", "4711", "1934", "Nemo")


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.xml", muse()), ("a.ecg", ishne()), ("a.mwf", mfer())],
    ids=["MUSE", "ISHNE", "MFER"],
)
def test_nothing_of_the_patient_comes_along(name, content, capfd, caplog):
    ecg = read_files({f"Quidam_4711_{name}": content})
    with pytest.raises(UnusableEcg) as refused:
        read_files({name: content[:400]})
    shown = " ".join([repr(ecg), ecg.name, *ecg.notes, str(refused.value), *capfd.readouterr(), caplog.text])
    assert not [secret for secret in SECRETS if secret in shown]


def test_every_format_says_on_what_it_was_tried_or_that_it_never_was():
    untried = {form.name for form in formats() if not form.tried}
    document = (Path(__file__).parents[4] / "ecgcore/io/formats/FORMATS.md").read_text()
    assert listing() in document
    assert untried == {
        "BDF",
        "EDF",
        "FHIR Observation",
        "ISHNE",
        "MATLAB matrix",
        "MFER",
        "MFER without preamble",
        "NumPy array",
    }
