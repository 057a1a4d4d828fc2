"""HL7 aECG, Philips XML and SCP-ECG written by hand after their specifications, with what writers of such
files do differently; ISHNE, MFER, BDF, interrupted EDF+ and FHIR likewise."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.io import NeedsHint, read_files, read_parts
from ecgcore.io.contents import Hints, Source
from ecgcore.io.formats.fhir import read_fhir
from ecgcore.leads import STANDARD
from ecgcore.partial import PartialEcg
from tests.ecgcore.io.formats.test_clinical import ishne, mfer, muse
from tests.ecgcore.io.formats.vendor_files import NAMES, aecg, philips, scp
from tests.ecgcore.io.helpers import twelve_leads

ECG = twelve_leads(rate=250, seconds=4)
BOMB = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY c SYSTEM "file:///etc/passwd">]>'


def utf16(text: str) -> str:
    return text.replace('encoding="UTF-8"', 'encoding="UTF-16"')


WRITTEN = {
    "aECG": ("xml", aecg(ECG).encode(), 0.00126),
    "aECG, relative time and an origin": ("xml", aecg(ECG, time="GLIST_PQ", origin="100").encode(), 0.00126),
    "aECG in UTF-16": ("xml", utf16(aecg(ECG)).encode("utf-16"), 0.00126),
    "aECG in UTF-16 without a mark": ("xml", utf16(aecg(ECG)).encode("utf-16-le"), 0.00126),
    "aECG with a mark and Windows line ends": (
        "xml",
        b"\xef\xbb\xbf" + aecg(ECG).replace("><", ">\r\n<").encode(),
        0.00126,
    ),
    "Philips": ("xml", philips(ECG).encode(), 0.00251),
    "Philips in UTF-16": ("xml", utf16(philips(ECG)).encode("utf-16"), 0.00251),
    "MUSE in UTF-8 with a mark": (
        "xml",
        b"\xef\xbb\xbf" + muse(ECG).decode("latin-1").replace("ISO-8859-1", "UTF-8").encode(),
        0.0075,
    ),
    "SCP-ECG": ("scp", scp(ECG), 0.00051),
    "SCP-ECG, first differences": ("scp", scp(ECG, differences=1), 0.00051),
    "SCP-ECG, second differences": ("scp", scp(ECG, differences=2), 0.00051),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_every_sample_comes_back_and_nobody_with_it(kind):
    suffix, content, step = WRITTEN[kind]
    back = read_files({f"Quidam_Nemo.{suffix}": content})
    assert back.leads == STANDARD and back.rate == 250 and back.n_samples == ECG.n_samples
    np.testing.assert_allclose(back.signals, ECG.signals, atol=step)
    assert not [name for name in NAMES if name in repr(back) or name in back.name]


@pytest.mark.parametrize("write", [aecg, philips])
@pytest.mark.parametrize("before", [BOMB, OUTSIDE], ids=["entities", "outside entity"])
def test_declared_entities_are_refused(write, before):
    with pytest.raises(UnusableEcg, match="cannot be read"):
        read_files({"a.xml": write(ECG, before=before, name="&c;").encode()})


def test_a_rate_that_is_no_whole_number_stays_one():
    assert read_files({"a.xml": aecg(ECG, increment="0.0028").encode()}).rate == pytest.approx(1 / 0.0028)


def test_the_negative_of_avr_is_turned():
    codes = {"V1": "MDC_ECG_LEAD_V1", "aVR": "MDC_ECG_LEAD_AVRNEG"}
    back = read_files({"a.xml": aecg(ECG.pick(["V1", "aVR"]), codes=codes).encode()})
    np.testing.assert_allclose(back["aVR"], -ECG["aVR"], atol=0.00126)


def test_without_a_resolution_nothing_is_guessed():
    with pytest.raises(UnusableEcg, match="no gain for lead I"):
        read_files({"a.xml": philips(ECG, resolution="").encode()})


def test_a_checksum_of_scp_counts():
    with pytest.raises(UnusableEcg, match="checksum"):
        read_files({"a.scp": scp(ECG, damage=1)})


def test_decimated_rhythm_data_of_scp_are_refused():
    with pytest.raises(UnusableEcg, match="version or compression"):
        read_files({"a.scp": scp(ECG, bimodal=True, reduced_by=4)})


def test_leads_of_scp_begin_where_they_were_recorded():
    starts = [1 + 1000 * (row // 3) for row in range(12)]
    page = read_parts({"a.scp": scp(ECG, starts=starts)})
    assert isinstance(page, PartialEcg) and page.n_samples == 4000
    assert [(one.lead, one.first) for one in page.stretches] == [
        (lead, start - 1) for lead, start in zip(STANDARD, starts, strict=True)
    ]
    np.testing.assert_allclose(page.stretches[3].samples, ECG["aVR"], atol=0.00051)


def test_a_missing_sample_of_ishne_is_a_gap_also_at_one_microvolt_a_step():
    content = bytearray(ishne(ECG))
    struct.pack_into("<h", content, 522 + 2 * 12 * 500, -32768)
    back = read_files({"a.ecg": bytes(content)})
    assert back["I"].min() > -5 and any("bridged" in note for note in back.notes)


def test_leads_of_ishne_without_a_code_are_asked_for():
    content = bytearray(ishne(ECG.pick(["V1", "V5"])))
    struct.pack_into("<2h", content, 10 + 148, 0, 1)  # unknown, bipolar
    content[8:10] = b"\0\0"
    with pytest.raises(NeedsHint) as caught:
        read_files({"a.ecg": bytes(content)})
    assert [one.label for one in caught.value.channels] == ["Lead 1", "Lead 2"]


def test_frames_of_mfer_follow_one_another_or_are_refused():
    def item(tag: int, value: bytes) -> bytes:
        return bytes([tag, 0x84]) + struct.pack(">I", len(value)) + value

    whole = mfer(ECG)
    wave = item(0x1E, np.round(ECG.signals * 1000).astype(">i2").tobytes())
    twice = whole[:-2] + wave
    back = read_files({"a.mwf": twice})
    assert back.n_samples == 2 * ECG.n_samples
    np.testing.assert_allclose(back["V2"][ECG.n_samples :], ECG["V2"], atol=0.0006)
    later = whole[:-2] + item(0x07, struct.pack(">I", 9000)) + wave
    with pytest.raises(UnusableEcg, match="gaps that cannot be placed"):
        read_files({"a.mwf": later})


def edf(plus: bytes = b"EDF+D", stamps: tuple[int, ...] = (0, 1, 5, 6)) -> bytes:
    import edfio

    signals = [
        edfio.EdfSignal(
            ECG[lead].astype(float), 250, label=lead, physical_dimension="mV", physical_range=(-9, 9)
        )
        for lead in ("I", "V2")
    ]
    out = io.BytesIO()
    note = edfio.EdfAnnotation(0, None, "begin")
    edfio.Edf(signals, annotations=[note], data_record_duration=1).write(out)
    content = bytearray(out.getvalue())
    content[192:197] = plus
    whole = bytes(content)
    for before, after in reversed(list(enumerate(stamps))):
        whole = whole.replace(b"+%d\x14\x14" % before, b"+%d\x14\x14" % after)
    return whole


def test_an_interrupted_edf_has_its_gap():
    page = read_parts({"a.edf": edf()})
    assert isinstance(page, PartialEcg) and page.n_samples == 7 * 250
    assert [(one.lead, one.first, one.stop) for one in page.stretches] == [
        ("I", 0, 500), ("I", 1250, 1750), ("V2", 0, 500), ("V2", 1250, 1750),
    ]  # fmt: skip
    np.testing.assert_allclose(page.stretches[1].samples, ECG["I"][500:], atol=0.0003)
    assert any("interrupted" in note for note in page.notes)
    assert read_files({"a.edf": edf(b"EDF+C", (0, 1, 2, 3))}).n_samples == 1000
    assert read_files({"a.edf": edf(b"EDF+D", (0, 1, 2, 3))}).n_samples == 1000


def test_an_interrupted_edf_without_time_stamps_is_refused():
    with pytest.raises(UnusableEcg, match="no time stamps"):
        read_files({"a.edf": edf().replace(b"\x14\x14", b"\x00\x00")})


def test_the_status_channel_of_bdf_is_no_ecg():
    import edfio

    signals = [
        edfio.BdfSignal(1000 * ECG["V1"].astype(float), 250, label="V1", physical_dimension="uV",
                        physical_range=(-9000, 9000)),
        edfio.BdfSignal(np.arange(1000.0), 250, label="Status", physical_dimension="Boolean",
                        physical_range=(-8388608, 8388607), transducer_type="Triggers and Status"),
    ]  # fmt: skip
    out = io.BytesIO()
    edfio.Bdf(signals).write(out)
    back = read_parts({"a.bdf": out.getvalue()}, ask_all=True)
    assert back.leads == ("V1",)
    np.testing.assert_allclose(back["V1"], ECG["V1"], atol=0.0001)


def fhir(**sampled: object) -> bytes:
    data = {"origin": {"value": 0, "unit": "mV"}, "dimensions": 1, "data": "0 1 E U L 2 " * 100} | sampled
    part = {"code": {"text": "V1"}, "valueSampledData": data}
    return json.dumps({"resourceType": "Observation", "component": [part]}).encode()


def test_rates_of_fhir_by_period_and_by_interval():
    assert read_parts({"a.json": fhir(period=4, data="0 1 2 " * 200)}).rate == 250  # R4, ms
    assert read_parts({"a.json": fhir(interval=4, intervalUnit="ms", data="0 1 2 " * 200)}).rate == 250  # R5
    assert read_parts({"a.json": fhir(interval=250, intervalUnit="Hz", data="0 1 2 " * 200)}).rate == 250


def test_what_a_sensor_of_fhir_did_not_measure_is_a_gap():
    back = read_files({"a.json": fhir(period=4, lowerLimit=-3, upperLimit=3)})
    assert any("bridged" in note for note in back.notes)
    np.testing.assert_allclose(back["V1"][:6], [0, 1, 1.25, 1.5, 1.75, 2])


def test_samples_of_fhir_are_never_held_as_words():
    data = fhir(period=4, data="-12.5 3 E " * 100_000)
    tracemalloc.start()
    try:
        contents = read_fhir(Source("a.json", uploaded={"a.json": data}), Hints())
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    samples = contents.channels[0].samples
    np.testing.assert_array_equal(samples[:3], [-12.5, 3, np.nan])
    assert samples.size == 300_000 and most < 5 * samples.nbytes


@pytest.mark.parametrize("data", ["1 2 x 4", "1 2,5 3", "1 EE 3", "1 2- 3"])
def test_a_word_among_samples_of_fhir_is_refused(data):
    with pytest.raises(UnusableEcg, match="damaged"):
        read_files({"a.json": fhir(period=4, data=f"{data} " * 100)})


def test_channels_of_fhir_in_one_series_are_refused():
    with pytest.raises(UnusableEcg, match="interleaves"):
        read_files({"a.json": fhir(period=4, dimensions=2)})
