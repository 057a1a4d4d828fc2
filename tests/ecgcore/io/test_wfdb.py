"""WFDB in and out: what is written comes back, and what a header can do wrong is one sentence."""

from __future__ import annotations

import numpy as np
import pytest

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io import NeedsHint, read_files, read_path
from ecgcore.io.write import write_ecg
from ecgcore.leads import STANDARD
from tests.ecgcore.io.helpers import put, replaced, twelve_leads, wfdb_files

ECG = twelve_leads()


@pytest.mark.parametrize("rate", [100.0, 257.0, 1000.0, 127.5])
def test_any_rate_comes_back(tmp_path, rate):
    ecg = twelve_leads(rate)
    assert read_path(write_ecg(ecg, tmp_path, "x")).rate == rate


def test_large_amplitudes_are_not_clipped(tmp_path):
    ecg = ECG.replace(signals=ECG.signals * 100)
    back = read_path(write_ecg(ecg, tmp_path, "x"))
    np.testing.assert_allclose(back.signals, ecg.signals, atol=np.abs(ecg.signals).max() / 12000)


def test_microvolts_and_spellings_end_as_millivolts_by_name():
    files = replaced(wfdb_files(ECG), "1000(0)/mV", "1(0)/uV")
    for lead in STANDARD:
        files = replaced(files, f" 0 {lead}\n", f" 0 {lead.upper() if lead != 'V1' else 'ECG v1'}\n")
    back = read_files(files)
    assert back.leads == ECG.leads
    np.testing.assert_allclose(back.signals, ECG.signals, atol=0.0006)


def test_frank_leads_are_left_out_with_a_note_and_their_file_need_not_be_there():
    files = replaced(wfdb_files(ECG), "rec 12", "rec 13")
    files["rec.hea"] += b"rec.xyz 16 1000(0)/mV 16 0 0 0 0 vx\n"
    back = read_files(files)
    assert back.leads == ECG.leads and any("vx" in note for note in back.notes)


def test_two_signal_files_are_one_record():
    limb, chest = ECG.pick(["I", "II", "III", "aVR", "aVL", "aVF"]), ECG.pick([f"V{n}" for n in range(1, 7)])
    first, two = wfdb_files(limb, "a"), wfdb_files(chest, "b")
    lines = first["a.hea"].decode().splitlines() + two["b.hea"].decode().splitlines()[1:]
    lines[0] = f"a 12 500 {ECG.n_samples}"
    back = read_files({"a.hea": "\n".join(lines).encode(), "a.dat": first["a.dat"], "b.dat": two["b.dat"]})
    np.testing.assert_allclose(back.signals, ECG.signals, atol=0.0006)


def test_challenge_mat_files_are_wfdb_with_an_offset():
    files = wfdb_files(ECG)
    mat = {
        "rec.hea": files["rec.hea"].replace(b"rec.dat 16 ", b"rec.mat 16+24 "),
        "rec.mat": b"\x00" * 24 + files["rec.dat"],
    }
    np.testing.assert_allclose(read_files(mat).signals, ECG.signals, atol=0.0006)


def test_segments_are_joined():
    first, second = wfdb_files(ECG.cut(0, 1), "s1"), wfdb_files(ECG.cut(1, 4), "s2")
    back = read_files({"m.hea": b"m/2 12 500 2000\ns1 500\ns2 1500\n", **first, **second})
    np.testing.assert_allclose(back.signals, ECG.signals, atol=0.0006)


def test_missing_limb_leads_are_derived_and_it_is_said():
    back = read_files(wfdb_files(ECG.pick(["II", "aVF", "V3"])))
    assert set(back.leads) == {"I", "II", "III", "aVR", "aVL", "aVF", "V3"}
    np.testing.assert_allclose(back["I"], ECG["I"], atol=0.003)
    assert any("Derived" in note and "aVL" in note for note in back.notes)


def test_short_gaps_are_bridged_and_leads_with_long_ones_left_out():
    files = wfdb_files(ECG)
    samples = np.frombuffer(files["rec.dat"], "<i2").reshape(-1, 12).copy()
    samples[100:120, 6] = -32768  # V1: 40 ms
    samples[500:900, 7] = -32768  # V2: 0.8 s
    back = read_files({**files, "rec.dat": samples.tobytes()})
    assert "V2" not in back.leads and len(back.leads) == 11
    np.testing.assert_allclose(
        back["V1"][100:120], np.interp(range(100, 120), [99, 120], back["V1"][[99, 120]]), atol=1e-5
    )
    assert any("bridged" in note and "V1" in note for note in back.notes) and any(
        "V2 (missing 0.8 s)" in note for note in back.notes
    )
    samples[:] = -32768
    with pytest.raises(UnusableEcg, match="No lead is without gaps"):
        read_files({**files, "rec.dat": samples.tobytes()})


def test_three_seconds_at_100_hz_are_read():
    assert read_files(wfdb_files(twelve_leads(100, 3))).duration == 3


