"""Files to Ecg. Units and spellings of leads end here.

    ecg = read_path("s0010_re.hea")
    ecg = read_files({"a.hea": ..., "a.dat": ...})          # uploads; nothing goes to a disk
    ecg = read_path("watch.csv", rate=512, unit="uV", leads={"ECG": "I"})

A format is one module of ``formats`` that defines FORMATS; it is found by itself, and nothing outside names
one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ecgcore.ecg import Ecg
from ecgcore.io.apart import POOL
from ecgcore.io.contents import LEFT_OUT, Hints, NeedsHint, Preview, Source
from ecgcore.io.formats import Facts, all_suffixes, described, form_of, listing, main_files, names
from ecgcore.io.memory import clear_leftovers
from ecgcore.io.naming import parse_leads
from ecgcore.io.text import harmless
from ecgcore.io.upload import main_file, read_path_here
from ecgcore.io.write import record_name, write_ecg
from ecgcore.partial import PartialEcg

__all__ = [
    "LEFT_OUT",
    "Facts",
    "NeedsHint",
    "Preview",
    "all_suffixes",
    "described",
    "device_measurements",
    "get_ready",
    "harmless",
    "listing",
    "main_file",
    "main_files",
    "names",
    "parse_leads",
    "read",
    "read_facts",
    "read_files",
    "read_parts",
    "read_path",
    "record_name",
    "write_ecg",
]


def read_path(
    path: str | Path,
    *,
    rate: float | None = None,
    unit: str | None = None,
    leads: Mapping[str, str] | None = None,
    record: str | None = None,
    name: str | None = None,
) -> Ecg:
    """A recording from a file of any format, or from a zip; a record of a database also without suffix.

    rate in Hz, unit ("mV", "uV", "V", "nV") and leads ({channel: lead, or LEFT_OUT}) are for files that do
    not say; record for zips with several. name: of the Ecg, by default the file's. Raises UnusableEcg;
    NeedsHint where something must be said first.
    """
    return cast("Ecg", read_path_here(Path(path), Hints(rate, unit, leads), record, name))


def read(given: str | Path | bytes | Mapping[str, bytes], *, file: str = "", **options: Any) -> Ecg:
    """A recording from a path, from the bytes of one file, or from those of several by their names.

        read("s0010_re.hea")
        read(content, file="watch.csv", rate=512)
        read({"a.hea": ..., "a.dat": ...})

    file: what the bytes are called, where the content alone does not tell its format. The other options are
    those of ``read_path`` and ``read_files``, and so is what is raised.
    """
    if isinstance(given, (bytes, bytearray, memoryview)):
        return read_files({file or "file": bytes(given)}, **options)
    if isinstance(given, Mapping):
        return read_files(given, **options)
    return read_path(given, **options)


def read_files(
    files: Mapping[str, bytes],
    *,
    rate: float | None = None,
    unit: str | None = None,
    leads: Mapping[str, str] | None = None,
    record: str | None = None,
    name: str | None = None,
) -> Ecg:
    """A recording from uploaded files or a zip of them.

    files: contents by file name; of a name only the last part counts. The rest as in ``read_path``; name: by
    default the format's, since a file's name may be a patient's. Read in a process of its own with limits of
    memory and time; nothing is written to a disk. Raises UnusableEcg; NeedsHint where something must be said
    first.
    """
    options = {"hints": Hints(rate, unit, leads), "record": record, "name": name}
    return cast("Ecg", POOL.read(files, options))


def read_parts(given: str | Path | Mapping[str, bytes], **options: Any) -> Ecg | PartialEcg:
    """As ``read_path`` or ``read_files``, with their options; a recording whose leads are known only part of
    the time, as on a printed page, comes as a PartialEcg with all of them. ask_all: raise NeedsHint also for
    channels without a name beside such that have one."""
    rate, unit, leads = (options.pop(name, None) for name in ("rate", "unit", "leads"))
    hints = Hints(rate, unit, leads, options.pop("ask_all", False))
    if isinstance(given, Mapping):
        return POOL.read(given, {"hints": hints, "parts": True, **options})
    return read_path_here(Path(given), hints, parts=True, **options)


def get_ready() -> None:
    """For a server that starts: remove what a killed one left behind, and warm up a process that reads."""
    clear_leftovers()
    POOL.warm()


def read_facts(path: Path) -> Facts:
    """What the main file of a database's record says, without its signals. Raises UnusableEcg."""
    source = Source.at(main_file(path))
    form = form_of(source)
    return form.facts(source) if form and form.facts else Facts(None)


def device_measurements(path: str | Path) -> dict[str, float]:
    """What the device that made a recording measured on it: "pr_ms", "qrs_ms", "qt_ms", "rr_ms", axes in
    degrees ("qrs_axis_deg"); only what the file has. Raises UnusableEcg."""
    source = Source.at(Path(path))
    form = form_of(source)
    return form.measurements(source) if form and form.measurements else {}
