"""What a file format is, and the register formats are found by: every module of this package that defines
FORMATS.

Adding a format is one module here: a function from a ``Source`` to ``Contents``, and a ``Format`` that says
what its files are called and how they begin. Nothing outside the module names it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ecgcore.ecg import UnusableEcg
from ecgcore.io.contents import Contents, Hints, Source


@dataclass(frozen=True)
class Facts:
    """What the description of a record says without its signals being read.

    rate: Hz or None. comments: lines. files: the signal files it names. parts: records it consists of.
    """

    rate: float | None
    comments: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    def comment(self, key: str) -> str:
        """The value of a "key: value" comment, whatever the case and the brackets around the key; "" where
        there is none."""
        for line in self.comments:
            word, colon, value = line.partition(":")
            if colon and word.strip(" <>").casefold() == key.casefold():
                return value.strip()
        return ""


@dataclass(frozen=True)
class Format:
    """A file format.

    name: for people. suffixes: in lower case, the main one first. read: a source and hints to contents,
    raising UnusableEcg. begins: whether the first bytes (up to 4096) are of this format; certain: whether
    they alone tell it from all others, so that its files need no suffix. companions: suffixes of files that
    belong to it but cannot be opened alone. needs: what its files may leave to the user ("rate", "unit",
    "leads"). facts: for formats that databases are kept in, what a record's main file says. measurements:
    what the device measured. tried: on which real files the reader was tried; "" for none.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Source, Hints], Contents]
    begins: Callable[[bytes], bool]
    certain: bool = True
    companions: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    facts: Callable[[Source], Facts] | None = None
    measurements: Callable[[Source], dict[str, float]] | None = None
    tried: str = ""


@cache
def formats() -> tuple[Format, ...]:
    """Every format of this package, by name."""
    modules = [
        importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)
    ]
    listed = [form for module in modules for form in getattr(module, "FORMATS", ())]
    return tuple(sorted(listed, key=lambda form: form.name.casefold()))


def all_suffixes() -> tuple[str, ...]:
    """Suffixes of everything that can be given."""
    return tuple(sorted({suffix for form in formats() for suffix in (*form.suffixes, *form.companions)}))


def names() -> str:
    """The formats for a help text: "CSV, DICOM, EDF ..."."""
    return ", ".join(form.name for form in formats())


def listing() -> str:
    """A Markdown table: name, suffixes, what is asked for, on which real files the reader was tried."""
    words = {"rate": "sampling rate", "unit": "unit", "leads": "leads"}
    rows = [
        f"| {form.name} | {' '.join(form.suffixes)} | {', '.join(words[need] for need in form.needs) or '-'} "
        f"| {form.tried or '**never on a real file**'} |"
        for form in formats()
    ]
    head = ["| format | suffixes | asked for where the file does not say | tried on |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])


def described() -> tuple[Format, ...]:
    """The formats that databases are kept in: a record has a main file whose facts can be read alone."""
    return tuple(form for form in formats() if form.facts is not None)


def main_files(folder: Path, pattern: str) -> Iterator[Path]:
    """Main files of records below a folder, by a glob pattern without suffix."""
    for form in described():
        yield from folder.glob(f"{pattern}{form.suffixes[0]}")


def form_of(source: Source) -> Format | None:
    """The format of a file: by its suffix where the content agrees, else by a content that is certain.

    Raises UnusableEcg for a file that is named as one thing and holds another.
    """
    named = [form for form in formats() if source.suffix in form.suffixes]
    first = source.begin()
    if not first:
        raise UnusableEcg(f"{source.shown} is empty.")
    if fitting := [form for form in named if form.begins(first)]:
        return min(fitting, key=lambda form: not form.certain)
    if named:
        _refuse_other_type(source, named, first)
    return certain_form(first)


def certain_form(first: bytes) -> Format | None:
    """The format that the first bytes of a file show beyond doubt."""
    return next((form for form in formats() if form.certain and form.begins(first)), None)


_OTHER_TYPES = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"PK\x03\x04": "a zip archive or Office document",
    b"\x1f\x8b": "a gzip archive",
    b"<?xml": "an XML document",
    b"GIF8": "a GIF picture",
    b"II*\x00": "a TIFF picture",
    b"MM\x00*": "a TIFF picture",
    b"MZ": "a program",
    b"\x7fELF": "a program",
    b"\xd0\xcf\x11\xe0": "an Office document",
    b"{": "a JSON document",
    b"<": "an HTML or XML document",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"SQLite": "a database",
    b"\x93NUMPY": "a NumPy array",
}


def _refuse_other_type(source: Source, named: list[Format], first: bytes) -> None:
    other, kinds = certain_form(first), ", ".join(form.name for form in named)
    if other is None and _is_document(first) and {".xml", ".json"} & set(named[0].suffixes):
        raise UnusableEcg(
            f"{source.shown} is a document of a kind that is not read; of {source.suffix} files these are: "
            f"{kinds}."
        )
    holds = f"{other.name} data" if other else other_type(first) or "something else"
    raise UnusableEcg(f"{source.shown} is named as {kinds.replace(', ', ' or ')}, but holds {holds}.")


def other_type(first: bytes) -> str:
    """What a file that is no recording holds, by its first bytes: "a PNG picture"; "" where nobody knows."""
    return next((kind for magic, kind in _OTHER_TYPES.items() if first.startswith(magic)), "")


def _is_document(first: bytes) -> bool:
    """Whether the bytes begin an XML or JSON document."""
    encoding = (
        "utf-16" if first.startswith((b"\xff\xfe", b"\xfe\xff")) else utf16_without_mark(first) or "utf-8"
    )
    return first.decode(encoding, errors="ignore").lstrip("\ufeff \t\r\n")[:1] in ("<", "{", "[")


def utf16_without_mark(first: bytes) -> str:
    """The encoding of a text whose every second byte is zero, "" for any other."""
    even, odd = first[::2].count(0), first[1::2].count(0)
    least = 0.9 * (len(first) // 2)
    if len(first) < 20 or max(even, odd) < least or min(even, odd):
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def looks_like_text(first: bytes) -> bool:
    """Whether the bytes can begin a text file: no zeros but for UTF-16, and none of the known binary
    beginnings."""
    if first.startswith((b"\xff\xfe", b"\xfe\xff")) or utf16_without_mark(first):
        return True
    return b"\x00" not in first and not any(first.startswith(magic) for magic in _OTHER_TYPES)


def begins_xml(first: bytes, *roots: str) -> bool:
    """Whether the bytes begin an XML document whose root element has one of these names (lower case)."""
    import re

    marked = first.startswith((b"\xff\xfe", b"\xfe\xff"))
    encoding = "utf-16" if marked else utf16_without_mark(first) or "utf-8"
    text = re.sub(
        r"<!--.*?(?:-->|$)|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>|<[?!][^>]*>",
        "",
        first.decode(encoding, errors="ignore"),
        flags=re.DOTALL,
    )
    root = re.match(r"\s*\ufeff?\s*<(?:\w+:)?(\w+)", text)
    return root is not None and root[1].lower() in roots
