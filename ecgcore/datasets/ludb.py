"""Lobachevsky University Database: P, QRS and T marked by hand in every lead (Kalyakulina et al. 2020,
doi:10.1109/ACCESS.2020.3029211)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ecgcore.datasets.base import register
from ecgcore.datasets.by_headers import HeaderDatabase
from ecgcore.io import Facts
from ecgcore.leads import STANDARD

WAVES = {"p": "P", "N": "QRS", "t": "T"}
UNMARKED = -1
"""Sample number of an onset or offset that was not marked."""


@register
class Ludb(HeaderDatabase):
    """The published headers give every lead its own gain, so their limb leads break Einthoven's law;
    corrected copies do not."""

    name = "ludb"
    title = "LUDB"
    licence = "ODC-BY 1.0"
    folders = ("ludb",)
    places = ("data/*",)
    shape = r"\d+"

    def facts(self, record: str, header: Facts) -> Mapping[str, Any]:
        """Rhythm and diagnoses, which the header lists line by line."""
        lines = [line.strip(" .") for line in header.comments]
        start = next((row for row, line in enumerate(lines) if line.startswith("<diagnoses>")), len(lines))
        return {"patient": record, "codes": tuple(line for line in lines[start + 1 :] if line)}

    def annotations(self, record: str) -> dict[str, dict[str, dict[str, np.ndarray]]]:
        """Marks by hand: {"V2": {"QRS": {"onset": (n,), "peak": (n,), "offset": (n,)}, "P": ..., "T": ...}}.

        Sample numbers at the recording's rate, one per wave; -1 where an onset or offset was not marked. The
        first and the last beats of a recording are not marked by the authors.
        """
        import wfdb

        path = self.path(record)
        marks = {}
        for lead in STANDARD:
            if path.with_name(f"{path.name}.{lead.lower()}").is_file():
                annotations = wfdb.rdann(str(path), lead.lower())
                marks[lead] = waves(annotations.sample, annotations.symbol)
        return marks


def waves(samples: np.ndarray, symbols: list[str]) -> dict[str, dict[str, np.ndarray]]:
    """Brackets around peaks, put together: "(", "p", ")" is a P wave with onset, peak and offset."""
    marks: dict[str, list[tuple[int, int, int]]] = {wave: [] for wave in WAVES.values()}
    for row, symbol in enumerate(symbols):
        if symbol in WAVES:
            onset = samples[row - 1] if row and symbols[row - 1] == "(" else UNMARKED
            offset = samples[row + 1] if row + 1 < len(symbols) and symbols[row + 1] == ")" else UNMARKED
            marks[WAVES[symbol]].append((int(onset), int(samples[row]), int(offset)))
    parts = ("onset", "peak", "offset")
    return {
        wave: dict(zip(parts, np.array(rows, dtype=np.int64).reshape(-1, 3).T, strict=True))
        for wave, rows in marks.items()
    }
