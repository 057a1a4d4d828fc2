"""What a file format is, and the register formats are found by: every module of this package that defines
FORMAT."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ecgcore.ecg import Ecg, UnusableEcg


class NeedsHint(UnusableEcg):
    """The file does not say something the user can say. missing: names out of "rate", "unit", "record";
    choices: for "record"."""

    def __init__(self, message: str, missing: tuple[str, ...], choices: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.missing = missing
        self.choices = choices

    def __reduce__(self):
        return NeedsHint, (str(self), self.missing, self.choices)


@dataclass(frozen=True)
class Hints:
    """What the user says about a file that does not say it: rate in Hz, unit ("mV", "uV", "V", "nV")."""

    rate: float | None = None
    unit: str | None = None


NO_HINTS = Hints()


@dataclass(frozen=True)
class Format:
    """A file format.

    name: for people. suffixes: in lower case, the main one first; companions: of files that belong to it but
    cannot be opened alone. read: path, hints and a name to an Ecg, raising UnusableEcg. begins: whether the
    first bytes are of this format.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path, Hints, str], Ecg]
    begins: Callable[[bytes], bool]
    companions: tuple[str, ...] = ()


@cache
def formats() -> tuple[Format, ...]:
    """Every format of this package, by name."""
    modules = [
        importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)
    ]
    return tuple(
        sorted((module.FORMAT for module in modules if hasattr(module, "FORMAT")), key=lambda form: form.name)
    )


def all_suffixes() -> tuple[str, ...]:
    """Suffixes of everything that can be given, for upload widgets and zips."""
    return tuple(sorted({suffix for form in formats() for suffix in (*form.suffixes, *form.companions)}))


_OTHER_TYPES = {
    b"%PDF": "a PDF document", b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"PK\x03\x04": "a zip archive or Office document",
    b"\x1f\x8b": "a gzip archive", b"<?xml": "an XML document", b"GIF8": "a GIF picture", b"MZ": "a program",
    b"\x7fELF": "a program", b"\xd0\xcf\x11\xe0": "an Office document", b"{": "a JSON document", b"<": "an HTML or XML document",
    b"Rar!": "a RAR archive", b"7z\xbc\xaf": "a 7z archive", b"SQLite": "a database", b"\x93NUMPY": "a NumPy array",
}  # fmt: skip


def refuse_other_type(path: Path, form: Format) -> None:
    """Raise UnusableEcg where the first bytes of a file are not of the format its name says."""
    with path.open("rb") as file:
        first = file.read(1024)
    if not first:
        raise UnusableEcg(f"{path.name} is empty.")
    if form.begins(first):
        return
    really = next(
        (f"{other.name} data" for other in formats() if other is not form and other.begins(first)), None
    )
    really = really or next(
        (kind for magic, kind in _OTHER_TYPES.items() if first.startswith(magic)), "something else"
    )
    raise UnusableEcg(f"{path.name} is named as {form.name}, but holds {really}.")


def looks_like_text(first: bytes) -> bool:
    """Whether the bytes can begin a text file: no zeros but for UTF-16, and none of the known binary
    beginnings."""
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return b"\x00" not in first and not any(first.startswith(magic) for magic in _OTHER_TYPES)
