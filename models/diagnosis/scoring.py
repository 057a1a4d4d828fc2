"""Show the frozen classifier original, reconstructed and inputs-only leads of a fold; a row per recording,
origin and input set.

Input leads stay as recorded, derived ones follow, the others are the model's; where only the inputs are
shown, the other leads are zero. Everything at 100 Hz above 0.5 Hz. The tables lie beside the weights of what
made the leads, and go on where they stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecgcore.datasets import open_database, records_of
from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.evaluation.scoring import prepare
from ecgcore.evaluation.tables import Key
from ecgcore.leads import LeadSet
from ecgcore.studies.diagnosis import ALONE, MAIN_SETS, ORIGINAL, TABLE
from models.checkpoint import Trained
from models.diagnosis.classifier import FILES, FOLDER, classifier, eight_leads, shown
from models.diagnosis.training import DATABASE
from models.progress import progress
from models.reconstruct import TRAINED, reconstruct, trained

FILE = "diagnosis.csv.gz"
PASSBAND = "high-pass"
CONTROLS = ""
"""Stands for no model: original leads and the inputs alone, by every classifier there is."""


@dataclass(frozen=True)
class Case:
    """A recording with its truth. signals: (8, n_samples) mV of I, II, V1-V6."""

    record: str
    patient: str
    split: str
    truth: tuple[str, ...]
    ecg: Ecg
    signals: np.ndarray


def table_of(model: str) -> Path:
    """Where the table of a model, or of the controls, lies; whether it is there or not."""
    return TRAINED / (model or FOLDER) / FILE


def classifiers() -> dict[str, Trained]:
    """The "frozen" one and, where it was trained, the one that learned with leads hidden ("few leads").
    Raises UnusableEcg without the first."""
    devices = {"frozen": classifier()}
    if (TRAINED / FOLDER / FILES[True]).is_file():
        devices["few leads"] = classifier(True)
    return devices


def cases(root: Path, split: str, most: int | None = None, skip: Collection[str] = ()) -> Iterator[Case]:
    """The recordings of a split with a superclass that can be read, but those to skip."""
    base = open_database(DATABASE, root)
    for record in [name for name in records_of(base, split) if base.info(name)["superclasses"]][:most]:
        if record in skip:
            continue
        info = base.info(record)
        try:
            ecg = prepare(base.read(record, 100), PASSBAND, 100)
            signals = eight_leads(ecg)
        except UnusableEcg:
            continue
        yield Case(record, info["patient"] or record, split, info["superclasses"], ecg, signals)


def sets_of(model: str, wanted: Sequence[LeadSet] = ()) -> list[LeadSet]:
    """Input sets to show: the wanted or the main ones; of a network with fixed inputs its own only. Raises
    UnusableEcg where none is left."""
    if model == CONTROLS:
        return [leads for leads in wanted or MAIN_SETS if shown(leads).any()]
    takes = trained(model).card.inputs
    own = list(wanted or MAIN_SETS) if takes == "any" else [LeadSet(text) for text in takes]
    left = [leads for leads in own if leads in wanted] if wanted else own
    if not left:
        raise UnusableEcg(f"{model} does not take these inputs; it takes {', '.join(map(str, own))}.")
    return left


def versions(
    case: Case, model: str, inputs: Sequence[LeadSet], device: Trained, done: frozenset[Key]
) -> list[tuple[tuple[str, ...], np.ndarray]]:
    """What to show the classifier of one recording: (model, weights, inputs) and (8, n_samples), those that
    are not done."""
    if model == CONTROLS:
        every = [((ORIGINAL, "", "all"), lambda: case.signals)]
        every += [
            ((ALONE, "", str(leads)), lambda leads=leads: case.signals * shown(leads)[:, None])
            for leads in inputs
        ]
    else:
        weights = trained(model).weights_hash
        every = [
            (
                (model, weights, str(leads)),
                lambda leads=leads: eight_leads(reconstruct(case.ecg, leads, model).ecg),
            )
            for leads in inputs
        ]
    pairs = []
    for key, make in every:
        if (device.weights_hash, *key, case.record, PASSBAND) in done:
            continue
        try:
            pairs.append((key, make()))
        except UnusableEcg:  # this recording does not suit this model
            continue
    return pairs


def rows_of(
    case: Case,
    model: str,
    inputs: Sequence[LeadSet],
    devices: Sequence[Trained],
    done: frozenset[Key] = frozenset(),
) -> list[tuple]:
    """All rows of a recording that are not done yet."""
    rows = []
    for device in devices:
        todo = versions(case, model, inputs, device, done)
        if not todo:
            continue
        odds = device.model.log_odds(np.stack([signals for _, signals in todo]))  # type: ignore[operator]
        tail = (case.split, case.record, case.patient, PASSBAND, "+".join(case.truth))
        rows += [
            (device.weights_hash, *key, *tail, *(f"{value:.2f}" for value in row))
            for (key, _), row in zip(todo, odds, strict=True)
        ]
    return rows


def score(
    model: str,
    root: Path,
    splits: Sequence[str] = ("test",),
    wanted: Sequence[LeadSet] = (),
    most: int | None = None,
    out: Path | None = None,
) -> Path:
    """Complete the table of a model or of the controls; rows of other weights or classifiers are dropped
    first."""
    path = out or table_of(model)
    devices = list(classifiers().values()) if model == CONTROLS else [classifier()]
    inputs = sets_of(model, wanted)
    hashes = [device.weights_hash for device in devices]
    weights = "" if model == CONTROLS else trained(model).weights_hash
    TABLE.keep(path, lambda table: table["classifier"].isin(hashes) & (table["weights"] == weights))
    expected = len(devices) * (len(inputs) + (model == CONTROLS))
    with TABLE.appending(path) as (done, write):
        counts = Counter(
            key[TABLE.keys.index("record")]
            for key in done
            if key[TABLE.keys.index("inputs")] in {"all", *map(str, inputs)}
        )
        skip = {record for record, count in counts.items() if count == expected}
        for split in splits:
            for case in progress(cases(root, split, most, skip), about=f"{model or 'controls'}, {split}"):
                write(rows_of(case, model, inputs, devices, done))
    return path
