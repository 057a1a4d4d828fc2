"""The linear MMSE estimator (``models.linear_estimator``) as a family: solved on PTB-XL, for any input
leads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from ecgcore.ecg import Ecg
from ecgcore.leads import LeadSet
from models import out_of_distribution
from models.base import Estimate, SolvedInClosedForm, register
from models.checkpoint import Card, card_for
from models.linear_estimator import LinearConfig, LinearEstimator
from models.training.batches import AS_RECORDED, load_dataset, part_of_patients

PLACE = "linear."
"""Where the estimator's weights lie; they were stored without it at first."""


@register
class Linear(SolvedInClosedForm):
    """The linear MMSE estimate of a lead from the input leads about now, for every set of them."""

    name = "linear"
    title = "Linear MMSE"
    short_title = "linear MMSE"
    role = "ours"
    rank = 1
    fallback = True
    explains_subsets = True
    calibrates = True
    Config = LinearConfig

    def __init__(self, config: LinearConfig) -> None:
        super().__init__(config)
        self.linear = LinearEstimator(config)

    def accepts(self, inputs: LeadSet) -> bool:
        """See ``Reconstructor.accepts``: any lead at all will do."""
        return len(inputs) > 0

    def estimate(self, ecg: Ecg) -> Estimate:
        """See ``Reconstructor.estimate``."""
        return self.linear.estimate(ecg)

    def current(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """See ``Reconstructor.current``."""
        in_place = {
            name if name.startswith(PLACE) else PLACE + name: value for name, value in tensors.items()
        }
        return out_of_distribution.current(in_place)

    def linear_part(self) -> LinearEstimator:
        """The closed form beneath; see ``Reconstructor.linear_part``."""
        return self.linear

    def estimate_subsets(self, eight: Tensor, sets: Sequence[LeadSet], bf16: bool = False) -> Tensor:
        """See ``Reconstructor.estimate_subsets``."""
        return self.linear.estimate_subsets(eight, sets)

    def recalibrate(self, root: Path) -> None:
        """Calibrate on PTB-XL fold 9."""
        self.linear.calibrate(load_dataset(root, "ptb-xl", 100, split="val"))

    def solve_on(self, root: Path, size: float) -> Card:
        """Solve on PTB-XL folds 1-8, calibrate on fold 9."""
        learn = part_of_patients(load_dataset(root, "ptb-xl", 100, split="train", passband=AS_RECORDED), size)
        self.linear.solve(learn)
        self.recalibrate(root)
        lagged = len(self.config.lags_ms) > 1
        return card_for(
            self,
            learn,
            name=self.name if lagged else f"{self.name}-no-lags",
            title=self.title if lagged else f"{self.title}, no lags",
            normalisation="each training record divided by its power",
            dataset="PTB-XL 1.0.3 (subset)",
            folds="solved on 1-8, interval calibrated on 9",
        )
