"""All that the page shows about one estimate or one recording: maps, shares and the checks that go with
them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ecgcore.ecg import Ecg
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from ecgcore.studies.significance.chance import Null, shift_null
from ecgcore.studies.significance.contributions import Contribution, contribution_of, explained_power, shapley
from ecgcore.studies.significance.curves import (
    Curves,
    beat_agreement,
    lead_curves,
    patch_curves,
    spread,
    stability,
)
from ecgcore.studies.significance.shares import rank_agreement, shares, variance_normalised
from ecgcore.studies.significance.windows import Spans, beat_spans, mask, wave_levels
from models.base import Reconstructor
from models.significance import attention
from models.significance.cohort import shapley_of_leads
from models.significance.contributions import (
    PATCH_S,
    RATE,
    check,
    estimates,
    has_class_activations,
    map_curves,
    map_of,
    map_shares,
    occlusion_map,
    of_target,
    randomisation,
    scene,
    variance_removed,
)


@dataclass(frozen=True, eq=False)
class Explanation:
    """One estimate explained. Signals at RATE above 0.5 Hz: seen (n_inputs, n), estimate and truth (n,) mV;
    window (n,) bool.

    maps: by kind (see ``map_of``), (n_inputs, n) uV^2. null, truth and the occlusion map: None or absent
    where the true target was not recorded. per_beat: Shapley shares of each whole beat. r_seconds: of the
    beats.
    """

    contribution: Contribution
    maps: dict[str, np.ndarray]
    seen: np.ndarray
    estimate: np.ndarray
    truth: np.ndarray | None
    window: np.ndarray
    null: Null | None
    per_beat: tuple[dict[str, float], ...]
    r_seconds: tuple[float, ...]
    rate: float = RATE

    def amounts(self, kind: str) -> dict[str, float]:
        """Of each lead in the map, uV^2."""
        return map_shares(self.maps[kind], self.contribution.leads)

    def shares(self, kind: str) -> dict[str, float] | None:
        """Of each lead in the map, as parts of 1; None where the map is empty."""
        return shares(self.amounts(kind))

    def agreement(self, kind: str) -> float | None:
        """Spearman of the map's lead amounts with the Shapley values."""
        return rank_agreement(self.amounts(kind), self.contribution.shapley)

    def steadiness(self, kind: str) -> float | None:
        """Of the map, beat laid over beat."""
        return beat_agreement(self.maps[kind], self.r_seconds, self.rate, self.window)

    def curves(self, kind: str) -> Curves:
        """Of whole leads, in the map's order."""
        return lead_curves(self.contribution.leads, self.amounts(kind), self.contribution.value)

    @property
    def stability(self) -> float | None:
        """Of the Shapley shares over beats."""
        return stability(self.per_beat)

    @property
    def spread(self) -> dict[str, tuple[float, float]]:
        """Mean and standard deviation of each lead's Shapley share over the beats."""
        return spread(self.per_beat)


@dataclass(frozen=True, eq=False)
class Checks:
    """Whether to believe the map. randomisation: mean |rank correlation| with maps of shuffled models.
    curves: of patches."""

    randomisation: float | None
    curves: Curves


def explain(
    model: Reconstructor,
    ecg: Ecg,
    inputs: LeadSet,
    target: str,
    spans: Spans | None,
    r_seconds: Sequence[float],
) -> Explanation:
    """What the inputs contribute to the target within the spans (s; None for all). Raises UnusableEcg."""
    check(inputs, target)
    here = scene(ecg, inputs)
    window = mask([(0.0, ecg.duration)] if spans is None else spans, here.n, RATE)
    eights = estimates(model, here)
    rows = of_target(eights, target)
    truth = here.truth.get(target)
    kinds = ["grad-cam"] * has_class_activations(model, inputs) + ["gradient"]
    maps = {kind: map_of(kind, model, here, target, window) for kind in kinds}
    if truth is None:
        value, power = variance_removed(model, here, target), None
    else:
        value, power = explained_power(truth, rows, window), 1e6 * float(np.mean(np.square(truth[window])))
        maps["occlusion"] = window * occlusion_map(here, eights, target)
    beats = [window & mask([span], here.n, RATE) for span in beat_spans(r_seconds, ecg.duration)]
    per_beat = (
        []
        if truth is None
        else [shares(shapley(inputs, explained_power(truth, rows, beat))) for beat in beats if beat.sum() > 1]
    )
    return Explanation(
        contribution=contribution_of(target, inputs, value, here.lead_power(window), power),
        maps=maps,
        seen=here.seen,
        estimate=rows[inputs],
        truth=truth,
        window=window,
        null=None if truth is None else shift_null(inputs, truth, rows, window),
        per_beat=tuple(beat for beat in per_beat if beat is not None),
        r_seconds=tuple(r_seconds),
    )


