"""Is this recording like those the models learned from? If not, say so and widen the interval.

What is looked at, for the very set of leads that is observed:

- Surprise: the mean Mahalanobis length of the observed leads with their lags under the training covariance,
  after the recording's own amplitude is divided out. Wrong leads and fast detail raise it, a wrong rate moves
  it either way.
- Exchange: how much better the covariance explains the recording with the arm electrodes, or with two chest
  leads, changed back: the logarithm of the likelihood ratio per dimension, for normal signals of unknown
  amplitude.
- Name: the same for a chest lead beside limb leads that is taken for another chest lead, which was not
  measured. These two only widen the interval; which electrodes look exchanged says ``models.electrodes``.
- Polarity: the skewness of each limb lead. A second moment cannot tell a lead from its negative, a third one
  can.
- Level: the RMS of each lead; wrong units or gain.
- Pacing spikes, which no training recording was chosen for.

Limits are quantiles over the calibration recordings, for surprise and exchange by set of leads: the tightest
with which at most 1.5 % of these recordings are unusual in any respect, so looking at more things does not
raise more false alarms.

``rlecg study out-of-distribution`` prints how often recordings of the PTB-XL test fold are warned about as
they are and after each kind of harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ecgcore.ecg import Ecg
from ecgcore.lead_algebra import observation, standard_from_independent
from ecgcore.leads import CHEST, INDEPENDENT, LIMB, STANDARD, LeadSet, all_states
from ecgcore.signals import resample_array
from models.electrodes.scores import leads_to_check

N = len(INDEPENDENT)
RIDGE = 1e-3
LEVEL_TAILS, POLARITY_TAILS = (0.0005, 0.9995), (0.003, 0.997)
"""Level of any lead and polarity of a limb lead beyond these quantiles are unusual; polarity only against the
usual sign."""
SET_TAILS = (0.01, 0.0075, 0.005, 0.0035, 0.0025)
"""Tails for surprise (either side) and exchange; the first that keeps ``FALSE_ALARMS`` is taken."""
FALSE_ALARMS = 0.015
WIDER, WIDEST = 1.5, 3.0
"""The interval of an unusual recording is widened by a factor within these."""
RATE = 100.0
SETS = {leads: number for number, leads in enumerate([*all_states(), LeadSet(INDEPENDENT)])}
KINDS = ("arms", "chest", "name")
"""What else the leads may be: arm electrodes exchanged, two chest leads exchanged, a chest lead
under another's name."""
_ARMS = np.eye(N)
_ARMS[:2, :2] = [[-1, 0], [-1, 1]]  # right and left arm exchanged: I turns over, II and III change places
QUIET_MV = 1e-3
ANYTHING = torch.tensor([-1e9, 1e9])
"""The range before any recording was seen; finite, so that averages of weights stay numbers."""


class QuadraticForms(NamedTuple):
    """The quadratic forms of one set of observed leads.

    matrices: (1 + n, d, d) for the second moments of d = n_lags n_observed lagged signals: surprise as
    recorded, and under each other explanation. offsets: (1 + n,) what the logarithm of each form's
    determinant adds to the likelihood per dimension. kinds: (n,) of each other explanation.
    expected: (n_observed,) usual power."""

    matrices: np.ndarray
    offsets: np.ndarray
    kinds: tuple[str, ...]
    expected: np.ndarray


def forms_of(leads: LeadSet, covariance: np.ndarray, lags_ms: tuple[int, ...]) -> QuadraticForms:
    """What to look at in a set of observed leads, from the training covariance of all eight at all lags."""
    see, n_lags = observation(leads), len(lags_ms)

    def usual(order: np.ndarray) -> np.ndarray:
        """Covariance of the observed leads if those of the heart came in another order."""
        observe = np.kron(np.eye(n_lags), see @ order)
        seen = observe @ covariance @ observe.T
        return seen + RIDGE * np.trace(seen) / len(seen) * np.eye(len(seen))

    others = [("", np.eye(N))]
    if {"I", "II"} <= set(leads):
        others.append(("arms", _ARMS))
    chest = [lead for lead in leads if lead in CHEST]
    others += [("chest", _exchange(first, other)) for first, other in combinations(chest, 2)]
    if len(chest) < len(leads):
        unseen = [lead for lead in CHEST if lead not in leads]
        others += [("name", _exchange(first, other)) for first in chest for other in unseen]
    covariances = [usual(order) for _, order in others]
    d = len(covariances[0])
    offsets = np.array([np.linalg.slogdet(first)[1] for first in covariances]) / d
    now = list(lags_ms).index(0) * N
    expected = np.diag(see @ covariance[now : now + N, now : now + N] @ see.T)
    forms = np.stack([np.linalg.inv(first) / d for first in covariances])
    return QuadraticForms(
        forms,
        offsets - offsets[0],
        tuple(kind for kind, _ in others[1:]),
        expected,
    )


