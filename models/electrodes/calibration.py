"""Slopes, offsets and alarm of the check by number of chest leads, from recordings that taught nothing.

Slopes and offsets by kind minimise the prior-weighted cross-entropy over recordings as they are and under
drawn arrangements; the alarm is the probability of a mix-up that ``FALSE_ALARMS`` of the recordings as they
are exceed. With an earlier recording of the person that evidence is one part, how near beats come to the
earlier one are others, and slopes, offsets and alarm come from people with several recordings: from all of
them, and from all but each fifth, so that these people can be scored without having calibrated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from ecgcore.electrodes.arrangements import KINDS
from ecgcore.leads import INDEPENDENT, LeadSet
from models.electrodes.candidates import candidates
from models.electrodes.features import Beat
from models.electrodes.network import Energy, MomentEnergy
from models.electrodes.reference import Change, change_of, differences, nearness, usual_of_person
from models.electrodes.scores import FIFTHS, GROUPS, MOVED, Calibration, Prior, numbers_of_kinds, weighed
from models.electrodes.variation import N_TERMS, WEIGHTS, Moments, Usual, parts_of, terms, usual_of
from models.electrodes.ways import Ways

FULL = LeadSet(INDEPENDENT)
FALSE_ALARMS = 0.01
LOWEST, HIGHEST = 0.01, 0.9
"""Between which an alarm lies."""
SETS: dict[int, tuple[str, ...]] = {
    1: ("I II V1", "I II V3", "I II V4", "I II V5", "I II V6", "I II V2"),
    2: ("II V1 V5", "I II V1 V5", "I II V2 V4"),
    3: ("I II V1 V3 V5",),
    4: ("I II V1 V2 V4 V5",),
    5: ("I II V1 V2 V3 V5 V6",),
    6: ("I II V1 V2 V3 V4 V5 V6",),
}
PUT_UPON = 2
"""Arrangements drawn for each recording."""
LIKELY = 0.2
"""Share of recordings with a mix-up in the fit, and its prior there; the usual prior's would leave little to
fit."""
SHRINK, TERM_SHRINK = 1e-3, 1e-4
"""How strongly offsets are drawn to zero, and slopes of the terms of variation: their square times this is
added to the cross-entropy. Of 0, 2e-5, 1e-4 and 1e-3 for the slopes, less notices fewer of V5-V6 on PTB-XL
fold 9; more gains less from few leads, on those of folds 1-8 that had not taught."""


class HeldOut(NamedTuple):
    """What calibrates. signals: mean beats (n, 8, LENGTH) mV; rr: (n,) s; second: (n, d, d) second moments of
    the recordings."""

    signals: np.ndarray
    rr: np.ndarray
    second: np.ndarray

    def beat(self, number: int) -> Beat:
        """One of them."""
        own = self.signals[number].astype(np.float64), FULL, 1, float(self.rr[number])
        return Beat(*own, self.second[number].astype(np.float64))


class Pairs(NamedTuple):
    """Recordings of one person at two visits. now, earlier: numbers among ``recordings``; fifth: (n,) 1 to
    FIFTHS, of the person; weight: (n,) that persons count alike."""

    recordings: HeldOut
    now: np.ndarray
    earlier: np.ndarray
    fifth: np.ndarray
    weight: np.ndarray


class Nets(NamedTuple):
    """What was taught. covariance: of mean beats with lags; mean, taught: see ``scores.Network``."""

    of_beats: Sequence[Energy]
    of_moments: Sequence[MomentEnergy]
    covariance: np.ndarray
    mean: Moments
    taught: Moments


class Drawn(NamedTuple):
    """Evidence (n, k, n_parts) of recordings as they are; (m, k, ...) under arrangements drawn from the
    prior, which ``true`` are; the (k,) logarithm of the usual prior and of that in the fit, and kinds of the
    arrangements. Without the right leg, whose evidence is no network's."""

    as_they_are: np.ndarray
    moved: np.ndarray
    true: np.ndarray
    prior: np.ndarray
    prior_in_fit: np.ndarray
    kinds: np.ndarray

    def of(self, rows: np.ndarray) -> Drawn:
        """That of some recordings. rows: (n,) booleans."""
        moved = np.tile(rows, len(self.moved) // len(rows))
        some = self.as_they_are[rows], self.moved[moved], self.true[moved]
        return Drawn(*some, self.prior, self.prior_in_fit, self.kinds)


class Seen(NamedTuple):
    """The beats behind ``Drawn``, and places of its arrangements among all candidates."""

    as_they_are: Sequence[Beat]
    moved: Sequence[Beat]
    places: np.ndarray

    def of(self, rows: np.ndarray) -> Seen:
        """Those of some recordings. rows: (n,) booleans."""
        moved = np.tile(rows, len(self.moved) // len(rows))
        return Seen(
            [beat for beat, keep in zip(self.as_they_are, rows, strict=True) if keep],
            [beat for beat, keep in zip(self.moved, moved, strict=True) if keep],
            self.places,
        )


def calibrate(nets: Nets, held_out: HeldOut) -> Calibration:
    """From recordings of people who have one."""
    parts = {size: [drawn(nets, held_out, LeadSet(text))[0] for text in sets] for size, sets in SETS.items()}
    return _calibrated(parts)


def fit_terms(
    covariance: np.ndarray,
    moments: np.ndarray,
    taught: HeldOut,
    by_size: Mapping[int, Sequence[str]] = SETS,
    weights: np.ndarray = WEIGHTS,
) -> np.ndarray:
    """(7, n_groups, N_TERMS) slopes of the terms of variation by number of chest leads, from the recordings
    that taught: these terms have hardly anything to learn by heart, and fold 9 has too few recordings for
    slopes of each. moments, weights: see ``usual_of``."""
    slopes = np.zeros((7, len(MOVED) + 1, N_TERMS))
    for size, sets in by_size.items():
        parts = []
        for leads in map(LeadSet, sets):
            ways, usual = Ways(leads, covariance), usual_of(leads, moments, weights)

            def varied(seen: Sequence[Beat], ways: Ways = ways, usual: Usual = usual) -> np.ndarray:
                own = [terms(parts_of(beat.signals, beat.moments), usual) for beat in seen]
                return np.stack(own)[:, ways.places]

            parts.append(_drawn(taught, leads, ways, varied)[0])
        slopes[size] = fitted(parts, TERM_SHRINK)[0]
    return slopes


def calibrate_earlier(nets: Nets, pairs: Pairs, own: Calibration) -> dict[str, np.ndarray]:
    """What is beside the evidence of ``own`` with an earlier recording, and how beats change between visits,
    each with one row for all pairs and one without each fifth of the people."""
    today = HeldOut(*(part[pairs.now] for part in pairs.recordings))
    earlier = [pairs.recordings.beat(number) for number in pairs.earlier]
    looks = {}
    for size, sets in SETS.items():
        usual = [usual_of_person(LeadSet(sets[-1]), nets.mean.usual, beat) for beat in earlier]
        part, seen = drawn(nets, today, LeadSet(sets[-1]), [person for person in usual if person is not None])
        looks[size] = _summed(part, own.slopes[size], own.offsets[size]), seen
    rows: list[dict[str, np.ndarray]] = []
    for fifth in range(FIFTHS + 1):
        apart = pairs.fifth != fifth
        change = _change(nets, pairs, apart)
        parts = {
            size: [_beside(part.of(apart), seen.of(apart), np.flatnonzero(apart), earlier, change)]
            for size, (part, seen) in looks.items()
        }
        calibration = _calibrated(parts)._asdict()
        rows.append(calibration | {"leads": change.leads, "shapes": change.shapes, "size": change.size})
    return {f"earlier_{name}": np.stack([row[name] for row in rows]) for name in rows[0]}


def _summed(part: Drawn, slopes: np.ndarray, offsets: np.ndarray) -> Drawn:
    """Its evidence as one part."""

    def sums(values: np.ndarray) -> np.ndarray:
        return (weighed(values, slopes, part.kinds) + offsets[part.kinds])[..., None]

    return part._replace(as_they_are=sums(part.as_they_are), moved=sums(part.moved))


def _beside(part: Drawn, seen: Seen, numbers: np.ndarray, earlier: Sequence[Beat], change: Change) -> Drawn:
    """With how near each arrangement's beat comes to the earlier one."""

    def wider(values: np.ndarray, beats: Sequence[Beat]) -> np.ndarray:
        near = []
        for row, beat in enumerate(beats):
            ways = candidates(beat.leads)
            before = earlier[numbers[row % len(numbers)]]
            near.append(nearness(beat, ways, before, change)[seen.places])
        return np.concatenate([values, np.stack(near)], axis=-1)

    return part._replace(
        as_they_are=wider(part.as_they_are, seen.as_they_are), moved=wider(part.moved, seen.moved)
    )


def _change(nets: Nets, pairs: Pairs, rows: np.ndarray) -> Change:
    basis = nets.of_beats[0].basis.double().numpy()
    signals, both = pairs.recordings.signals.astype(np.float64), np.ones((1, len(FULL)), bool)
    apart = [
        differences(signals[[now]], signals[earlier], basis, both)[0]
        for now, earlier in zip(pairs.now[rows], pairs.earlier[rows], strict=True)
    ]
    return change_of(np.stack(apart), pairs.weight[rows], basis)


def _calibrated(parts: dict[int, list[Drawn]]) -> Calibration:
    n_parts = parts[6][0].moved.shape[-1]
    slopes, offsets = np.zeros((7, len(MOVED) + 1, n_parts)), np.zeros((7, len(KINDS)))
    slopes[0, :, 0], alarms = 1.0, np.full(7, 0.5)
    for size, some in parts.items():
        slopes[size], offsets[size] = fitted(some)
        wrong = [wrong_of(part.as_they_are, part, slopes[size], offsets[size]) for part in some]
        alarms[size] = np.clip(np.quantile(np.concatenate(wrong), 1 - FALSE_ALARMS), LOWEST, HIGHEST)
    return Calibration(slopes, offsets, alarms)


def drawn(
    nets: Nets, held_out: HeldOut, leads: LeadSet, usual: Sequence[Usual] | None = None
) -> tuple[Drawn, Seen]:
    """The evidence of recordings as they are and with drawn arrangements put upon them, through these
    leads, and the beats seen. usual: of each person, where an earlier recording tells it."""
    ways, size = Ways(leads, nets.covariance), len(leads.chest)
    of_mean, of_taught = (usual_of(leads, own.usual, own.weights) for own in (nets.mean, nets.taught))
    every, kinds = np.arange(len(ways.arrangements)), numbers_of_kinds(ways.arrangements)
    intervals = torch.from_numpy(held_out.rr[:, None].astype(np.float32)).clamp_min(0.3)

    def evidence(seen: Sequence[Beat]) -> np.ndarray:
        signals = np.stack([beat.signals for beat in seen]).astype(np.float32)
        second = np.stack([beat.moments for beat in seen])
        with torch.inference_mode():
            of_beats = [ways.energies(net, signals, intervals, every).numpy() for net in nets.of_beats]
            of_moments = [
                ways.moment_energies(net, second, nets.mean.usual[0], every).numpy()
                for net in nets.of_moments
            ]
        parts = [parts_of(beat.signals, beat.moments) for beat in seen]
        own = [usual[row] if usual else of_mean for row in range(len(seen))]
        likelihoods = [
            weighed(
                np.stack([terms(*pair)[ways.places] for pair in zip(parts, beside, strict=True)]),
                moments.slopes[size],
                kinds,
            )
            for moments, beside in ((nets.mean, own), (nets.taught, [of_taught] * len(seen)))
        ]
        return np.stack([np.mean(of_beats, axis=0), np.mean(of_moments, axis=0), *likelihoods], axis=-1)

    return _drawn(held_out, leads, ways, evidence)


def _drawn(
    held_out: HeldOut, leads: LeadSet, ways: Ways, evidence: Callable[[Sequence[Beat]], np.ndarray]
) -> tuple[Drawn, Seen]:
    """The same with any evidence (n, k, n_parts) of beats seen."""
    rng, size = np.random.default_rng(0), len(held_out.signals)
    prior = Prior().log_of(ways.arrangements)
    weights = np.exp(prior[1:]) / np.exp(prior[1:]).sum()
    matrices = np.stack([ways.see @ arrangement.matrix for arrangement in ways.arrangements])

    def see(numbers: np.ndarray) -> list[Beat]:
        return [held_out.beat(row).through(matrices[number], leads) for row, number in enumerate(numbers)]

    true = [1 + rng.choice(len(weights), size, p=weights) for _ in range(PUT_UPON)]
    moved, as_they_are = [see(numbers) for numbers in true], see(np.zeros(size, int))
    values = np.concatenate([evidence(seen) for seen in moved])
    in_fit, kinds = Prior(LIKELY).log_of(ways.arrangements), numbers_of_kinds(ways.arrangements)
    part = Drawn(evidence(as_they_are), values, np.concatenate(true), prior, in_fit, kinds)
    return part, Seen(as_they_are, [beat for seen in moved for beat in seen], ways.places)


def wrong_of(values: np.ndarray, part: Drawn, slopes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """(n,) probability of any mix-up."""
    logits = weighed(values, slopes, part.kinds) + offsets[part.kinds] + part.prior
    return np.asarray(1 - np.exp(logits[:, 0] - logsumexp(logits, axis=1)))


def fitted(parts: Sequence[Drawn], shrink: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Slopes (n_groups, n_parts), none below zero for no evidence speaks against itself, and offsets
    (n_kinds,). shrink: how strongly slopes, in units of their part's spread, are drawn to zero."""
    n_slopes = parts[0].moved.shape[-1]
    shape = (len(MOVED) + 1, n_slopes)
    wide = np.concatenate([(part.moved - part.moved[:, :1]).reshape(-1, n_slopes) for part in parts])
    size = np.tile(wide.std(0) + 1e-9, (shape[0], 1))

    def loss(free: np.ndarray) -> tuple[float, np.ndarray]:
        slopes, offsets = free[: size.size].reshape(shape) / size, np.append(0.0, free[size.size :])
        total, steep, lift = 0.0, np.zeros(shape), np.zeros(len(KINDS))
        for part in parts:
            as_true = np.zeros(len(part.as_they_are), int)
            for share, values, true in (
                (1 - LIKELY, part.as_they_are, as_true),
                (LIKELY, part.moved, part.true),
            ):
                logits = weighed(values, slopes, part.kinds) + offsets[part.kinds] + part.prior_in_fit
                rows = np.arange(len(true))
                total += share * np.mean(logsumexp(logits, axis=1) - logits[rows, true])
                residual = softmax(logits, axis=1)
                residual[rows, true] -= 1
                residual *= share / len(true)
                by_way = np.einsum("nk,nkf->kf", residual, values - values[:, :1])
                np.add.at(steep, GROUPS[part.kinds], by_way)
                np.add.at(lift, part.kinds, residual.sum(0))
        slope = np.append((steep / size).ravel(), lift[1:]) / len(parts)
        slope[size.size :] += 2 * SHRINK * offsets[1:]
        own = free[: size.size]
        slope[: size.size] += 2 * shrink * own
        return total / len(parts) + SHRINK * np.square(offsets).sum() + shrink * np.square(own).sum(), slope

    start = np.zeros(size.size + len(KINDS) - 1)
    start[: size.size : n_slopes] = size[:, 0]
    bounds = [(0, None)] * size.size + [(None, None)] * (len(KINDS) - 1)
    free = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}).x
    return free[: size.size].reshape(shape) / size, np.append(0.0, free[size.size :])
