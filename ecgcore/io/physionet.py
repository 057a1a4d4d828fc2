"""Single records of open PhysioNet databases, by database and name, with a deadline and a cache on disk.

The record is fetched into memory: its main file first, whose description names the others, and only files
beside it. A complete record is then put into the cache with an atomic rename, so that one in the cache is
whole, or is not there. The cache has a size limit; the records that were not read for longest leave first.
Where it cannot be written, the recording opens all the same and says why it was not kept.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io import described, read_files, read_path
from ecgcore.io.contents import Source
from ecgcore.io.text import disk_reason, harmless
from ecgcore.io.upload import basename

SERVER = "https://physionet.org/files"
DEADLINE_S = 20.0
CONNECT_S = 5.0
MAX_BYTES = 200_000_000
"""Of one record."""
MAX_HEADER_BYTES = 1_000_000
MAX_CACHE_BYTES = 2_000_000_000
_CHUNK = 1 << 16
_MAIN = described()[0]
"""The format that PhysioNet keeps records in."""
_PARTIAL = ".partial-"
_STALE_S = 3600.0
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")

Progress = Callable[[str, float], None]
"""Called with a line for the user and the part done, 0 to 1; from another thread."""
Opener = Callable[[str, float], object]
"""URL and timeout in s to a binary stream that closes; raises OSError."""


class Unreachable(UnusableEcg):
    """PhysioNet did not answer, or not in time."""


@dataclass(frozen=True)
class RemoteDatabase:
    """name: as in commands. title: for people. folder: on PhysioNet, with version. example: a record. hint:
    how records are named."""

    name: str
    title: str
    folder: str
    example: str
    hint: str = ""


DATABASES: dict[str, RemoteDatabase] = {
    database.name: database
    for database in (
        RemoteDatabase(
            "ptb-xl",
            "PTB-XL",
            "ptb-xl/1.0.3",
            "00001",
            "the number of the record; with _lr at 100 Hz, else 500 Hz",
        ),
        RemoteDatabase(
            "ptbdb",
            "PTB Diagnostic ECG Database",
            "ptbdb/1.0.0",
            "patient001/s0010_re",
            "patient folder and record",
        ),
        RemoteDatabase(
            "incartdb", "St Petersburg INCART", "incartdb/1.0.0", "I01", "I01 to I75, half an hour each"
        ),
        RemoteDatabase("twadb", "T-Wave Alternans Challenge Database", "twadb/1.0.0", "twa00"),
        RemoteDatabase("ludb", "LUDB", "ludb/1.0.1", "1", "1 to 200"),
        RemoteDatabase(
            "challenge-2020",
            "CinC Challenge 2020",
            "challenge-2020/1.0.2",
            "training/cpsc_2018/g1/A0001",
            "path of the record",
        ),
        RemoteDatabase(
            "challenge-2021",
            "CinC Challenge 2021",
            "challenge-2021/1.0.3",
            "training/cpsc_2018/g1/A0001",
            "path of the record",
        ),
    )
}
"""What the picker offers; any other open database is named by its folder and version, like "mitdb/1.0.0"."""


def remote_database(name: str) -> RemoteDatabase:
    """A database by name, or by folder and version. Raises UnusableEcg for what can be neither."""
    if name in DATABASES:
        return DATABASES[name]
    parts = name.strip().strip("/").split("/")
    if len(parts) != 2 or not all(_PART.fullmatch(part) for part in parts) or not parts[1][0].isdigit():
        raise UnusableEcg(
            f"{harmless(name)!r} is no database; give one of {', '.join(DATABASES)}, or folder and "
            "version like mitdb/1.0.0."
        )
    return RemoteDatabase(parts[0], parts[0], "/".join(parts), "")


def remote_path(database: RemoteDatabase, record: str) -> str:
    """The path of a record below its database's folder, from what the user calls it. Raises UnusableEcg."""
    record = record.strip().removesuffix(_MAIN.suffixes[0])
    parts = record.split("/")
    if not all(_PART.fullmatch(part) for part in parts) or ".." in record or len(parts) > 8:
        raise UnusableEcg(
            f"{harmless(record)!r} is no name of a "
            f"record{f'; an example is {database.example}' if database.example else ''}."
        )
    if database.folder.startswith("ptb-xl/") and (number := re.fullmatch(r"0*(\d{1,5})(_lr|_hr)?", record)):
        low = number[2] == "_lr"
        ecg, tail = int(number[1]), "_lr" if low else "_hr"
        return f"records{100 if low else 500}/{ecg // 1000 * 1000:05d}/{ecg:05d}{tail}"
    if database.folder.startswith("ludb/") and record.isdigit():
        return f"data/{int(record)}"
    return record


