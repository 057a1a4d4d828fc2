"""From what was given, on disk or as uploaded bytes, to the one recording in it: unpacked within bounds, its
format recognised, read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io.assemble import assemble, assemble_parts
from ecgcore.io.contents import Hints, NeedsHint, Source
from ecgcore.io.formats import Format, all_suffixes, certain_form, described, form_of, formats, other_type
from ecgcore.io.text import harmless
from ecgcore.partial import PartialEcg

MAX_FILES = 200
MAX_BYTES = 250_000_000
"""All files of an upload together, unpacked. A day of two leads as WFDB has 86 MB."""
_CHUNK = 1 << 20
_SNIFF = 4096


def read_files_here(
    files: Mapping[str, bytes],
    hints: Hints,
    record: str | None = None,
    name: str | None = None,
    parts: bool = False,
) -> Ecg | PartialEcg:
    """A recording from uploaded files, in this process; see ``ecgcore.io.read_files``."""
    loose = _unpacked({basename(given): content for given, content in files.items()})
    form, source = _main_file(loose, record)
    return read_source(form, source, hints, name or f"uploaded {form.name} recording", parts)


def read_path_here(
    path: Path, hints: Hints, record: str | None = None, name: str | None = None, parts: bool = False
) -> Ecg | PartialEcg:
    """A recording from a file on disk, in this process; see ``ecgcore.io.read_path``."""
    path = main_file(path)
    if not path.is_file():
        raise UnusableEcg(f"There is no file {harmless(path.name)}.")
    source = Source.at(path)
    if source.suffix == ".zip" or zipped(source.begin()):
        content = source.content(MAX_BYTES)
        return read_files_here({f"{path.stem}.zip": content}, hints, record, name or path.stem, parts)
    form = _by_companion(source) or form_of(source)
    if form is None:
        raise UnusableEcg(_no_known_type(source))
    return read_source(form, source, hints, name or path.stem, parts)


def read_source(
    form: Format, source: Source, hints: Hints, name: str, parts: bool = False
) -> Ecg | PartialEcg:
    """The recording in a file of that format; parts: also one whose leads are known only part of the time."""
    finish = assemble_parts if parts else assemble
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # numbers of a damaged file
            return finish(form.read(source, hints), hints, name, source.shown)
    except MemoryError as error:
        raise UnusableEcg(
            f"{source.shown} needs more memory than one recording may have; give a part of it."
        ) from error


def main_file(path: Path) -> Path:
    """The main file of a record that is named without suffix, as in databases; other paths unchanged."""
    if path.is_file():
        return path
    alike = (path.with_name(f"{path.name}{form.suffixes[0]}") for form in described())
    return next((file for file in alike if file.is_file()), path)


def basename(name: str) -> str:
    """The last part of a path, whichever system it comes from. Raises UnusableEcg for what is no file
    name."""
    last = PurePosixPath(name.replace("\\", "/")).name
    if (
        not last
        or last in (".", "..")
        or "\x00" in last
        or ":" in last
        or len(last.encode(errors="replace")) > 200
    ):
        raise UnusableEcg(f"{harmless(name)!r} is not a file name.")
    return last


def zipped(first: bytes) -> bool:
    """Whether a file begins like a zip archive."""
    return first[:4] == b"PK\x03\x04"


def _unpacked(files: Mapping[str, bytes]) -> dict[str, bytes]:
    if not files:
        raise UnusableEcg("No file was given.")
    loose: dict[str, bytes] = {}
    total = 0
    for name, content in files.items():
        if name.lower().endswith(".zip"):
            for inner, unpacked in _zip_entries(harmless(name), content, MAX_BYTES - total):
                if inner in loose:
                    raise UnusableEcg(
                        f"{harmless(name)} holds two files named {harmless(inner)}; give one recording."
                    )
                loose[inner] = unpacked
                total += len(unpacked)
        else:
            loose[name] = content
            total += len(content)
        if total > MAX_BYTES or len(loose) > MAX_FILES:
            raise UnusableEcg(
                f"That is more than {MAX_FILES} files or {MAX_BYTES // 1_000_000} MB; give one recording."
            )
    if not loose:
        raise UnusableEcg(
            f"The zip holds no file that can be a recording; possible are {' '.join(all_suffixes())}."
        )
    return loose


_ZIP_FAILED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    ValueError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    LookupError,
    ArithmeticError,
)
"""What zipfile and the libraries under it raise on damaged archives; nothing more precise is documented."""


def _zip_entries(name: str, content: bytes, budget: int) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the entries that can be part of a recording. What an entry claims of its size is
    not believed."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _failures() as error:
        raise UnusableEcg(f"{name} is not a zip archive.") from error
    with archive:
        entries = [entry for entry in archive.infolist() if _visible(entry)]
        if len(archive.infolist()) > 50 * MAX_FILES:
            raise UnusableEcg(f"{name} holds {len(archive.infolist()):,} files; give one recording.")
        suffixes, count = all_suffixes(), 0
        for entry in entries:
            readable = PurePosixPath(entry.filename.replace("\\", "/")).suffix.lower() in suffixes
            if not readable and certain_form(_inflated(archive, entry, name, budget, _SNIFF)) is None:
                continue
            if (count := count + 1) > MAX_FILES:
                raise UnusableEcg(f"{name} holds more than {MAX_FILES} files; give one recording.")
            data = _inflated(archive, entry, name, budget)
            budget -= len(data)
            yield basename(entry.filename), data


def _failures() -> tuple[type[BaseException], ...]:
    import lzma
    import struct
    import zlib

    return (*_ZIP_FAILED, lzma.LZMAError, zlib.error, struct.error)


def _inflated(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, budget: int, first: int = 0
) -> bytes:
    """The content of an entry, or its first bytes."""
    parts, size = [], 0
    try:
        with archive.open(entry) as stream:
            while part := stream.read(first or _CHUNK):
                size += len(part)
                if size > budget:
                    raise UnusableEcg(
                        f"{name} unpacks to more than {MAX_BYTES // 1_000_000} MB; give one recording."
                    )
                parts.append(part)
                if first:
                    break
    except UnusableEcg:
        raise
    except _failures() as error:
        reason = "is encrypted" if entry.flag_bits & 1 else "is damaged"
        raise UnusableEcg(f"{name} {reason} and cannot be unpacked.") from error
    return b"".join(parts)


def _visible(entry: zipfile.ZipInfo) -> bool:
    last = PurePosixPath(entry.filename.replace("\\", "/")).name
    hidden = last.startswith(".") or "__MACOSX" in entry.filename or last.upper() == "DICOMDIR"
    return not entry.is_dir() and not hidden


def _main_file(files: dict[str, bytes], record: str | None) -> tuple[Format, Source]:
    """The file to read and its format; of several recordings the one that is asked for."""
    sources = [Source(file, None, files) for file in files]
    main, refusals = _candidates(sources)
    if not main:
        companions = {suffix for form in formats() for suffix in form.companions}
        if refusals:
            raise refusals[0]
        if lone := next((source for source in sources if source.suffix in companions), None):
            raise UnusableEcg(
                f"{lone.shown} is a signal file; it can only be read together with its header, a "
                f"{described()[0].suffixes[0]} file."
            )
        raise UnusableEcg(_no_known_type(sources[0]))
    if len(main) > 1:
        stems = [source.stem for _, source in main]
        choices = tuple(
            sorted(source.stem if stems.count(source.stem) == 1 else source.file for _, source in main)
        )
        main = [(form, source) for form, source in main if record in (source.stem, source.file)]
        if not main:
            shown = ", ".join(map(harmless, choices[:5]))
            raise NeedsHint(
                (
                    f"The upload holds {len(choices)} recordings ({shown}{', ...' * (len(choices) > 5)}); "
                    "choose one."
                ),
                ("record",),
                choices,
            )
    return main[0]


_Candidates = list[tuple[Format, Source]]


def _candidates(sources: list[Source]) -> tuple[_Candidates, list[UnusableEcg]]:
    """The files that may be a recording's main one, and why others cannot.

    Records with a description of their own come before all else, formats that the content shows beyond doubt
    before those it does not: a text beside them is no recording.
    """
    main, refusals = [], []
    for source in sources:
        try:
            if form := _main_form(source):
                main.append((form, source))
        except UnusableEcg as refusal:
            refusals.append(refusal)
    heads = [(form, source) for form, source in main if form.facts is not None]
    parts = _parts(heads)
    heads = [(form, source) for form, source in heads if source.file not in parts] or heads
    certain = [(form, source) for form, source in main if form.certain]
    return heads or certain or main, refusals


def _main_form(source: Source) -> Format | None:
    """The format of a file that may be a recording's main one; None for files that belong to another."""
    form = _by_companion(source)
    if form is not None:
        return form if form.facts is None else None
    return form_of(source)


def _by_companion(source: Source) -> Format | None:
    """For a file with a companion's suffix: the format of its main file if that stands beside, else one that
    its content shows."""
    owners = [form for form in formats() if source.suffix in form.companions]
    if not owners:
        return None
    if any(source.sibling(f"{source.stem}{form.suffixes[0]}") for form in owners):
        return owners[0]
    return certain_form(source.begin()) or owners[0]


def _parts(heads: _Candidates) -> set[str]:
    """The main files that are segments of another."""
    segments: set[str] = set()
    for form, head in heads if len(heads) > 1 else ():
        try:
            segments |= {f"{part}{form.suffixes[0]}" for part in form.facts(head).parts}  # type: ignore[misc]
        except UnusableEcg:
            continue  # reported when it is the one to be read
    return segments


def _no_known_type(source: Source) -> str:
    kind = other_type(source.begin())
    holds = f": it holds {kind}, from which no signals are read" if kind else ""
    return f"{source.shown} is of no known type{holds}; possible are {' '.join(all_suffixes())} and .zip."
