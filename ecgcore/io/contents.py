"""What a reader takes out of a file, before anybody decides which channel is which lead, and what may be
asked.

A format's module reads a ``Source`` into ``Contents``; ``assemble`` makes an Ecg of them. What neither says
is asked for with ``NeedsHint`` and answered in ``Hints``.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.io import memory
from ecgcore.io.text import harmless

MAX_VALUES = 50_000_000
"""Samples times leads that are worth opening here: a day of two leads at 250 Hz fits."""
LEFT_OUT = "-"
"""What stands for a lead where a channel is to be left out."""


@dataclass(frozen=True)
class Hints:
    """What the user says about a file that does not say it.

    rate: Hz. unit: "mV", "uV", "V", "nV". leads: the lead of each channel by its label, or LEFT_OUT; None
    where nothing was said. ask_all: whether to ask for channels without a name also where others have one.
    """

    rate: float | None = None
    unit: str | None = None
    leads: Mapping[str, str] | None = None
    ask_all: bool = False

    @property
    def ask_for_rest(self) -> bool:
        """Whether channels without a name are still to be asked for beside those with one."""
        return self.ask_all and self.leads is None


NO_HINTS = Hints()


@dataclass(frozen=True, eq=False)
class Channel:
    """One row of a file.

    label: as written, unique in its file. samples: (n,) in ``unit``, NaN where missing; empty where the
    reader saw no reason to read them. unit: as written, "" where the file names none. origin: what the file
    says by a code of how the samples came to be where they were not recorded ("estimated", "derived"), else
    "".
    """

    label: str
    samples: np.ndarray = field(repr=False)
    unit: str = ""
    origin: str = ""


@dataclass(frozen=True, eq=False)
class Contents:
    """Channels of one rate in Hz (None where the file does not say).

    notes: sentences about reading them. comments: lines of text of the file, in which our own exports say how
    each lead came to be; nothing else of them is looked at, nothing kept.
    """

    channels: tuple[Channel, ...]
    rate: float | None
    notes: tuple[str, ...] = ()
    comments: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, eq=False)
class Preview:
    """A channel that the user is asked about.

    label: as written. samples: (n,) the first seconds, in whatever unit the file has. rate: Hz or None.
    suggestion: a lead in the standard order where as many channels are asked about as leads are missing,
    else "".
    """

    label: str
    samples: np.ndarray = field(repr=False)
    rate: float | None
    suggestion: str = ""


class NeedsHint(UnusableEcg):
    """The file does not say something the user can say.

    missing: names out of "rate", "unit", "record", "leads". choices: for "record". channels: for "leads";
    named: the leads that are known by their names beside them.
    """

    def __init__(
        self,
        message: str,
        missing: tuple[str, ...],
        choices: tuple[str, ...] = (),
        channels: tuple[Preview, ...] = (),
        named: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.missing = missing
        self.choices = choices
        self.channels = channels
        self.named = named

    def __reduce__(self) -> tuple[type[NeedsHint], tuple[Any, ...]]:
        return NeedsHint, (str(self), self.missing, self.choices, self.channels, self.named)


@dataclass(frozen=True, eq=False)
class Source:
    """A file to read, on disk or in memory, with what lies beside it.

    file: its name. folder: where it lies on disk, or None. uploaded: contents by file name where it is in
    memory. ``shown`` is the name as it may stand in a sentence.
    """

    file: str
    folder: Path | None = None
    uploaded: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def at(cls, path: Path) -> Source:
        """The file at a path."""
        return cls(path.name, path.parent)

    @property
    def shown(self) -> str:
        """The name as it may be shown."""
        return harmless(self.file)

    @property
    def stem(self) -> str:
        """The name without suffix."""
        return Path(self.file).stem

    @cached_property
    def suffix(self) -> str:
        """The suffix in lower case, with its point."""
        return Path(self.file).suffix.lower()

    def sibling(self, file: str) -> Source | None:
        """The file of that name beside this one, whatever the case of its letters; None where there is
        none."""
        names = self.uploaded if self.folder is None else None
        if names is None and (self.folder / file).is_file():  # type: ignore[operator]
            return Source(file, self.folder)
        listed = names if names is not None else (path.name for path in self.folder.iterdir())  # type: ignore[union-attr]
        alike = [name for name in listed if name.casefold() == file.casefold()]
        best = file if file in alike else next(iter(sorted(alike)), None)
        return None if best is None else Source(best, self.folder, self.uploaded)

    def exists(self) -> bool:
        """Whether the file is there."""
        return self.file in self.uploaded if self.folder is None else (self.folder / self.file).is_file()

    def size(self) -> int:
        """Bytes."""
        return len(self.uploaded[self.file]) if self.folder is None else self._path().stat().st_size

    def begin(self, count: int = 4096) -> bytes:
        """The first bytes."""
        if self.folder is None:
            return bytes(self.uploaded[self.file][:count])
        with self._path().open("rb") as file:
            return file.read(count)

    def content(self, limit: int) -> bytes:
        """All bytes. Raises UnusableEcg for more than the limit."""
        if self.size() > limit:
            raise UnusableEcg(
                f"{self.shown} is larger than {limit / 1e6:g} MB, more than is read of such a file."
            )
        return self.uploaded[self.file] if self.folder is None else self._path().read_bytes()

    def open(self) -> BinaryIO:
        """The file as a stream."""
        return io.BytesIO(self.uploaded[self.file]) if self.folder is None else self._path().open("rb")

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """A path under which libraries find the file; nothing is written to a disk."""
        if self.folder is not None:
            yield self._path()
        else:
            with memory.path_of(self.uploaded[self.file]) as path:
                yield path

    def _path(self) -> Path:
        if self.folder is None:
            raise ValueError("the file is in memory")
        return self.folder / self.file


@contextmanager
def linked(files: Mapping[str, bytes | Source]) -> Iterator[Path]:
    """A folder in which the files stand under the given neutral names, as links to where they are.

    Texts of uploads stay in memory: after a kill only links to nowhere are left, which ``clear_leftovers``
    removes at the next start.
    """
    with memory.temporary_folder() as folder, ExitStack() as stack:
        for name, given in files.items():
            path = stack.enter_context(
                given.on_disk() if isinstance(given, Source) else memory.path_of(given)
            )
            (folder / name).symlink_to(path.absolute())
        yield folder
