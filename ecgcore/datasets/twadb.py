"""T-Wave Alternans Challenge Database, about two minutes each (Moody 2008, Computers in Cardiology
35:505-508)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from ecgcore.datasets.base import register
from ecgcore.datasets.by_headers import HeaderDatabase, column
from ecgcore.ecg import Ecg
from ecgcore.io import Facts


@register
class Twadb(HeaderDatabase):
    """Patients are not named and records of one patient may be among them. Its synthetic records are marked
    where ``index.csv`` knows
    them: they come back as simulated. Leads carry constant offsets of up to several mV."""

    name = "twadb"
    title = "T-Wave Alternans Challenge Database"
    licence = "ODC-BY 1.0"
    folders = ("twadb",)
    shape = r"twa\d+"

    @cached_property
    def _synthetic(self) -> dict[str, str]:
        return column(self.root / "index.csv", "record", "synthetic_suspect")

    def facts(self, record: str, header: Facts) -> Mapping[str, Any]:
        """Whether the record was computed, not recorded."""
        synthetic = self._synthetic.get(record, "").casefold() == "true"
        return {"synthetic": synthetic, "codes": ("synthetic",) if synthetic else ()}

    def read(self, record: str, rate: float | None = None) -> Ecg:
        """A record; computed ones are marked as simulated."""
        ecg = super().read(record, rate)
        if self._synthetic.get(record, "").casefold() != "true":
            return ecg
        note = "This record of the database looks synthetic: its noise is far below any amplifier's."
        return ecg.replace(simulated=True, notes=(*ecg.notes, note))

    def beats(self, record: str) -> np.ndarray:
        """(n,) sample numbers of the QRS complexes that come with the record; empty where they are not
        there."""
        import wfdb

        path = self.path(record)
        return (
            wfdb.rdann(str(path), "qrs").sample
            if path.with_suffix(".qrs").is_file()
            else np.empty(0, dtype=int)
        )
