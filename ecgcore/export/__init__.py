"""A reconstruction as a file. A format is one module of this package that defines FORMAT; it is found by
itself.

    export = Export(reconstruction, truth, high_pass=True)
    data = export_format("edf").write(export)

Every file says which leads are inputs, derived or estimated, by a code and in words (``ecgcore.io.roles``;
DICOM has its own codes), by which model with which weights, how the signals were filtered and which part of
the recording they are. None holds anything about a patient.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.export.content import Export, header, rows

__all__ = ["Export", "ExportFormat", "export_format", "export_formats", "header", "rows"]


def _fits(ecg: Ecg) -> None:
    """Every recording fits."""


VIEW_S = 10.0
"""Seconds on a sheet and in a report."""


@dataclass(frozen=True)
class ExportFormat:
    """A way out.

    name: for commands and links. title, about: for people. suffix, mime: of the file. write: to bytes;
    raises UnusableEcg. whole: whether a recording of any length fits, else the ten seconds on view. order:
    place in a list. check: raises UnusableEcg, before anything is made, where a recording does not fit."""

    name: str
    title: str
    about: str
    suffix: str
    mime: str
    write: Callable[[Export], bytes]
    whole: bool = True
    order: int = 100
    check: Callable[[Ecg], None] = _fits

    def bytes_of(self, export: Export) -> bytes:
        """The file; of a long recording the first ten seconds where the format holds no more."""
        longer = export.ecg.duration > VIEW_S + 0.5
        return self.write(export.cut(0.0, VIEW_S) if longer and not self.whole else export)


@cache
def export_formats() -> tuple[ExportFormat, ...]:
    """Every format of this package, reports first."""
    modules = (
        importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)
    )
    each = [form for module in modules for form in getattr(module, "FORMATS", ())]
    return tuple(sorted(each, key=lambda form: (form.order, form.name)))


def export_format(name: str) -> ExportFormat:
    """The format of that name. Raises UnusableEcg naming those there are."""
    by_name = {form.name: form for form in export_formats()}
    if name not in by_name:
        raise UnusableEcg(f"There is no export format {name!r}; there are {', '.join(by_name)}.")
    return by_name[name]
