"""From a mean beat to probabilities of all arrangements, with the stored networks and their calibration.

Every arrangement's own beat (the recorded one brought back) has an energy, the mean over the stored networks;
the whole recording's second moments have one too, and they and those of each part of the beat a likelihood
(``models.electrodes.variation``), beside mean moments and beside those taught, whose terms weigh as they did
best in the recordings that taught. All are
taken against those as recorded, times slopes by group of kinds; with an offset by kind and the logarithm of
the prior they are the logits of a softmax. Slopes and offsets come from PTB-XL fold 9, by number of chest
leads. An exchange with the right leg leaves one limb lead nearly flat: its evidence is how flat that lead is
(``flatness``) beside all that else explains the beat, for no network sees what is not there.

With an earlier recording of the person (``models.electrodes.reference``) the first likelihood is that of this
person. The evidence so far is one part then, and how near each arrangement's beat comes to the earlier one
two more, limb and chest leads apart; slopes and offsets of these three come from people with several
recordings. Their alarm counts where it is the higher one: they are too few for a quantile of one in a
hundred, and nobody should be told of a chance of one in a hundred. A limb lead that was as flat then is no
sign of a right leg's cable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.electrodes.arrangements import KINDS, Arrangement
from ecgcore.electrodes.check import ElectrodeCheck
from ecgcore.electrodes.correction import as_answered, correction_notes
from ecgcore.electrodes.names import cure
from ecgcore.leads import LeadSet
from models.electrodes.candidates import Candidates, N, candidates, lagged, residual_taps
from models.electrodes.features import FLOOR, ZONES, Beat, mean_beat, recorded, seen_leads
from models.electrodes.reference import Change, beat_of, nearness, usual_of_person
from models.electrodes.variation import FARTHEST, Moments, Usual, moment_features, parts_of, terms, usual_of

WEIGHTS = Path(__file__).parents[1] / "trained" / "electrodes" / "weights.npz"
FLAT_USUAL, FLAT_EXCHANGED = (-0.35, 0.45), (-3.0, 0.5)
"""Mean and SD of the logarithm of a limb lead's RMS over that of the larger other one: as recorded, and of
the lead between the two legs' cables (3 to 8 % of the others, simulated)."""
FLAT_LEAD = {"RA-RL": (0.0, 1.0), "LA-RL": (-1.0, 1.0), "arms-legs": (1.0, 0.0)}
"""The lead that goes flat, from I and II."""
FIFTHS = 5
"""Into so many parts people with several recordings are divided, to be scored by what the others
calibrated."""
MOVED = ("chest exchange", "chest rotation", "chest reversed"), ("limb exchange",)
GROUPS = np.array([next((n for n, kinds in enumerate(MOVED) if kind in kinds), len(MOVED)) for kind in KINDS])
"""Chest electrodes moved, limb electrodes moved, anything else: each kind's group, which has slopes of its
own."""
SHARES = {
    "chest exchange": 0.42, "limb exchange": 0.30, "chest rotation": 0.05, "chest reversed": 0.02,
    "right leg": 0.05, "polarity": 0.04, "gain": 0.005, "lead order": 0.002, "one space high": 0.0005,
}  # fmt: skip
"""Of the kinds among mix-ups. The last three look so much like usual hearts that a larger share raises most
false alarms for few of them noticed (PTB-XL fold 9)."""


def fifths_of(patients: Collection[str]) -> dict[str, int]:
    """1 to FIFTHS for every patient with several recordings."""
    return {name: 1 + number % FIFTHS for number, name in enumerate(sorted(patients))}


@dataclass(frozen=True)
class Prior:
    """rate: share of recordings in which anything is out of place; up to 4 % is published. shares: of the
    kinds among those; within a kind all arrangements alike."""

    rate: float = 0.04
    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1:
            raise UnusableEcg(f"An exchange rate of {self.rate:g} is not possible; it lies between 0 and 1.")
        if unknown := set(self.shares) - set(KINDS):
            raise UnusableEcg(
                f"{', '.join(sorted(unknown))}: no such kind of exchange; there are {', '.join(KINDS[1:])}."
            )

    def log_of(self, ways: tuple[Arrangement, ...]) -> np.ndarray:
        """(n,) logarithms of the prior of these arrangements, as recorded first."""
        count = {kind: sum(way.kind == kind for way in ways) for kind in KINDS}
        share = np.array([self.shares.get(way.kind, 0.0) / count[way.kind] for way in ways])
        share[0] = 0.0
        weights = self.rate * share / share.sum()
        weights[0] = 1 - self.rate
        return np.log(np.maximum(weights, 1e-12))


