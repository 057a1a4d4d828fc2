"""Stored tables of results: what a kind of table holds, how it is read and written, and how a long command
goes on with it.

A ``Table`` describes a kind: its columns, which of them are numbers, and the keys by which a command knows
what it has already computed. The file is ``.csv``, ``.csv.gz`` or ``.parquet``. Rows name the hash of the
weights they were computed with where there are any; ``stale`` compares these with the weights on disk.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, ...]
EARLIER_NAMES = {"band": "passband"}
"""Columns as earlier versions called them -> as they are called now."""
ENDINGS = (".parquet", ".csv", ".csv.gz")
_UNREADABLE = (ValueError, KeyError, OSError)
_CUT = (EOFError, zlib.error)


class UnusableTable(ValueError):
    """A file that cannot be read, or not be written now, as the table it should be; the message is one
    sentence."""


def read_json(path: Path) -> Any:
    """What is stored as JSON beside the tables. Raises UnusableTable for a damaged file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UnusableTable(f"{_name(path)} is damaged; copy it again.") from error


class Appending(NamedTuple):
    """A table that is being completed. done: keys of the rows it holds. write: appends rows, in the order of
    the columns; rows of one key must be written together."""

    done: frozenset[Key]
    write: Callable[[Iterable[Iterable[Any]]], None]


