"""Files made to exhaust a server: counts are checked before anything is allocated, and what gets past them
ends the process that reads and nothing else."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.io import read_files
from ecgcore.io.apart import Pool
from ecgcore.io.contents import NO_HINTS, Hints, linked
from ecgcore.io.memory import PREFIX, clear_leftovers, path_of
from ecgcore.io.upload import read_files_here
from tests.ecgcore.io.helpers import peak_memory, replaced, twelve_leads, wfdb_files

ECG = twelve_leads(rate=250, seconds=3)
GOOD = wfdb_files(ECG)


def flac(total: int, channels: int = 12) -> bytes:
    """A FLAC stream that announces so many samples and holds none."""
    packed = (250 << 44) | ((channels - 1) << 41) | (15 << 36) | total
    return b"fLaC\x80\x00\x00\x22" + b"\x10\x00\x10\x00" + b"\0" * 6 + packed.to_bytes(8, "big") + b"\0" * 16


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def npy(shape: str) -> bytes:
    head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode() + b"\0" * 4000


BOMBS = {
    "skew": replaced(GOOD, "rec.dat 16 ", "rec.dat 16:999999999 ", 1),
    "samples a frame": replaced(GOOD, "rec.dat 16 ", "rec.dat 16x99999999 ", 1),
    "no samples a frame": replaced(GOOD, "rec.dat 16 ", "rec.dat 16x0 ", 1),
    "samples": replaced(GOOD, " 250 750", " 250 99999999999999"),
    "segments": {**GOOD, "m.hea": b"m/2 12 250 49999999\nrec 750\n~ 49999249\n"},
    "number of segments": {**GOOD, "m.hea": b"m/99999999 12 250 750\nrec 750\n"},
    "signals": {"rec.hea": b"rec 99999999 250 750\nrec.dat 16\n", "rec.dat": b"\0" * 100},
    "FLAC length": {**replaced(GOOD, "rec.dat 16 ", "rec.dat 516 "), "rec.dat": flac(2**35)},
    "FLAC without length": {
        **replaced(replaced(GOOD, "rec.dat 16 ", "rec.dat 516 "), "rec 12 250 750", "rec 12 250"),
        "rec.dat": flac(2**35),
    },
    "zipped CSV": {"a.zip": zipped("a.csv", b"I,V2\n" + b"0,0\n" * 9_000_000)},
    "NumPy shape": {"a.npy": npy("(12, 99999999999)")},
    "a line without end": {"a.csv": b"I,V2\n" + b"1," * 4_000_000},
    "many columns": {"a.csv": b",".join([b"1"] * 5000) + b"\n"},
    "EDF records": {"a.edf": b"0       " + b" " * 228 + b"99999999" + b"1       " + b"9999" + b"9" * 5000},
    "entities": {
        "a.xml": b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY '
        b'c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
        b"<RestingECG>&c;</RestingECG>"
    },
    "deep JSON": {"a.json": b'{"resourceType": "Observation", "component": ' + b"[" * 100_000},
    "deep XML": {"a.xml": b'<Observation xmlns="http://hl7.org/fhir">' + b"<a>" * 100_000},
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_count_is_checked_before_memory_is_taken(bomb):
    start = time.process_time()
    with peak_memory() as peak, pytest.raises(UnusableEcg) as caught:
        read_files_here(BOMBS[bomb], Hints(250, "mV"))
    assert peak.grown < 1_000_000_000
    assert (
        time.process_time() - start < 2 and str(caught.value).endswith(".") and "\n" not in str(caught.value)
    )


@pytest.fixture(scope="module")
def small_pool():
    pool = Pool(1, memory=60_000_000, seconds=1)
    yield pool
    pool.close()


def long_record(n: int) -> dict[str, bytes]:
    samples = np.zeros((n, 2), "<i2")
    lines = b"".join(b"a.dat 16 1000(0)/mV 16 0 0 0 0 %s\n" % lead for lead in (b"I", b"V2"))
    return {"a.hea": b"a 2 250 %d\n" % n + lines, "a.dat": samples.tobytes()}


@pytest.mark.parametrize("kind", ["WFDB", "CSV"])
def test_what_takes_too_much_memory_is_a_sentence_and_the_next_file_opens(small_pool, kind):
    files = long_record(8_000_000) if kind == "WFDB" else {"a.csv": b"I\n" + b"1\n" * 10_000_000}
    with pytest.raises(UnusableEcg, match="memory"):
        small_pool.read(files, {"hints": NO_HINTS})
    assert small_pool.read(GOOD, {"hints": NO_HINTS}).leads == ECG.leads


def test_a_process_that_was_killed_is_replaced(small_pool):
    small_pool.read(GOOD, {"hints": NO_HINTS})
    os.kill(small_pool._idle[0]._process.pid, signal.SIGKILL)
    time.sleep(0.2)
    assert small_pool.read(GOOD, {"hints": NO_HINTS}).leads == ECG.leads


def test_a_refusal_and_a_question_come_through_whole(small_pool):
    files = replaced(replaced(GOOD, " 0 I\n", " 0 ECG1\n"), "rec 12", "rec 1")
    with pytest.raises(UnusableEcg) as caught:
        small_pool.read(files, {"hints": NO_HINTS})
    assert caught.value.missing == ("leads",) and caught.value.channels[0].samples.size == 750


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("rec 12 250 750", "rec 12 19 750"), "19 Hz is not possible"),
        (("rec 12 250 750", "rec 12 20001 750"), "20001 Hz is not possible"),
        (("rec 12 250 750", "rec 12 1000 750"), "lasts 0.75 s"),
        (("1000(0)/mV", "0.0001(0)/mV"), "which no ECG does"),
    ],
)
def test_nonsense_is_refused(change, words):
    with pytest.raises(UnusableEcg, match=words):
        read_files(replaced(GOOD, *change))


def test_a_record_of_four_samples_is_one_sentence():
    files = replaced(GOOD, "rec 12 250 750", "rec 12 250 4")
    with pytest.raises(UnusableEcg, match="lasts 0.016 s"):
        read_files(files)


def test_names_in_capitals_open():
    files = {"REC.HEA": GOOD["rec.hea"], "REC.DAT": GOOD["rec.dat"]}
    np.testing.assert_allclose(read_files(files).signals, ECG.signals, atol=0.0006)


def test_a_pressure_channel_does_not_refuse_a_record_in_segments():
    files = replaced(GOOD, "rec 12", "rec 13")
    files["rec.hea"] += b"rec.dat 16 10(0)/mmHg 16 0 0 0 0 ABP\n"
    files["rec.dat"] = np.hstack(
        [np.frombuffer(GOOD["rec.dat"], "<i2").reshape(-1, 12), np.ones((750, 1), "<i2")]
    ).tobytes()
    back = read_files({**files, "m.hea": b"m/2 13 250 1500\nrec 750\nrec 750\n"})
    assert back.leads == ECG.leads and back.duration == 6 and any("ABP" in note for note in back.notes)
    np.testing.assert_allclose(back.signals[:, 750:], ECG.signals, atol=0.0006)


def test_one_gap_of_a_long_record_costs_no_lead():
    ecg = twelve_leads(100, 120)
    samples = np.round(ecg.signals.T * 1000).astype("<i2")
    samples[4000:4050, 6] = -32768  # V1 at 40 s, for half a second
    files = {**wfdb_files(ecg), "rec.dat": samples.tobytes()}
    back = read_files(files)
    assert back.leads == ecg.leads and back.duration == 79.5
    assert any("Cut to 40.5-120.0 s of 120.0 s" in note for note in back.notes)


# -- nothing on a disk ---------------------------------------------------------------------------------------


def test_what_stands_in_a_temporary_folder_is_links_to_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with linked({"r.hea": b"Quidam 4711"}) as folder:
        (link,) = folder.iterdir()
        assert link.is_symlink() and link.read_bytes() == b"Quidam 4711"
        assert str(link.readlink()).startswith("/proc/") == sys.platform.startswith("linux")
    with path_of(b"x" * 100_000) as path:
        assert path.read_bytes() == b"x" * 100_000
    assert not list(tmp_path.iterdir())


def test_a_kill_leaves_nothing_of_the_file_and_the_next_start_clears_the_rest(tmp_path):
    code = (
        "import time\nfrom ecgcore.io.contents import linked\n"
        "with linked({'r.hea': b'Quidam 4711'}):\n    print('ready', flush=True)\n    time.sleep(60)\n"
    )
    root = str(Path(__file__).parents[3])
    victim = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        cwd=root,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": root},
    )
    assert victim.stdout.readline().strip() == b"ready"
    victim.kill()
    victim.wait()
    victim.stdout.close()
    left = list(tmp_path.rglob("*"))
    assert left and not any(path.is_file() for path in left)  # links to nowhere
    tempfile.tempdir = str(tmp_path)
    try:
        assert clear_leftovers() == 1 and not list(tmp_path.glob(f"{PREFIX}*"))
    finally:
        tempfile.tempdir = None
