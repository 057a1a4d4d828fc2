"""Grad-CAM of a network with fixed input leads: at which moments and in which leads an estimate rests.

The network is asked on its own windows, at its own rate and in its own passband. The map's scalar is half the
mean square of the estimate of the target in the window, as for networks of any leads. Grad-CAM (Selvaraju et
al. 2017, arXiv:1610.02391) is taken of the last convolution before the output whose gradient is not zero.
Where that convolution has already added the leads up, it knows moments and no leads: the map is the same in
each of them, and what each lead brings is told by gradient times input, taken where they are still apart.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import with_derived
from ecgcore.leads import LeadSet
from ecgcore.signals import filter_array, resample_array
from ecgcore.studies.significance.shares import rank_agreement, shares
from ecgcore.studies.significance.windows import Spans, mask
from models.base import Reconstructor
from models.blocks.published import Published
from models.significance.contributions import randomised

KINDS = ("grad-cam", "gradient")
_CONVOLUTIONS = (nn.Conv1d, nn.ConvTranspose1d, nn.Conv2d, nn.ConvTranspose2d)


@dataclass(frozen=True, eq=False)
class FixedExplanation:
    """One estimate explained, at the network's rate and in its passband.

    seen (n_inputs, n), estimate and truth (n,) mV; truth is None where the target was not recorded. window:
    (n,) bool. maps: by kind, (n_inputs, n); "grad-cam" without unit and missing where the network has no
    convolution, "gradient" in uV^2. apart: whether the leads differ in the Grad-CAM map.
    """

    inputs: LeadSet
    target: str
    seen: np.ndarray
    estimate: np.ndarray
    truth: np.ndarray | None
    window: np.ndarray
    rate: float
    maps: dict[str, np.ndarray]
    apart: bool

    @property
    def of_leads(self) -> dict[str, float] | None:
        """Share of each input lead by gradient times input."""
        amounts = self.maps["gradient"].sum(1)
        return shares(dict(zip(self.inputs, (float(amount) for amount in amounts), strict=True)))

    @property
    def brightest_s(self) -> float | None:
        """Where the Grad-CAM map is brightest."""
        if "grad-cam" not in self.maps or not self.maps["grad-cam"].any():
            return None
        return float(self.maps["grad-cam"].max(0).argmax() / self.rate)


def explains(model: Reconstructor) -> bool:
    """Whether the model is one of these networks."""
    return isinstance(model, Published)


def explain_fixed(model: Reconstructor, ecg: Ecg, target: str, spans: Spans | None) -> FixedExplanation:
    """The estimate of the target within spans (s; None for all). Raises UnusableEcg where the network does
    not estimate it."""
    network = _checked(model, target)
    every = with_derived(ecg)
    leads = LeadSet([*network.inputs, target]) & every.leads
    picked = every.pick(leads)
    rows = resample_array(
        filter_array(picked.signals, ecg.rate, *network.passband), ecg.rate, network.config.rate
    )
    there = dict(zip(picked.leads, rows, strict=True))
    seen = np.stack([there[lead] for lead in network.inputs])
    rate = float(network.config.rate)
    window = mask([(0.0, ecg.duration)] if spans is None else spans, seen.shape[1], rate)
    estimate, maps, apart = _maps(network, seen, target, window)
    truth = there.get(target)
    return FixedExplanation(network.inputs, target, seen, estimate, truth, window, rate, maps, apart)


def shuffled_agreement(
    model: Reconstructor, explanation: FixedExplanation, kind: str, draws: int = 3
) -> float | None:
    """Mean size of the rank correlation of the map with the maps of networks whose weights were shuffled
    (Adebayo et al. 2018, arXiv:1810.03292); None where the map is empty."""
    own, values = explanation.maps[kind], []
    for seed in range(draws):
        network = _checked(randomised(model, seed), explanation.target)
        _, maps, _ = _maps(network, explanation.seen, explanation.target, explanation.window)
        if kind in maps and (agreement := rank_agreement(own, maps[kind])) is not None:
            values.append(abs(agreement))
    return float(np.mean(values)) if values else None


def _checked(model: Reconstructor, target: str) -> Published:
    if not isinstance(model, Published):
        raise UnusableEcg(f"{model.title} is no network with fixed leads.")
    if target not in model.outputs:
        raise UnusableEcg(f"{model.title} does not estimate {target}; it gives {', '.join(model.outputs)}.")
    return model


def _maps(
    network: Published, seen: np.ndarray, target: str, inside: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray], bool]:
    """Estimate (n,), the maps by kind, and whether the Grad-CAM map tells the leads apart. A copy is asked:
    what is noted on the way belongs to this call alone."""
    twin = copy.deepcopy(network).eval().requires_grad_(True)
    length, n = network.config.samples, seen.shape[1]
    padded = np.pad(seen, ((0, 0), (0, max(0, length - n))), mode="edge")
    starts = sorted({*range(0, padded.shape[1] - length + 1, length), padded.shape[1] - length})
    x = torch.from_numpy(np.stack([padded[:, at : at + length] for at in starts]).astype(np.float32))
    x.requires_grad_()
    within = np.pad(inside, (0, padded.shape[1] - n))
    weight = torch.from_numpy(np.stack([within[at : at + length] for at in starts]).astype(np.float32))
    with _noted(twin) as passed:
        rows = twin.answer(x)[:, list(network.outputs).index(target)]
    scalar = 0.5 * (rows.square() * weight).sum() / weight.sum().clamp_min(1)
    layers = [output for output in passed[:-1] if output.ndim >= 3 and output.shape[1] >= 4]
    slopes = torch.autograd.grad(scalar, [x, *layers], allow_unused=True)
    maps = {"gradient": 1e6 * _joined((slopes[0] * x).detach(), starts, n)}
    estimate = _joined(rows.detach()[:, None], starts, n)[0]
    for layer, slope in reversed(list(zip(layers, slopes[1:], strict=True))):
        if slope is None or not slope.any() or layer.shape[-1] < 8:
            continue
        coarse = (slope.mean(-1, keepdim=True) * layer).sum(1).clamp_min(0).detach()
        apart = coarse.ndim == 3 and coarse.shape[1] == len(network.inputs) > 1
        coarse = coarse if apart else coarse.reshape(len(starts), -1, coarse.shape[-1]).mean(1, keepdim=True)
        fine = nn.functional.interpolate(coarse, size=length, mode="linear")
        maps["grad-cam"] = _joined(fine.expand(-1, len(network.inputs), -1), starts, n)
        return estimate, maps, apart
    return estimate, maps, False


@contextmanager
def _noted(model: nn.Module) -> Iterator[list[Tensor]]:
    """What the convolutions gave, in the order in which they were asked."""
    passed: list[Tensor] = []

    def note(*call: Any) -> None:
        passed.append(call[-1])

    hooks = [part.register_forward_hook(note) for part in model.modules() if isinstance(part, _CONVOLUTIONS)]
    try:
        yield passed
    finally:
        for hook in hooks:
            hook.remove()


def _joined(parts: Tensor, starts: list[int], n: int) -> np.ndarray:
    """(k, n) of windows (batch, k, length); where two overlap, the later one."""
    length = parts.shape[-1]
    out = np.zeros((parts.shape[1], max(starts) + length))
    for start, part in zip(starts, parts.numpy(), strict=True):
        out[:, start : start + length] = part
    return out[:, :n]
