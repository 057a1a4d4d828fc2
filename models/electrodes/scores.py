"""From a mean beat to probabilities of all arrangements, with the stored networks and their calibration.

Every arrangement's own beat (the recorded one brought back) has an energy, the mean over the stored networks,
and the whole recording's second moments have a likelihood (``models.electrodes.variation``). Both are taken
against those as recorded, times slopes by group of kinds; with an offset by kind and the logarithm of the
prior they are the logits of a softmax. Slopes and offsets come from PTB-XL fold 9, by number of chest leads.
An exchange with the right leg leaves one limb lead nearly flat: its evidence is how flat that lead is
(``flatness``), for no network sees what is not there.

With an earlier recording of the person (``models.electrodes.reference``) the likelihood is that of this
person, and how near each arrangement's beat comes to the earlier one is added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.electrodes.arrangements import KINDS, Arrangement
from ecgcore.electrodes.check import ElectrodeCheck
from ecgcore.electrodes.names import cure
from ecgcore.leads import LeadSet
from models.electrodes.candidates import Candidates, N, candidates, lagged, residual_taps
from models.electrodes.features import FLOOR, ZONES, Beat, mean_beat, recorded, seen_leads
from models.electrodes.reference import STEEPER, beat_of, nearness, usual_of_person
from models.electrodes.variation import Usual, terms, usual_of

WEIGHTS = Path(__file__).parents[1] / "trained" / "electrodes" / "weights.npz"
FLAT_USUAL, FLAT_EXCHANGED = (-0.35, 0.45), (-3.0, 0.5)
"""Mean and SD of the logarithm of a limb lead's RMS over that of the larger other one: as recorded, and of
the lead between the two legs' cables (3 to 8 % of the others, simulated)."""
FLAT_LEAD = {"RA-RL": (0.0, 1.0), "LA-RL": (-1.0, 1.0), "arms-legs": (1.0, 0.0)}
"""The lead that goes flat, from I and II."""
MOVED = ("chest exchange", "chest rotation", "chest reversed"), ("limb exchange",)
GROUPS = np.array([next((n for n, kinds in enumerate(MOVED) if kind in kinds), len(MOVED)) for kind in KINDS])
"""Chest electrodes moved, limb electrodes moved, anything else: each kind's group, which has slopes of its
own."""
SHARES = {
    "chest exchange": 0.42, "limb exchange": 0.30, "chest rotation": 0.05, "chest reversed": 0.02,
    "right leg": 0.05, "polarity": 0.04, "gain": 0.05, "lead order": 0.02, "one space high": 0.05,
}  # fmt: skip


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


@dataclass(frozen=True, eq=False)
class Network:
    """Weights of several networks side by side, see ``models.electrodes.network.Energy``, and their
    calibration by number of chest leads."""

    basis: np.ndarray  # (LENGTH, n_basis)
    first: np.ndarray  # (m, n_in + 1, width), the bias in the last row
    second: np.ndarray  # (m, width + 1, width)
    last: np.ndarray  # (m, width + 1)
    covariance: np.ndarray  # (n_lags * 8, n_lags * 8)
    bias: Mapping[str, float]
    moments: np.ndarray  # (n_steps * 8, n_steps * 8) usual of whole recordings
    slopes: np.ndarray  # (7, n_groups, 3), of energies and the terms of variation
    offsets: np.ndarray  # (7, n_kinds)
    alarms: np.ndarray  # (7,) probability of any mix-up from which on it is told
    taps: dict[LeadSet, np.ndarray] = field(default_factory=dict)
    usual: dict[LeadSet, Usual] = field(default_factory=dict)

    def terms(self, beat: Beat) -> np.ndarray:
        """(n, N_TERMS) of variation for every candidate arrangement of its leads."""
        if beat.leads not in self.usual:
            self.usual[beat.leads] = usual_of(beat.leads, self.moments)
        return terms(beat.moments, self.usual[beat.leads])

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
        x = _with_one(np.concatenate(parts, axis=1)[None].astype(np.float32))
        x = _with_one(_silu(x @ self.first))
        x = _with_one(_silu(x @ self.second))
        bias = np.array([self.bias[arrangement.name] for arrangement in ways.arrangements])
        return np.einsum("mkw,mw->mk", x, self.last).mean(0) + bias