def check_map(
    model: Reconstructor,
    ecg: Ecg,
    inputs: LeadSet,
    target: str,
    explanation: Explanation,
    kind: str = "gradient",
) -> Checks:
    """The checks that need further passes through the model."""
    here = scene(ecg, inputs)
    return Checks(
        randomisation(model, here, target, explanation.window, kind),
        map_curves(model, here, target, explanation.window, explanation.maps[kind]),
    )


@dataclass(frozen=True, eq=False)
class Attention:
    """What the autoencoder attends to in a recording. map: (12, n) at rate, Hz, in steps of step_s. error:
    RMS of the rebuilding in window units.

    raw, normalised: shares per lead. null: of the raw shares, with the channels' weights dealt out at random.
    per_window: raw shares of each window. steadiness: of the map, beat laid over beat. by_wave: mean of the
    map within P, QRS, ST and T over its mean. agreement: Spearman over the eight independent leads with what
    they contribute to one another (Shapley, linear estimator).
    """

    map: np.ndarray
    signals: np.ndarray
    rate: float
    raw: dict[str, float] | None
    normalised: dict[str, float] | None
    null: Null | None
    per_window: tuple[dict[str, float], ...]
    steadiness: float | None
    by_wave: dict[str, float]
    randomisation: float | None
    curves: Curves
    agreement: float | None
    error: float
    step_s: float


def attend(
    model,
    linear: Reconstructor,
    ecg: Ecg,
    mode: attention.Mode,
    r_seconds: Sequence[float] = (),
    marks: Mapping[str, Sequence[float | None]] | None = None,
) -> Attention:
    """r_seconds, marks: of the beats, s (see ``ecgcore.studies.significance.contributions.WAVES``). Raises
    UnusableEcg."""
    windows, starts = attention.windows_of(model, ecg)
    maps = attention.class_activation(model, windows, mode)
    samples, rate = windows.shape[-1], float(model.config.rate)
    amounts = attention.amounts(maps)
    whole = np.zeros((len(STANDARD), int(starts[-1]) + samples), np.float32)
    for window, start in zip(windows, starts, strict=True):
        whole[:, start : start + samples] = window
    per_window = [shares(attention.amounts(window[None])) for window in maps]
    raw = shares(amounts)
    valued = shapley_of_leads(linear, ecg)["raw"]
    agreement = rank_agreement({lead: raw[lead] for lead in INDEPENDENT}, valued) if raw else None
    scaled, _, _ = model.scaled(torch.from_numpy(windows))
    with torch.inference_mode():
        error = float((model.head(model.features(scaled)) - scaled).square().mean().sqrt())
    drawn = attention.on_the_recording(maps, starts, samples)
    return Attention(
        map=drawn,
        signals=whole,
        rate=rate,
        raw=raw,
        normalised=variance_normalised(amounts, attention.lead_powers(windows)),
        null=attention.channel_null(model, windows, mode),
        per_window=tuple(window for window in per_window if window is not None),
        steadiness=beat_agreement(drawn, r_seconds, rate),
        by_wave=wave_levels(drawn, rate, marks or {}),
        randomisation=attention.randomisation(model, windows, mode),
        curves=_rebuilding_curves(model, scaled, maps, round(PATCH_S * rate)),
        agreement=agreement,
        error=error,
        step_s=samples / rate / maps.shape[2],
    )


def _rebuilding_curves(model, scaled: torch.Tensor, maps: np.ndarray, width: int) -> Curves:
    """Patches of one lead set to their window's centre, in the map's order against random; value: how well
    everything is rebuilt."""
    n_windows, _, samples = scaled.shape
    n_patches = -(-samples // width)
    steps = (np.arange(samples) * maps.shape[2] // samples).clip(max=maps.shape[2] - 1)
    fine = np.pad(maps[:, :, steps], ((0, 0), (0, 0), (0, n_patches * width - samples)))
    importance = fine.reshape(n_windows * len(STANDARD), n_patches, width).sum(-1)

    def value(keep: np.ndarray) -> np.ndarray:
        out = []
        with torch.inference_mode():
            for patches in torch.from_numpy(keep):
                kept = patches.reshape(n_windows, len(STANDARD), n_patches).repeat_interleave(width, -1)[
                    ..., :samples
                ]
                out.append(-(model.head(model.features(scaled * kept)) - scaled).square().mean())
        return torch.stack(out).numpy()

    return patch_curves(importance, value, steps=8, draws=2)
