"""Lists of recordings, for commands that work on many: what stands in a file, one entry a recording.

A list is one of these:

- a text file with a path or ``database/record`` in each line; paths are relative to the list's folder, lines
  that begin with # are passed over
- a Parquet or CSV table with a column ``record`` (or ``path``) of the same; a row that names none is a
  recording that cannot be read
- an HDF5 file as CODE-15 has them: a data set ``tracings`` (recordings x samples x leads). Its attributes
  ``leads`` (texts; without it twelve in the standard order), ``rate_hz`` and ``unit``, of the data set or of
  the file, say what it holds; what is not said must be told (--rate, --unit). Zeros in all leads at the ends,
  which fill up shorter recordings, are cut off
- a folder: all recordings of the databases below it, or those that it holds itself

A line of a list may name an HDF5 file too: its recordings follow one another. Results name an entry by its
number, counted from 0, and beside it only records of known databases: a file's name may be a patient's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ecgcore.datasets import databases, is_private, local_databases, open_database, read_recording
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io.text import harmless
from ecgcore.leads import STANDARD

COLUMNS = ("record", "path")
HDF5 = (".h5", ".hdf5")
TRACINGS = "tracings"


@dataclass(frozen=True)
class Entry:
    """One recording of a list. text: a path or ``database/record``. row: of an HDF5 file. root: the folder
    with the databases."""

    number: int
    text: str
    row: int | None = None
    root: str | None = None

    @property
    def record(self) -> str:
        """``database/record`` of a known database, "" for a file."""
        database, _, name = self.text.partition("/")
        of_database = database in databases() and not is_private(database) and bool(name)
        return self.text if of_database and self.row is None else ""

    def read(self, rate: float | None = None, unit: str | None = None, wanted: float | None = None) -> Ecg:
        """The recording. rate (Hz), unit: for files that do not say. wanted: Hz that a database with several
        rates should be read at. Raises UnusableEcg."""
        if not self.text:
            raise UnusableEcg("The list names no recording in this row.")
        name = self.record or f"recording {self.number}"
        if self.record and self.root is not None:
            database, _, record = self.text.partition("/")
            return open_database(database, self.root).read(record, wanted)
        if self.row is not None:
            return _tracing(Path(self.text), self.row, rate, unit).replace(name=name)
        return read_recording(self.text, self.root, rate, unit).replace(name=name)


def entries(source: Path, root: Path | None = None) -> list[Entry]:
    """The recordings of a list. root: the folder with the databases. Raises UnusableEcg for what is no
    list, and for an empty one."""
    numbered = [
        Entry(number, text, row, None if place is None else str(place))
        for number, (text, row, place) in enumerate(_named(source, root))
    ]
    if not numbered:
        raise UnusableEcg(f"{harmless(source.name)} names no recording.")
    return numbered


def _named(source: Path, root: Path | None) -> Iterator[tuple[str, int | None, Path | None]]:
    if source.is_dir():
        for name in local_databases(source):
            yield from (
                (f"{name}/{record}", None, source) for record in open_database(name, source).records()
            )
        return
    if not source.is_file():
        raise UnusableEcg(f"There is no list {harmless(str(source))}.")
    for text in [source.name] if source.suffix.lower() in HDF5 else _lines(source):
        path = source.absolute().parent / text
        if path.suffix.lower() in HDF5 and _is_file(path):
            yield from ((str(path.resolve()), row, root) for row in range(_count(path)))
        else:
            yield (str(path.resolve()) if text and _is_file(path) else text), None, root


def _is_file(path: Path) -> bool:
    from ecgcore.io import main_file

    try:
        return main_file(path).is_file()
    except OSError:  # a name that no file can have, as a line far too long
        return False


def _lines(source: Path) -> list[str]:
    import pandas as pd

    suffix = source.suffix.lower()
    if suffix not in (".parquet", ".csv"):
        lines = source.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    try:
        table = pd.read_parquet(source) if suffix == ".parquet" else pd.read_csv(source, dtype=str)
    except (ValueError, OSError) as error:
        raise UnusableEcg(f"{harmless(source.name)} cannot be read as a table.") from error
    column = next((name for name in COLUMNS if name in table.columns), None)
    if column is None:
        raise UnusableEcg(f"{harmless(source.name)} has no column {' or '.join(COLUMNS)}.")
    return table[column].astype(object).where(table[column].notna(), "").astype(str).tolist()


@lru_cache(maxsize=4)
def _tracings(path: Path) -> Any:
    """The data set of an HDF5 file, which stays open. Raises UnusableEcg."""
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise UnusableEcg(
            'HDF5 files need the package h5py; pip install -e ".[hdf5]" installs it.'
        ) from error
    try:
        values = h5py.File(path, "r")[TRACINGS]
    except (OSError, KeyError) as error:
        raise UnusableEcg(f"{harmless(path.name)} is no HDF5 file with a data set {TRACINGS!r}.") from error
    if getattr(values, "ndim", 0) != 3:
        raise UnusableEcg(f"{TRACINGS!r} in {harmless(path.name)} is not recordings x samples x leads.")
    return values


def _count(path: Path) -> int:
    return int(_tracings(path.resolve()).shape[0])


def _tracing(path: Path, row: int, rate: float | None, unit: str | None) -> Ecg:
    from ecgcore.io.units import millivolts_per

    values = _tracings(path)
    facts = {**values.parent.attrs, **values.attrs}
    leads = [_words(name) for name in facts.get("leads", STANDARD)]
    own_rate, own_unit = facts.get("rate_hz", rate), facts.get("unit", unit)
    if own_rate is None or own_unit is None:
        raise UnusableEcg("The HDF5 file does not say its rate and unit; give --rate and --unit.")
    if values.shape[2] != len(leads):
        raise UnusableEcg(f"The HDF5 file has {values.shape[2]} leads and names {len(leads)}.")
    signals = np.asarray(values[row], dtype=np.float64).T
    there = np.flatnonzero(signals.any(0))
    if not there.size:
        raise UnusableEcg("The recording holds nothing but zeros.")
    part = signals[:, there[0] : there[-1] + 1] * millivolts_per(_words(own_unit))
    return Ecg(part.astype(np.float32), tuple(leads), float(own_rate))  # type: ignore[arg-type]


def _words(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
