"""Teach and calibrate the check of electrodes: PTB-XL folds 1-8 teach, fold 9 calibrates; people with several
recordings do neither but calibrate the check with an earlier one.

Each recording's mean beat is put under an arrangement drawn at random, seen through leads drawn at random,
and a network must find the arrangement among others: a softmax over their energies (a classifier in place
of a density; Gutmann and Hyvarinen 2010); another does the same with second moments of the recording.
Recordings are changed a little: size of the chest against the limb, gain and place of each electrode, noise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ecgcore.datasets import Database, open_database
from ecgcore.ecg import UnusableEcg
from ecgcore.electrodes.arrangements import arrangements
from ecgcore.leads import CHEST, INDEPENDENT, LIMB, LeadSet
from models.electrodes.calibration import HeldOut, Nets, Pairs, calibrate, calibrate_earlier, fit_terms
from models.electrodes.candidates import STEPS, N, lagged
from models.electrodes.features import LENGTH, mean_beat
from models.electrodes.network import Energy, MomentEnergy
from models.electrodes.scores import Calibration, fifths_of
from models.electrodes.variation import mean_moments, moment_features, parts_of
from models.electrodes.ways import Ways

FULL = LeadSet(INDEPENDENT)
LARGEST_MV = 6.0
N_BASIS = 12
DRAWN = {
    "chest exchange": 1.0, "chest rotation": 0.6, "chest reversed": 1.0, "limb exchange": 1.5,
    "polarity": 0.5, "gain": 0.25, "lead order": 0.4, "one space high": 1.0,
}  # fmt: skip
"""How often an arrangement of each kind is among those drawn for a batch; an exchange with the right leg,
which leaves a flat lead, is not learned."""
AS_RECORDED_SHARE = 0.4


@dataclass(frozen=True)
class Beats:
    """signals: (n, 8, LENGTH) mV; rr: (n,) s; second: (n, d, d) second moments of the recordings; records:
    (n,) names."""

    signals: np.ndarray
    rr: np.ndarray
    second: np.ndarray
    records: np.ndarray

    def usable(self) -> Beats:
        """Those of which no sample is beyond LARGEST_MV."""
        good = np.abs(self.signals).max((1, 2)) < LARGEST_MV
        return Beats(self.signals[good], self.rr[good], self.second[good], self.records[good])


@dataclass(frozen=True)
class Plan:
    """width: of the hidden layers. candidates: arrangements that a beat is compared with in a step. rate: of
    learning."""

    width: int = 128
    epochs: int = 70
    batch: int = 96
    candidates: int = 20
    rate: float = 3e-3
    weight_decay: float = 0.02
    dropout: float = 0.1
    seed: int = 0


MOMENTS_PLAN = Plan(width=96, epochs=35, candidates=12, dropout=0.2, weight_decay=0.05)
"""For networks of second moments."""


def read_beats(root: Path, split: str, rate: float = 500.0) -> Beats:
    """The mean beats of a split of PTB-XL, without patients who have several recordings there: those show
    what an earlier recording adds."""
    base = open_database("ptb-xl", root)
    several = base.repeated_patients
    records = [name for name in base.records(split=split) if base.info(name)["patient"] not in several]
    return _read(base, records, rate)


def _read(base: Database, names: Sequence[str], rate: float) -> Beats:
    signals, rr, second, records = [], [], [], []
    for record in names:
        try:
            ecg = base.read(record, rate)
            beat = mean_beat(ecg.pick(INDEPENDENT))
        except UnusableEcg:
            continue
        if beat is not None:
            signals.append(beat.signals)
            rr.append(beat.rr)
            second.append(beat.moments.astype(np.float32))
            records.append(record)
    shapes = np.stack(signals).astype(np.float32)
    return Beats(shapes, np.array(rr, np.float32), np.stack(second), np.array(records))


def covariance_of(beats: Beats) -> np.ndarray:
    """(72, 72) second moments of the mean beats with their lags, each divided by its power."""
    rows = lagged(beats.signals.astype(np.float64))
    power = np.square(rows).mean((1, 2)) + 1e-3
    return np.einsum("nit,njt,n->ij", rows, rows, 1 / power, optimize=True) / rows.shape[2] / len(rows)


def basis_of(beats: Beats) -> np.ndarray:
    """(LENGTH, N_BASIS) principal shapes in time of a lead, half whitened."""
    size = np.sqrt(np.square(beats.signals).mean((1, 2), keepdims=True))
    rows = (beats.signals / size).reshape(-1, LENGTH).astype(np.float64)
    values, vectors = np.linalg.eigh(rows.T @ rows / len(rows))
    return (vectors[:, ::-1] / np.sqrt(np.sqrt(values[::-1])))[:, :N_BASIS].astype(np.float32)


def other_chests(n: int, rng: np.random.Generator) -> np.ndarray:
    """(n, 8, 8) leads of other chests and amplifiers from those recorded."""
    sizes = np.exp(rng.normal(0, 0.02, (n, N)))
    sizes[:, 2:] *= np.exp(rng.normal(0, 0.2, (n, 1)))
    share = rng.normal(0, 0.02, (n, len(CHEST)))
    out = np.tile(np.eye(N), (n, 1, 1))
    for number in range(len(CHEST)):
        lead, right, left = (2 + min(max(number + step, 0), len(CHEST) - 1) for step in (0, 1, -1))
        beside = np.where(share[:, number] > 0, right, left)
        out[:, lead, lead] -= np.abs(share[:, number])
        out[np.arange(n), lead, beside] += np.abs(share[:, number])
    return out * sizes[:, None]


def changed(signals: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, 8, LENGTH) mV of other chests and amplifiers than those recorded, with noise."""
    out = other_chests(len(signals), rng) @ signals
    offset, slope = rng.normal(0, 0.005, (2, len(signals), N, 1))
    out += offset + slope * np.linspace(-1, 1, LENGTH)
    out += rng.normal(0, 1, out.shape) * noise(len(signals), rng)
    return out.astype(np.float32)