class Calibration(NamedTuple):
    """By number of chest leads. slopes: (7, n_groups, n_parts) of the parts of evidence; offsets: (7,
    n_kinds); alarms: (7,) probability of any mix-up from which on it is told."""

    slopes: np.ndarray
    offsets: np.ndarray
    alarms: np.ndarray


class Layers(NamedTuple):
    """Several networks of two hidden layers side by side, biases in the last rows. first: (m, n_in + 1,
    width); second: (m, width + 1, width); last: (m, width + 1)."""

    first: np.ndarray
    second: np.ndarray
    last: np.ndarray

    def mean(self, x: np.ndarray) -> np.ndarray:
        """(n,) of inputs (n, n_in), over the networks."""
        h = _with_one(np.broadcast_to(x.astype(np.float32), (len(self.first), *x.shape)))
        h = _with_one(_silu(h @ self.first))
        h = _with_one(_silu(h @ self.second))
        return np.asarray(np.einsum("mkw,mw->mk", h, self.last).mean(0))


@dataclass(frozen=True, eq=False)
class Network:
    """Weights of the networks, see ``models.electrodes.network``, and their calibrations.

    mean: of the recordings that taught, in whose place those of a person come; taught: those that tell
    arrangements apart best. earlier: how beats change between visits and the calibration with an earlier
    recording, of all people with several recordings, then without each fifth of them.
    """

    basis: np.ndarray  # (LENGTH, n_basis)
    of_beats: Layers
    of_moments: Layers
    feature_mean: np.ndarray  # (N_FEATURES,)
    feature_spread: np.ndarray  # (N_FEATURES,)
    covariance: np.ndarray  # (n_lags * 8, n_lags * 8)
    bias: Mapping[str, float]
    mean: Moments
    taught: Moments
    own: Calibration
    earlier: tuple[tuple[Change, Calibration], ...] = ()
    taps: dict[LeadSet, np.ndarray] = field(default_factory=dict)
    usual: dict[LeadSet, tuple[Usual, Usual]] = field(default_factory=dict)

    def likelihoods(self, beat: Beat, person: Usual | None = None) -> np.ndarray:
        """(n, 2) weighed terms of variation, against those as recorded, for every candidate arrangement of
        its leads: beside mean moments and beside those taught. person: what is usual of this person in place
        of the mean, where an earlier recording tells it."""
        if beat.leads not in self.usual:
            mean, taught = (usual_of(beat.leads, own.usual, own.weights) for own in (self.mean, self.taught))
            self.usual[beat.leads] = mean, taught
        mean, taught = self.usual[beat.leads]
        parts, size = parts_of(beat.signals, beat.moments), len(beat.leads.chest)
        kinds = numbers_of_kinds(candidates(beat.leads).arrangements)
        of_mean = weighed(terms(parts, person or mean), self.mean.slopes[size], kinds)
        return np.stack([of_mean, weighed(terms(parts, taught), self.taught.slopes[size], kinds)], axis=1)

    def moment_energies(self, beat: Beat) -> np.ndarray:
        """(n,) of the second moments under every candidate arrangement of its leads."""
        ways = candidates(beat.leads)
        features = moment_features(
            ways.wide @ beat.moments @ ways.wide.transpose(0, 2, 1), self.mean.usual[0]
        )
        unit = np.clip((features - self.feature_mean) / self.feature_spread, -FARTHEST, FARTHEST)
        return self.of_moments.mean(np.concatenate([unit, ways.state], axis=1))

    def energies(self, beat: Beat) -> np.ndarray:
        """(n,) of the beat under every candidate arrangement of its leads."""
        ways = candidates(beat.leads)
        if beat.leads not in self.taps:
            self.taps[beat.leads] = residual_taps(beat.leads, self.covariance).astype(np.float32)
        signals = beat.signals.astype(np.float32)
        shapes = (ways.back.astype(np.float32) @ (signals @ self.basis)).reshape(len(ways.back), -1)
        residuals = self.taps[beat.leads] @ lagged(signals)
        mask = ways.state[:, :N]
        n_basis = self.basis.shape[1]
        power = np.square(shapes).sum(1) / (N * n_basis) * N / np.maximum(mask.sum(1), 0.5)
        scale = np.maximum(np.sqrt(power), FLOOR)[:, None]
        zones = [
            np.log(np.square(residuals[..., first:last]).mean(-1) / scale**2 + least) * (mask > 0.99)
            for first, last, least in ZONES
        ]
        rr = np.full((len(shapes), 1), np.log(max(beat.rr, 0.3)))
        parts = [shapes / scale, *(0.3 * zone for zone in zones), ways.state, rr, np.log(scale) + 1.5]
        bias = np.array([self.bias[arrangement.name] for arrangement in ways.arrangements])
        return self.of_beats.mean(np.concatenate(parts, axis=1)) + bias


