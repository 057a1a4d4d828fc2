"""Several recordings out of one pile of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io import read_files
from ecgcore.io.contents import NeedsHint
from ecgcore.io.formats import formats


def read_each(files: Mapping[str, bytes]) -> Iterator[Ecg | UnusableEcg]:
    """Each recording of the files, content by name, in the order of the names, or why it cannot be read.

    Files whose names differ in their suffix alone are one recording; where that does not do, since a header
    names files that are called otherwise, it is looked for among all of them. A zip may hold many. What a
    file does not say of itself nobody is asked: that is a reason, too.
    """
    companions = {suffix for form in formats() for suffix in form.companions}
    groups: dict[str, dict[str, bytes]] = {}
    for name, content in sorted(files.items()):
        groups.setdefault(_stem(name), {})[name] = content
    for group in groups.values():
        if len(groups) > 1 and all(PurePosixPath(name).suffix.casefold() in companions for name in group):
            continue  # of a recording with another name
        answer = _read_one(group)
        if isinstance(answer, NeedsHint) and answer.missing == ("record",):
            yield from (_read_one(group, record) for record in answer.choices)
        elif isinstance(answer, UnusableEcg) and len(groups) > 1 and not isinstance(answer, NeedsHint):
            among_all = _read_one(files, PurePosixPath(min(group)).stem)
            yield among_all if isinstance(among_all, Ecg) else answer
        else:
            yield answer


def _stem(name: str) -> str:
    """What the files of one recording share; a zip is a pile of its own."""
    path = PurePosixPath(name)
    return name if path.suffix.casefold() == ".zip" else path.with_suffix("").as_posix().casefold()


def _read_one(files: Mapping[str, bytes], record: str | None = None) -> Ecg | UnusableEcg:
    try:
        return read_files(files, record=record)
    except UnusableEcg as error:
        return error