def changed_moments(second: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, d, d) second moments of other chests and amplifiers, with noise that no two samples share."""
    n, d = len(second), second.shape[1]
    other = np.zeros((n, d, d))
    matrices = other_chests(n, rng)
    for start in range(0, d, N):
        other[:, start : start + N, start : start + N] = matrices
    return other @ second @ other.transpose(0, 2, 1) + np.square(noise(n, rng)) * np.eye(d)


def noise(n: int, rng: np.random.Generator) -> np.ndarray:
    """(n, 1, 1) mV RMS."""
    return np.exp(rng.normal(np.log(0.002), 0.6, (n, 1, 1)))


def draw_leads(rng: np.random.Generator) -> LeadSet:
    """All eight in half of the batches, else any chest leads with both, one or no limb lead."""
    if rng.random() < 0.5:
        return FULL
    chest = rng.choice(CHEST, rng.integers(1, 7), replace=False)
    limb = ("I", "II") if rng.random() < 0.8 or len(chest) < 2 else rng.choice(LIMB, rng.integers(0, 2))
    return LeadSet([*limb, *chest])


def drawn(ways: Ways, count: int, rng: np.random.Generator) -> np.ndarray:
    """Numbers of the arrangements of a batch, as recorded first."""
    weight = np.array([DRAWN.get(arrangement.kind, 0.0) for arrangement in ways.arrangements])
    count = min(count, int((weight > 0).sum()))
    return np.concatenate(
        [[0], np.sort(rng.choice(len(weight), count, replace=False, p=weight / weight.sum()))]
    )


class Batch(NamedTuple):
    """What a step of training looks at. rows: of the recordings. some: numbers of the arrangements compared;
    prior: (len(some),) theirs; true: (n,) place among them of each recording's."""

    rows: np.ndarray
    ways: Ways
    some: np.ndarray
    prior: np.ndarray
    true: np.ndarray

    def matrices(self) -> np.ndarray:
        """(n, n_leads, 8) leads seen from true ones."""
        some = [self.ways.arrangements[number] for number in self.some]
        return np.stack([self.ways.see @ some[number].matrix for number in self.true])

    def loss(self, energies: Tensor) -> Tensor:
        """Cross-entropy of (n, len(some)) energies."""
        logits = energies + torch.from_numpy(np.log(self.prior)).float()
        return F.cross_entropy(logits, torch.from_numpy(self.true))


