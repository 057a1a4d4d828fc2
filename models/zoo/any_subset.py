"""Our own network: any subset of leads in, the eight independent leads out, as a correction of the linear
estimate (``models.blocks.corrected_linear``). Here: what it is trained on, how, and how it is calibrated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ecgcore.datasets import databases, open_database
from ecgcore.leads import LeadSet, all_states
from models import out_of_distribution
from models.base import Material, register
from models.blocks.corrected_linear import CorrectedLinear, CorrectedLinearConfig
from models.blocks.one_set import Given
from models.blocks.training_mix import MORE_RECORDINGS, draw_any, draw_named, held_out, seen_once
from models.calibration import Ratios, Slopes, calibration_sets, counted
from models.linear_estimator import observed_leads
from models.training.augment import augmented_windows
from models.training.batches import AS_RECORDED, Dataset, high_passed, load_dataset, part_of_patients
from models.training.plan import Plan

FLOOR_MV, PATCH_S, PATCH_FLOOR_MV = 0.05, 0.1, 0.02
"""Below which RMS an error does not count for more; of a window, and of patches of so many seconds."""
TAUGHT = 0.9
"""The teachers' part of the misfit where there are teachers."""
SLOPES_FROM = 3
"""Every how many validation recordings the gains are fitted on: there are 255 sets of leads, and a slope
pooled over 160 recordings is as good."""
TEACHERS_A_STEP = 2
"""How many teachers answer in a step; over many steps each answers as often as the others."""


@dataclass(frozen=True)
class AnySubsetConfig(CorrectedLinearConfig):
    """What it is trained on, beside ``CorrectedLinearConfig``."""

    augment: bool = True  # other hearts and chests from the recordings (``models.training.augment``)
    without: tuple[str, ...] = ()  # databases to leave out of training, to see how the rest does there
    only: tuple[str, ...] = ()  # input sets ("I+II+V4") to train on in place of all, for comparison
    patches: bool = False  # errors in units of each tenth of a second in place of the whole window's


