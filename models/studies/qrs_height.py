"""The height of QRS against the truth at 500 Hz, for recordings given at 500 Hz and at 100 Hz
(``rlecg study qrs-height``)."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from ecgcore.datasets import open_database, records_of
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.evaluation.scoring import prepare
from ecgcore.leads import INDEPENDENT, LeadSet
from ecgcore.signals import resample
from ecgcore.studies.qrs_height import LOW_HZ, TABLE, WAYS, heights, summary
from models.progress import progress
from models.reconstruct import reconstruct, weights_of
from models.studies.scores import beat_zones

FILE = "peaks.csv.gz"
RATE = 500.0
USUAL = tuple(map(LeadSet, ("I", "I II", "I II V4", "I II V2 V4", "II V1 V5")))


def back(ecg: Ecg, n_samples: int) -> Ecg:
    """A recording at the low rate brought to 500 Hz, of exactly so many samples."""
    signals = resample(ecg, RATE).signals[:, :n_samples]
    return ecg.replace(
        signals=np.pad(signals, ((0, 0), (0, n_samples - signals.shape[1])), mode="edge"), rate=RATE
    )


def rows_of(root: Path, name: str, sets: tuple[LeadSet, ...], record: str) -> list[tuple]:
    """One record's rows; none for a record without 500 Hz or one the model cannot work with. Model "": the
    true leads at the low rate."""
    import torch

    torch.set_num_threads(1)
    base = open_database("ptb-xl", root)
    patient = base.info(record)["patient"] or record
    try:
        truth = prepare(base.read(record, RATE), "high-pass")
        if truth.rate != RATE:
            return []
        low = resample(truth, LOW_HZ)
        zone, low_zone = beat_zones(truth), beat_zones(low)
        rows = []
        for inputs in sets:
            wanted = [lead for lead in inputs.missing if lead in INDEPENDENT]
            full, of_low = reconstruct(truth, inputs, name).ecg, reconstruct(low, inputs, name).ecg
            by_way = {
                (name, "full"): heights(truth, full, wanted, zone),
                (name, "low"): heights(truth, back(of_low, truth.n_samples), wanted, zone),
                (name, "low, scored low"): heights(low, of_low, wanted, low_zone),
                ("", "low"): heights(truth, back(low, truth.n_samples), wanted, zone),
            }
            rows += [
                (
                    model,
                    weights_of(name),
                    str(inputs),
                    way,
                    record,
                    patient,
                    *(f"{value:.4g}" if np.isfinite(value) else "" for value in values),
                )
                for (model, way), values in by_way.items()
            ]
    except UnusableEcg:
        return []
    return rows


def run(name: str, root: Path, out: Path, sets: tuple[LeadSet, ...], jobs: int) -> None:
    """Append what is missing to the table at out; rows of other weights are taken out."""
    TABLE.keep(out, lambda table: table["weights"] == weights_of(name))
    records = records_of(open_database("ptb-xl", root), "test")
    with TABLE.appending(out) as (done, write):
        left = [record for record in records if (weights_of(name), record) not in done]
        n = len(left)
        if jobs > 1:
            with ProcessPoolExecutor(jobs) as executor:
                for rows in progress(
                    executor.map(rows_of, [root] * n, [name] * n, [sets] * n, left, chunksize=4), n
                ):
                    write(rows)
        else:
            for record in progress(left):
                write(rows_of(root, name, sets, record))


def lines(out: Path, inputs: str) -> list[str]:
    """What the table at out says of one input set: error and bias of the height of QRS, by way."""
    text = []
    for row in summary(TABLE.read(out), inputs):
        more = (
            f"  extra {row.extra.value:6.1f} [{row.extra.low:.1f}, {row.extra.high:.1f}]" if row.extra else ""
        )
        who = row.model or "true leads"
        text.append(
            f"{who:12} {inputs:12} {WAYS[row.way]:28} QRS height, uV: error {row.mae.value:6.1f} bias "
            f"{row.bias.value:7.1f}{more}  n = {row.mae.n_records}"
        )
    return text
