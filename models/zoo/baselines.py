"""What every estimate should beat: the copy of the most similar input lead, and the average heartbeat of
everybody.

Neither sees more of the recording than its input leads; both learn from the training recordings alone.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import observation, standard_from_independent
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from ecgcore.signals import filter_array, resample_array
from models.base import Estimate, SolvedInClosedForm, register
from models.checkpoint import Card, card_for
from models.linear_estimator import check_length, observed_leads, observed_signals
from models.training.batches import AS_RECORDED, Dataset, high_passed, load_dataset, part_of_patients

N = len(INDEPENDENT)


class Baseline(SolvedInClosedForm):
    """What both share: any leads go in, the eight independent ones come out, solved in one pass at 100 Hz."""

    role = "baseline"

    def accepts(self, inputs: LeadSet) -> bool:
        """See ``Reconstructor.accepts``: any lead at all will do."""
        return len(inputs) > 0

    @abstractmethod
    def eight(self, ecg: Ecg) -> np.ndarray:
        """(8, n) mV of I, II, V1-V6."""

    @abstractmethod
    def solve(self, dataset: Dataset) -> None:
        """Learn from recordings at 100 Hz above 0.5 Hz."""

    def estimate(self, ecg: Ecg) -> Estimate:
        """See ``Reconstructor.estimate``."""
        check_length(ecg)
        return Estimate((standard_from_independent() @ self.eight(ecg)).astype(np.float32), LeadSet(STANDARD))

    def solve_on(self, root: Path, size: float) -> Card:
        """Solve on PTB-XL folds 1-8."""
        whole = load_dataset(root, "ptb-xl", 100, split="train", passband=AS_RECORDED)
        dataset = high_passed(part_of_patients(whole, size))
        self.solve(dataset)
        return card_for(
            self, dataset, normalisation="none", dataset="PTB-XL 1.0.3 (subset)", folds="solved on 1-8"
        )


@dataclass(frozen=True)
class NearestLeadConfig:
    """No options."""


@register
class NearestLead(Baseline):
    """Each missing lead is a copy, in mV, of the observed lead it correlates with most in training, sign
    included."""

    name = "nearest-lead"
    title = "Copy of the nearest lead"
    Config = NearestLeadConfig
    correlation: Tensor

    def __init__(self, config: NearestLeadConfig) -> None:
        super().__init__(config)
        self.register_buffer("correlation", torch.eye(N, dtype=torch.float64))

    def solve(self, dataset: Dataset) -> None:
        """Mean correlation (8, 8) of the leads over the recordings."""
        total = sum(
            np.corrcoef(dataset.read(number) + 1e-9 * np.arange(dataset.lengths[number]))
            for number in range(len(dataset))
        )
        self.correlation.copy_(torch.from_numpy(total / len(dataset)))

    def eight(self, ecg: Ecg) -> np.ndarray:
        """(8, n) mV: each lead a copy of the nearest observed one."""
        leads, signals = observed_leads(ecg.leads), observed_signals(ecg)
        see, correlation = observation(leads), self.correlation.numpy()
        size = np.sqrt(np.einsum("oi,ij,oj->o", see, correlation, see))
        similar = correlation @ see.T / size  # (8, n_observed)
        nearest = np.abs(similar).argmax(1)
        return np.sign(similar[np.arange(N), nearest])[:, None] * signals[nearest]


@dataclass(frozen=True)
class MeanBeatConfig:
    """before_s, after_s: of the R point. rate: Hz of the stored beat."""

    before_s: float = 0.4
    after_s: float = 0.6
    rate: int = 100


@register
class MeanBeat(Baseline):
    """The training recordings' average beat of every lead, laid at the R points found in the input leads.

    Between two beats the nearer one is drawn. R points: ``ecgcore.measurements.beats``.
    """

    name = "mean-beat"
    title = "Average beat of the training recordings"
    uninformed = True
    Config = MeanBeatConfig
    beat: Tensor

    def __init__(self, config: MeanBeatConfig) -> None:
        super().__init__(config)
        self.register_buffer(
            "beat",
            torch.zeros(N, round((config.before_s + config.after_s) * config.rate), dtype=torch.float32),
        )

    def solve(self, dataset: Dataset) -> None:
        """Average beat (8, samples) mV of all recordings."""
        before, length = round(self.config.before_s * dataset.rate), self.beat.shape[1]
        total, count = np.zeros(self.beat.shape), 0
        for number in range(len(dataset)):
            signals = dataset.read(number)
            for r in np.round(r_points(signals, dataset.rate) * dataset.rate).astype(int):
                if before <= r <= signals.shape[1] - length + before:
                    total, count = total + signals[:, r - before : r - before + length], count + 1
        self.beat.copy_(torch.from_numpy(total / count))

    def eight(self, ecg: Ecg) -> np.ndarray:
        """(8, n) mV: the average beat at each R point."""
        cfg, leads = self.config, observed_leads(ecg.leads)
        beats = r_points(filter_array(observed_signals(ecg), ecg.rate, 0.5), ecg.rate)
        if not len(beats):
            raise UnusableEcg(f"No beat was found in {leads}, so the average beat cannot be laid anywhere.")
        template = resample_array(self.beat.numpy(), cfg.rate, ecg.rate)
        nearest = np.abs(ecg.time[:, None] - beats).argmin(1)
        at = np.round((ecg.time - beats[nearest] + cfg.before_s) * ecg.rate).astype(int)
        inside = (at >= 0) & (at < template.shape[1])
        return np.where(inside, template[:, np.clip(at, 0, template.shape[1] - 1)], 0.0)


def r_points(signals: np.ndarray, rate: float) -> np.ndarray:
    """(n_beats,) seconds of the R points of (n_leads, n) mV at rate."""
    from ecgcore.measurements.beats import RATE, find_beats

    return find_beats(resample_array(signals, rate, RATE)).at / RATE