def batches(count: int, covariance: np.ndarray, plan: Plan, rng: np.random.Generator) -> Iterator[Batch]:
    """Those of all epochs over so many recordings."""
    stored: dict[LeadSet, Ways] = {}
    for _ in range(plan.epochs):
        order = rng.permutation(count)
        for rows in order[: count // plan.batch * plan.batch].reshape(-1, plan.batch):
            leads = draw_leads(rng)
            ways = stored.setdefault(leads, stored.get(leads) or Ways(leads, covariance))
            some = drawn(ways, plan.candidates, rng)
            others = (1 - AS_RECORDED_SHARE) / (len(some) - 1)
            prior = np.append(AS_RECORDED_SHARE, np.full(len(some) - 1, others))
            yield Batch(rows, ways, some, prior, rng.choice(len(some), plan.batch, p=prior))


def train(beats: Beats, covariance: np.ndarray, plan: Plan) -> Iterator[tuple[int, float, Energy]]:
    """Epoch, mean loss and the network of mean beats after each epoch."""
    rng = np.random.default_rng(plan.seed)
    torch.manual_seed(plan.seed)
    net = Energy(torch.from_numpy(basis_of(beats)), plan.width, len(arrangements()), plan.dropout)

    def energies(batch: Batch) -> Tensor:
        seen = batch.matrices().astype(np.float32) @ changed(beats.signals[batch.rows], rng)
        rr = torch.from_numpy(beats.rr[batch.rows, None]).clamp_min(0.3)
        return batch.ways.energies(net, seen, rr, batch.some)

    yield from _descend(net, energies, len(beats.rr), covariance, plan, rng)


def train_on_moments(
    beats: Beats, covariance: np.ndarray, plan: Plan
) -> Iterator[tuple[int, float, MomentEnergy]]:
    """The same of the network of second moments."""
    rng = np.random.default_rng(plan.seed)
    torch.manual_seed(plan.seed)
    usual = mean_moments(beats.second)
    features = torch.from_numpy(moment_features(beats.second, usual)).float()
    net = MomentEnergy(features.mean(0), features.std(0) + 1e-6, plan.width, plan.dropout)

    def energies(batch: Batch) -> Tensor:
        wide = np.kron(np.eye(len(STEPS)), batch.matrices())
        second = wide @ changed_moments(beats.second[batch.rows], rng) @ wide.transpose(0, 2, 1)
        return batch.ways.moment_energies(net, second, usual, batch.some)

    yield from _descend(net, energies, len(beats.rr), covariance, plan, rng)


Trained = TypeVar("Trained", Energy, MomentEnergy)


def _descend(
    net: Trained,
    energies: Callable[[Batch], Tensor],
    count: int,
    covariance: np.ndarray,
    plan: Plan,
    rng: np.random.Generator,
) -> Iterator[tuple[int, float, Trained]]:
    weights = [value for name, value in net.named_parameters() if name != "bias"]
    groups = [{"params": weights}]
    if isinstance(net, Energy):
        groups.append({"params": [net.bias], "weight_decay": 0.0})
    optimiser = torch.optim.AdamW(groups, lr=plan.rate, weight_decay=plan.weight_decay)
    per_epoch = count // plan.batch
    steps = plan.epochs * per_epoch
    course = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan.rate, total_steps=steps, pct_start=0.1)
    net.train()
    total = 0.0
    for step, batch in enumerate(batches(count, covariance, plan, rng), 1):
        loss = batch.loss(energies(batch))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        course.step()
        total += loss.item() / per_epoch
        if step % per_epoch == 0:
            yield step // per_epoch - 1, total, net.eval()
            total = 0.0
            net.train()
    net.eval()


def stored_form(nets: Nets) -> dict[str, np.ndarray]:
    """The arrays of ``models.electrodes.scores.Network`` but for the calibrations."""

    def layer(linear: torch.nn.Linear) -> np.ndarray:
        return np.concatenate([linear.weight.detach().numpy().T, linear.bias.detach().numpy()[None]])

    def layers(some: Sequence[Energy] | Sequence[MomentEnergy], before: str = "") -> dict[str, np.ndarray]:
        return {
            f"{before}first": np.stack([layer(net.first) for net in some]),
            f"{before}second": np.stack([layer(net.second) for net in some]),
            f"{before}last": np.stack([layer(net.last)[:, 0] for net in some]),
        }

    return {
        "names": np.array([arrangement.name for arrangement in arrangements()]),
        "basis": nets.of_beats[0].basis.numpy(),
        **layers(nets.of_beats),
        **layers(nets.of_moments, "moments_"),
        "feature_mean": nets.of_moments[0].mean.numpy(),
        "feature_spread": nets.of_moments[0].spread.numpy(),
        "bias": np.stack([net.bias.detach().numpy() for net in nets.of_beats]),
        "covariance": nets.covariance,
        "moments": nets.moments,
        "term_slopes": nets.term_slopes,
    }


