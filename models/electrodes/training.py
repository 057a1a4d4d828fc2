"""Teach and calibrate the check of electrodes: PTB-XL folds 1-8 teach, fold 9 calibrates.

Each recording's mean beat is put under an arrangement drawn at random, seen through leads drawn at random,
and the network must find the arrangement among others: a softmax over their energies (a classifier in place
of a density; Gutmann and Hyvarinen 2010). Recordings are changed a little: size of the chest against the
limb, gain and place of each electrode, noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from ecgcore.datasets import open_database
from ecgcore.ecg import UnusableEcg
from ecgcore.electrodes.arrangements import arrangements
from ecgcore.leads import CHEST, INDEPENDENT, LIMB, LeadSet
from models.electrodes.calibration import HeldOut, calibrate
from models.electrodes.candidates import N, lagged
from models.electrodes.features import LENGTH, mean_beat
from models.electrodes.network import Energy
from models.electrodes.variation import mean_moments
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


def read_beats(root: Path, split: str, rate: float = 500.0) -> Beats:
    """The mean beats of a split of PTB-XL."""
    base = open_database("ptb-xl", root)
    signals, rr, second, records = [], [], [], []
    for record in base.records(split=split):
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


def changed(signals: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, 8, LENGTH) mV of other chests and amplifiers than those recorded."""
    n, out = len(signals), signals.copy()
    out[:, 2:] *= np.exp(rng.normal(0, 0.2, (n, 1, 1)))
    out *= np.exp(rng.normal(0, 0.02, (n, N, 1)))
    share = rng.normal(0, 0.02, (n, len(CHEST), 1))
    chest = out[:, 2:]
    right, left = chest[:, [1, 2, 3, 4, 5, 5]], chest[:, [0, 0, 1, 2, 3, 4]]
    out[:, 2:] = chest + np.abs(share) * (np.where(share > 0, right, left) - chest)
    out += rng.normal(0, 0.005, (n, N, 1)) + rng.normal(0, 0.005, (n, N, 1)) * np.linspace(-1, 1, LENGTH)
    out += rng.normal(0, 1, out.shape) * np.exp(rng.normal(np.log(0.002), 0.6, (n, 1, 1)))
    return out.astype(np.float32)


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


def train(beats: Beats, covariance: np.ndarray, plan: Plan) -> Iterator[tuple[int, float, Energy]]:
    """Epoch, mean loss and the network after each epoch."""
    rng = np.random.default_rng(plan.seed)
    torch.manual_seed(plan.seed)
    net = Energy(torch.from_numpy(basis_of(beats)), plan.width, len(arrangements()), plan.dropout)
    weights = [value for name, value in net.named_parameters() if name != "bias"]
    groups = [{"params": weights}, {"params": [net.bias], "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=plan.rate, weight_decay=plan.weight_decay)
    per_epoch = len(beats.signals) // plan.batch
    steps = plan.epochs * per_epoch
    course = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan.rate, total_steps=steps, pct_start=0.1)
    stored: dict[LeadSet, Ways] = {}
    for epoch in range(plan.epochs):
        net.train()
        order, total = rng.permutation(len(beats.signals)), 0.0
        for rows in order[: per_epoch * plan.batch].reshape(per_epoch, plan.batch):
            leads = draw_leads(rng)
            ways = stored.setdefault(leads, stored.get(leads) or Ways(leads, covariance))
            some = drawn(ways, plan.candidates, rng)
            prior = np.append(
                AS_RECORDED_SHARE, np.full(len(some) - 1, (1 - AS_RECORDED_SHARE) / (len(some) - 1))
            )
            true = rng.choice(len(some), plan.batch, p=prior)
            matrices = np.stack([ways.see @ ways.arrangements[some[number]].matrix for number in true])
            seen = (matrices.astype(np.float32) @ changed(beats.signals[rows], rng)).astype(np.float32)
            rr = torch.from_numpy(beats.rr[rows, None]).clamp_min(0.3)
            logits = ways.energies(net, seen, rr, some) + torch.from_numpy(np.log(prior)).float()
            loss = F.cross_entropy(logits, torch.from_numpy(true))
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            course.step()
            total += loss.item() / per_epoch
        yield epoch, total, net.eval()


def stored_form(nets: list[Energy], covariance: np.ndarray, moments: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays of ``models.electrodes.scores.Network`` but for the calibration."""

    def layer(linear: torch.nn.Linear) -> np.ndarray:
        return np.concatenate([linear.weight.detach().numpy().T, linear.bias.detach().numpy()[None]])

    return {
        "names": np.array([arrangement.name for arrangement in arrangements()]),
        "basis": nets[0].basis.numpy(),
        "first": np.stack([layer(net.first) for net in nets]),
        "second": np.stack([layer(net.second) for net in nets]),
        "last": np.stack([layer(net.last)[:, 0] for net in nets]),
        "bias": np.stack([net.bias.detach().numpy() for net in nets]),
        "covariance": covariance,
        "moments": moments,
    }


def networks_of(stored: Mapping[str, np.ndarray]) -> list[Energy]:
    """The networks of ``stored_form``."""
    width = stored["second"].shape[-1]
    nets = [Energy(torch.from_numpy(stored["basis"]), width, len(arrangements())) for _ in stored["first"]]
    for number, net in enumerate(nets):
        for name, linear in (("first", net.first), ("second", net.second), ("last", net.last)):
            weight = stored[name][number].reshape(linear.in_features + 1, -1).T
            linear.weight.data = torch.from_numpy(weight[:, :-1].copy()).float()
            linear.bias.data = torch.from_numpy(weight[:, -1].copy()).float()
        net.bias.data = torch.from_numpy(stored["bias"][number]).float()
    return [net.eval() for net in nets]


def store(
    nets: list[Energy], covariance: np.ndarray, moments: np.ndarray, held_out: Beats, path: Path
) -> None:
    """Calibrate on recordings that taught nothing and write the weights."""
    path.parent.mkdir(parents=True, exist_ok=True)
    apart = HeldOut(held_out.signals, held_out.rr, held_out.second)
    arrays = stored_form(nets, covariance, moments) | calibrate(nets, covariance, moments, apart)
    small = {"first", "second", "last", "covariance", "moments"}
    np.savez_compressed(
        path, **{name: value.astype(np.float32) if name in small else value for name, value in arrays.items()}
    )


def make(root: Path, path: Path, plan: Plan, count: int = 2) -> None:
    """Teach ``count`` networks on folds 1-8, calibrate them together on fold 9 and write them."""
    beats, held_out = read_beats(root, "train").usable(), read_beats(root, "val")
    covariance = covariance_of(beats)
    nets = []
    for seed in range(1, count + 1):
        course = train(beats, covariance, replace(plan, seed=seed))
        nets.append(_followed(course, f"network {seed} of {count}"))
    store(nets, covariance, mean_moments(beats.second), held_out, path)


def calibrate_again(root: Path, path: Path) -> None:
    """Calibrate the stored networks on fold 9 once more, with the usual moments of folds 1-8."""
    with np.load(path) as stored:
        nets, covariance = networks_of(stored), stored["covariance"].astype(np.float64)
    moments = mean_moments(read_beats(root, "train").usable().second)
    store(nets, covariance, moments, read_beats(root, "val"), path)


def _followed(course: Iterator[tuple[int, float, Energy]], title: str) -> Energy:
    """The network at the end of a training, a line for each epoch."""
    last: Energy | None = None
    for epoch, loss, net in course:
        print(f"{title}, epoch {epoch + 1}: loss {loss:.3f}", flush=True)
        last = net
    assert last is not None
    return last
