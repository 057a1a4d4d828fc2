"""PTB Diagnostic ECG Database: 15 leads at 1000 Hz, of which the twelve standard ones are read (Bousseljot et
al. 1995)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecgcore.datasets.base import register
from ecgcore.datasets.by_headers import HeaderDatabase, listed
from ecgcore.io import Facts


@register
class Ptbdb(HeaderDatabase):
    """Records are named with their patient's folder: "patient001/s0010_re"."""

    name = "ptbdb"
    title = "PTB Diagnostic ECG Database"
    licence = "ODC-BY 1.0"
    folders = ("ptbdb",)
    places = ("patient*/*",)

    def record_name(self, path: Path) -> str:
        """Patient and record: "patient001/s0010_re"."""
        return f"{path.parent.name}/{path.name}"

    def facts(self, record: str, header: Facts) -> Mapping[str, Any]:
        """The patient, the reason for admission and the places of infarctions."""
        reason = header.comment("Reason for admission")
        acute = listed(header.comment("Acute infarction (localization)"))
        former = listed(header.comment("Former infarction (localization)"))
        codes = [
            reason,
            *(f"acute infarction {place}" for place in acute),
            *(f"former infarction {place}" for place in former),
        ]
        return {"patient": record.split("/", maxsplit=1)[0], "codes": tuple(code for code in codes if code)}
