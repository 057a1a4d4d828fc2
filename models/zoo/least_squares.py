"""Least squares within one recording, as Matyschik published it and with the intercept it lacks.

Matyschik et al., Computing in Cardiology 2020: X_out = T X_in with T = X_out pinv(X_in), one T per patient
and input, after all channels together are scaled to [-1, 1]. That scaling shifts zero by one number for all
channels, so a map without intercept must pass through a point where no signal is: as published it is
crippled. ``least-squares`` is the same with a column of ones.

Both are personal: fitted on the first part of the very recording they are applied to, where the missing leads
are seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import LeadSet
from models.base import Estimate, FittedOnRecording, register
from models.blocks.on_recording import PAPER


@dataclass(frozen=True)
class LeastSquaresConfig:
    """fit_fraction: part of the recording that is fitted on. shortest_fit_s: seconds it needs at least."""

    fit_fraction: float = 0.5
    shortest_fit_s: float = 2.0


@register
class LeastSquares(FittedOnRecording):
    """The missing leads as weighted sums of the input leads and a constant."""

    name = "least-squares"
    study = "Matyschik"
    variants: ClassVar[dict[str, str]] = {"least squares with intercept": "least-squares"}
    title = "Least squares on this recording, with intercept"
    short_title = "least squares with intercept"
    role = "published"
    reference = True
    colour = "#000000"
    paper = PAPER
    departures: ClassVar[tuple[str, ...]] = (
        "An intercept is added.",
        "Any set of input leads is allowed, the paper has one.",
        "Fitted on the first half of the recording; the paper on about 72 % of a longer one.",
    )
    intercept: ClassVar[bool] = True
    Config = LeastSquaresConfig

    def __init__(self, config: LeastSquaresConfig) -> None:
        super().__init__(config)
        self.outputs = LeadSet()
        self.offset, self.scale = 0.0, 1.0
        self.matrix = np.zeros((0, 0))
        self.fitted_until = 0.0

    def accepts(self, inputs: LeadSet) -> bool:
        """See ``Reconstructor.accepts``: any lead at all will do."""
        return len(inputs) > 0

    def sparing(self, part: float) -> Self:
        """See ``FittedOnRecording.sparing``."""
        return type(self)(replace(self.config, fit_fraction=1 - part))

    def fit(
        self,
        ecg: Ecg,
        inputs: LeadSet,
        progress: Callable[[dict[str, float]], None] = lambda _row: None,
        cancel: Callable[[], bool] = lambda: False,
    ) -> Self:
        """Fitted at once: nothing is told of progress. See ``FittedOnRecording.fit``."""
        outputs = ecg.leads - inputs.determined
        until = ecg.duration * self.config.fit_fraction
        if not outputs:
            raise UnusableEcg(
                f"{self.title} learns from the missing leads in the first part of the recording; this one "
                "holds none of them."
            )
        if until < self.config.shortest_fit_s:
            raise UnusableEcg(
                f"{self.title} needs {self.config.shortest_fit_s / self.config.fit_fraction:g} s; this is "
                f"{ecg.duration:.1f} s."
            )
        part = ecg.cut(0, until)
        fitted = type(self)(self.config)
        low, high = float(part.signals.min()), float(part.signals.max())
        fitted.offset, fitted.scale = (high + low) / 2, max((high - low) / 2, 1e-9)
        x, y = fitted.scaled(part.pick(inputs).signals), fitted.scaled(part.pick(outputs).signals)
        fitted.matrix = y @ np.linalg.pinv(fitted.design(x))
        fitted.outputs, fitted.fitted_until = outputs, until
        return fitted

    def estimate(self, ecg: Ecg) -> Estimate:
        """See ``Reconstructor.estimate``; ``fitted_until`` says what was fitted on."""
        out = self.matrix @ self.design(self.scaled(ecg.signals))
        return Estimate(
            (out * self.scale + self.offset).astype(np.float32), self.outputs, fitted_until=self.fitted_until
        )

    def scaled(self, signals: np.ndarray) -> np.ndarray:
        """mV -> the paper's joint scale."""
        return (signals.astype(np.float64) - self.offset) / self.scale

    def design(self, x: np.ndarray) -> np.ndarray:
        """(n_inputs, n) scaled -> (n_inputs + 1, n) with a row of ones, where there is an intercept."""
        return np.concatenate([x, np.ones((1, x.shape[1]))]) if self.intercept else x


@register
class LeastSquaresPublished(LeastSquares):
    """The same without a constant, as the paper has it."""

    name = "least-squares-published"
    variants: ClassVar[dict[str, str]] = {"least squares as published": "least-squares-published"}
    title = "Least squares on this recording, as published"
    short_title = "least squares as published"
    reference = False
    colour = ""
    rank = 1
    departures: ClassVar[tuple[str, ...]] = LeastSquares.departures[1:]
    intercept: ClassVar[bool] = False