GOOD = wfdb_files(ECG)
BAD = {
    "header without signal file": ({"rec.hea": GOOD["rec.hea"]}, "rec.dat, which is not there"),
    "signal file without header": ({"rec.dat": GOOD["rec.dat"]}, "together with its header"),
    "too short": ({**GOOD, "rec.dat": GOOD["rec.dat"][:-24000]}, "the header says 2,000"),
    "empty signal file": ({**GOOD, "rec.dat": b""}, "is empty"),
    "empty header": ({**GOOD, "rec.hea": b""}, "is empty"),
    "picture as header": (
        {**GOOD, "rec.hea": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4},
        "named as WFDB, but holds a PNG picture",
    ),
    "zero gain": (replaced(GOOD, "1000(0)/mV", "0(0)/mV", 1), "no gain for lead I"),
    "no gain": (replaced(GOOD, "16 1000(0)/mV 16", "16 0 16", 1), "no gain for lead I"),
    "unknown unit": (replaced(GOOD, "/mV", "/mmHg", 1), "mmHg"),
    "no known lead": (
        wfdb_files(ECG.pick(["V1"])) | replaced(wfdb_files(ECG.pick(["V1"])), " V1\n", " ABP\n"),
        "No standard lead among ABP",
    ),
    "lead twice": (replaced(GOOD, " 0 V2\n", " 0 V1\n"), "V1 is there more than once"),
    "outside its folder": (replaced(GOOD, "rec.dat", "../rec.dat"), "beside the header"),
    "absolute path": (replaced(GOOD, "rec.dat", "/etc/passwd"), "beside the header"),
    "windows path": (replaced(GOOD, "rec.dat", "C:\\rec.dat"), "beside the header"),
    "itself as signal": (replaced(GOOD, "rec.dat", "rec.hea"), "names a header"),
    "itself as segment": ({**GOOD, "rec.hea": b"rec/1 12 500 2000\nrec 2000\n"}, "segment"),
    "segments in a circle": (
        {"a.hea": b"a/1 12 500 9\nb 9\n", "b.hea": b"b/1 12 500 9\na 9\n", "c.dat": b"x"},
        "segments itself|recordings",
    ),
    "segment elsewhere": (
        {**GOOD, "m.hea": b"m/1 12 500 2000\n../rec 2000\n", "rec.hea": b""},
        "segment|recordings",
    ),
    "fewer signals than announced": (replaced(GOOD, "rec 12", "rec 14"), "announces 14"),
    "no rate": (replaced(GOOD, "rec 12 500 ", "rec 12 0 "), "rate of 0"),
    "a million million samples": (
        replaced(GOOD, " 500 2000", " 500 2000000000000"),
        "more than can be opened",
    ),
    "format nobody knows": (replaced(GOOD, "rec.dat 16 ", "rec.dat 77 "), "format 77"),
    "flac that is none": (replaced(GOOD, "rec.dat 16 ", "rec.dat 516 "), "damaged or of another type"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_records_are_one_sentence(case):
    files, words = BAD[case]
    with pytest.raises(UnusableEcg, match=words) as caught:
        read_files(files)
    assert str(caught.value).count("\n") == 0 and len(str(caught.value)) < 250


def test_a_header_on_disk_cannot_reach_outside_its_folder(tmp_path):
    put(GOOD, tmp_path)
    inner = tmp_path / "inner"
    inner.mkdir()
    put(replaced({"evil.hea": GOOD["rec.hea"]}, "rec.dat", "../rec.dat"), inner)
    with pytest.raises(UnusableEcg, match="beside the header"):
        read_path(inner / "evil.hea")


def test_two_records_ask_which(tmp_path):
    files = {**wfdb_files(ECG, "a"), **wfdb_files(ECG.pick(["V1"]), "b")}
    with pytest.raises(NeedsHint) as caught:
        read_files(files)
    assert caught.value.missing == ("record",) and caught.value.choices == ("a", "b")
    assert read_files(files, record="b").leads == ("V1",)


def test_a_path_may_name_header_record_or_signal_file(tmp_path):
    put(GOOD, tmp_path)
    for name in ("rec", "rec.hea", "rec.dat"):
        assert read_path(tmp_path / name).name == "rec"
    with pytest.raises(UnusableEcg, match="no file nothing"):
        read_path(tmp_path / "nothing")


def test_no_rate_at_all_is_the_formats_default_with_a_note():
    back = read_files({**GOOD, "rec.hea": GOOD["rec.hea"].replace(b"rec 12 500 2000", b"rec 12")})
    assert back.rate == 250 and any("250 Hz" in note for note in back.notes)


def test_a_longer_signal_file_is_noted():
    back = read_files({**GOOD, "rec.dat": GOOD["rec.dat"] + b"\x00" * 2400})
    assert back.n_samples == ECG.n_samples and any("2,100" in note for note in back.notes)


def test_amplitudes_nobody_has_are_refused(tmp_path):
    with pytest.raises(UnusableEcg, match="do not fit"):
        write_ecg(Ecg(np.full((1, 9), 5000.0), ("I",), 100), tmp_path, "x")
