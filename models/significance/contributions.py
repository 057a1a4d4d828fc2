"""What each input lead contributes: estimates from every subset of the inputs, and maps of leads x time by
gradients.

Works at 100 Hz above 0.5 Hz, where the models were solved and trained. Models are those of families that
declare ``explains_subsets``.

The map's scalar is half the mean square of the estimate of the target in the window, s = 1/2 mean y^2. The
map is gradient times input, ds/dx_l(t) x_l(t). For the linear estimator it sums to mean y^2 exactly, so a
lead's share of the map is its share of the estimate's power; for the network it nearly does, and is a
hypothesis about it. Input leads that follow from one another (three limb leads) are first projected on what
they say together, so none is left out for being written last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import torch

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import observation, standard_from_independent, with_derived
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.signals import HIGH_PASS_HZ, filter_array, resample_array
from ecgcore.studies.significance.contributions import subsets
from ecgcore.studies.significance.curves import Curves, patch_curves
from ecgcore.studies.significance.shares import rank_agreement
from models.base import Reconstructor, build
from models.linear_estimator import check_length, observed_leads

RATE = 100
"""Hz at which everything here happens."""
AT_A_TIME = 32
"""Subsets in one forward pass: more are no faster and take memory."""
SCALAR = "half the mean square of the estimated {target} in {where} (above 0.5 Hz, at 100 Hz)"
"""What the map is the gradient of, for the screen."""
PATCH_S = 0.1
state_of = lru_cache(maxsize=None)(observed_leads)
"""What a model sees of a set of leads; there are 4,095 sets."""


@dataclass(frozen=True)
class Scene:
    """A recording as the models here see it.

    inputs: the players. seen: (n_inputs, n) mV at RATE above 0.5 Hz. truth: (n,) mV by lead, of every lead
    there is.
    """

    inputs: LeadSet
    seen: np.ndarray
    truth: dict[str, np.ndarray]

    @property
    def n(self) -> int:
        """Samples."""
        return self.seen.shape[1]

    def lead_power(self, window: np.ndarray) -> dict[str, float]:
        """Mean square of each input in the window, uV^2."""
        return {
            lead: 1e6 * float(np.mean(np.square(row[window])))
            for lead, row in zip(self.inputs, self.seen, strict=True)
        }


def check(inputs: LeadSet, target: str) -> None:
    """Raises UnusableEcg, with what is possible, where there is nothing to estimate from or nothing to
    estimate."""
    if not inputs:
        raise UnusableEcg("Choose at least one input lead, better two; their contributions are compared.")
    if target not in inputs.missing:
        how = "is an input lead" if target in inputs else "follows exactly from the input limb leads"
        others = (
            f"choose one of {', '.join(inputs.missing)}" if inputs.missing else "nothing is left to estimate"
        )
        raise UnusableEcg(f"{target} {how}, so there is no estimate to explain; {others}.")


def only_one(inputs: LeadSet) -> str:
    """A sentence where there is nothing to compare, else an empty one."""
    if len(inputs) != 1:
        return ""
    return (
        f"Only {inputs[0]} is an input lead, so every estimate rests on it alone; the map shows at which "
        "moments. Choose a second lead to compare."
    )


def scene(ecg: Ecg, inputs: LeadSet) -> Scene:
    """The recording at RATE above 0.5 Hz. Raises UnusableEcg for leads that are not there and for too short
    recordings."""
    check_length(ecg)
    ecg.pick(inputs)
    every = with_derived(ecg)
    rows = resample_array(filter_array(every.signals, ecg.rate, HIGH_PASS_HZ), ecg.rate, RATE)
    truth = dict(zip(every.leads, rows, strict=True))
    return Scene(inputs, np.stack([truth[lead] for lead in inputs]), truth)


# -- forward -------------------------------------------------------------------------------------------------


def target_row(target: str) -> np.ndarray:
    """(8,): the lead from I, II, V1-V6."""
    return standard_from_independent()[STANDARD.index(target)]


def back(inputs: LeadSet) -> np.ndarray:
    """(8, n_inputs): the least I, II, V1-V6 that agree with the inputs; their missing parts are zero and not
    looked at."""
    return np.linalg.pinv(observation(inputs))


def estimates(
    model: Reconstructor, here: Scene, sets: Sequence[LeadSet] | None = None, bf16: bool = False
) -> dict[LeadSet, np.ndarray]:
    """(8, n) mV of I, II, V1-V6 estimated from every non-empty subset of the inputs (or from the given sets).

    Subsets that say the same (I+II, I+III, ...) are computed once.
    """
    wanted = [some for some in (subsets(here.inputs) if sets is None else sets) if some]
    states = list(dict.fromkeys(state_of(some) for some in wanted))
    eight = torch.from_numpy((back(here.inputs) @ here.seen).astype(np.float32))[None]
    rows: dict[LeadSet, np.ndarray] = {}
    with torch.inference_mode():
        for first in range(0, len(states), AT_A_TIME):
            part = states[first : first + AT_A_TIME]
            rows |= dict(zip(part, model.estimate_subsets(eight, part, bf16).numpy(), strict=True))
    return {some: rows[state_of(some)] for some in wanted}


def of_target(eights: dict[LeadSet, np.ndarray], target: str) -> dict[LeadSet, np.ndarray]:
    """(n,) mV of one lead out of (8, n) estimates."""
    row = target_row(target).astype(np.float32)
    return {some: row @ eight for some, eight in eights.items()}


# -- without the truth ---------------------------------------------------------------------------------------


def variance_removed(model: Reconstructor, here: Scene, target: str) -> dict[LeadSet, float]:
    """uV^2 of the target's variance that each subset removes by the closed form: what to expect where the
    truth is not known.

    The covariance is of recordings divided by their power; it is scaled to the power of the inputs seen here.
    """
    linear, row = model.linear_part(), target_row(target)
    if linear is None:
        raise UnusableEcg(
            f"{model.title} does not say what to expect of a lead that was not recorded; choose a lead that "
            "was."
        )
    prior = linear.prior
    see = observation(here.inputs)
    scale = 1e6 * float(np.mean(np.square(here.seen).mean(1) / np.diag(see @ prior @ see.T)))
    before = float(row @ prior @ row)

    @cache
    def after(state: LeadSet) -> float:
        posterior = linear.posterior(state)
        sd = posterior.sd * row
        return float(np.square(sd).sum() + 2 * posterior.limb_correlation * sd[0] * sd[1])

    return {some: scale * (before - after(state_of(some))) if some else 0.0 for some in subsets(here.inputs)}


# -- maps ----------------------------------------------------------------------------------------------------


def gradient_maps(
    model: Reconstructor, here: Scene, target: str, windows: Sequence[np.ndarray]
) -> np.ndarray:
    """(n_windows, n_inputs, n) uV^2: gradient times input of the scalar of each window (masks over n
    samples)."""
    x = (
        torch.from_numpy(np.ascontiguousarray(here.seen, np.float32))
        .expand(len(windows), -1, -1)
        .clone()
        .requires_grad_()
    )
    inside = torch.from_numpy(np.stack(windows).astype(np.float32))
    eight = torch.from_numpy(back(here.inputs).astype(np.float32)) @ x
    estimate = torch.from_numpy(target_row(target).astype(np.float32)) @ model.estimate_subsets(
        eight, [here.inputs] * len(windows)
    )
    scalar = 0.5 * (estimate.square() * inside).sum(1) / inside.sum(1)
    (slope,) = torch.autograd.grad(scalar.sum(), x)
    return 1e6 * (slope * x).detach().numpy()


def map_shares(contributions: np.ndarray, inputs: LeadSet) -> dict[str, float]:
    """Amount of each lead in a map (n_inputs, n): the sum over time, uV^2."""
    return {lead: float(row.sum()) for lead, row in zip(inputs, contributions, strict=True)}


def occlusion_map(here: Scene, eights: dict[LeadSet, np.ndarray], target: str) -> np.ndarray:
    """(n_inputs, n) uV^2: by how much the squared error grows at each moment when one lead is taken away by
    the trained mask."""
    rows = of_target(eights, target)
    truth = here.truth[target]
    with_all = np.square(truth - rows[here.inputs])
    without = (rows.get(here.inputs - (lead,), 0.0) for lead in here.inputs)  # knowing no lead: zero
    return 1e6 * np.stack([np.square(truth - row) - with_all for row in without])


def class_activation_map(
    model: Reconstructor, here: Scene, target: str, window: np.ndarray, averaged: bool = False
) -> np.ndarray:
    """(n_inputs, n) uV^2: Grad-CAM of the scalar of a window, in its element-wise form (HiResCAM, Draelos and
    Carin 2020, arXiv:2011.08891).

    Every activation of the layers that keep the leads apart, less what it is for a silent lead, counts by its
    own gradient; the sum over channels is of one lead at one moment, and what is negative in it is left out.
    Among the layers is each lead's part of the linear estimate, so that nothing reaches the estimate beside
    them. averaged: by the mean gradient of a channel over leads and moments, as Selvaraju et al. 2017
    (arXiv:1610.02391) have it; for signals that swing about zero that mean says little (``rlecg study maps``
    compares them). Raises UnusableEcg where the model has no such layer, or does not see the inputs as they
    are but what they say together.
    """
    if state_of(here.inputs) != here.inputs:
        raise UnusableEcg(
            f"{here.inputs} are seen as {state_of(here.inputs)}; a map of these leads has none."
        )
    eight = torch.from_numpy((back(here.inputs) @ here.seen).astype(np.float32))[None]
    layers = model.activations(eight, here.inputs)
    values = [each.detach().requires_grad_() for each in layers.values]
    estimate = torch.from_numpy(target_row(target).astype(np.float32)) @ layers.behind(*values)[0]
    inside = torch.from_numpy(window.astype(np.float32))
    scalar = 0.5 * (estimate.square() * inside).sum() / inside.sum()
    total = torch.zeros(len(here.inputs), here.n)
    for value, silent, slope in zip(values, layers.silent, torch.autograd.grad(scalar, values), strict=True):
        weight = slope.mean((0, 1)) if averaged else slope
        coarse = (weight * (value - silent)).sum(-1).detach()[:, None]
        step = round(here.n / coarse.shape[-1])
        fine = torch.nn.functional.interpolate(coarse / step, size=coarse.shape[-1] * step, mode="linear")
        total += fine[:, 0, : here.n]
    return 1e6 * total.clamp_min(0).numpy()


def has_class_activations(model: Reconstructor, inputs: LeadSet) -> bool:
    """Whether there is a class activation map of these leads."""
    return model.keeps_leads_apart and state_of(inputs) == inputs


def map_of(kind: str, model: Reconstructor, here: Scene, target: str, window: np.ndarray) -> np.ndarray:
    """(n_inputs, n) uV^2: the map of a kind for one window, "grad-cam", "averaged" (Grad-CAM by mean
    gradients), "gradient" or "occlusion", which needs the truth.

    A network's first convolution may sum over the leads, so a class activation map of it would know moments
    and no leads; the gradient is then taken at the input, where leads are still apart.
    """
    if kind in ("grad-cam", "averaged"):
        return class_activation_map(model, here, target, window, kind == "averaged")
    if kind == "gradient":
        return gradient_maps(model, here, target, [window])[0]
    return window * occlusion_map(
        here, estimates(model, here, [here.inputs, *(here.inputs - (lead,) for lead in here.inputs)]), target
    )


# -- whether to believe them ---------------------------------------------------------------------------------


def randomised(model: Reconstructor, seed: int) -> Reconstructor:
    """A model of the same family with its learned numbers shuffled.

    Weights are permuted within each tensor. Covariances are turned by a random rotation, which keeps their
    spectrum and loses what belongs to which lead.
    """
    draw = np.random.default_rng(seed)
    state = {}
    learned = {name for name, _ in model.named_parameters()}
    for name, value in model.state_dict().items():
        if name in learned:
            flat = value.flatten()
            state[name] = flat[torch.from_numpy(draw.permutation(len(flat)))].view_as(value)
        elif name.endswith("covariance"):
            turn, _ = np.linalg.qr(draw.normal(size=tuple(value.shape)))
            state[name] = torch.from_numpy(turn @ value.cpu().numpy() @ turn.T)
        else:
            state[name] = value
    other = build(model.name, model.config_dict())
    other.load_state_dict(state)
    return other.eval().requires_grad_(False)


def randomisation(
    model: Reconstructor, here: Scene, target: str, window: np.ndarray, kind: str = "gradient", draws: int = 4
) -> float | None:
    """Mean size of the rank correlation of the map with the maps of randomised models (Adebayo et al. 2018,
    arXiv:1810.03292).

    Near 0 where the map depends on what was learned, near 1 where it only repaints the input.
    """
    own = map_of(kind, model, here, target, window)
    agreements = [
        rank_agreement(own, map_of(kind, randomised(model, seed), here, target, window))
        for seed in range(draws)
    ]
    sizes = [abs(value) for value in agreements if value is not None]
    return float(np.mean(sizes)) if sizes else None


def map_curves(
    model: Reconstructor, here: Scene, target: str, window: np.ndarray, contributions: np.ndarray
) -> Curves:
    """Deletion and insertion of patches of 0.1 s of one lead in the map's order, against random order.

    A patch cannot be taken away by the mask the model was trained with, which takes whole leads; it is set to
    zero, the population's mean. Value: explained power against the truth, or against the full estimate where
    there is no truth.
    """
    width = round(PATCH_S * RATE)
    n_patches = -(-here.n // width)
    padded = np.pad(contributions, ((0, 0), (0, n_patches * width - here.n)))
    importance = padded.reshape(len(here.inputs), n_patches, width).sum(-1)
    own = of_target(estimates(model, here, [here.inputs]), target)[here.inputs]
    aim = torch.from_numpy(here.truth.get(target, own)[window])
    project = torch.from_numpy(back(here.inputs).astype(np.float32))
    row, seen = torch.from_numpy(target_row(target).astype(np.float32)), torch.from_numpy(here.seen)
    inside = torch.from_numpy(window)

    def value(keep: np.ndarray) -> np.ndarray:
        out = []
        with torch.inference_mode():
            for part in torch.from_numpy(keep).split(AT_A_TIME):
                x = seen * part.repeat_interleave(width, -1)[..., : here.n]
                estimate = (row @ model.estimate_subsets(project @ x, [here.inputs] * len(x)))[:, inside]
                out.append(aim.square().mean() - (aim - estimate).square().mean(1))
        return torch.cat(out).numpy()

    return patch_curves(importance, value, steps=8, draws=3)
