"""Training material: recordings of a database as one compact array, and windows drawn from it.

Read through the product's own readers, kept as whole microvolts (int16) of the eight independent leads at one
rate; any other lead follows by algebra. Nothing is written to disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from ecgcore.datasets import open_database
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.leads import INDEPENDENT
from ecgcore.signals import HIGH_PASS_HZ, filter_array, resample_array

LARGEST_MV = 8.0
QUIETEST_MV = 0.01
"""A training recording above (peak) or below (RMS) these is broken or unplugged."""


Passband = tuple[float | None, float | None]
"""Low and high cut-off in Hz, None for open."""
AS_RECORDED: Passband = (None, None)


@dataclass(frozen=True)
class Dataset:
    """Recordings at one rate.

    signals: (n_records, 8, n_samples) int16 uV of I, II, V1-V6, zero behind the end. lengths: (n_records,)
    samples. records ("database/record") and patients: (n_records,) text.
    """

    signals: np.ndarray
    lengths: np.ndarray
    rate: float
    records: np.ndarray
    patients: np.ndarray

    def __len__(self) -> int:
        return len(self.signals)

    def read(self, number: int) -> np.ndarray:
        """(8, length) float32 mV of one recording."""
        return self.signals[number, :, : self.lengths[number]].astype(np.float32) / 1000

    def take(self, numbers: np.ndarray) -> Dataset:
        """The recordings at these places, in this order."""
        return Dataset(
            self.signals[numbers],
            self.lengths[numbers],
            self.rate,
            self.records[numbers],
            self.patients[numbers],
        )

    def without_flat_leads(self) -> Dataset:
        """The recordings of which every lead was recorded: a flat one has no truth."""
        return self.take(np.flatnonzero((np.ptp(self.signals, axis=2) > 0).all(1)))

    @staticmethod
    def joined(datasets: Iterable[Dataset]) -> Dataset:
        """One data set of several at the same rate."""
        datasets = list(datasets)
        if len({dataset.rate for dataset in datasets}) != 1:
            raise ValueError("data sets of different rates cannot be joined")
        longest = max(dataset.signals.shape[2] for dataset in datasets)
        wide = [
            np.pad(dataset.signals, ((0, 0), (0, 0), (0, longest - dataset.signals.shape[2])))
            for dataset in datasets
        ]
        parts = {
            name: np.concatenate([getattr(dataset, name) for dataset in datasets])
            for name in ("lengths", "records", "patients")
        }
        return Dataset(np.concatenate(wide), rate=datasets[0].rate, **parts)


def load_dataset(
    root: Path,
    database: str,
    rate: float,
    *,
    split: str | None = None,
    keep: Callable[[dict], bool] = lambda _row: True,
    passband: Passband = (0.5, None),
    longest_s: float = 10.0,
    most: int | None = None,
    executor: Executor | None = None,
) -> Dataset:
    """Read the records of a split for which ``keep`` (of the index row) holds, filtered and resampled.

    Longer recordings give several entries of ``longest_s``, the first ``most`` of them (default: all).
    Recordings without all eight leads, broken ones and unreadable ones are left out.
    """
    base = open_database(database, root)
    names = [record for record in base.records(split=split) if keep(base.info(record))]
    longest = round(longest_s * rate)

    reasons: list[str] = []

    def pieces(record: str) -> list[np.ndarray]:
        try:
            ecg = base.read(record, rate)
        except UnusableEcg as error:
            reasons.append(str(error))
            return []
        return list(islice(_pieces(ecg, rate, passband, longest), most))

    with ThreadPoolExecutor(2) as threads:
        read = zip(names, (executor or threads).map(pieces, names), strict=True)
        dataset = _stacked(
            (
                (f"{database}/{record}", f"{database}/{base.info(record)['patient'] or record}", parts)
                for record, parts in read
            ),
            rate,
            longest,
        )
    if dataset is None:
        raise UnusableEcg(
            f"None of the {len(names)} recordings of {base.title}{f', split {split},' if split else ''} is "
            f"usable; {f'one of them: {reasons[0]}' if reasons else 'all twelve leads are needed.'}"
        )
    return dataset


def dataset_of(ecgs: Iterable[Ecg], rate: float, longest_s: float = 10.0) -> Dataset | None:
    """The first ``longest_s`` of recordings that are open, each of a patient of its own, filtered and
    resampled as by ``load_dataset``; None where none has all eight leads."""
    longest = round(longest_s * rate)
    parts = (list(islice(_pieces(ecg, rate, (HIGH_PASS_HZ, None), longest), 1)) for ecg in ecgs)
    return _stacked(((str(place), str(place), part) for place, part in enumerate(parts)), rate, longest)


def _stacked(
    recordings: Iterable[tuple[str, str, list[np.ndarray]]], rate: float, longest: int
) -> Dataset | None:
    """Of (record, patient, pieces (8, n) mV)."""
    signals, lengths, records, patients = [], [], [], []
    for record, patient, pieces in recordings:
        for piece in pieces:
            whole = np.zeros((len(INDEPENDENT), longest), np.int16)
            whole[:, : piece.shape[1]] = np.round(piece * 1000)
            signals.append(whole)
            lengths.append(piece.shape[1])
            records.append(record)
            patients.append(patient)
    if not signals:
        return None
    return Dataset(np.stack(signals), np.array(lengths), rate, np.array(records), np.array(patients))


def _pieces(ecg: Ecg, rate: float, passband: Passband, longest: int) -> Iterator[np.ndarray]:
    if set(INDEPENDENT) - set(ecg.leads):
        return
    filtered = filter_array(ecg.pick(INDEPENDENT).signals, ecg.rate, *passband)
    whole = resample_array(filtered, ecg.rate, rate)
    for start in range(0, whole.shape[1], longest):
        piece = whole[:, start : start + longest]
        if piece.shape[1] < longest and start > 0:
            return
        if np.abs(piece).max() <= LARGEST_MV and np.sqrt(np.mean(np.square(piece))) >= QUIETEST_MV:
            yield piece


def part_of_patients(dataset: Dataset, size: float, seed: int = 0) -> Dataset:
    """The recordings of a random part (0-1) of the patients, for learning curves; smaller parts lie within
    larger ones."""
    if size >= 1:
        return dataset
    patients = np.random.default_rng(seed).permutation(np.unique(dataset.patients))
    return dataset.take(
        np.flatnonzero(np.isin(dataset.patients, patients[: max(1, round(size * len(patients)))]))
    )


def high_passed(dataset: Dataset, cutoff: float = 0.5) -> Dataset:
    """The dataset above a cut-off in Hz."""
    signals = np.zeros_like(dataset.signals)
    for number, length in enumerate(dataset.lengths):
        signals[number, :, :length] = np.round(
            filter_array(dataset.read(number), dataset.rate, cutoff) * 1000
        )
    return Dataset(signals, dataset.lengths, dataset.rate, dataset.records, dataset.patients)


ALMOST = 0.98
"""A recording of this part of a window is long enough for it."""


def windows(dataset: Dataset, batch: int, n_samples: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """One epoch of (batch, 8, n_samples) float32 mV windows, one from each recording, at random starts, in
    random order.

    A recording that lacks a little of the window (``ALMOST``; many of ten seconds end some samples early) is
    held at its last value. Shorter ones and the remainder of the last batch are left out.
    """
    long_enough = np.flatnonzero(dataset.lengths >= ALMOST * n_samples)
    order = rng.permutation(long_enough)
    for first in range(0, len(order) - batch + 1, batch):
        rows = []
        for number in order[first : first + batch]:
            length = dataset.lengths[number]
            start = rng.integers(0, max(0, length - n_samples) + 1)
            row = dataset.signals[number, :, start : min(start + n_samples, length)]
            rows.append(np.pad(row, ((0, 0), (0, n_samples - row.shape[1])), mode="edge"))
        yield np.stack(rows).astype(np.float32) / 1000
