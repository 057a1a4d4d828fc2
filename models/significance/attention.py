"""What an autoencoder of twelve leads attends to: Grad-CAM maps of leads x time (Matyschik et al., Computing
in Cardiology 2020).

The network rebuilds its own twelve inputs, so this is the significance of a lead for rebuilding everything,
itself included; it is not what the lead contributes to leads that are estimated (see ``contribution``). Maps
of the last convolution A_k (channels x leads x time) are weighted with the mean of a scalar's gradient over
the map, alpha_k (Selvaraju et al. 2017, arXiv:1610.02391). Matyschik explains the maps in one sentence
("small gradients, rather than the usual positive ones"); it can be read in more than one way, so there are
three modes, each with its name on it:

positive         s = half the mean square of the output;  map = ReLU(sum alpha_k A_k): what drives the output
                 up.
counterfactual   s = mean squared error of the rebuilding; map = ReLU(-sum alpha_k A_k): what keeps the error
                 low. The default.
small gradient   s = the same error; map = sum (1 - |alpha_k| / max |alpha|) A_k: what the error hardly
                 depends on any more.

All in the units of the network, in which each window spans [-1, 1].
"""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.lead_algebra import with_derived
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.signals import filter_array, resample_array
from ecgcore.studies.significance.chance import Null, permutation_null
from ecgcore.studies.significance.shares import rank_agreement, shares
from models.significance.contributions import randomised

Mode = Literal["counterfactual", "positive", "small gradient"]
MODES: dict[Mode, str] = {
    "counterfactual": (
        "what keeps the error of the rebuilding low: ReLU(−Σ α A), α from the mean squared error"
    ),
    "positive": "what drives the output up: ReLU(Σ α A), α from half the mean square of the output",
    "small gradient": (
        "what the error hardly depends on any more: Σ (1 − |α| / max |α|) A, α from the mean squared error"
    ),
}
"""The three readings of Matyschik's sentence, the default first, with what each shows."""
OVERLAP = 0.25
"""Part of a window shared with the next: 512 of 2048 samples in the paper."""


