"""Teach and calibrate the check of electrodes: PTB-XL folds 1-8 teach, fold 9 calibrates; people with several
recordings do neither but calibrate the check with an earlier one.

Each recording's mean beat is put under an arrangement drawn at random, seen through leads drawn at random,
and a network must find the arrangement among others: a softmax over their energies (a classifier in place
of a density; Gutmann and Hyvarinen 2010); another does the same with second moments of the recording.
Recordings are changed a little: size of the chest against the limb, gain and place of each electrode, noise.
The usual moments of the closed form are taught in the same way, from their means on.

On fold 9, calibrated on one half of its people and judged on the other, both ways (V5-V6; V2-V4 from I, II
and V2; LA-LL; false alarms, mean of six other databases): mean moments alone .836, .535, .879, .024; taught
ones in their place .817, .570, .904, .026; both .836, .570, .907, .026, which is what is done. In their place
but taught without noise, other chests and more sets of three leads: .825, .502, .911, .033. With 1,007
recordings of CPSC 2018, CPSC extra, Chapman/Ningbo and the Challenge 2011 that the check doubted not, or with
exchanges of neighbours in every batch, V5-V6 fell to .805 and .825 (.830 with mean moments, in ten
divisions). One network of each kind gives .847 of V5-V6, two .853, four .852 (in four divisions).

With mean moments and a single network of mean beats, V5-V6, LA-LL, and V2-V4 from I, II and V2 are .835,
.871, .517; of width 256 .839, .881, .526; taught with more sets of three leads .832, .868, .532. One seed
each: LA-LL of two pairs of seeds differs by .022.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from ecgcore.datasets import Database, open_database
from ecgcore.ecg import UnusableEcg
from ecgcore.electrodes.arrangements import arrangements
from ecgcore.leads import INDEPENDENT, LeadSet
from models.electrodes.calibration import HeldOut, Nets, Pairs, calibrate, calibrate_earlier, fit_terms
from models.electrodes.candidates import STEPS, lagged
from models.electrodes.draws import (
    Batch,
    Plan,
    batches,
    changed,
    changed_moments,
    draw_leads,
    draw_three_more,
    noise,
    other_chests,
)
from models.electrodes.features import LENGTH, mean_beat
from models.electrodes.network import Energy, MomentEnergy, Terms
from models.electrodes.scores import Calibration, fifths_of, moments_in
from models.electrodes.variation import WEIGHTS, Moments, mean_moments, moment_features, parts_of

LARGEST_MV = 6.0
N_BASIS = 12
NOISE_LEFT = 0.3
"""Share of a recording's noise in its mean beat."""


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


MOMENTS_PLAN = Plan(width=96, epochs=35, candidates=12, dropout=0.2, weight_decay=0.05)
"""For networks of second moments."""
TERMS_PLAN = Plan(epochs=20, candidates=16, rate=0.01, weight_decay=0.0, seed=1)
"""For the usual moments of the closed form."""


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


Trained = TypeVar("Trained", Energy, MomentEnergy, Terms)


def train_terms(beats: Beats, covariance: np.ndarray, plan: Plan) -> Iterator[tuple[int, float, Terms]]:
    """The same of the usual moments that the closed form stands on, from their means on."""
    rng = np.random.default_rng(plan.seed)
    net = Terms(mean_moments(parts_of(beats.signals, beats.second)), WEIGHTS)

    def energies(batch: Batch) -> Tensor:
        n, see = len(batch.rows), batch.see()
        matrices, loud = batch.matrices() @ other_chests(n, rng), noise(n, rng)
        wide = np.kron(np.eye(len(STEPS)), matrices)
        second = wide @ beats.second[batch.rows] @ wide.transpose(0, 2, 1)
        second += np.square(loud) * np.eye(second.shape[-1])
        signals = matrices @ beats.signals[batch.rows]
        signals += rng.normal(0, NOISE_LEFT, signals.shape) * loud
        parts = torch.from_numpy(parts_of(signals, second))
        size = len(batch.ways.leads.chest)
        return net(parts, torch.from_numpy(see), torch.from_numpy(batch.kinds()), size)

    yield from _descend(net, energies, len(beats.rr), covariance, plan, rng, draw_three_more)


def _descend(
    net: Trained,
    energies: Callable[[Batch], Tensor],
    count: int,
    covariance: np.ndarray,
    plan: Plan,
    rng: np.random.Generator,
    draw: Callable[[np.random.Generator], LeadSet] = draw_leads,
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
    for step, batch in enumerate(batches(count, covariance, plan, rng, draw), 1):
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
        **{f"mean_{name}": value for name, value in nets.mean._asdict().items()},
        **{f"taught_{name}": value for name, value in nets.taught._asdict().items()},
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
    moments = moments_in(stored, "mean"), moments_in(stored, "taught")
    return Nets(of_beats, of_moments, stored["covariance"].astype(np.float64), *moments)


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
    store(Nets(of_beats, of_moments, covariance, *usual_terms(beats, covariance, plan.epochs)), root, path)


def usual_terms(beats: Beats, covariance: np.ndarray, epochs: int) -> tuple[Moments, Moments]:
    """The mean moments of recordings and of the parts of their beats, and those taught from there; what each
    of their terms weighs, every other recording is enough for."""
    some = HeldOut(*(part[::2] for part in (beats.signals, beats.rr, beats.second)))
    plan = replace(TERMS_PLAN, epochs=min(TERMS_PLAN.epochs, epochs))
    net = _followed(train_terms(beats, covariance, plan), "terms of variation")
    taught = net.moments().detach().numpy(), net.weights().detach().numpy()
    out = []
    for usual, weights in ((mean_moments(parts_of(beats.signals, beats.second)), WEIGHTS), taught):
        out.append(Moments(usual, weights, fit_terms(covariance, usual, some, weights=weights)))
    return out[0], out[1]


def calibrate_again(root: Path, path: Path) -> None:
    """Teach and weigh the terms on folds 1-8 and calibrate on fold 9 once more, with the stored networks."""
    with np.load(path) as stored:
        nets = networks_of({name: stored[name] for name in stored.files})
    beats = read_beats(root, "train").usable()
    mean, taught = usual_terms(beats, nets.covariance, TERMS_PLAN.epochs)
    store(nets._replace(mean=mean, taught=taught), root, path)


def _followed(course: Iterator[tuple[int, float, Trained]], title: str) -> Trained:
    """The network at the end of a training, a line for each epoch."""
    last: Trained | None = None
    for epoch, loss, net in course:
        print(f"{title}, epoch {epoch + 1}: loss {loss:.3f}", flush=True)
        last = net
    assert last is not None
    return last
