"""Is this recording like those the models learned from? If not, say so and widen the band.

- Surprise: the mean Mahalanobis distance of the observed leads with their lags under the training covariance, after the
  recording's own amplitude is divided out; 1 on average in training. Swapped leads, noise and fast detail raise it, a
  stretched time axis (wrong rate) lowers it or raises it. Usual is what 99 % of the calibration recordings show.
- Amplitude: RMS of each lead against the range of the calibration recordings; wrong units or gain.
- Pacing spikes, which no training recording was chosen for.

    python -m models.familiarity linear --data ROOT

prints how often recordings of the PTB-XL test fold are warned about as they are and after each kind of harm.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ecgcore.ecg import Ecg
from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.limb import observation
from ecgcore.signals import resample_array

N = len(INDEPENDENT)
RIDGE = 1e-3
TAILS = (0.005, 0.995)
WIDEST = 3.0
"""The band is widened by at most this factor."""
RATE = 100.0
ANYTHING = torch.tensor([[0.0, 1e9]], dtype=torch.float64)
"""The range before any recording was seen."""


class Familiarity(nn.Module):
    """The usual ranges. surprise: (9, 2) by number of observed leads; rms: (8, 2) mV by independent lead; low and high."""

    surprise: Tensor
    rms: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("surprise", ANYTHING.repeat(N + 1, 1))
        self.register_buffer("rms", ANYTHING.repeat(N, 1))

    def fit(self, recordings: Iterable[np.ndarray], sets: Iterable[LeadSet], covariance: np.ndarray, lags_ms: tuple[int, ...]) -> None:
        """Ranges over (8, n) mV recordings at 100 Hz above 0.5 Hz, for these sets of observed leads."""
        recordings, sets = list(recordings), list(sets)
        found: dict[int, list[float]] = {}
        for leads in sets:
            see = observation(leads).astype(np.float32)
            found.setdefault(len(leads), []).extend(surprise(see @ signals, leads, covariance, lags_ms) for signals in recordings)
        self.surprise.copy_(ANYTHING.repeat(N + 1, 1))
        for count, values in found.items():
            self.surprise[count] = torch.tensor(np.quantile(values, TAILS))
        levels = np.stack([np.sqrt(np.mean(np.square(signals), axis=1)) for signals in recordings])
        self.rms.copy_(torch.from_numpy(np.quantile(levels, (0.001, 0.999), axis=0).T))

    def check(
        self, high: np.ndarray, leads: LeadSet, rate: float, covariance: np.ndarray, lags_ms: tuple[int, ...]
    ) -> tuple[tuple[str, ...], float]:
        """Warnings about observed signals above 0.5 Hz, (n_observed, n) mV at rate; the factor (1 to 3) to widen the band by."""
        slow = resample_array(high, rate, RATE)
        warnings, factor = [], 1.0
        value = surprise(slow, leads, covariance, lags_ms)
        low, top = (float(limit) for limit in self.surprise[len(leads)])
        if value > top:
            warnings.append(
                f"The measured leads do not behave like those the model learned from (surprise {value:.1f}, usual up to {top:.1f}): "
                "a wrong lead, a wrong rate or noise? The band is widened."
            )
            factor = float(np.sqrt(value / top))
        elif value < low:
            warnings.append(
                f"The measured leads change more slowly than those the model learned from (surprise {value:.2f}, usual from {low:.2f}): "
                "a wrong rate or a heavy filter? The band is widened."
            )
            factor = float(np.sqrt(low / max(value, 1e-6)))
        for lead, row in zip(leads, slow, strict=True):
            level = float(np.sqrt(np.mean(np.square(row))))
            small, large = (float(limit) for limit in self.rms[INDEPENDENT.index(lead) if lead in INDEPENDENT else 1])
            if not small <= level <= large:
                warnings.append(
                    f"Lead {lead} has an RMS of {1000 * level:.0f} uV, outside the {1000 * small:.0f}-{1000 * large:.0f} uV of the "
                    "recordings the model learned from: unit or gain? The band is widened."
                )
                factor = max(factor, 1.5)
        if paced(high, rate):
            warnings.append("There are pacing spikes; the model learned from few paced hearts. The band is widened.")
            factor = max(factor, 1.5)
        return tuple(warnings), min(factor, WIDEST)


def surprise(signals: np.ndarray, leads: LeadSet, covariance: np.ndarray, lags_ms: tuple[int, ...]) -> float:
    """Mean squared Mahalanobis length per dimension of (n_observed, n) mV at 100 Hz, amplitude divided out."""
    n_lags, see = len(lags_ms), observation(leads)
    observe = np.kron(np.eye(n_lags), see)
    usual = observe @ covariance @ observe.T
    usual += RIDGE * np.trace(usual) / len(usual) * np.eye(len(usual))
    shifts = np.array(lags_ms) * int(RATE) // 1000
    reach = int(np.abs(shifts).max())
    inner = signals.shape[1] - 2 * reach
    lagged = np.concatenate([signals[:, reach + shift : reach + shift + inner] for shift in shifts]).astype(np.float64)
    now = list(lags_ms).index(0) * N
    expected = np.diag(see @ covariance[now : now + N, now : now + N] @ see.T)
    scale = np.mean(np.mean(np.square(signals, dtype=np.float64), axis=1) / expected)
    if scale < 1e-9:
        return 0.0
    return float(np.trace(np.linalg.solve(usual, lagged @ lagged.T / inner)) / len(usual) / scale)


def paced(signals: np.ndarray, rate: float) -> bool:
    """Whether spikes come at a pacemaker's rate; below 250 Hz a spike cannot be told."""
    if rate < 250:
        return False
    from ecgcore.features.beats import RATE as MEASURING_RATE
    from ecgcore.features.pacing import find_spikes

    spikes = find_spikes(resample_array(signals, rate, MEASURING_RATE))
    return len(spikes) >= max(3, 0.5 * signals.shape[1] / rate)


