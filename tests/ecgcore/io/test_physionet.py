"""PhysioNet: what is asked for, what lands in the cache, and one sentence when nothing answers. No network:
openers are injected."""

from __future__ import annotations

import errno
import io
import os
import threading
import time
import urllib.error

import numpy as np
import pytest

from ecgcore.ecg import UnusableEcg
from ecgcore.io.physionet import DATABASES, Unreachable, fetch, remote_database, remote_path
from tests.ecgcore.io.helpers import twelve_leads, wfdb_files

ECG = twelve_leads(seconds=2)


class Server:
    """Answers for files of one folder; remembers what was asked."""

    def __init__(
        self, files: dict[str, bytes], folder: str = "https://physionet.org/files/twadb/1.0.0/"
    ) -> None:
        self.files = {folder + name: content for name, content in files.items()}
        self.requests: list[str] = []

    def __call__(self, url: str, timeout: float):
        assert 0 < timeout <= 5
        self.requests.append(url)
        if url not in self.files:
            raise urllib.error.HTTPError(url, 404, "Not Found", None, None)  # type: ignore[arg-type]
        return io.BytesIO(self.files[url])


def dead(url: str, timeout: float):
    raise urllib.error.URLError("Name or service not known")


def test_a_record_is_fetched_once_and_then_read_from_the_cache(tmp_path):
    server, lines = Server(wfdb_files(ECG, "twa01")), []
    ecg = fetch(
        "twadb", "twa01", tmp_path, progress=lambda line, part: lines.append((line, part)), opener=server
    )
    np.testing.assert_allclose(ecg.signals, ECG.signals, atol=0.0006)
    assert ecg.name == "twadb/twa01" and [url.rsplit("/", 1)[1] for url in server.requests] == [
        "twa01.hea",
        "twa01.dat",
    ]
    assert "header" in lines[0][0] and all(0 <= part < 1 for _, part in lines)
    again = fetch("twadb", "twa01", tmp_path, opener=dead)
    assert again.digest == ecg.digest
    assert (tmp_path / "twadb" / "1.0.0" / "twa01" / "twa01.dat").is_file()


def test_an_unreachable_network_is_one_sentence_after_one_try(tmp_path):
    tries = []

    def dead_once(url: str, timeout: float):
        tries.append(url)
        return dead(url, timeout)

    with pytest.raises(Unreachable, match="PhysioNet cannot be reached"):
        fetch("ptb-xl", "17", tmp_path, opener=dead_once)
    assert len(tries) == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_silent_server_meets_the_deadline(tmp_path):
    told_to_end = threading.Event()

    def silent(url: str, timeout: float):
        told_to_end.wait(60)
        raise OSError("late")

    with pytest.raises(Unreachable, match="within 0.2 s"):
        fetch("twadb", "twa01", tmp_path, deadline_s=0.2, opener=silent)
    told_to_end.set()  # nobody waited for the answer: it has not come yet