def default_cache() -> Path:
    """Where fetched records are kept: ECG_CACHE, else the user's cache folder. Not made before something is
    kept."""
    if named := os.environ.get("ECG_CACHE", "").strip():
        return Path(named)
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "reduced-lead-ecg" / "physionet"


def fetch(
    database: str,
    record: str,
    cache_dir: str | Path | None = None,
    deadline_s: float = DEADLINE_S,
    progress: Progress | None = None,
    opener: Opener | None = None,
    server: str = SERVER,
) -> Ecg:
    """A record from the cache, or from PhysioNet within the deadline, in mV.

    Raises UnusableEcg for names that cannot be and records that are not there, Unreachable where the network
    does not answer.
    """
    remote = remote_database(database)
    path = PurePosixPath(remote_path(remote, record))
    place = Path(cache_dir or default_cache()) / remote.folder / path
    head, name = place / f"{path.name}{_MAIN.suffixes[0]}", f"{remote.name}/{record.strip()}"
    if head.is_file():
        _touch(place)
        return read_path(head, name=name)
    base = f"{server}/{remote.folder}/{path.parent}/".replace("/./", "/")
    files = _Download(base, deadline_s, progress, opener or _open).run(path.name)
    ecg = read_files(files, record=path.name, name=name)
    try:
        _keep(files, place, Path(cache_dir or default_cache()))
    except OSError as error:
        return ecg.replace(notes=(*ecg.notes, f"Not kept in the cache: {disk_reason(error)}."))
    return ecg


