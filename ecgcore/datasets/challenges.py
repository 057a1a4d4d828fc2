"""Databases of the PhysioNet/CinC Challenges 2011 and 2020/2021, and INCART, which was among the latter."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from ecgcore.datasets.base import register
from ecgcore.datasets.by_headers import HeaderDatabase, column, listed
from ecgcore.ecg import Ecg
from ecgcore.io import Facts, read_facts
from ecgcore.lead_algebra import exchanged_names

LIMB_MV = 0.05
"""Departure from the limb equations up to which they count as met, mV: half a millimetre."""
BENT_S = 0.3
"""Seconds at either end that a band-pass has bent."""


class _Diagnosed(HeaderDatabase):
    """Headers with a line "Dx:" of SNOMED CT codes or abbreviations. Patients are not named: each record
    counts as one."""

    places: ClassVar[tuple[str, ...]] = ("*", "g*/*")

    def facts(self, record: str, header: Facts) -> Mapping[str, Any]:
        """Patient and labels."""
        return {"patient": record, "codes": listed(header.comment("Dx"))}


@register
class Cpsc2018(_Diagnosed):
    """CPSC 2018 in the layout of the CinC Challenge 2020."""

    name = "cpsc2018"
    title = "China Physiological Signal Challenge 2018"
    licence = "CC BY 4.0"
    folders = (
        "cpsc2018",
        "cpsc_2018",
        "cinc2020/cpsc2018",
        "cinc2020/cpsc_2018",
        "challenge-2020/training/cpsc_2018",
    )
    shape = r"A\d{4,5}"


@register
class CpscExtra(_Diagnosed):
    """What CPSC 2018 left out, in the layout of the CinC Challenge 2020."""

    name = "cpsc-extra"
    title = "China Physiological Signal Challenge 2018, unused data"
    licence = "CC BY 4.0"
    folders = (
        "cpsc-extra",
        "cpsc_extra",
        "cinc2020/cpsc_extra",
        "cpsc_2018_extra",
        "challenge-2020/training/cpsc_2018_extra",
    )
    shape = r"Q\d{4,5}"


@register
class ChapmanNingbo(_Diagnosed):
    """Chapman-Shaoxing and Ningbo, PhysioNet layout (doi:10.1038/s41597-020-0386-x)."""

    name = "chapman-ningbo"
    title = "Chapman-Shaoxing and Ningbo"
    licence = "CC BY 4.0"
    folders = (
        "chapman-ningbo",
        "chapman_ningbo",
        "cinc2020/chapman_ningbo",
        "ningbo",
        "chapman_shaoxing",
        "ecg-arrhythmia",
    )
    shape = r"JS\d{5}"
    places = ("*", "g*/*", "WFDBRecords/*/*/*")


@register
class Georgia(_Diagnosed):
    """Records that a copy has band-passed bend at their ends: where the header says so, the first and the
    last 0.3 s are cut off."""

    name = "georgia"
    title = "Georgia 12-lead Challenge"
    licence = "CC BY 4.0"
    folders = ("georgia", "cinc2020/georgia", "challenge-2020/training/georgia")
    shape = r"E\d{5}"

    def facts(self, record: str, header: Facts) -> Mapping[str, Any]:
        """Patient and labels."""
        codes = listed(header.comment("Dx")) or listed(header.comment("Source label"))
        return {"patient": record, "codes": codes}

    def read(self, record: str, rate: float | None = None) -> Ecg:
        """A record with what is known to be wrong in it put right, each with a note."""
        ecg = super().read(record, rate)
        comments = read_facts(self.path(record)).comments
        if not any("band-passed" in line for line in comments) or ecg.duration < 4 * BENT_S:
            return ecg
        return ecg.cut(BENT_S, ecg.duration - BENT_S)


@register
class Incart(HeaderDatabase):
    """St Petersburg INCART: half-hour recordings of 32 patients."""

    name = "incartdb"
    title = "St Petersburg INCART"
    licence = "ODC-BY 1.0"
    folders = ("incartdb", "incart")
    shape = r"I\d{2}"


@register
class Cinc2011(HeaderDatabase):
    """Recordings by untrained hands with a verdict on their quality: codes and column ``quality`` are
    "acceptable", "unacceptable" or "indeterminate". Patients are not named: each record counts as one. Not
    for training: many are bad on purpose.

    The records name aVL what is aVF by Goldberger's equations, and the reverse: where the algebra shows that,
    the two are exchanged, with a note."""

    name = "cinc2011"
    title = "CinC Challenge 2011, set A"
    licence = "ODC-BY 1.0"
    folders = ("cinc2011", "challenge-2011")
    places = ("set-a/*",)
    shape = r"\d{7}"

    @cached_property
    def _quality(self) -> dict[str, str]:
        quality = column(self.root / "quality.csv", "record", "quality")
        for verdict in ("acceptable", "unacceptable"):
            listing = self.root / "set-a" / f"RECORDS-{verdict}"
            if listing.is_file():
                quality |= dict.fromkeys(listing.read_text(encoding="utf-8").split(), verdict)
        return quality

    def read(self, record: str, rate: float | None = None) -> Ecg:
        """A record with what is known to be wrong in it put right, each with a note."""
        ecg = super().read(record, rate)
        if exchanged_names(ecg, LIMB_MV) != ("aVL", "aVF"):
            return ecg
        names = {"aVL": "aVF", "aVF": "aVL"}
        note = (
            "The record names aVL and aVF the wrong way round (Goldberger's equations say so); they were "
            "exchanged."
        )
        return ecg.replace(leads=tuple(names.get(lead, lead) for lead in ecg.leads), notes=(*ecg.notes, note))

    def facts(self, record: str, header: Facts) -> Mapping[str, Any]:
        """Patient and labels."""
        quality = self._quality.get(record, "")
        return {"patient": record, "quality": quality, "codes": (quality,) if quality else ()}


@register
class BrugadaHuca(HeaderDatabase):
    """Healthy subjects and Brugada patterns, which show in V1 and V2; codes are the labels as published
    ("brugada=1"). Share-alike licence: for evaluation and lessons only. Limb leads carry a constant offset of
    a few uV."""

    name = "brugada-huca"
    title = "Brugada-HUCA"
    licence = "CC BY-SA 4.0"
    folders = ("brugada-huca",)
    places = ("files/*/*",)
    shape = r"\d+"

    @classmethod
    def is_at(cls, folder: Path) -> bool:
        """Whether the records stand beside their table of labels."""
        return (folder / "files").is_dir() and (
            (folder / "labels.csv").is_file() or (folder / "metadata.csv").is_file()
        )

    @cached_property
    def _labels(self) -> dict[str, str]:
        return column(self.root / "labels.csv", "record", "diagnosis")

    def facts(self, record: str, header: Facts) -> Mapping[str, Any]:
        """Patient and labels."""
        return {"patient": record, "codes": tuple(self._labels.get(record, "").split())}