@dataclass(frozen=True)
class Table:
    """A kind of table.

    subject: in words, as in "table of scores". keys: text columns that tell what was computed. numbers: type
    of each column of numbers, the others are text; an empty field is NaN. earlier: value of columns that
    tables of an earlier version lack. categories: texts as categories, for long tables. digits: how floats
    are written as text.
    """

    subject: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    numbers: Mapping[str, str]
    earlier: Mapping[str, str] = field(default_factory=dict)
    categories: bool = False
    digits: str | None = None

    @property
    def types(self) -> dict[str, str]:
        """Type of each column in memory."""
        text = "category" if self.categories else "str"
        return {column: self.numbers.get(column, text) for column in self.columns}

    def read(self, path: Path) -> pd.DataFrame:
        """The table with its columns in order. Raises UnusableTable for a missing, cut or foreign file."""
        if not path.is_file():
            raise UnusableTable(f"There is no table {_name(path)}.")
        try:
            table = _read_parquet(path) if path.suffix == ".parquet" else self._parsed(_text(path))
            return self._checked(table.rename(columns=EARLIER_NAMES))
        except UnusableTable as error:
            raise UnusableTable(f"{_name(path)} {error}") from error
        except _CUT as error:
            raise UnusableTable(f"{_name(path)} breaks off before its end; copy it again.") from error
        except _UNREADABLE as error:
            raise UnusableTable(f"{_name(path)} is no table of {self.subject}.") from error

    def write(self, table: pd.DataFrame, path: Path) -> None:
        """Store a table in one step: an interrupted write leaves the old file as it was. Raises UnusableTable
        for a name of another kind."""
        _refuse_ending(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = table[list(self.columns)]
        if path.suffix == ".parquet":
            fresh = _fresh(path)
            rows.astype(self.types).to_parquet(
                fresh, engine="pyarrow", index=False, compression="zstd", compression_level=19
            )
            fresh.replace(path)
        else:
            _store(path, self._lines(rows))

    def keep(self, path: Path, chosen: Callable[[pd.DataFrame], pd.Series]) -> int:
        """Take the rows that are not chosen out of a table, and out of what a killed command left of it; how
        many they were. Nothing happens where there is no table."""
        with locked(path):
            if _part(path).is_file():
                self._mend(path)
            return sum(self._keep(file, chosen) for file in (path, _part(path)) if file.is_file())

    @contextmanager
    def appending(self, path: Path) -> Iterator[Appending]:
        """Go on with the table at path, or begin it.

        Meanwhile it is a text file with ``.part`` behind its name. Where there is one already, the last
        command was killed and may have left a part of its last key's rows: they are taken out, but for what
        the finished table holds. A command that fails before it wrote anything leaves all as it was. Raises
        UnusableTable for a foreign file, a name of another kind, and while another command writes the table.
        """
        _refuse_ending(path)
        part = _part(path)
        part.parent.mkdir(parents=True, exist_ok=True)
        with locked(path):
            if begun := part.is_file():
                self._mend(path)
            else:
                _store(part, self._text(path) if path.is_file() else self._head())
            size = part.stat().st_size
            done = frozenset(self.read(part)[list(self.keys)].astype(str).itertuples(index=False, name=None))
            try:
                with part.open("a", newline="", encoding="utf-8") as file:
                    writer = csv.writer(file, lineterminator="\n")

                    def write(rows: Iterable[Iterable[Any]]) -> None:
                        writer.writerows(rows)
                        file.flush()

                    yield Appending(done, write)
            except BaseException:
                if not begun and part.stat().st_size == size:
                    part.unlink()
                raise
            self._finish(part, path)

    def _finish(self, part: Path, path: Path) -> None:
        if path.suffix == ".parquet":
            self.write(self.read(part), path)
        else:
            _store(path, part.read_bytes())
        part.unlink()

    def _keep(self, path: Path, chosen: Callable[[pd.DataFrame], pd.Series]) -> int:
        table = self.read(path)
        kept = chosen(table)
        if not kept.all():
            self.write(table[kept], path)
        return int((~kept).sum())

    def _mend(self, path: Path) -> None:
        """Leave whole rows of whole keys of what a killed command was writing behind a finished table."""
        part = _part(path)
        finished = self._text(path) if path.is_file() else b""
        if not part.read_bytes().startswith(finished):
            finished = b""
        lines = [line for line in part.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
        if not lines:
            _store(part, self._head())
            return
        _store(part, b"".join(lines))
        keys = list(self.read(part)[list(self.keys)].astype(str).itertuples(index=False, name=None))
        whole = len(keys)
        while whole and keys[whole - 1] == keys[-1]:
            whole -= 1
        _store(part, b"".join(lines[: max(whole + 1, finished.count(b"\n"))]))

    def _text(self, path: Path) -> bytes:
        """A finished table as text; one that is text already stays as it is."""
        table = self.read(path)
        text = b"" if path.suffix == ".parquet" else _text(path)
        return text if text.startswith(self._head()) else self._lines(table)

    def _head(self) -> bytes:
        return (",".join(self.columns) + "\n").encode()

    def _lines(self, table: pd.DataFrame) -> bytes:
        text: str = table.to_csv(index=False, float_format=self.digits, lineterminator="\n")
        return text.encode()

    def _parsed(self, text: bytes) -> pd.DataFrame:
        import pandas as pd

        names = pd.read_csv(io.BytesIO(text), nrows=0).columns
        self._refuse_others([EARLIER_NAMES.get(name, name) for name in names])
        if not text.endswith(b"\n"):
            raise EOFError
        return pd.read_csv(
            io.BytesIO(text),
            dtype={name: self.types.get(EARLIER_NAMES.get(name, name), "str") for name in names},
            keep_default_na=False,
            na_values={name: [""] for name in self.numbers},
        )

    def _checked(self, table: pd.DataFrame) -> pd.DataFrame:
        self._refuse_others(table.columns)
        lacking = {name: value for name, value in self.earlier.items() if name not in table.columns}
        return table.assign(**lacking)[list(self.columns)].astype(self.types)

    def _refuse_others(self, names: Iterable[str]) -> None:
        if lacking := [name for name in self.columns if name not in {*names, *self.earlier}]:
            raise UnusableTable(f"is no table of {self.subject}: it lacks {', '.join(lacking)}.")


def stale(table: pd.DataFrame, weights: Mapping[str, str]) -> list[str]:
    """Models of a table with rows of other weights than those on disk. weights: hash on disk of each
    model."""
    pairs = table[["model", "weights"]].astype(str).drop_duplicates().itertuples(index=False, name=None)
    return list(dict.fromkeys(model for model, used in pairs if used != weights.get(model, "")))


def made_with_other_weights(names: Iterable[str], command: str = "") -> str:
    """The sentence for tables that do not belong to the weights on disk. command: makes them anew."""
    again = f" `{command}` makes them anew." if command else ""
    return f"Made with other weights than those on disk: {', '.join(names)}.{again}"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Nobody else may write the table meanwhile. Raises UnusableTable where another command does."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    place = path.with_name(f".{path.name}.lock")
    lock = FileLock(place, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise UnusableTable(
            f"{_name(path)} is being written by another command; wait for its end or name another file."
        ) from error
    try:
        yield
    finally:
        with suppress(OSError):  # some systems remove no open file
            place.unlink()
        lock.release()


def _name(path: Path) -> str:
    return "/".join(path.parts[-2:])


def _refuse_ending(path: Path) -> None:
    if not path.name.endswith((*ENDINGS, ".part")):
        raise UnusableTable(f"{_name(path)} cannot be a table; a table ends in {', '.join(ENDINGS)}.")


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _fresh(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_parquet(path)


def _text(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _store(path: Path, text: bytes) -> None:
    fresh = _fresh(path)
    fresh.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
    fresh.replace(path)
