"""Intervals and gains at a hospital that was never seen, and at a site with some recordings of its own
(``rlecg study hospitals``).

Each hospital is left out in turn; the others give its interval factors and gains by several ways, and its
own recordings say how many of their errors the interval holds. A site draws n of the left-out hospital's
recordings and is judged on those it did not draw; online it begins with the first ``BEGUN`` of them and its
factors move on with each of the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pandas import DataFrame

from ecgcore.datasets import databases, local_databases
from ecgcore.ecg import UnusableEcg
from ecgcore.evaluation.tables import made_with_other_weights, stale
from ecgcore.leads import INDEPENDENT, NAMED_SETS, LeadSet
from ecgcore.studies.hospitals import COLUMNS, TABLE, summary
from models.checkpoint import Trained
from models.hints import hint
from models.progress import progress
from models.reconstruct import TRAINED, trained, weights_of
from models.sites import ANY, ANY_FILE, Calibration, left_out
from models.sites.local import local_tables, moved_factors, today
from models.sites.material import SHAPE, Material
from models.sites.pooling import Z_LIMIT, Spread, Z, pooled, pooled_alike, resampled, spread
from models.training.batches import load_dataset
from models.training.site import input_sets

HOSPITALS: dict[str, tuple[str, ...]] = {
    "PTB-XL": ("ptb-xl",),
    "CPSC 2018": ("cpsc2018", "cpsc-extra"),
    "Chapman/Ningbo": ("chapman-ningbo",),
    "Georgia": ("georgia",),
    "LUDB": ("ludb",),
    "Brugada-HUCA": ("brugada-huca",),
}
"""Databases that come from one source count as one hospital. Of PTB-XL the validation fold."""
OWN_HOSPITAL = "PTB-XL"
"""Judged by its validation fold, which no weights are trained on."""
FILE = "hospitals.csv.gz"
SPLITS = {"ptb-xl": "val"}
MOST = 200
"""Recordings of a database, a fixed random choice: enough for a quantile."""
SITE_SIZES = (5, 10, 20, 35, 50, 75, 100)
BEGUN = 10
"""Recordings a site begins with before its factors move with each further one."""
DRAWS = 4
LEAST_JUDGED = 30
"""Recordings that a site's draw must leave to judge by."""
ONE = np.ones(SHAPE)
SHIPPED = "largest upper limit"
"""The way of pooling that the calibration for any hospital is made by."""


def judges(chosen: Trained, folder: Path | None) -> dict[str, Trained]:
    """By hospital the weights that never saw it: those of the model, or where it was trained on the hospital
    those of a training below the folder that left it out. Raises UnusableEcg where one is lacking."""
    checkpoints = left_out.files(folder) if folder else {}
    return {
        hospital: left_out.load_without(bases, checkpoints, chosen.card.name)
        if hospital != OWN_HOSPITAL and left_out.needed(chosen, bases)
        else chosen
        for hospital, bases in HOSPITALS.items()
    }


def materials(judged_by: Mapping[str, Trained], root: Path, keep: Path) -> dict[str, Material]:
    """By hospital, each by its own weights; each database's is kept in a file below ``keep`` and read again
    from there.

    Raises UnusableEcg with fewer than three hospitals below the root.
    """
    here = local_databases(root)
    by_hospital = {}
    for hospital, bases in HOSPITALS.items():
        model, folder = judged_by[hospital].model, keep / judged_by[hospital].weights_hash
        sets = input_sets(model)
        parts = [_material(model, root, folder, base, sets) for base in bases if base in here]
        if parts:
            by_hospital[hospital] = Material.joined(hospital, parts)
    if len(by_hospital) < 3:
        titles = ", ".join(databases()[base].title for bases in HOSPITALS.values() for base in bases)
        raise UnusableEcg(f"Leaving one hospital out needs at least three of {titles} below the data root.")
    return by_hospital


