"""What intervals and gains are fitted on: truth, estimate and expected error of a hospital's recordings.

Samples are thinned; every recording counts alike, as does every set of input leads of one size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ecgcore.leads import INDEPENDENT, LeadSet
from models.progress import progress
from models.training.batches import Dataset

N = len(INDEPENDENT)
SHAPE = (N + 1, N)
"""Of every table: by number of observed leads, by lead. NaN where nothing was estimated."""
THIN, KEPT = 11, 91
"""Every how many samples at 100 Hz one is kept, and how many of ten seconds."""
FLOOR = 1e-6


@dataclass(frozen=True, eq=False)
class Material:
    """Recordings of one hospital, estimated with the gains of the weights.

    values: by set of observed leads (3, n_recordings, n_missing, KEPT): truth and estimate of what is free,
    and the expected size of the error, mV; NaN behind the end of a recording. rows: by set, the missing
    leads' places among I, II, V1-V6."""

    hospital: str
    values: dict[LeadSet, np.ndarray]
    rows: dict[LeadSet, tuple[int, ...]]
    records: np.ndarray

    def __len__(self) -> int:
        return len(self.records)

    def take(self, numbers: np.ndarray) -> Material:
        """The recordings at these places, in this order."""
        return replace(
            self,
            values={leads: values[:, numbers] for leads, values in self.values.items()},
            records=self.records[numbers],
        )

    def only(self, sets: Iterable[LeadSet]) -> Material:
        """The same for these sets of leads alone."""
        kept = {leads: self.values[leads] for leads in sets if leads in self.values}
        return replace(self, values=kept, rows={leads: self.rows[leads] for leads in kept})

    @staticmethod
    def joined(hospital: str, several: Sequence[Material]) -> Material:
        """One hospital of several, of the sets that all have."""
        sets = [leads for leads in several[0].values if all(leads in material.values for material in several)]
        values = {
            leads: np.concatenate([material.values[leads] for material in several], 1) for leads in sets
        }
        rows = {leads: several[0].rows[leads] for leads in sets}
        return Material(hospital, values, rows, np.concatenate([material.records for material in several]))

    def ratios(self, gain: np.ndarray) -> dict[tuple[int, int], np.ndarray]:
        """|error| over its expected size by size of set and lead: (n_recordings, n_sets KEPT)."""
        parts: dict[tuple[int, int], list[np.ndarray]] = {}
        for leads, (truth, estimate, size) in self.values.items():
            for place, row in enumerate(self.rows[leads]):
                error = gain[len(leads), row] * estimate[:, place] - truth[:, place]
                parts.setdefault((len(leads), row), []).append(
                    np.abs(error) / np.maximum(size[:, place], FLOOR)
                )
        return {cell: np.concatenate(arrays, 1) for cell, arrays in parts.items()}

    def powers(self) -> dict[tuple[int, int], np.ndarray]:
        """By size and lead (n_recordings, 2): sum of truth times estimate, and of the estimate's square,
        mV^2."""
        sums: dict[tuple[int, int], np.ndarray] = {}
        for leads, (truth, estimate, _) in self.values.items():
            for place, row in enumerate(self.rows[leads]):
                two = np.stack([truth[:, place] * estimate[:, place], np.square(estimate[:, place])], -1)
                cell = (len(leads), row)
                sums[cell] = sums.get(cell, 0) + np.nansum(two, 1, dtype=np.float64)
        return sums

    def slopes(self) -> np.ndarray:
        """(9, 8) slope of truth on estimate, through the origin and pooled over samples."""
        table = np.full(SHAPE, np.nan)
        for cell, sums in self.powers().items():
            product, power = sums.sum(0)
            table[cell] = product / power if power > 0 else np.nan
        return table

    def factors(self, gain: np.ndarray, nominal: float = 0.9) -> np.ndarray:
        """(9, 8) by which the expected size must be multiplied to hold ``nominal`` of the errors."""
        table = np.full(SHAPE, np.nan)
        for cell, ratios in self.ratios(gain).items():
            table[cell] = np.nanquantile(ratios, nominal)
        return table

    def coverage(self, factor: np.ndarray, gain: np.ndarray) -> dict[tuple[LeadSet, str], float]:
        """Share of samples within the interval, by set and missing lead."""
        shares = {}
        for leads, (truth, estimate, size) in self.values.items():
            for place, row in enumerate(self.rows[leads]):
                cell = len(leads), row
                error = np.abs(gain[cell] * estimate[:, place] - truth[:, place])
                inside = error <= factor[cell] * np.maximum(size[:, place], FLOOR)
                shares[leads, INDEPENDENT[row]] = float(inside[np.isfinite(error)].mean())
        return shares

    def errors(self, gain: np.ndarray) -> dict[tuple[LeadSet, str], float]:
        """RMSE in uV over all samples, by set and missing lead."""
        return {
            (leads, INDEPENDENT[row]): 1e3
            * float(
                np.sqrt(np.nanmean(np.square(gain[len(leads), row] * estimate[:, place] - truth[:, place])))
            )
            for leads, (truth, estimate, _) in self.values.items()
            for place, row in enumerate(self.rows[leads])
        }

    def set_slopes(self, gain: np.ndarray) -> dict[tuple[LeadSet, str], float]:
        """Slope of truth on estimate over all samples, by set and missing lead."""
        return {
            (leads, INDEPENDENT[row]): float(
                np.nansum(truth[:, place] * estimate[:, place])
                / np.nansum(gain[len(leads), row] * np.square(estimate[:, place]))
            )
            for leads, (truth, estimate, _) in self.values.items()
            for place, row in enumerate(self.rows[leads])
        }

    @staticmethod
    def of(model: Any, hospital: str, dataset: Dataset, sets: Sequence[LeadSet]) -> Material:
        """Estimate every recording of data at 100 Hz from every set, by a model with ``free_answers``."""
        values, rows = {}, {}
        for leads in progress(sets, about=hospital, unit="set"):
            missing = tuple(int(row) for row in np.flatnonzero(model.given(leads).missing.numpy()))
            kept = np.full((3, len(dataset), len(missing), KEPT), np.nan, np.float16)
            for number, three in enumerate(model.free_answers(dataset, leads)):
                part = np.stack(three)[:, missing, number % THIN :: THIN][..., :KEPT]
                kept[:, number, :, : part.shape[-1]] = part
            values[leads], rows[leads] = kept.astype(np.float32), missing
        return Material(hospital, values, rows, dataset.records)

    def save(self, path: Path) -> None:
        """Store the arrays; ``read`` is the way back."""
        np.savez(path, records=self.records, **{str(leads): values for leads, values in self.values.items()})

    @staticmethod
    def read(path: Path, rows_of: Callable[[LeadSet], tuple[int, ...]]) -> Material:
        """A file of ``save``; rows_of says which leads a set leaves open."""
        with np.load(path) as arrays:
            values = {
                LeadSet(name): arrays[name].astype(np.float32) for name in arrays.files if name != "records"
            }
            rows = {leads: rows_of(leads) for leads in values}
            return Material(path.stem, values, rows, arrays["records"])
