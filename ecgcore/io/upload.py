"""Uploaded bytes: unpacked within bounds, laid into a private temporary folder, read, and removed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io.formats import Format, Hints, NeedsHint, all_suffixes, formats
from ecgcore.io.wfdb_header import parse_header

MAX_FILES = 200
MAX_BYTES = 250_000_000
"""All files of an upload together, unpacked. A day of two leads as WFDB has 86 MB."""
_CHUNK = 1 << 20


def read_files(
    files: Mapping[str, bytes],
    *,
    rate: float | None = None,
    unit: str | None = None,
    record: str | None = None,
    name: str | None = None,
) -> Ecg:
    """A recording from uploaded files: WFDB (.hea with its signal files), DICOM, CSV, EDF, or a zip of these.

    files: contents by file name; of a name only the last part counts. rate (Hz), unit: for files that do not
    say. record: which one where the upload holds several. name: of the Ecg; by default the format's, since a
    file's name may be a patient's. Nothing is left on disk. Raises UnusableEcg; NeedsHint where something
    must be said first.
    """
    loose = _unpacked({basename(given): content for given, content in files.items()})
    hints = Hints(rate, unit)
    form, main = _main_file(loose, record)
    with TemporaryDirectory(prefix="ecg-") as folder:
        for file, content in loose.items():
            Path(folder, file).write_bytes(content)
        return form.read(Path(folder, main), hints, name or f"uploaded {form.name} recording")


def basename(name: str) -> str:
    """The last part of a path, whichever system it comes from. Raises UnusableEcg for what is no file name."""
    last = PurePosixPath(name.replace("\\", "/")).name
    if not last or last in (".", "..") or "\x00" in last or ":" in last or len(last) > 200:
        raise UnusableEcg(f"{name[:60]!r} is not a file name.")
    return last


def _unpacked(files: Mapping[str, bytes]) -> dict[str, bytes]:
    if not files:
        raise UnusableEcg("No file was given.")
    found: dict[str, bytes] = {}
    total = 0
    for name, content in files.items():
        if name.lower().endswith(".zip"):
            for inner, unpacked in _zip_entries(name, content, MAX_BYTES - total):
                if inner in found:
                    raise UnusableEcg(f"{name} holds two files named {inner}; give one recording.")
                found[inner] = unpacked
                total += len(unpacked)
        else:
            found[name] = content
            total += len(content)
        if total > MAX_BYTES or len(found) > MAX_FILES:
            raise UnusableEcg(
                f"That is more than {MAX_FILES} files or {MAX_BYTES // 1_000_000} MB; give one recording."
            )
    if not found:
        raise UnusableEcg(
            f"The zip holds no file that can be a recording; possible are {' '.join(all_suffixes())}."
        )
    return found


def _zip_entries(name: str, content: bytes, budget: int):
    """Names and contents of the entries that can be part of a recording. What an entry claims of its size is
    not believed."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise UnusableEcg(f"{name} is not a zip archive.") from error
    with archive:
        entries = [entry for entry in archive.infolist() if _wanted(entry)]
        if len(entries) > MAX_FILES or len(archive.infolist()) > 50 * MAX_FILES:
            raise UnusableEcg(f"{name} holds {len(archive.infolist()):,} files; give one recording.")
        for entry in entries:
            data = _inflated(archive, entry, name, budget)
            budget -= len(data)
            yield basename(entry.filename), data


def _inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, budget: int) -> bytes:
    parts, size = [], 0
    try:
        with archive.open(entry) as stream:
            while part := stream.read(_CHUNK):
                size += len(part)
                if size > budget:
                    raise UnusableEcg(
                        f"{name} unpacks to more than {MAX_BYTES // 1_000_000} MB; give one recording."
                    )
                parts.append(part)
    except (
        zipfile.BadZipFile,
        RuntimeError,
        NotImplementedError,
        EOFError,
        OSError,
        zipfile.zlib.error,
    ) as error:
        reason = "is encrypted" if entry.flag_bits & 1 else "is damaged"
        raise UnusableEcg(f"{name} {reason} and cannot be unpacked.") from error
    return b"".join(parts)


def _wanted(entry: zipfile.ZipInfo) -> bool:
    last = PurePosixPath(entry.filename.replace("\\", "/")).name
    hidden = last.startswith(".") or "__MACOSX" in entry.filename
    return not entry.is_dir() and not hidden and PurePosixPath(last).suffix.lower() in all_suffixes()


def _main_file(files: Mapping[str, bytes], record: str | None) -> tuple[Format, str]:
    """The file to open and its format: a header if there is one, else the only file."""
    by_suffix = {suffix: form for form in formats() for suffix in form.suffixes}
    companions = {suffix: form for form in formats() for suffix in form.companions}
    main = [file for file in files if Path(file).suffix.lower() in by_suffix]
    heads = [file for file in main if Path(file).suffix.lower() == ".hea"]
    if heads:
        main = _top_headers(heads, files)
    elif not main:
        lone = [file for file in files if Path(file).suffix.lower() in companions]
        if lone:
            raise UnusableEcg(
                f"{lone[0]} is a signal file; it can only be read together with its header, a .hea file."
            )
        unknown = next(iter(files))
        dicom = next((form for form in formats() if form.name == "DICOM"), None)
        if (
            dicom and not Path(unknown).suffix and dicom.begins(files[unknown][:1024])
        ):  # DICOM files often have no suffix
            return dicom, unknown
        raise UnusableEcg(f"{unknown} is of no known type; possible are {' '.join(all_suffixes())} and .zip.")
    if len(main) > 1:
        stems = tuple(sorted(Path(file).stem for file in main))
        main = [file for file in main if Path(file).stem == record]
        if not main:
            raise NeedsHint(
                f"The upload holds {len(stems)} recordings ({', '.join(stems[:5])}{', ...' * (len(stems) > 5)}); choose one.",
                ("record",),
                stems,
            )
    return by_suffix[Path(main[0]).suffix.lower()], main[0]


def _top_headers(heads: list[str], files: Mapping[str, bytes]) -> list[str]:
    """The headers that are no segment of another."""
    if len(heads) == 1:
        return heads
    segments: set[str] = set()
    for head in heads:
        try:
            header = parse_header(files[head].decode("utf-8", errors="replace"), head)
        except UnusableEcg:
            continue  # reported when it is the one to be read
        segments |= {f"{segment}.hea" for segment, _ in header.segments}
    return [head for head in heads if head not in segments] or heads