def test_a_trickling_server_meets_the_deadline(tmp_path):
    class Trickle(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            time.sleep(0.05)
            return super().read(10)

    files = wfdb_files(ECG, "twa01")
    with pytest.raises(Unreachable):
        fetch(
            "twadb",
            "twa01",
            tmp_path,
            deadline_s=0.3,
            opener=lambda url, timeout: Trickle(files[url.rsplit("/", 1)[1]]),
        )


def test_a_failed_download_leaves_nothing_behind(tmp_path):
    files = wfdb_files(ECG, "twa01")
    del files["twa01.dat"]
    with pytest.raises(UnusableEcg, match="no open file twa01.dat"):
        fetch("twadb", "twa01", tmp_path, opener=Server(files))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    fetch("twadb", "twa01", tmp_path, opener=Server(wfdb_files(ECG, "twa01")))


def test_a_header_from_outside_cannot_reach_other_places(tmp_path):
    files = wfdb_files(ECG, "twa01")
    for evil in (b"../../secret.dat", b"/etc/passwd", b"twa01.hea"):
        server = Server({**files, "twa01.hea": files["twa01.hea"].replace(b"twa01.dat", evil)})
        with pytest.raises(UnusableEcg, match="beside the header"):
            fetch("twadb", "twa01", tmp_path, opener=server)
        assert len(server.requests) == 1


def test_a_file_without_end_is_stopped(tmp_path, monkeypatch):
    from ecgcore.io import physionet

    monkeypatch.setattr(physionet, "MAX_BYTES", 10_000)
    with pytest.raises(UnusableEcg, match="larger than"):
        fetch("twadb", "twa01", tmp_path, opener=Server(wfdb_files(ECG, "twa01")))


def test_segments_are_fetched_too(tmp_path):
    files = {
        **wfdb_files(ECG.cut(0, 1), "s1"),
        **wfdb_files(ECG.cut(1, 2), "s2"),
        "m.hea": b"m/2 12 500 1000\ns1 500\ns2 500\n",
    }
    assert fetch("twadb", "m", tmp_path, opener=Server(files)).duration == 2


@pytest.mark.parametrize(
    "record",
    ["", "..", "../x", "a/../../b", "/etc/passwd", "a b", "a\\b", "https://x/y", "a//b", "x\ny", ".hidden"],
)
def test_names_that_are_no_records_are_refused_before_anything_is_asked(record, tmp_path):
    server = Server({})
    with pytest.raises(UnusableEcg, match="no name of a record"):
        fetch("twadb", record, tmp_path, opener=server)
    assert server.requests == []


@pytest.mark.parametrize(
    "name", ["", "nope", "../1.0.0", "mitdb/latest", "a/b/1.0", "mitdb/1.0.0/..", "http://x/1"]
)
def test_names_that_are_no_databases_are_refused(name):
    with pytest.raises(UnusableEcg, match="is no database"):
        remote_database(name)


def test_any_open_database_can_be_named():
    assert remote_database("mitdb/1.0.0").folder == "mitdb/1.0.0"
    assert {"ptb-xl", "ptbdb", "incartdb", "twadb", "ludb", "challenge-2020", "challenge-2021"} == set(
        DATABASES
    )


@pytest.mark.parametrize(
    ("database", "record", "path"),
    [
        ("ptb-xl", "1", "records500/00000/00001_hr"),
        ("ptb-xl", "21837", "records500/21000/21837_hr"),
        ("ptb-xl", "00017_lr", "records100/00000/00017_lr"),
        ("ptb-xl", "records100/00000/00017_lr", "records100/00000/00017_lr"),
        ("ludb", "12", "data/12"),
        ("ptbdb", "patient001/s0010_re.hea", "patient001/s0010_re"),
        ("incartdb", "I01", "I01"),
    ],
)
def test_records_are_named_as_people_do(database, record, path):
    assert remote_path(remote_database(database), record) == path


def test_the_padding_of_ptbxl_is_cut_on_the_way(tmp_path):
    signals = np.array(ECG.signals)
    signals[:, -50:] = signals[:, -51:-50]
    files = wfdb_files(ECG.replace(signals=signals), "00001_hr")
    ecg = fetch(
        "ptb-xl",
        "1",
        tmp_path,
        opener=Server(files, "https://physionet.org/files/ptb-xl/1.0.3/records500/00000/"),
    )
    assert ecg.n_samples == 950 and "padding" in ecg.notes[0]


def test_an_unknown_database_makes_no_folder(tmp_path):
    cache = tmp_path / "cache"
    for database in ("nosuchdb/1.0.0", "twadb"):
        with pytest.raises(UnusableEcg, match="no open file"):
            fetch(database, "twa99", cache, opener=Server({}))
    with pytest.raises(UnusableEcg, match="is no database"):
        fetch("nonsense", "x", cache, opener=Server({}))
    assert not cache.exists()


def test_the_cache_has_a_limit_and_what_was_not_read_for_longest_leaves_first(tmp_path, monkeypatch):
    from ecgcore.io import physionet

    records = {name: wfdb_files(ECG, name) for name in ("twa01", "twa02", "twa03")}
    server = Server({name: content for files in records.values() for name, content in files.items()})
    size = sum(map(len, records["twa01"].values()))
    monkeypatch.setattr(physionet, "MAX_CACHE_BYTES", 2 * size + 100)
    for age, name in ((30, "twa01"), (20, "twa02")):
        fetch("twadb", name, tmp_path, opener=server)
        old = time.time() - age
        os.utime(tmp_path / "twadb/1.0.0" / name, (old, old))
    fetch("twadb", "twa01", tmp_path, opener=dead)  # read again: now the newest
    fetch("twadb", "twa03", tmp_path, opener=server)
    assert sorted(folder.name for folder in (tmp_path / "twadb/1.0.0").iterdir()) == ["twa01", "twa03"]


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "may not be written"), (errno.EROFS, "is read-only")],
)
def test_a_cache_that_cannot_be_written_is_named_and_the_recording_opens(
    tmp_path, monkeypatch, number, words
):
    from ecgcore.io import physionet

    def refuse(*_):
        raise OSError(number, "no")

    monkeypatch.setattr(physionet, "_keep", refuse)
    ecg = fetch("twadb", "twa01", tmp_path, opener=Server(wfdb_files(ECG, "twa01")))
    assert ecg.n_samples == ECG.n_samples and any(
        note.startswith("Not kept in the cache") and words in note for note in ecg.notes
    )