def _exchange(first: str, other: str) -> np.ndarray:
    """(8, 8) two independent leads in each other's place."""
    order = list(range(N))
    a, b = INDEPENDENT.index(first), INDEPENDENT.index(other)
    order[a], order[b] = b, a
    return np.eye(N)[order]


def moments(signals: np.ndarray, lags_ms: tuple[int, ...]) -> np.ndarray:
    """(d, d) second moments of (n_leads, n) mV at 100 Hz with their lags, ordered by lag then lead."""
    shifts = np.array(lags_ms) * int(RATE) // 1000
    reach = int(np.abs(shifts).max())
    inner = signals.shape[1] - 2 * reach
    lagged = np.concatenate([signals[:, reach + shift : reach + shift + inner] for shift in shifts]).astype(
        np.float64
    )
    return lagged @ lagged.T / inner


def lengths(forms: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(..., n_forms) values of quadratic forms (n_forms, d, d) for second moments (..., d, d)."""
    return second.reshape(*second.shape[:-2], -1) @ forms.reshape(len(forms), -1).T


def surprise(forms: QuadraticForms, second: np.ndarray) -> np.ndarray:
    """(..., 4): log surprise; gain from the best explanation of each of ``KINDS`` (0 where there is none)."""
    n = len(forms.expected)
    n_lags = second.shape[-1] // n
    power = np.diagonal(second, axis1=-2, axis2=-1).reshape(*second.shape[:-2], n_lags, n).mean(-2)
    scale = np.maximum((power / forms.expected).mean(-1), QUIET_MV**2)
    values = np.log(np.maximum(lengths(forms.matrices, second), 1e-12)) + forms.offsets
    gains = values[..., :1] - values[..., 1:]
    by_kind = [[number for number, kind in enumerate(forms.kinds) if kind == wanted] for wanted in KINDS]
    none = np.zeros(values.shape[:-1])
    return np.stack(
        [
            values[..., 0] - np.log(scale),
            *(gains[..., numbers].max(-1) if numbers else none for numbers in by_kind),
        ],
        -1,
    )


def shape_of(signals: np.ndarray) -> np.ndarray:
    """(2, n_leads): logarithm of the RMS in mV, and skewness, of (n_leads, n) mV."""
    signals = signals.astype(np.float64)
    squared = np.square(signals)
    rms = np.maximum(np.sqrt(squared.mean(axis=1)), QUIET_MV)
    return np.stack([np.log(rms), (squared * signals).mean(axis=1) / rms**3])


def outside(values: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Whether values (...,) lie outside usual (..., 2) low, high."""
    return (values < usual[..., 0]) | (values > usual[..., 1])


class UsualRanges(nn.Module):
    """What is usual in recordings like the training data, lowest and highest. leads: (2, 12, 2) level and
    polarity by lead; sets: (511, 4, 2) surprise and the gains of other explanations by set of observed leads
    (see ``surprise``)."""

    leads: Tensor
    sets: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("leads", ANYTHING.repeat(2, len(STANDARD), 1))
        self.register_buffer("sets", ANYTHING.repeat(len(SETS), 1 + len(KINDS), 1))

    def fit(self, recordings: Iterable[np.ndarray], covariance: np.ndarray, lags_ms: tuple[int, ...]) -> None:
        """What is usual in (8, n) mV recordings at 100 Hz above 0.5 Hz, for every set of observed leads."""
        recordings = list(recordings)
        second = np.stack([moments(signals, lags_ms) for signals in recordings])
        shapes = np.stack(
            [shape_of(standard_from_independent() @ signals) for signals in recordings]
        )  # (records, 2, 12)
        by_lead = np.stack(
            [
                np.quantile(shapes[:, 0], LEVEL_TAILS, axis=0).T,
                np.quantile(shapes[:, 1], POLARITY_TAILS, axis=0).T,
            ]
        )
        upright = np.median(shapes[:, 1], axis=0) > 0  # only peaks of the other sign are odd
        by_lead[1, :, 0], by_lead[1, :, 1] = (
            np.where(upright, by_lead[1, :, 0], -1e9),
            np.where(upright, 1e9, by_lead[1, :, 1]),
        )
        by_lead[1, len(LIMB) :] = -1e9, 1e9
        odd = outside(shapes, by_lead).any(1)
        self.leads.copy_(torch.from_numpy(by_lead))
        for leads, number in SETS.items():
            see = np.kron(np.eye(len(lags_ms)), observation(leads))
            values = surprise(forms_of(leads, covariance, lags_ms), see @ second @ see.T)
            rows = [STANDARD.index(lead) for lead in leads]
            self.sets[number] = torch.from_numpy(_limits(values, odd[:, rows].any(1)))

    def check(
        self,
        slow: np.ndarray,
        leads: LeadSet,
        forms: QuadraticForms,
        lags_ms: tuple[int, ...],
        spikes: bool = False,
    ) -> tuple[tuple[str, ...], float]:
        """Warnings about observed signals above 0.5 Hz, (n_observed, n) mV at RATE; the factor (1 to 3) to
        widen the interval by. spikes: whether a pacemaker's are there (``paced``)."""
        second, shapes = moments(slow, lags_ms), shape_of(slow)
        values, usual = surprise(forms, second), self.sets[SETS[leads]].numpy()
        usual_shapes = self.leads[:, [STANDARD.index(lead) for lead in leads]].numpy()
        unusual, odd = outside(values, usual), outside(shapes, usual_shapes)
        warnings = []
        if unusual[1:].any():
            warnings.append("The input leads do not go together as they usually do. The interval is widened.")
        if unusual[0]:
            how = "change more slowly than" if values[0] < usual[0, 0] else "do not behave like"
            warnings.append(
                f"The input leads {how} those the model learned from: a wrong lead, a wrong rate or "
                "noise? The interval is widened."
            )
        for lead, level, (low, top) in zip(leads, shapes[0], usual_shapes[0], strict=True):
            if not low <= level <= top:
                warnings.append(
                    f"Lead {lead} has an RMS of {1000 * np.exp(level):.0f} µV, outside the "
                    f"{1000 * np.exp(low):.0f}–{1000 * np.exp(top):.0f} µV of "
                    "the recordings the model learned from: unit or gain? The interval is widened."
                )
        if odd[1].any():
            turned = ", ".join(lead for lead, is_odd in zip(leads, odd[1], strict=True) if is_odd)
            question = "" if leads_to_check(leads) else "; exchanged electrodes?"
            warnings.append(
                f"{turned}: the peaks point the other way than usual{question}. The interval is widened."
            )
        if spikes:
            warnings.append(
                "There are pacing spikes; the model learned from few paced hearts. The interval is widened."
            )
        beyond = max(usual[0, 0] - values[0], values[0] - usual[0, 1], 0.0)
        return tuple(warnings), float(np.clip(np.exp(0.5 * beyond), WIDER, WIDEST)) if warnings else 1.0


def _limits(values: np.ndarray, already: np.ndarray) -> np.ndarray:
    """(4, 2) limits for (records, 4) values of ``surprise``; already: recordings that are unusual for other
    reasons."""
    for tail in SET_TAILS:
        limits = np.array(
            [
                np.quantile(values[:, 0], (tail, 1 - tail)),
                *([-1e9, limit] for limit in np.quantile(values[:, 1:], 1 - tail, axis=0)),
            ]
        )
        if np.mean(outside(values, limits).any(1) | already) <= FALSE_ALARMS:
            break
    return limits


EARLIER_NAMES = {"familiarity": "usual", "band_factor": "interval_factor"}
"""Parts of names of weights as they were once stored -> as they are called now."""


def current(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights stored under earlier names, or before there were limits for every set, or for every
    explanation, with today's names and limits.

    The oldest had (9, 2) surprise by number of leads and (8, 2) RMS; what was not limited then is not
    limited.
    """
    if renamed := {name for name in tensors if EARLIER_NAMES.keys() & name.split(".")}:
        return current(
            {_name_now(name) if name in renamed else name: value for name, value in tensors.items()}
        )
    sets = next((name for name in tensors if name.endswith("usual.sets")), None)
    if sets is not None and tensors[sets].shape[1] < 1 + len(KINDS):
        more = ANYTHING.repeat(len(SETS), 1 + len(KINDS) - tensors[sets].shape[1], 1)
        return tensors | {sets: torch.cat([tensors[sets], more.to(tensors[sets].dtype)], 1)}
    place = next((name.removesuffix("surprise") for name in tensors if name.endswith("usual.surprise")), None)
    if place is None:
        return tensors
    by_size, rms = tensors[place + "surprise"], tensors[place + "rms"]
    leads, limits = ANYTHING.repeat(2, len(STANDARD), 1), ANYTHING.repeat(len(SETS), 1 + len(KINDS), 1)
    for row, lead in enumerate(STANDARD):
        leads[0, row] = rms[INDEPENDENT.index(lead) if lead in INDEPENDENT else 1].log()
    for leads_of_set, number in SETS.items():
        limits[number, 0] = by_size[len(leads_of_set)].log()
    rest = {name: value for name, value in tensors.items() if name not in (place + "surprise", place + "rms")}
    return rest | {place + "leads": leads, place + "sets": limits}


def _name_now(name: str) -> str:
    return ".".join(EARLIER_NAMES.get(part, part) for part in name.split("."))


def paced(signals: np.ndarray, rate: float) -> bool:
    """Whether spikes come at a pacemaker's rate; below 250 Hz a spike cannot be told."""
    if rate < 250:
        return False
    from ecgcore.measurements.beats import RATE as MEASURING_RATE
    from ecgcore.measurements.pacing import find_spikes

    spikes = find_spikes(resample_array(signals, rate, MEASURING_RATE))
    return len(spikes) >= max(3, 0.5 * signals.shape[1] / rate)


# ---- does it notice? ---------------------------------------------------------------------------------------


def exchanged(ecg: Ecg, first: str, other: str) -> Ecg:
    """The recording with two leads under each other's names."""
    return Ecg.from_leads(
        {lead: ecg[{first: other, other: first}.get(lead, lead)] for lead in ecg.leads},
        ecg.rate,
        name=ecg.name,
    )


def arms_exchanged(ecg: Ecg) -> Ecg:
    """Right and left arm electrodes swapped: I turns over, II and III change places, aVR and aVL too."""
    turned = exchanged(exchanged(ecg, "II", "III"), "aVR", "aVL")
    return Ecg.from_leads(
        {lead: -turned[lead] if lead == "I" else turned[lead] for lead in turned.leads},
        ecg.rate,
        name=ecg.name,
    )


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
    "V2 and V5 swapped": lambda ecg: exchanged(ecg, "V2", "V5"),
    "pacing spikes": with_spikes,
    "white noise, 0.2 mV": lambda ecg: ecg.replace(
        signals=ecg.signals + np.random.default_rng(0).normal(0, 0.2, ecg.signals.shape)
    ),
}


def lines(name: str, root: Path, input_sets: Iterable[str]) -> Iterator[str]:
    """How many recordings of the PTB-XL test fold at 500 Hz a model warns about, a line for each set of
    inputs and harm."""
    from ecgcore.datasets import open_database
    from models.reconstruct import trained

    base, model = open_database("ptb-xl", root), trained(name).model
    recordings = [base.read(record, 500) for record in base.records(split="test")]
    recordings = [ecg for ecg in recordings if ecg.rate == 500]
    for inputs in map(LeadSet, input_sets):
        for harm, do in HARMS.items():
            warned = [bool(model.estimate(do(ecg).pick(inputs)).warnings) for ecg in recordings]
            yield (
                f"{name} {inputs!s:12} {harm:24} warned {np.mean(warned):6.1%} of n = {len(warned)} test "
                "recordings at 500 Hz"
            )