def _material(model, root: Path, keep: Path, base: str, sets: Sequence[LeadSet]) -> Material:
    file = keep / f"{base}.npz"
    if not file.is_file():
        dataset = load_dataset(root, base, 100, split=SPLITS.get(base), most=1).without_flat_leads()
        dataset = dataset.take(np.sort(np.random.default_rng(0).permutation(len(dataset))[:MOST]))
        keep.mkdir(parents=True, exist_ok=True)
        Material.of(model, base, dataset, sets).save(file)

    def rows(leads: LeadSet) -> tuple[int, ...]:
        return tuple(int(row) for row in np.flatnonzero(model.given(leads).missing.numpy()))

    return Material.read(file, rows)


@dataclass(frozen=True, eq=False)
class Hospital:
    """One hospital's recordings and, (9, 8) each, the logarithms of its factors and slopes and how far they
    would vary with other recordings of it: variance times their number."""

    material: Material
    factor: np.ndarray
    slope: np.ndarray
    factor_within: np.ndarray
    slope_within: np.ndarray

    @classmethod
    def of(cls, material: Material) -> Hospital:
        """Of its recordings."""
        logs = (np.log(np.clip(values, 0.05, None)) for values in (material.factors(ONE), material.slopes()))
        return cls(material, *logs, *resampled(material, ONE))

    @property
    def surely(self) -> np.ndarray:
        """(9, 8) the upper limits of its factors, which other recordings of it keep to in 90 of 100."""
        return np.exp(self.factor + Z_LIMIT * np.sqrt(self.factor_within / len(self.material)))


