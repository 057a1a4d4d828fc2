"""Tables that a long command appends to and goes on with when it is started again."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ecgcore.studies import scores as results

Key = tuple[str, ...]


@contextmanager
def appending(
    out: Path, columns: Sequence[str], keys: Sequence[str]
) -> Iterator[tuple[frozenset[Key], Callable[[Iterable], None]]]:
    """What the table at out already holds, by the values of the key columns, and a function that appends rows
    to it.

    out: ``.csv``, ``.csv.gz``, or ``.parquet`` for tables of scores. While the command runs the table is a
    plain file with ``.part`` behind its name. Where one is found the last run was killed and may have left
    half of its last key's rows, so these are taken out; a finished table is taken as it is. Rows of one key
    must be written together.
    """
    part = out.with_name(out.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    killed = part.is_file()
    if out.is_file() and not killed:
        part.write_bytes(_text(out))
    done = frozenset(_done(part, columns, keys, killed))
    with part.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if file.tell() == 0:
            writer.writerow(columns)

        def write(rows: Iterable) -> None:
            writer.writerows(rows)
            file.flush()

        yield done, write
    if out.suffix == ".gz":
        out.write_bytes(gzip.compress(part.read_bytes(), mtime=0))
        part.unlink()
    elif out.suffix == ".parquet":
        results.write(results.read(part), out)
        part.unlink()
    else:
        part.replace(out)


def _text(table: Path) -> bytes:
    """A finished table as lines of text."""
    if table.suffix == ".parquet":
        return results.read(table).to_csv(index=False, float_format="%.4g", lineterminator="\n").encode()
    return gzip.decompress(table.read_bytes()) if table.suffix == ".gz" else table.read_bytes()


def _done(table: Path, columns: Sequence[str], keys: Sequence[str], killed: bool) -> set[Key]:
    if not table.is_file():
        return set()
    lines = [line for line in table.read_text().splitlines(keepends=True) if line.endswith("\n")]
    rows = list(csv.DictReader(lines))
    if rows and set(rows[0]) != set(columns):
        raise ValueError(f"{table.name} is another kind of table; name a new file")
    found = [tuple(row[key] for key in keys) for row in rows]
    if killed and found:
        last = found[-1]
        while found and found[-1] == last:
            found.pop()
        table.write_text("".join(lines[: len(found) + 1]))
    return set(found)
