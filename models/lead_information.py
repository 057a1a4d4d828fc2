"""What every set of leads tells about the others: all 510 states of knowledge, scored on a test fold.

    python -m models.lead_information linear --data ROOT
    python -m models.lead_information any-subset --data ROOT --records 64

Two tables beside the weights, bound to them by hash. ``states.csv.gz``: for every state, group of patients and estimated lead the
mean, median and 5th percentile over records of r, the mean over records of the RMSE, and the RMS of the error over all samples; the
rows without inputs hold the RMS of the leads themselves. ``information_records.csv.gz``: r and RMSE of every record for the 25 input
sets of Gradowski and Buchner, for intervals by patient and common targets.

100 Hz, 0.5 Hz high-pass on inputs and truth, 9.9 s of each, without the drift part (there is none above 0.5 Hz). ``--records``
takes a fixed random part of the recordings for the 510 states; n stands in every row. Stopping and starting again continues.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ecgcore.datasets import SUPERCLASSES, data_root, open_database
from ecgcore.ecg import UnusableEcg
from ecgcore.information import ALL, PAPER_SETS, RECORD_COLUMNS, RECORDS_FILE, STATE_COLUMNS, STATES_FILE
from ecgcore.leads import STANDARD, LeadSet, all_states
from ecgcore.limb import standard_from_independent
from ecgcore.metrics import all_metrics
from models.batches import Shelf, shelve

MODELS = ("linear", "any-subset")
BATCH = 64
SHORTEST_S = 9.0
"""Recordings shorter than this are left out; some files of 10 s end in constant samples that the readers cut off."""


def estimator(name: str, bf16: bool = False):
    """(n, 8, n_samples) mV true signals at 100 Hz, LeadSet -> (n, 8, n_samples) mV estimate from the observed leads alone; and the hash."""
    import torch

    from models.reconstruct import trained

    chosen = trained(name)
    if name == "linear":
        from ecgcore.limb import observation
        from models.zoo.linear import apply_taps, observed_leads

        model = chosen.model
        shifts = np.array(model.config.lags_ms) // 10

        def linear(truth: np.ndarray, inputs: LeadSet) -> np.ndarray:
            leads = observed_leads(inputs)
            see = observation(leads).astype(np.float32)
            return np.stack([apply_taps(model.posterior(leads).taps, see @ one, shifts) for one in truth])

        return linear, chosen.weights_hash

    from models.zoo.linear import observed_leads

    model = chosen.model
    if model.config.rate != 100:
        raise UnusableEcg(f"{name} works at {model.config.rate} Hz; this command scores models of 100 Hz.")

    def network(truth: np.ndarray, inputs: LeadSet) -> np.ndarray:
        given = [model.given(observed_leads(inputs))]
        out = []
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            for first in range(0, len(truth), BATCH):
                batch = torch.from_numpy(truth[first : first + BATCH])
                with torch.autocast("cpu", enabled=False):
                    linear = model.linear_batch(batch, given * len(batch))
                out.append((linear + model.correct(linear, given * len(batch))[0].float()).numpy())
        return np.concatenate(out)

    return network, chosen.weights_hash


def scores(make, truth: np.ndarray, inputs: LeadSet) -> tuple[np.ndarray, np.ndarray]:
    """r and squared error (uV^2) of every record and missing lead: (n, n_missing) each. No inputs: the estimate is zero."""
    full = standard_from_independent().astype(np.float32)
    rows = [STANDARD.index(lead) for lead in (inputs.missing if inputs else STANDARD)]
    wanted = full[rows] @ truth
    made = full[rows] @ make(truth, inputs) if inputs else np.zeros_like(wanted)
    found = all_metrics(wanted, made)
    return found["r"], np.square(found["rmse_uv"])


def state_rows(make, weights: str, truth: np.ndarray, groups: dict[str, np.ndarray], inputs: LeadSet) -> list[tuple]:
    """Rows of ``STATES_FILE`` for one state."""
    r, squared = scores(make, truth, inputs)
    rows = []
    for group, inside in groups.items():
        for column, lead in enumerate(inputs.missing if inputs else STANDARD):
            values, errors = r[inside, column], squared[inside, column]
            values = values[np.isfinite(values)]
            of_r = [values.mean(), np.median(values), np.quantile(values, 0.05)] if len(values) else []
            text = [f"{value:.4f}" for value in of_r] or [""] * 3
            rows.append((weights, group, str(inputs), lead, len(errors), *text, f"{np.sqrt(errors).mean():.2f}", f"{np.sqrt(errors.mean()):.2f}"))
    return rows


def record_rows(make, weights: str, shelf: Shelf, truth: np.ndarray, groups: dict[str, np.ndarray], inputs: LeadSet) -> list[tuple]:
    """Rows of ``RECORDS_FILE`` for one input set: recordings and patients as numbers, not names."""
    r, squared = scores(make, truth, inputs)
    patient = np.unique(shelf.patients, return_inverse=True)[1]
    belongs = ["+".join(group for group in SUPERCLASSES if groups[group][number]) for number in range(len(truth))]
    return [
        (weights, str(inputs), number, patient[number], belongs[number], lead, f"{r[number, column]:.4f}", f"{np.sqrt(squared[number, column]):.1f}")
        for column, lead in enumerate(inputs.missing)
        for number in range(len(truth))
    ]


def _done(part: Path, weights: str, width: int) -> set[str]:
    """Inputs whose rows are all there, after the last are cut off: a run that was killed may have left half of them."""
    if not part.is_file():
        return set()
    lines = part.read_text().splitlines(keepends=True)
    rows = [row for row in csv.reader(lines[1:]) if len(row) == width]
    if any(row[0] != weights for row in rows):
        part.unlink()
        return set()
    last = rows[-1][2 if width == len(STATE_COLUMNS) else 1] if rows else None
    place = 2 if width == len(STATE_COLUMNS) else 1
    kept = [row for row in rows if row[place] != last]
    part.write_text("".join(lines[: 1 + len(kept)]))
    return {row[place] for row in kept}


def fill(out: Path, columns: tuple[str, ...], weights: str, wanted: Iterable[LeadSet], rows_of) -> None:
    """Write a table set by set, going on where it stopped; replaced in one step at the end."""
    part = out.with_name(out.name.removesuffix(".gz") + ".part")
    done = _done(part, weights, len(columns))
    wanted = list(wanted)
    with part.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if file.tell() == 0:
            writer.writerow(columns)
        for inputs in tqdm([one for one in wanted if str(one) not in done], desc=out.name, unit="set", disable=None, mininterval=5):
            writer.writerows(rows_of(inputs))
            file.flush()
    fresh = out.with_name(out.name + ".new")
    fresh.write_bytes(gzip.compress(part.read_bytes(), mtime=0))
    fresh.replace(out)
    part.unlink()


def load(root: Path, database: str = "ptb-xl", split: str = "test") -> tuple[Shelf, dict[str, np.ndarray]]:
    """Recordings of the split, all cut to the length of the shortest (9.9 s), and, by group, which belong to it: "all" and the superclasses."""
    shelf = shelve(root, database, 100, split=split)
    shelf = shelf.take(np.flatnonzero(shelf.lengths >= SHORTEST_S * 100))
    shelf = replace(shelf, signals=shelf.signals[:, :, : shelf.lengths.min()], lengths=np.full(len(shelf), shelf.lengths.min()))
    base = open_database(database, root)
    classes = [base.info(record.split("/", 1)[1])["superclasses"] for record in shelf.records]
    return shelf, {ALL: np.ones(len(shelf), bool)} | {group: np.array([group in own for own in classes]) for group in SUPERCLASSES}


def run(name: str, root: Path, folder: Path, n_records: int | None = None, bf16: bool = False) -> None:
    """Both tables of a model."""
    make, weights = estimator(name, bf16)
    shelf, groups = load(root)
    truth = shelf.signals.astype(np.float32) / 1000
    folder.mkdir(parents=True, exist_ok=True)
    fill(folder / RECORDS_FILE, RECORD_COLUMNS, weights, PAPER_SETS, lambda inputs: record_rows(make, weights, shelf, truth, groups, inputs))
    taken = np.sort(np.random.default_rng(0).permutation(len(truth))[:n_records])
    part = {group: inside[taken] for group, inside in groups.items()}
    fill(folder / STATES_FILE, STATE_COLUMNS, weights, _states(), lambda inputs: state_rows(make, weights, truth[taken], part, inputs))


def _states() -> Iterator[LeadSet]:
    yield LeadSet()
    yield from all_states()


def main(arguments: list[str] | None = None) -> int:
    from models.reconstruct import TRAINED

    parser = argparse.ArgumentParser(
        prog="python -m models.lead_information", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=MODELS)
    parser.add_argument("--data", type=Path, default=data_root(), help="data root with ptb-xl (default: $ECG_DATA)")
    parser.add_argument("--records", type=int, help="recordings for the 510 states (default: all of the test fold)")
    parser.add_argument("--bf16", action="store_true", help="run the network in bfloat16; changes mean r by less than .001")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="folder for the tables (default: the model's own)")
    chosen = parser.parse_args(arguments)
    if chosen.data is None:
        parser.error("give --data ROOT or set ECG_DATA")
    import torch

    torch.set_num_threads(chosen.threads)
    try:
        run(chosen.name, chosen.data, chosen.out or TRAINED / chosen.name, chosen.records, chosen.bf16)
    except UnusableEcg as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