# ---- does it notice? -----------------------------------------------------------------------------------------------


def exchanged(ecg: Ecg, one: str, other: str) -> Ecg:
    """The recording with two leads under each other's names."""
    return Ecg.from_leads({lead: ecg[{one: other, other: one}.get(lead, lead)] for lead in ecg.leads}, ecg.rate, name=ecg.name)


def arms_exchanged(ecg: Ecg) -> Ecg:
    """Right and left arm electrodes swapped: I turns over, II and III change places, aVR and aVL too."""
    turned = exchanged(exchanged(ecg, "II", "III"), "aVR", "aVL")
    return Ecg.from_leads({lead: -turned[lead] if lead == "I" else turned[lead] for lead in turned.leads}, ecg.rate, name=ecg.name)


def with_spikes(ecg: Ecg) -> Ecg:
    """A pacing spike of 1 mV and 4 ms in every lead each 0.9 s."""
    signals, width = ecg.signals.copy(), max(1, round(0.004 * ecg.rate))
    for start in range(0, ecg.n_samples - width, round(0.9 * ecg.rate)):
        signals[:, start : start + width] += 1.0
    return ecg.replace(signals=signals)


HARMS = {
    "as recorded": lambda ecg: ecg,
    "rate doubled": lambda ecg: ecg.replace(rate=2 * ecg.rate),
    "rate halved": lambda ecg: ecg.replace(rate=ecg.rate / 2),
    "ten times too large": lambda ecg: ecg.replace(signals=10 * ecg.signals),
    "ten times too small": lambda ecg: ecg.replace(signals=ecg.signals / 10),
    "arm electrodes swapped": arms_exchanged,
    "V2 and V4 swapped": lambda ecg: exchanged(ecg, "V2", "V4"),
    "pacing spikes": with_spikes,
    "white noise, 0.2 mV": lambda ecg: ecg.replace(signals=ecg.signals + np.random.default_rng(0).normal(0, 0.2, ecg.signals.shape)),
}


def main(arguments: list[str] | None = None) -> int:
    import argparse

    from ecgcore.datasets import data_root, open_database
    from models.reconstruct import trained

    parser = argparse.ArgumentParser(prog="python -m models.familiarity", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="model")
    parser.add_argument("--data", type=Path, default=data_root(), required=data_root() is None)
    parser.add_argument("--inputs", action="append", help="leads; repeat (default: I+II+V2+V4, I+II, II)")
    chosen = parser.parse_args(arguments)
    base, model = open_database("ptb-xl", chosen.data), trained(chosen.name).model
    recordings = [base.read(record, 500) for record in base.records(split="test")]
    recordings = [ecg for ecg in recordings if ecg.rate == 500]
    for text in chosen.inputs or ("I II V2 V4", "I II", "II"):
        inputs = LeadSet(text)
        for harm, do in HARMS.items():
            warned = [bool(model.estimate(do(ecg).pick(inputs)).warnings) for ecg in recordings]
            print(f"{chosen.name} {inputs!s:12} {harm:24} warned {np.mean(warned):6.1%} of n = {len(warned)} test recordings at 500 Hz", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