class SplitAutoencoder(Protocol):
    """What is asked of the network: its forward pass in two halves, and the scaling of its windows."""

    def features(self, x: Tensor) -> Tensor:
        """(batch, 12, samples) scaled -> the maps of its last convolution."""

    def head(self, features: Tensor) -> Tensor:
        """Maps -> (batch, 12, samples) scaled."""

    def scaled(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(batch, 12, samples) mV -> the same scaled, with centre and half range in mV."""


def windows_of(model, ecg: Ecg) -> tuple[np.ndarray, np.ndarray]:
    """(n_windows, 12, samples) mV at the model's rate and (n_windows,) first samples. Raises UnusableEcg.

    Windows follow one another with the paper's overlap; the last one ends with the recording.
    """
    every = with_derived(ecg)
    if absent := LeadSet(STANDARD) - every.leads:
        raise UnusableEcg(
            f"The autoencoder looks at all twelve leads; {', '.join(absent)} is not in this recording."
        )
    rate, samples = model.config.rate, model.config.samples
    rows = resample_array(
        filter_array(every.pick(STANDARD).signals, ecg.rate, *model.passband), ecg.rate, rate
    )
    spare = rows.shape[1] - samples
    if spare < 0:
        raise UnusableEcg(
            f"The recording lasts {ecg.duration:.2f} s; the autoencoder looks at windows of "
            f"{samples / rate:.2f} s."
        )
    starts = np.unique([*range(0, spare + 1, round((1 - OVERLAP) * samples)), spare])
    return np.stack([rows[:, start : start + samples] for start in starts]), starts


def activations(
    model: SplitAutoencoder, windows: np.ndarray, mode: Mode = "counterfactual"
) -> tuple[Tensor, Tensor]:
    """(n_windows, channels, 12, n_steps) last maps A of windows (n_windows, 12, samples) in mV, and
    (n_windows, channels) weights of the mode.

    No hooks; safe to call from many threads.
    """
    x, _, _ = model.scaled(torch.from_numpy(np.ascontiguousarray(windows, np.float32)))
    with torch.enable_grad():
        maps = model.features(x).detach().requires_grad_()
        out = model.head(maps)
        scalar = 0.5 * out.square().mean((1, 2)) if mode == "positive" else (out - x).square().mean((1, 2))
        (slope,) = torch.autograd.grad(scalar.sum(), maps)
    alpha = slope.mean((2, 3))
    if mode == "counterfactual":
        alpha = -alpha
    elif mode == "small gradient":
        alpha = 1 - alpha.abs() / alpha.abs().amax(1, keepdim=True).clamp_min(1e-30)
    return maps.detach(), alpha


def rectified(maps: Tensor, alpha: Tensor) -> Tensor:
    """(n_windows, 12, n_steps): ReLU of the weighted sum of the maps."""
    return torch.relu(torch.einsum("wklt,wk->wlt", maps, alpha))


def class_activation(
    model: SplitAutoencoder, windows: np.ndarray, mode: Mode = "counterfactual"
) -> np.ndarray:
    """(n_windows, 12, n_steps) non-negative maps of windows (n_windows, 12, samples) in mV."""
    return rectified(*activations(model, windows, mode)).numpy()


def channel_null(
    model: SplitAutoencoder,
    windows: np.ndarray,
    mode: Mode = "counterfactual",
    draws: int = 200,
    seed: int = 0,
) -> Null | None:
    """Lead shares when the weights are dealt out to the channels at random; None where the map itself is
    empty.

    What a lead gets in any case because its maps are large: the part of its share that is amplitude and no
    attention.
    """
    maps, alpha = activations(model, windows, mode)
    observed = shares(amounts(rectified(maps, alpha).numpy()))
    if observed is None:
        return None
    draw = torch.Generator().manual_seed(seed)
    dealt = (rectified(maps, alpha[:, torch.randperm(alpha.shape[1], generator=draw)]) for _ in range(draws))
    drawn = [parts for parts in (shares(amounts(parts.numpy())) for parts in dealt) if parts is not None]
    return (
        permutation_null(observed, {lead: np.array([parts[lead] for parts in drawn]) for lead in STANDARD})
        if drawn
        else None
    )


def on_the_recording(maps: np.ndarray, starts: np.ndarray, samples: int) -> np.ndarray:
    """(12, n) over the whole recording, at the model's rate: windows' maps stretched to their samples,
    averaged where they overlap."""
    total, count = np.zeros((maps.shape[1], int(starts[-1]) + samples)), np.zeros(int(starts[-1]) + samples)
    step = (np.arange(maps.shape[2]) + 0.5) * samples / maps.shape[2]
    for window, start in zip(maps, starts, strict=True):
        total[:, start : start + samples] += np.stack(
            [np.interp(np.arange(samples), step, row) for row in window]
        )
        count[start : start + samples] += 1
    return (total / count).astype(np.float32)


def amounts(maps: np.ndarray) -> dict[str, float]:
    """Per lead the map summed over time and windows."""
    return dict(zip(STANDARD, maps.sum((0, 2), dtype=np.float64).tolist(), strict=True))


def lead_powers(windows: np.ndarray) -> dict[str, float]:
    """Per lead the mean variance within the windows, uV^2."""
    return dict(zip(STANDARD, (1e6 * windows.var(-1, dtype=np.float64).mean(0)).tolist(), strict=True))


def randomisation(model, windows: np.ndarray, mode: Mode = "counterfactual", draws: int = 4) -> float | None:
    """Mean size of the rank correlation of the maps with those of models with shuffled weights."""
    own = class_activation(model, windows, mode)
    agreements = [
        rank_agreement(own, class_activation(randomised(model, seed), windows, mode)) for seed in range(draws)
    ]
    sizes = [abs(value) for value in agreements if value is not None]
    return float(np.mean(sizes)) if sizes else None