def _with_one(x: np.ndarray) -> np.ndarray:
    return np.concatenate([x, np.ones((*x.shape[:-1], 1), np.float32)], axis=-1)


def _silu(x: np.ndarray) -> np.ndarray:
    return x / (1 + np.exp(-np.clip(x, -60, 60)))


@cache
def network(path: Path = WEIGHTS) -> Network:
    """The stored networks, read once."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    mean = arrays["bias"].mean(0)
    basis = arrays["basis"].astype(np.float64)
    return Network(
        basis=arrays["basis"].astype(np.float32),
        of_beats=Layers(*(arrays[name] for name in Layers._fields)),
        of_moments=Layers(*(arrays[f"moments_{name}"] for name in Layers._fields)),
        feature_mean=arrays["feature_mean"],
        feature_spread=arrays["feature_spread"],
        covariance=arrays["covariance"].astype(np.float64),
        bias=dict(zip(map(str, arrays["names"]), map(float, mean), strict=True)),
        mean=moments_in(arrays, "mean"),
        taught=moments_in(arrays, "taught"),
        own=Calibration(*(arrays[name] for name in Calibration._fields)),
        earlier=tuple(_earlier(arrays, basis, row) for row in range(FIFTHS + 1)),
    )


def moments_in(arrays: Mapping[str, np.ndarray], which: str) -> Moments:
    """Those stored as "mean" or "taught"."""
    return Moments(*(arrays[f"{which}_{name}"].astype(np.float64) for name in Moments._fields))


def _earlier(arrays: Mapping[str, np.ndarray], basis: np.ndarray, row: int) -> tuple[Change, Calibration]:
    change = Change(basis, *(arrays[f"earlier_{name}"][row] for name in ("leads", "shapes", "size")))
    return change, Calibration(*(arrays[f"earlier_{name}"][row] for name in Calibration._fields))


class Evidence(NamedTuple):
    """values: (n,) logarithm of how well each arrangement explains the beat, up to a constant. alarm:
    probability of any mix-up from which on it is told."""

    ways: Candidates
    values: np.ndarray
    alarm: float


def evidence(beat: Beat, net: Network, earlier: Beat | None = None, fifth: int = 0) -> Evidence:
    """Of all arrangements of the leads seen. earlier: the beat of an earlier recording of the person. fifth:
    of people with several recordings that must not have calibrated, 0 for none."""
    ways, size = candidates(beat.leads), len(beat.leads.chest)
    kinds, own = numbers_of_kinds(ways.arrangements), net.own
    usual = None if earlier is None else usual_of_person(beat.leads, net.mean.usual, earlier)
    parts = np.column_stack([net.energies(beat), net.moment_energies(beat), net.likelihoods(beat, usual)])
    values, alarm = weighed(parts, own.slopes[size], kinds) + own.offsets[size][kinds], own.alarms[size]
    if earlier is not None:
        change, calibration = net.earlier[fifth]
        parts = np.column_stack([values, nearness(beat, ways, earlier, change)])
        values = weighed(parts, calibration.slopes[size], kinds) + calibration.offsets[size][kinds]
        alarm = max(alarm, calibration.alarms[size])
    flat = {
        number: FLAT_LEAD[arrangement.name]
        for number, arrangement in enumerate(ways.arrangements)
        if arrangement.kind == "right leg"
    }
    others = [number for number in range(len(values)) if number not in flat]
    likely = float(logsumexp((values + Prior().log_of(ways.arrangements))[others]))
    for number, lead in flat.items():
        values[number] = likely + flatness(beat, lead, earlier)
    return Evidence(ways, values, float(alarm))


def numbers_of_kinds(arrangements: tuple[Arrangement, ...]) -> np.ndarray:
    """(n,) place of each arrangement's kind among ``KINDS``."""
    return np.array([KINDS.index(arrangement.kind) for arrangement in arrangements])