class _Download:
    """One record on its way into memory, in a thread of its own: name look-ups and dead servers obey no
    timeout."""

    def __init__(self, base: str, deadline_s: float, progress: Progress | None, opener: Opener) -> None:
        self.base, self.opener = base, opener
        self.ends = time.monotonic() + deadline_s
        self.deadline_s = deadline_s
        self.report: Progress = progress or (lambda _line, _part: None)
        self.failure: BaseException | None = None
        self.given_up = False
        self.bytes_left = MAX_BYTES
        self.files: dict[str, bytes] = {}

    def run(self, record: str) -> dict[str, bytes]:
        """The record's files by name."""
        worker = threading.Thread(target=self._work, args=(record,), daemon=True, name="physionet")
        worker.start()
        worker.join(self.deadline_s)
        if worker.is_alive():
            self.given_up = True
            raise Unreachable(f"PhysioNet did not answer within {self.deadline_s:g} s.")
        if self.failure is not None:
            raise self.failure
        return self.files

    def _work(self, record: str) -> None:
        try:
            self._fetch_record(record)
        except BaseException as error:  # handed to the thread that waits  # noqa: BLE001
            self.failure = error

    def _fetch_record(self, record: str) -> None:
        self.report(f"Fetching the header of {record} from PhysioNet", 0.0)
        files, parts = self._described(record)
        for part in parts:
            files += self._described(basename(part))[0]
        files = list(dict.fromkeys(files))
        for number, file in enumerate(files):
            self.report(f"Fetching {file} ({number + 1} of {len(files)})", (number + 1) / (len(files) + 1))
            self._fetch(file, self.bytes_left)

    def _described(self, record: str) -> tuple[list[str], tuple[str, ...]]:
        """The signal files of a record and the records it consists of, by its main file."""
        head = f"{record}{_MAIN.suffixes[0]}"
        self._fetch(head, MAX_HEADER_BYTES)
        facts = _MAIN.facts(Source(head, None, self.files))  # type: ignore[misc]
        return list(_beside(facts.files, record)), facts.parts

    def _fetch(self, file: str, limit: int) -> None:
        parts, size = [], 0
        try:
            with self.opener(self.base + file, self._timeout()) as stream:  # type: ignore[attr-defined]
                while part := stream.read(_CHUNK):
                    size += len(part)
                    if size > limit:
                        raise UnusableEcg(
                            f"{file} is larger than {limit // 1_000_000} MB; download it and open it "
                            "from disk."
                        )
                    self._timeout()
                    parts.append(part)
        except urllib.error.HTTPError as error:
            if error.code in (403, 404, 410):
                raise UnusableEcg(
                    f"PhysioNet has no open file {file} there ({error.code}); check database and record."
                ) from error
            raise Unreachable(f"PhysioNet answered with error {error.code}.") from error
        except OSError as error:
            if isinstance(error, ValueError):
                raise
            raise Unreachable(
                "PhysioNet cannot be reached; recordings on this machine can be opened without it."
            ) from error
        self.files[file] = b"".join(parts)
        self.bytes_left -= size

    def _timeout(self) -> float:
        left = self.ends - time.monotonic()
        if left <= 0 or self.given_up:
            raise Unreachable(f"PhysioNet did not answer within {self.deadline_s:g} s.")
        return min(CONNECT_S, left)


def _beside(files: tuple[str, ...], record: str) -> Iterator[str]:
    """Signal files that a description names. The ones outside its folder are refused here, before they are
    asked for."""
    for file in files:
        if not _PART.fullmatch(file) or file.casefold().endswith(_MAIN.suffixes[0]):
            raise UnusableEcg(
                f"The header of {record} names {harmless(file)!r} as signal file; only files beside "
                "the header are read."
            )
        yield file


# -- the cache -----------------------------------------------------------------------------------------------


def _keep(files: dict[str, bytes], place: Path, cache: Path) -> None:
    """Write a record into the cache, whole or not at all. Raises OSError."""
    _make_room(cache, sum(map(len, files.values())))
    place.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=_PARTIAL, dir=place.parent))
    try:
        for name, content in files.items():
            (folder / name).write_bytes(content)
        _put(folder, place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put(folder: Path, place: Path) -> None:
    """Rename a complete folder to its place; if another process was faster, its files stay."""
    try:
        folder.replace(place)
    except OSError:
        if not place.is_dir():
            raise


def _make_room(cache: Path, needed: int) -> None:
    """Remove what killed downloads left, then the records that were not read for longest, until the new one
    fits."""
    for folder in cache.rglob(f"{_PARTIAL}*"):
        if time.time() - folder.stat().st_mtime > _STALE_S:
            shutil.rmtree(folder, ignore_errors=True)
    records = {
        file.parent
        for file in cache.rglob(f"*{_MAIN.suffixes[0]}")
        if not file.parent.name.startswith(_PARTIAL)
    }
    sizes = {
        folder: sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) for folder in records
    }
    total = sum(sizes.values()) + needed
    for folder in sorted(records, key=lambda folder: folder.stat().st_mtime):
        if total <= MAX_CACHE_BYTES:
            return
        shutil.rmtree(folder, ignore_errors=True)
        total -= sizes[folder]


def _touch(place: Path) -> None:
    try:
        os.utime(place)
    except OSError:
        return  # a cache that only others may write is read all the same


def _open(url: str, timeout: float) -> object:
    return urllib.request.urlopen(
        urllib.request.Request(url, headers={"User-Agent": "reduced-lead-ecg"}), timeout=timeout
    )