@dataclass(frozen=True, eq=False)
class Pool:
    """What some hospitals say of one that is not among them."""

    several: tuple[Hospital, ...]
    factors: Spread
    gains: Spread

    @classmethod
    def of(cls, several: Iterable[Hospital]) -> Pool:
        """Of several hospitals, each counted alike."""
        each = tuple(several)
        factors = spread(
            [hospital.factor for hospital in each], [hospital.factor_within for hospital in each]
        )
        return cls(
            each,
            factors,
            spread([hospital.slope for hospital in each], [hospital.slope_within for hospital in each]),
        )

    def largest(self) -> np.ndarray:
        """(9, 8) the largest of the hospitals' factors, each at its upper limit."""
        return np.max([hospital.surely for hospital in self.several], 0)

    def ways(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """(9, 8) factors and gains by the way they are pooled."""
        materials = [hospital.material for hospital in self.several]
        gain = np.where(np.isfinite(self.gains.mean), np.exp(self.gains.mean), 1.0)
        with_gains = spread([np.log(other.factors(gain)) for other in materials], [self.factors.within])
        return {
            "pooled": (pooled(materials, ONE), ONE),
            "pooled, hospitals alike": (pooled_alike(materials, ONE), ONE),
            "largest": (np.exp(np.max([hospital.factor for hospital in self.several], 0)), ONE),
            "random effects": (self.factors.of_unseen(Z), ONE),
            "random effects, pooled gains": (with_gains.of_unseen(Z), gain),
            SHIPPED: (self.largest(), ONE),
        }


def leave_one_out(
    chosen: Trained, judged_by: Mapping[str, Trained], materials_of: dict[str, Material], draws: int = DRAWS
) -> DataFrame:
    """A row by way, draw, left-out hospital, named set and lead (see ``ecgcore.studies.hospitals``)."""
    model = chosen.model
    named = [model.observed(leads) for leads in NAMED_SETS.values()]
    hospitals = {name: Hospital.of(material) for name, material in materials_of.items()}
    rows: list[tuple] = []
    for hospital, left in progress(
        materials_of.items(), len(materials_of), about="left out", unit="hospital"
    ):
        own = own_factors(judged_by[hospital])
        pool = Pool.of(material for name, material in hospitals.items() if name != hospital)
        judged = left.only(named)
        for way, (factor, gain) in {"own": (own, ONE), **pool.ways()}.items():
            rows += _rows(way, 0, hospital, judged, factor, gain, own)
        for n in SITE_SIZES:
            for draw in range(draws if n <= len(left) - LEAST_JUDGED else 0):
                order = np.random.default_rng([draw, n]).permutation(len(left))
                seen, unseen = left.take(order[:n]), judged.take(order[n:])
                tables = local_tables(seen, pool.factors, pool.gains, ONE)
                rows += _rows(f"site, {n} recordings", draw, hospital, unseen, *tables, own)
                if n <= BEGUN:
                    continue
                factor, gain = local_tables(left.take(order[:BEGUN]), pool.factors, pool.gains, ONE)
                factor, _ = moved_factors(factor, gain, BEGUN, left.take(order[BEGUN:n]))
                rows += _rows(f"online, {n} recordings", draw, hospital, unseen, factor, gain, own)
    return DataFrame([(model.name, chosen.weights_hash, *row) for row in rows], columns=list(COLUMNS))


def own_factors(trained: Trained) -> np.ndarray:
    """(9, 8) by which the expected size is multiplied in the weights' own interval."""
    factors: np.ndarray = trained.model.interval_factor.numpy().astype(float)  # type: ignore[operator, union-attr]
    return factors


def _rows(
    way: str,
    draw: int,
    hospital: str,
    judged: Material,
    factor: np.ndarray,
    gain: np.ndarray,
    own: np.ndarray,
) -> Iterator[tuple]:
    coverage, errors, before = judged.coverage(factor, gain), judged.errors(gain), judged.errors(ONE)
    slopes = judged.set_slopes(gain)
    for (leads, lead), share in coverage.items():
        cell = len(leads), INDEPENDENT.index(lead)
        width = factor[cell] / own[cell]
        key = (leads, lead)
        yield (
            *(way, draw, hospital, str(leads), lead, len(judged)),
            *(share, width, errors[key], before[key], slopes[key]),
        )


def for_any_hospital(weights: str, materials_of: dict[str, Material], own: np.ndarray) -> Calibration:
    """The calibration of all hospitals together, with what a site needs to shrink towards it. The estimate
    stays: gains that were pooled over hospitals did not lower the error of one that was left out.

    Where no set of a size leaves a lead open, its factor is the weights' own times the usual widening.
    """
    pool = Pool.of(map(Hospital.of, materials_of.values()))
    factor = pool.largest()
    factor = np.where(np.isfinite(factor), factor, own * np.nanmedian(factor / own))
    counts = ", ".join(f"{hospital} ({len(material)})" for hospital, material in materials_of.items())
    more = {"factors": pool.factors.tables(), "gains": pool.gains.tables()}
    recordings = sum(map(len, materials_of.values()))
    return Calibration(ANY, "", weights, factor, ONE, recordings, counts, today(), more)


def install(name: str, root: Path, keep: Path, folder: Path | None = None) -> None:
    """Make the table and the calibration for any hospital, and store both beside the weights. folder: holds
    weights that left hospitals out, for a model that was trained on them. Raises UnusableEcg."""
    chosen = trained(name)
    judged_by = judges(chosen, folder)
    materials_of = materials(judged_by, root, keep)
    others = {judge.weights_hash: judge for judge in judged_by.values() if judge is not chosen}
    left_out.store(TRAINED / name, [(left_out.without(model), model) for model in others.values()])
    table = leave_one_out(chosen, judged_by, materials_of)
    TABLE.write(table.assign(model=name), TRAINED / name / FILE)
    for_any_hospital(chosen.weights_hash, materials_of, own_factors(chosen)).write(TRAINED / name / ANY_FILE)


def lines(name: str) -> list[str]:
    """What the stored table says. Raises UnusableTable where there is none, UnusableEcg where it is of
    other weights."""
    table = TABLE.read(TRAINED / name / FILE)
    if others := stale(table, {name: weights_of(name)}):
        raise UnusableEcg(made_with_other_weights(others, hint("hospitals", model=name)))
    return summary(table)