@register
class AnySubset(CorrectedLinear):
    """The linear estimate and a network that corrects it, for every set of input leads."""

    name = "any-subset"
    title = "Any-subset network"
    short_title = "any-subset network"
    role = "ours"
    calibrates = True
    teachable = True
    colour = "#009E73"
    plan = Plan(
        epochs=340,
        batch=96,
        window_s=2.56,
        learning_rate=2e-3,
        weight_decay=0.02,
        optimiser="muon",
        schedule="cosine",
        warm_up=200,
        clip=1.0,
        average=0.998,
        bf16=True,
        every=20,
    )
    Config = AnySubsetConfig

    def draw_sets(self, count: int, rng: np.random.Generator) -> list[LeadSet]:
        """Observed leads for each item of a batch: half the named clinical sets, half by ``draw_any``."""
        if self.config.only:
            return [
                LeadSet(self.config.only[number])
                for number in rng.integers(len(self.config.only), size=count)
            ]
        return [draw_named(rng) if rng.random() < 0.5 else draw_any(rng) for _ in range(count)]

    def batches(self, dataset: Dataset, plan: Plan, rng: np.random.Generator):
        """One epoch of (batch, 8, n) mV windows, augmented where the config says so."""
        return augmented_windows(
            dataset,
            plan.batch,
            round(plan.window_s * self.config.rate),
            rng,
            augment=self.training and self.config.augment,
        )

    def loss(self, signals: Tensor, rng: np.random.Generator) -> Tensor:
        """Error relative to the lead's own power (r) plus RMSE, over missing leads, plus the fit of the
        error's size.

        The relative term's denominator is floored at (50 uV)^2, with ``config.patches`` at (20 uV)^2 of every
        100 ms; the size output learns the mean absolute error (the scale of a Laplace distribution) and does
        not pull at the estimate. With ``teachers`` the
        estimate is mostly held against theirs (knowledge distillation, arXiv:1503.02531), the size still
        against the truth.
        """
        given = [self.given(observed_leads(leads)) for leads in self.draw_sets(len(signals), rng)]
        linear = self.linear_batch(signals, given)
        correction, size = self.correct(linear, given)
        missing = torch.stack([state.missing for state in given]).to(signals.device)
        share = missing / missing.sum(1, keepdim=True)
        error = (linear + correction - signals) * missing[..., None]
        misfit = self._misfit(error, signals)
        if self.teachers:
            answer = self._teachers_answer(linear, given, rng)
            astray = (correction - answer) * missing[..., None]
            misfit = (1 - TAUGHT) * misfit + TAUGHT * self._misfit(astray, signals)
        sure = size.clamp_min(1e-4)
        fit = (sure.log() + error.detach().abs() / sure).mean(-1)
        return ((misfit + 0.02 * fit) * share).sum(1).mean()

    def _misfit(self, error: Tensor, signals: Tensor) -> Tensor:
        """(batch, 8) what an error (batch, 8, n) in mV weighs against the lead's own power, and its RMS."""
        power = error.square().mean(-1)
        if self.config.patches:
            size = round(PATCH_S * self.config.rate)
            relative = (_by_patch(error, size) / (_by_patch(signals, size) + PATCH_FLOOR_MV**2)).mean(-1)
        else:
            relative = power / (signals.square().mean(-1) + FLOOR_MV**2)
        return 0.5 * relative + 5 * (power + 1e-5).sqrt()

    @torch.no_grad()
    def _teachers_answer(self, linear: Tensor, given: list[Given], rng: np.random.Generator) -> Tensor:
        """(batch, 8, n) mV: the mean correction of ``TEACHERS_A_STEP`` teachers drawn at random.

        Each looks from a moment of its own within a step of its network, for its answers differ a little by
        where its steps fall.
        """
        answers = []
        for number in rng.choice(len(self.teachers), min(TEACHERS_A_STEP, len(self.teachers)), replace=False):
            teacher, n = self.teachers[number].to(linear.device), linear.shape[-1]
            shift = int(rng.integers(teacher.network.step))
            seen = F.pad(linear, (shift, teacher.network.step - shift), mode="replicate")
            answers.append(teacher.correct(seen, given)[0][..., shift : shift + n])
        return torch.stack(answers).mean(0)

    @property
    def trained_on(self) -> tuple[str, ...]:
        """Names of the databases it learns from."""
        return ("ptb-xl", *(base for base in MORE_RECORDINGS if base not in self.config.without))

    def material(self, root: Path, size: float) -> Material:
        """PTB-XL folds 1-8 and the recordings of ``MORE_RECORDINGS`` but for ``config.without``; calibrated
        on PTB-XL fold 9.

        Ten seconds of each recording, so that a long one does not count for more hearts than one. Patients
        with several recordings in PTB-XL are never trained on: they are for what uses an earlier recording.
        """
        rate, several = self.config.rate, open_database("ptb-xl", root).repeated_patients
        once = load_dataset(
            root, "ptb-xl", rate, split="train", keep=seen_once(several), passband=AS_RECORDED
        )
        ptb_xl = part_of_patients(once, size)
        self.linear.solve(ptb_xl)
        self.given.cache_clear()
        bases = self.trained_on[1:] if size >= 1 else ()
        more = [
            load_dataset(root, base, rate, keep=MORE_RECORDINGS[base], most=1).without_flat_leads()
            for base in bases
        ]
        learn = Dataset.joined([high_passed(ptb_xl), *more])
        card = {
            "rate_hz": float(rate),
            "normalisation": "each recording divided by the RMS of its linear estimate",
            "dataset": "; ".join(["PTB-XL 1.0.3 (subset)", *(databases()[base].title for base in bases)]),
            "folds": f"PTB-XL 1-8 trained without its {len(several)} patients of several recordings, "
            "9 validated and calibrated on",
        }
        return Material(learn, held_out(root, rate), card)

    def recordings_at_most(self, root: Path, size: float) -> int | None:
        """See ``TrainedByLoop.recordings_at_most``."""
        if size >= 1:
            return None  # other databases add theirs
        base = open_database("ptb-xl", root)
        keep = seen_once(base.repeated_patients)
        once = [record for record in base.records(split="train") if keep(base.info(record))]
        return max(1, round(size * len(once)))

    def recalibrate(self, root: Path) -> None:
        """Calibrate on PTB-XL fold 9."""
        self.calibrate(held_out(root, self.config.rate))

    def calibrate(self, dataset: Dataset) -> None:
        """Gains, the interval's factors and the usual ranges from recordings that were not trained on, above
        ``wander_hz``."""
        recordings = [dataset.read(number) for number in range(len(dataset))]
        self.linear.usual.fit(recordings, self.linear.covariance.numpy(), self.linear.config.lags_ms)
        self.gain.fill_(1)
        self.given.cache_clear()
        some = dataset.take(np.arange(0, len(dataset), SLOPES_FROM))
        for leads in counted(list(all_states()), "gains"):
            slopes, free = Slopes(), self.given(leads).free.numpy()
            for truth, estimate, _ in self._answers(some, leads, bf16=True):
                slopes.add(free @ truth, free @ estimate)
            self.gain[out_of_distribution.SETS[leads]] = torch.from_numpy(slopes.gains())
        self.given.cache_clear()
        ratios = Ratios()
        sets = list(dict.fromkeys(map(observed_leads, calibration_sets(observed_leads))))
        for leads in counted(sets, "intervals"):
            missing = np.flatnonzero(self.given(leads).missing.numpy())
            for truth, estimate, size in self._answers(dataset, leads):
                ratios.add(len(leads), estimate - truth, size, missing)
        self.interval_factor.copy_(torch.from_numpy(ratios.factors()))

    def free_answers(
        self, dataset: Dataset, leads: LeadSet
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Truth and estimate of what one set of leads leaves free, and the expected size of the error, (8,
        n) mV each, of every recording."""
        free = self.given(leads).free.numpy()
        for truth, answer, size in self._answers(dataset, leads):
            yield free @ truth, free @ answer, size

    def _answers(
        self, dataset: Dataset, leads: LeadSet, bf16: bool = False
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Truth, estimate and expected size of its error, (8, n) mV each, of every recording from one set of
        leads."""
        given = self.given(leads)
        for first in range(0, len(dataset), 32):
            truth = torch.from_numpy(dataset.signals[first : first + 32].astype(np.float32) / 1000)
            with torch.inference_mode():
                estimate, size = self.answer(
                    self.linear_batch(truth, [given] * len(truth)), [given] * len(truth), bf16
                )
            for item, length in enumerate(dataset.lengths[first : first + 32]):
                yield tuple(signals[item, :, :length].numpy() for signals in (truth, estimate, size))


def _by_patch(signals: Tensor, size: int) -> Tensor:
    """(batch, 8, patches) mean power of (batch, 8, n) by stretches of ``size`` samples; a remainder is left
    out."""
    whole = signals.shape[-1] // size * size
    return signals[..., :whole].unflatten(-1, (-1, size)).square().mean(-1)