def networks_of(stored: Mapping[str, np.ndarray]) -> Nets:
    """The networks of ``stored_form``."""
    basis, mean, spread = (torch.from_numpy(stored[x]) for x in ("basis", "feature_mean", "feature_spread"))
    width, other = stored["second"].shape[-1], stored["moments_second"].shape[-1]
    of_beats = [Energy(basis, width, len(arrangements())) for _ in stored["first"]]
    of_moments = [MomentEnergy(mean, spread, other) for _ in stored["moments_first"]]
    for before, nets in (("", of_beats), ("moments_", of_moments)):
        for number, net in enumerate(nets):
            for name, linear in (("first", net.first), ("second", net.second), ("last", net.last)):
                weight = stored[f"{before}{name}"][number].reshape(linear.in_features + 1, -1).T
                linear.weight.data = torch.from_numpy(weight[:, :-1].copy()).float()
                linear.bias.data = torch.from_numpy(weight[:, -1].copy()).float()
            net.eval()
    for number, net in enumerate(of_beats):
        net.bias.data = torch.from_numpy(stored["bias"][number]).float()
    usual = (stored[name].astype(np.float64) for name in ("covariance", "moments", "term_slopes"))
    return Nets(of_beats, of_moments, *usual)


def store(nets: Nets, root: Path, path: Path) -> None:
    """Calibrate on recordings that taught nothing and write the weights."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beats = read_beats(root, "val")
    arrays = stored_form(nets)
    own = calibrate(nets, HeldOut(beats.signals, beats.rr, beats.second))
    arrays |= own._asdict() | calibrate_earlier(nets, read_pairs(root), own)
    exact = {"names", *Calibration._fields}
    np.savez_compressed(
        path, **{name: value if name in exact else value.astype(np.float32) for name, value in arrays.items()}
    )


def read_pairs(root: Path) -> Pairs:
    """Neighbouring recordings of people who have several in PTB-XL, each the earlier one once."""
    base = open_database("ptb-xl", root)
    own = base.index[base.index["patient"].isin(base.repeated_patients)]
    beats = _read(base, list(own["record"]), 500.0)
    fifths, patient = fifths_of(base.repeated_patients), dict(zip(own["record"], own["patient"], strict=True))
    of_patient = np.array([patient[record] for record in beats.records])
    pairs: list[tuple[int, int]] = []
    for name in sorted(set(of_patient)):
        numbers = np.flatnonzero(of_patient == name)
        for first, other in pairwise(numbers):
            pairs += [(other, first), (first, other)]
    now, earlier = np.array(pairs).T
    counts = Counter(of_patient[now])
    weight = np.array([1 / counts[name] for name in of_patient[now]])
    fifth = np.array([fifths[name] for name in of_patient[now]])
    return Pairs(HeldOut(beats.signals, beats.rr, beats.second), now, earlier, fifth, weight)


def make(root: Path, path: Path, plan: Plan, count: int = 4) -> None:
    """Teach ``count`` networks of each kind on folds 1-8, calibrate them on fold 9 and write them."""
    beats = read_beats(root, "train").usable()
    covariance = covariance_of(beats)
    of_beats, of_moments = [], []
    for seed in range(1, count + 1):
        own, other = replace(plan, seed=seed), replace(MOMENTS_PLAN, seed=seed)
        other = replace(other, epochs=min(other.epochs, plan.epochs))
        of_beats.append(_followed(train(beats, covariance, own), f"mean beat, network {seed} of {count}"))
        course = train_on_moments(beats, covariance, other)
        of_moments.append(_followed(course, f"second moments, network {seed} of {count}"))
    store(Nets(of_beats, of_moments, covariance, *usual_terms(beats, covariance)), root, path)


def usual_terms(beats: Beats, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The usual moments (N_PARTS, d, d) of recordings and of the parts of their beats, and what each of their
    terms weighs: every other recording is enough for that."""
    moments = mean_moments(parts_of(beats.signals, beats.second))
    some = HeldOut(*(part[::2] for part in (beats.signals, beats.rr, beats.second)))
    return moments, fit_terms(covariance, moments, some)


def calibrate_again(root: Path, path: Path) -> None:
    """Weigh the terms of folds 1-8 and calibrate on fold 9 once more, with the stored networks."""
    with np.load(path) as stored:
        nets = networks_of({name: stored[name] for name in stored.files})
    moments, slopes = usual_terms(read_beats(root, "train").usable(), nets.covariance)
    store(nets._replace(moments=moments, term_slopes=slopes), root, path)


def _followed(course: Iterator[tuple[int, float, Trained]], title: str) -> Trained:
    """The network at the end of a training, a line for each epoch."""
    last: Trained | None = None
    for epoch, loss, net in course:
        print(f"{title}, epoch {epoch + 1}: loss {loss:.3f}", flush=True)
        last = net
    assert last is not None
    return last
