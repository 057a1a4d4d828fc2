"""What is cut out of a recording and its reconstruction for one sheet: the values of each cell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.figures.paper.sheet import Cell
from ecgcore.partial import PartialReconstruction, parts

LEAST_FITTED_S = 0.05
"""A fitted stretch that would be called 0.0 s is not told of."""
SHORTEST_OUTSIDE_S = 0.04
"""A stretch outside the interval that is shorter than a small square is not marked."""


class Shown:
    """What is cut out of truth and reconstruction for one sheet."""

    def __init__(
        self,
        truth: Ecg | None,
        reconstruction: Reconstruction | PartialReconstruction | None,
        start: float,
        seconds: float,
    ) -> None:
        base = truth if truth is not None else reconstruction.ecg if reconstruction else None
        if base is None:
            raise ValueError("neither a recording nor a reconstruction to draw")
        if truth is not None and reconstruction is not None:
            other = reconstruction.ecg
            if (truth.rate, truth.n_samples) != (other.rate, other.n_samples):
                raise ValueError(
                    f"truth has {truth.n_samples} at {truth.rate} Hz, estimate {other.n_samples} at "
                    f"{other.rate} Hz"
                )
        self.truth, self.reconstruction, self.rate = truth, reconstruction, base.rate
        self.first = min(max(0, round(start * base.rate)), base.n_samples - 1)
        self.n = min(base.n_samples - self.first, round(seconds * base.rate))
        self.seconds = self.n / base.rate

    def pieces(self, grid: list[Cell]) -> list[Cell]:
        """The cells with something to show, cut where the source of a lead changes."""
        reconstruction = self.reconstruction
        if reconstruction is None:
            return [cell for cell in grid if self.source(cell)]
        return [
            replace(cell, start=max(cell.start, first), stop=min(cell.stop, stop), begins=first <= cell.start)
            for cell in grid
            for part in parts(reconstruction, cell.lead)
            for first, stop in [((part.first - self.first) / self.rate, (part.stop - self.first) / self.rate)]
            if first < cell.stop and cell.start < stop
        ]

    def source(self, cell: Cell) -> str | None:
        """Measured, derived, estimated, in the middle of a cell; "recorded" where there is no reconstruction;
        None where there is no such lead."""
        if self.reconstruction is None:
            return "recorded" if self.truth is not None and cell.lead in self.truth.leads else None
        middle = self.first + (cell.start + cell.stop) / 2 * self.rate
        of_lead = parts(self.reconstruction, cell.lead)
        return next((part.source for part in of_lead if part.first <= middle < part.stop), of_lead[-1].source)

    def _span(self, cell: Cell) -> slice:
        return slice(
            self.first + round(cell.start * self.rate),
            self.first + min(self.n, round(cell.stop * self.rate) + 1),
        )

    def _offset(self, lead: str) -> float:
        recorded = self.truth is not None and lead in self.truth.leads
        source = self.truth if recorded or self.reconstruction is None else self.reconstruction.ecg
        if source is None:
            raise ValueError(f"nothing to draw of {lead}")
        row = source[lead]
        return float(np.median(row[self.first : self.first + self.n]))

    def true(self, cell: Cell) -> np.ndarray | None:
        """Recorded mV about zero, or None where the lead was not recorded."""
        if self.truth is not None and cell.lead in self.truth.leads:
            return cell.sign * (self.truth[cell.lead][self._span(cell)] - self._offset(cell.lead))
        return self._row(cell) if self.source(cell) == "measured" else None

    def _row(self, cell: Cell) -> np.ndarray:
        return cell.sign * (self.reconstruction.ecg[cell.lead][self._span(cell)] - self._offset(cell.lead))  # type: ignore[union-attr]

    def estimate(self, cell: Cell) -> np.ndarray | None:
        """Reconstructed mV about the same zero; None where the lead is measured."""
        return self._row(cell) if self.source(cell) in ("derived", "estimated") else None

    def half_width(self, cell: Cell) -> np.ndarray | None:
        """Half width of the prediction interval, mV; None where the lead is not estimated."""
        if self.source(cell) != "estimated":
            return None
        width = self.reconstruction.half_width(cell.lead)  # type: ignore[union-attr]
        return None if width is None else width[self._span(cell)]

    def fitted_until(self, cell: Cell) -> float:
        """Seconds from the left edge up to which this estimate was fitted to what it is shown with; 0 for
        none."""
        if self.reconstruction is None or self.source(cell) != "estimated":
            return 0.0
        stop = min(cell.stop, self.reconstruction.fitted_until - self.first / self.rate)
        return stop if stop - cell.start >= LEAST_FITTED_S else 0.0

    def difference(self, cell: Cell) -> np.ndarray | None:
        """Estimate minus truth of an estimated lead, mV."""
        true, estimate = self.true(cell), self.estimate(cell)
        return (
            None if true is None or estimate is None or self.source(cell) != "estimated" else estimate - true
        )

    def outside(self, cell: Cell) -> np.ndarray | None:
        """Where the recorded trace lies outside the prediction interval for SHORTEST_OUTSIDE_S or longer;
        None where it does nowhere, or where one of them is missing."""
        width, estimate, true = self.half_width(cell), self.estimate(cell), self.true(cell)
        if width is None or estimate is None or true is None:
            return None
        outside = _long_runs(np.abs(true - estimate) > width, round(SHORTEST_OUTSIDE_S * self.rate))
        return outside if outside.any() else None

    def difference_reach(self, grid: list[Cell]) -> dict[int, tuple[float, float]]:
        """mV above and below zero of the differences, by rows that have some."""
        reach: dict[int, tuple[float, float]] = {}
        for cell in grid:
            if (row := self.difference(cell)) is not None:
                up, down = reach.get(cell.row, (0.0, 0.0))
                reach[cell.row] = (max(up, float(row.max())), max(down, -float(row.min())))
        return reach

    def reach(self, row: list[Cell]) -> tuple[float, float]:
        """mV above and below zero that the traces of a row need."""
        traces = [
            trace for cell in row for trace in (self.true(cell), self.estimate(cell)) if trace is not None
        ]
        if not traces:
            return 0.0, 0.0
        return max(float(t.max()) for t in traces), max(-float(t.min()) for t in traces)


def _long_runs(mask: np.ndarray, least: int) -> np.ndarray:
    """The mask without its runs of fewer than ``least`` samples."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    out = np.zeros_like(mask)
    for first, stop in zip(edges[::2], edges[1::2], strict=True):
        out[first:stop] = stop - first >= least
    return out
