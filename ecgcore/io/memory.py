"""Bytes under a path, for libraries that open files by name: in memory, so that no disk ever holds them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "reduced-lead-ecg-"
"""How every temporary folder of the product begins."""


@contextmanager
def path_of(content: bytes) -> Iterator[Path]:
    """A path that opens as these bytes while the context lasts.

    Where the system can (Linux), it is a file in memory without a name. Elsewhere it is a private temporary
    file that is removed at once.
    """
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("ecg")
        try:
            _write(number, content)
            yield Path(f"/proc/{os.getpid()}/fd/{number}")
        finally:
            os.close(number)
        return
    with temporary_folder() as folder:
        path = folder / "file"
        path.write_bytes(content)
        yield path


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A private folder that is gone afterwards; its name tells whose it is, for ``clear_leftovers``."""
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as folder:
        yield Path(folder)


def _write(number: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(number, rest) :]


def clear_leftovers() -> int:
    """Remove temporary folders whose process is gone, as after a kill; their number."""
    stale = [
        path
        for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*")
        if path.is_dir()
        and not path.is_symlink()
        and not _alive(path.name.removeprefix(PREFIX).split("-")[0])
    ]
    for path in stale:
        shutil.rmtree(path, ignore_errors=True)
    return len(stale)


def _alive(number: str) -> bool:
    if os.name == "nt":
        return True  # a signal 0 would end the process there
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True  # somebody else's, or no number: not ours to remove
    return True
