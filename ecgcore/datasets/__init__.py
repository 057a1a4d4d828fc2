"""Databases of recordings: a table of what is there, and one recording by its name. Adding one is one file in
this folder.

database = open_database("ptb-xl", data_root())
ecg = database.read(database.records(split="test")[0], rate=500)
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from functools import cache, lru_cache
from pathlib import Path

from ecgcore.datasets.base import COLUMNS, SPLITS, SUPERCLASSES, Database, registered
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io.text import harmless

__all__ = [
    "COLUMNS",
    "SPLITS",
    "SUPERCLASSES",
    "Database",
    "data_root",
    "database_of",
    "databases",
    "is_private",
    "local_databases",
    "of_database",
    "open_database",
    "read_recording",
    "records_of",
    "title_of",
]

DATA_VARIABLE = "ECG_DATA"
"""Environment variable that names the folder with the databases."""
GENERIC = "folder"
"""Name of the database that any folder of records is, when it is no known one."""


def data_root() -> Path | None:
    """The folder the environment names, or None where it names none that exists."""
    named = os.environ.get(DATA_VARIABLE, "").strip()
    return Path(named) if named and Path(named).is_dir() else None


@cache
def databases() -> dict[str, type[Database]]:
    """Every known database by name, found by itself; the generic one last."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(registered().items(), key=lambda item: (item[0] == GENERIC, item[0])))


def open_database(name: str, root: str | Path) -> Database:
    """A database by name, below a data root or at its own root; kept open for the life of the process.

    "folder" is the root itself with whatever recordings it holds, "folder:NAME" the folder NAME in it. Raises
    UnusableEcg where there is no such database, or not there.
    """
    kind, _, below = name.partition(":")
    if kind not in databases() or (below and kind != GENERIC):
        raise UnusableEcg(
            f"No database is called {harmless(name, 40)!r}; there are {', '.join(databases())}, and "
            f"{GENERIC}:NAME for a "
            "folder NAME in the data root."
        )
    return _open(name, Path(root).resolve())


@lru_cache(maxsize=32)
def _open(name: str, root: Path) -> Database:
    kind, _, below = name.partition(":")
    family = databases()[kind]
    folder = _find(family, _folder_in(root, below)) if below else _find(family, root)
    if folder is None:
        raise UnusableEcg(
            f"{title_of(name)} is not below the folder {root.name!r}; set {DATA_VARIABLE} or --data to "
            "where it "
            "lies."
        )
    database = family(folder)
    database.name, database.title = name, title_of(name)
    return database


def _folder_in(root: Path, name: str) -> Path:
    if name in (".", "..") or Path(name).name != name or not (root / name).is_dir():
        raise UnusableEcg(f"There is no folder {harmless(name)!r} in the data root.")
    return root / name


def title_of(name: str) -> str:
    """A database's title; of a folder in the data root its name."""
    kind, _, below = name.partition(":")
    return f"Folder {below}" if below else databases()[kind].title


def is_private(name: str) -> bool:
    """Whether the names of a database's records are somebody's own: any folder that is no known database."""
    return name.partition(":")[0] == GENERIC


def database_of(identity: str, root: str | Path | None) -> Database | None:
    """The database whose ``identity`` a stored table names; None where it is not below the root."""
    here = local_databases(root)
    for name in [name for name in here if name == identity or is_private(name)]:
        database = open_database(name, root or "")
        if database.identity == identity:
            return database
    return None


def records_of(database: Database, split: str | None) -> list[str]:
    """The records of a split, of all for None. Raises UnusableEcg where there is none: an evaluation of
    nothing is none."""
    names = database.records(split=split)
    if not names:
        splits = sorted(set(database.index["split"]) - {""})
        there = f"it has {', '.join(splits)}" if splits else "it has no splits; take all"
        raise UnusableEcg(
            f"{database.title} has no recordings" + (f" in the split {split!r}: {there}." if split else ".")
        )
    return names


def of_database(text: str) -> bool:
    """Whether a text means ``database/record`` and not a file."""
    from ecgcore.io import main_file

    name, _, record = text.partition("/")
    kind, _, folder = name.partition(":")
    named = kind in databases() and (not folder or is_private(kind))
    return named and bool(record) and not main_file(Path(text)).exists()


def read_recording(
    text: str,
    root: str | Path | None,
    rate: float | None = None,
    unit: str | None = None,
    leads: str | None = None,
) -> Ecg:
    """A recording by path or as ``database/record`` below a data root.

    rate (Hz), unit, leads ("ECG1=V1 ECG2=V5"): for files that do not say. One by path is named "recording":
    the name of its file may be a patient's. Raises UnusableEcg.
    """
    from ecgcore.io import main_file, parse_leads, read_path

    if of_database(text):
        if root is None:
            raise UnusableEcg(
                f"To read {text}, name the folder with the databases: --data ROOT or the environment "
                f"variable {DATA_VARIABLE}."
            )
        name, _, record = text.partition("/")
        return open_database(name, root).read(record)
    if not main_file(Path(text)).is_file():
        shown = harmless(text if text.count("/") == 1 and text[0] != "/" else Path(text).name)
        raise UnusableEcg(
            (f"{shown} is a folder" if Path(text).is_dir() else f"There is no file {shown}")
            + "; a recording is the path of its file, or DATABASE/RECORD with a database of "
            f"{', '.join(databases())}."
        )
    named = None if leads is None else parse_leads(leads)
    return read_path(text, rate=rate, unit=unit, leads=named, name="recording")


def local_databases(root: str | Path | None) -> list[str]:
    """Names of the databases below a root, or at it, and "folder:NAME" for other folders of recordings beside
    them; "folder" alone where the root holds no known one."""
    if root is None or not Path(root).is_dir():
        return []
    root = Path(root).resolve()
    places = {name: _find(family, root) for name, family in databases().items() if name != GENERIC}
    present = {name: place for name, place in places.items() if place is not None}
    if not present:
        return [GENERIC] if GENERIC in databases() and _find(databases()[GENERIC], root) else []
    if root in present.values():
        return list(present)
    taken = {place.relative_to(root).parts[0] for place in present.values()}
    others = (folder for folder in sorted(root.iterdir()) if folder.is_dir() and folder.name not in taken)
    generic = databases()[GENERIC]
    return [*present, *(f"{GENERIC}:{folder.name}" for folder in others if generic.is_at(folder))]


def _find(family: type[Database], root: Path) -> Path | None:
    """Where a database lies: the root itself, or a folder below it by one of its names, or a version folder
    in that."""
    for folder in (
        root,
        *(root / name for name in family.folders),
        *(root / "physionet.org/files" / name for name in family.folders),
    ):
        if not folder.is_dir():
            continue
        versions = (
            sorted((sub for sub in folder.iterdir() if sub.is_dir() and sub.name[:1].isdigit()), reverse=True)
            if folder != root
            else []
        )
        for place in (folder, *versions):
            if family.is_at(place):
                return place
    return None
