"""How far a reconstruction agrees with the recorded leads, lead by lead, and what it knows about each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction, Source
from ecgcore.evaluation.metrics import lead_metrics
from ecgcore.leads import STANDARD
from ecgcore.partial import PartialReconstruction, where

SHOWN = ("r", "rmse_uv", "mae_uv", "snr_db")
LEAST_R, LEAST_COVERAGE = 0.5, 0.75
"""Below these an estimated lead is warned about where the recording is there to tell."""


@dataclass(frozen=True)
class LeadAgreement:
    """One lead: its source, and the metrics of ``ecgcore.evaluation.metrics`` where there is a true lead;
    None where undefined."""

    lead: str
    source: Source
    has_truth: bool
    r: float | None = None
    rmse_uv: float | None = None
    mae_uv: float | None = None
    snr_db: float | None = None
    coverage: float | None = None
    """Share of the recorded samples inside the 90 % prediction interval; None where the model gives none."""

    @property
    def strays(self) -> bool:
        """Whether the estimate does not follow the recording: r is too low."""
        return self.r is not None and self.r < LEAST_R

    @property
    def uncovered(self) -> bool:
        """Whether the recording lies outside the prediction interval too often."""
        return self.coverage is not None and self.coverage < LEAST_COVERAGE

    @property
    def doubtful(self) -> bool:
        """Whether the recording shows that this estimate should not be read as it is drawn."""
        return self.strays or self.uncovered


def agreement(
    truth: Ecg | None, reconstruction: Reconstruction | PartialReconstruction
) -> list[LeadAgreement]:
    """The twelve leads in the standard order. Input leads are copies and have no metrics.

    Samples before ``fitted_until`` do not count: the model saw them. Of a lead that is known part of the time
    only the stretches count in which it is estimated (or else derived). A lead that is flat in all that
    counts has no truth: it was not recorded there.
    """
    first = round(reconstruction.fitted_until * reconstruction.ecg.rate)
    table = []
    for lead in STANDARD:
        source, counted = _counted(reconstruction, lead)
        counted[:first] = False
        there = truth is not None and lead in truth.leads and not _is_flat(truth[lead][counted])
        values: dict[str, float | None] = {}
        if truth is not None and there and source != "measured" and counted.any():
            values = lead_metrics(truth[lead][counted], reconstruction.ecg[lead][counted])
            values["coverage"] = (
                _coverage(truth, reconstruction, lead, counted) if source == "estimated" else None
            )
        shown = {name: values.get(name) for name in (*SHOWN, "coverage")}
        table.append(LeadAgreement(lead, source, there, **shown))
    return table


def _is_flat(samples: np.ndarray) -> bool:
    return samples.size > 1 and bool(np.ptp(samples) == 0)


def _coverage(
    truth: Ecg, reconstruction: Reconstruction | PartialReconstruction, lead: str, counted: np.ndarray
) -> float | None:
    width = reconstruction.half_width(lead)
    if width is None:
        return None
    return float((np.abs(truth[lead] - reconstruction.ecg[lead]) <= width)[counted].mean())


def _counted(reconstruction: Reconstruction | PartialReconstruction, lead: str) -> tuple[Source, np.ndarray]:
    """The least certain source of a lead and (n_samples,) where it comes from it."""
    sources: tuple[Source, ...] = ("estimated", "derived", "measured")
    source = next(source for source in sources if where(reconstruction, lead, source).any())
    return source, where(reconstruction, lead, source)


def mean_of_estimated(table: Iterable[LeadAgreement]) -> LeadAgreement | None:
    """The plain mean of every metric over the estimated leads where it is defined; None without any estimated
    lead with a truth.

    Input and derived leads are never in it: they would only flatter the model.
    """
    rows = [row for row in table if row.source == "estimated" and row.has_truth]
    if not rows:
        return None
    means = {name: _mean([getattr(row, name) for row in rows]) for name in (*SHOWN, "coverage")}
    return LeadAgreement(f"mean of {len(rows)}", "estimated", True, **means)


def _mean(values: list[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None
