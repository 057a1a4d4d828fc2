"""Any folder of records, known or not: by its RECORDS file where there is one, else by its headers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from ecgcore.datasets.base import register
from ecgcore.datasets.by_headers import MAX_RECORDS, HeaderDatabase, listed
from ecgcore.io import Facts, main_file


@register
class Folder(HeaderDatabase):
    """Records are named by their path below the folder. Patients are unknown; so are splits."""

    name = "folder"
    title = "A folder of recordings"
    licence = "that of the recordings"
    places = ("**/*",)

    @property
    def identity(self) -> str:
        """Tells folders apart without naming them: a folder may be called after a person."""
        return f"folder-{sha256(str(self.root.resolve()).encode()).hexdigest()[:8]}"

    @classmethod
    def is_at(cls, folder: Path) -> bool:
        """Whether there is a list of records, or any record."""
        return (folder / "RECORDS").is_file() or super().is_at(folder)

    @classmethod
    def _heads(cls, folder: Path) -> Iterator[Path]:
        listing = folder / "RECORDS"
        if not listing.is_file():
            yield from islice(super()._heads(folder), MAX_RECORDS)
            return
        root = folder.resolve()
        for line in listing.read_text(encoding="utf-8", errors="replace").splitlines()[:MAX_RECORDS]:
            head = main_file((folder / line.strip()).resolve())
            if line.strip() and head.is_relative_to(root) and head.is_file():
                yield head

    def record_name(self, path: Path) -> str:
        """The path below the folder."""
        return path.relative_to(self.root).as_posix()

    def facts(self, record: str, header: Facts) -> Mapping[str, Any]:
        """Diagnoses, where the header names some."""
        return {"codes": listed(header.comment("Dx"))}