def _with_one(x: np.ndarray) -> np.ndarray:
    return np.concatenate([x, np.ones((*x.shape[:-1], 1), np.float32)], axis=-1)


def _silu(x: np.ndarray) -> np.ndarray:
    return x / (1 + np.exp(-np.clip(x, -60, 60)))


@cache
def network(path: Path = WEIGHTS) -> Network:
    """The stored network, read once."""
    with np.load(path) as stored:
        mean = stored["bias"].mean(0)
        bias = dict(zip(map(str, stored["names"]), map(float, mean), strict=True))
        parts = {name: stored[name].astype(np.float32) for name in ("basis", "first", "second", "last")}
        tables = {
            name: stored[name].astype(np.float64)
            for name in ("covariance", "moments", "slopes", "offsets", "alarms")
        }
        return Network(**parts, **tables, bias=bias)


def evidence(beat: Beat, net: Network, usual: Usual | None = None) -> tuple[Candidates, np.ndarray]:
    """The arrangements and the (n,) logarithm of how well each explains the beat, up to a constant. usual: of
    this person, where an earlier recording tells it."""
    ways, size = candidates(beat.leads), len(beat.leads.chest)
    varied = net.terms(beat) if usual is None else STEEPER * terms(beat.moments, usual)
    parts = np.concatenate([net.energies(beat)[:, None], varied], axis=1)
    kinds = numbers_of_kinds(ways.arrangements)
    values = weighed(parts, net.slopes[size], kinds) + net.offsets[size][kinds]
    flat = {
        number: FLAT_LEAD[arrangement.name]
        for number, arrangement in enumerate(ways.arrangements)
        if arrangement.kind == "right leg"
    }
    top = max(value for number, value in enumerate(values) if number not in flat)
    for number, lead in flat.items():
        values[number] = top + flatness(beat, lead)
    return ways, values


def with_earlier(beat: Beat, net: Network, earlier: Beat | None) -> tuple[Candidates, np.ndarray]:
    """``evidence``, with that of an earlier recording of the person where there is one."""
    if earlier is None:
        return evidence(beat, net)
    ways, values = evidence(beat, net, usual_of_person(beat.leads, net.moments, earlier))
    return ways, values + nearness(beat, ways, earlier)


def numbers_of_kinds(arrangements: tuple[Arrangement, ...]) -> np.ndarray:
    """(n,) place of each arrangement's kind among ``KINDS``."""
    return np.array([KINDS.index(arrangement.kind) for arrangement in arrangements])


def weighed(parts: np.ndarray, slopes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """(..., k) evidence against the first arrangement from its parts (..., k, n_parts). slopes: (n_groups,
    n_parts); kinds: (k,)."""
    return np.asarray(((parts - parts[..., :1, :]) * slopes[GROUPS[kinds]]).sum(-1))


def flatness(beat: Beat, lead: tuple[float, float]) -> float:
    """Logarithm of the likelihood ratio that this limb lead lies between the legs."""
    lead_i, lead_ii = beat.signals[:2]
    own = np.sqrt(np.mean(np.square(lead[0] * lead_i + lead[1] * lead_ii)))
    others = max(np.sqrt(np.mean(np.square(row))) for row in (lead_i, lead_ii, lead_ii - lead_i))
    ratio = np.log(max(own, 1e-4) / max(others, 1e-3))
    (usual, spread), (flat, flat_spread) = FLAT_USUAL, FLAT_EXCHANGED
    exchanged = -0.5 * (max(ratio - flat, 0) / flat_spread) ** 2 - np.log(flat_spread)
    return float(exchanged + 0.5 * (min(ratio - usual, 0) / spread) ** 2 + np.log(spread))


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
    net = network()
    earlier = None if reference is None else beat_of(reference)
    ways, values = with_earlier(beat, net, earlier)
    probabilities = decide(ways, values, prior)
    alarm = float(net.alarms[len(leads.chest)])
    return ElectrodeCheck(probabilities, leads, prior.rate, beat.n, reference is not None, alarm, mistake)


def check_or_none(ecg: Ecg, reference: Ecg | None = None) -> ElectrodeCheck | None:
    """``check``, or None where the leads are too few or no beat is seen."""
    try:
        return check(ecg, reference=reference) if leads_to_check(ecg.leads) else None
    except UnusableEcg:
        return None


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