def weighed(parts: np.ndarray, slopes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """(..., k) evidence against the first arrangement from its parts (..., k, n_parts). slopes: (n_groups,
    n_parts); kinds: (k,)."""
    return np.asarray(((parts - parts[..., :1, :]) * slopes[GROUPS[kinds]]).sum(-1))


def flatness(beat: Beat, lead: tuple[float, float], earlier: Beat | None = None) -> float:
    """Logarithm of the likelihood ratio that this limb lead lies between the legs. Where it was small in the
    earlier recording already, that is what is usual of the person."""
    (usual, spread), (flat, flat_spread) = FLAT_USUAL, FLAT_EXCHANGED
    if earlier is not None and {"I", "II"} <= set(earlier.leads):
        usual = min(usual, _smallness(earlier, lead))
    ratio = _smallness(beat, lead)
    exchanged = -0.5 * (max(ratio - flat, 0) / flat_spread) ** 2 - np.log(flat_spread)
    return float(exchanged + 0.5 * (min(ratio - usual, 0) / spread) ** 2 + np.log(spread))


def _smallness(beat: Beat, lead: tuple[float, float]) -> float:
    """Logarithm of a limb lead's RMS over the largest of I, II and III."""
    lead_i, lead_ii = beat.signals[:2]
    own = np.sqrt(np.mean(np.square(lead[0] * lead_i + lead[1] * lead_ii)))
    others = max(np.sqrt(np.mean(np.square(row))) for row in (lead_i, lead_ii, lead_ii - lead_i))
    return float(np.log(max(own, 1e-4) / max(others, 1e-3)))


def check(ecg: Ecg, prior: Prior | None = None, reference: Ecg | None = None) -> ElectrodeCheck:
    """Probabilities of all arrangements of a recording's electrodes.

    reference: an earlier recording of the same person, its electrodes in place. Raises UnusableEcg for fewer
    than three independent leads, or without a beat.
    """
    mistake = cure(ecg)
    ecg = recorded(mistake.apply(ecg) if mistake is not None else ecg)
    leads, prior = seen_leads(ecg.leads), prior or Prior()
    if len(leads) < 3 or not leads.chest:
        raise UnusableEcg(
            f"From {ecg.leads} exchanged electrodes cannot be told; "
            "at least I, II and one chest lead are needed."
        )
    beat = mean_beat(ecg)
    if beat is None:
        raise UnusableEcg("No heartbeat is seen in the recording, so its electrodes cannot be checked.")
    ways, values, alarm = evidence(beat, network(), None if reference is None else beat_of(reference))
    probabilities = decide(ways, values, prior)
    return ElectrodeCheck(probabilities, leads, prior.rate, beat.n, reference is not None, alarm, mistake)


def check_or_none(ecg: Ecg, reference: Ecg | None = None) -> ElectrodeCheck | None:
    """``check``, or None where the leads are too few or no beat is seen."""
    try:
        return check(ecg, reference=reference) if leads_to_check(ecg.leads) else None
    except UnusableEcg:
        return None


def checked(ecg: Ecg, correct: bool = False) -> tuple[Ecg, ElectrodeCheck | None, str]:
    """The recording, on demand with what the check names undone; the answer of ``check_or_none``; and what a
    file says of it, "" for nothing. Raises UnusableEcg where no lead can be corrected exactly."""
    answer = check_or_none(ecg)
    if answer is None or not answer.alarm:
        return ecg, answer, ""
    if not correct:
        return ecg, answer, answer.remark
    ecg = as_answered(ecg, answer)
    return ecg, answer, " ".join(correction_notes(ecg))


def decide(ways: Candidates, values: np.ndarray, prior: Prior) -> dict[str, float]:
    """Probabilities by arrangement, likeliest first, from the evidence and the prior."""
    logits = values + prior.log_of(ways.arrangements)
    weights = np.exp(logits - logits.max())
    weights /= weights.sum()
    order = np.argsort(-weights, kind="stable")
    return {ways.arrangements[number].name: float(weights[number]) for number in order}


@cache
def stamp(path: Path = WEIGHTS) -> str:
    """Hash of the stored weights and their calibration."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def leads_to_check(leads: LeadSet) -> bool:
    """Whether a set of leads is enough for a check."""
    seen = seen_leads(leads)
    return len(seen) >= 3 and bool(seen.chest)
