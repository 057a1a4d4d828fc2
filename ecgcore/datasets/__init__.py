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

__all__ = [
    "COLUMNS",
    "SPLITS",
    "SUPERCLASSES",
    "Database",
    "data_root",
    "databases",
    "local_databases",
    "open_database",
    "read_recording",
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

    Raises UnusableEcg where there is no such database, or not there.
    """
    if name not in databases():
        raise UnusableEcg(f"No database is called {name[:40]!r}; there are {', '.join(databases())}.")
    return _open(name, Path(root).resolve())


@lru_cache(maxsize=32)
def _open(name: str, root: Path) -> Database:
    family = databases()[name]
    folder = _find(family, root)
    if folder is None:
        raise UnusableEcg(
            f"{family.title} is not below the folder {root.name!r}; set {DATA_VARIABLE} or --data to where it lies."
        )
    return family(folder)


def read_recording(
    text: str,
    root: str | Path | None,
    rate: float | None = None,
    unit: str | None = None,
    leads: str | None = None,
) -> Ecg:
    """A recording by path or as ``database/record`` below a data root.

    rate (Hz), unit, leads ("ECG1=V1 ECG2=V5"): for files that do not say. Raises UnusableEcg.
    """
    from ecgcore.io import main_file, parse_leads, read_path

    name, _, record = text.partition("/")
    if name in databases() and record and not main_file(Path(text)).exists():
        if root is None:
            raise UnusableEcg(
                f"To read {text}, name the folder with the databases: --data ROOT or the environment variable {DATA_VARIABLE}."
            )
        return open_database(name, root).read(record)
    return read_path(text, rate=rate, unit=unit, leads=None if leads is None else parse_leads(leads))


def local_databases(root: str | Path | None) -> list[str]:
    """Names of the databases found below a root, or at it; the generic one only where no other is."""
    if root is None or not Path(root).is_dir():
        return []
    root = Path(root).resolve()
    found = [name for name, family in databases().items() if name != GENERIC and _find(family, root)]
    if not found and GENERIC in databases() and _find(databases()[GENERIC], root):
        return [GENERIC]
    return found


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
