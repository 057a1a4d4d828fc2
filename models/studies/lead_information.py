"""What every set of leads tells about the others: every recording of the test fold, every set of leads a
model takes, scored (``rlecg study lead-information``).

Files are ``lead_information.npz`` beside the weights, bound to them by hash (see
``ecgcore.studies.lead_information.states``). 100 Hz, 0.5 Hz high-pass on inputs and truth, 9.9 s of each
recording, without the drift part (there is none above 0.5 Hz)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from ecgcore.datasets import open_database
from ecgcore.datasets.diagnoses import groups_of
from ecgcore.ecg import Ecg
from ecgcore.lead_algebra import standard_from_independent
from ecgcore.leads import STANDARD, LeadSet
from ecgcore.studies.lead_information.lead_sets import ORDER, state_of
from ecgcore.studies.lead_information.states import FILE, ScoredStates
from models.base import Reconstructor
from models.progress import progress
from models.training.batches import Dataset, load_dataset

RATE = 100
BATCH = 64
SHORTEST_S = 9.0
"""Recordings shorter than this are left out; some files of 10 s end in constant samples that the readers cut
off."""
SAID = "PTB-XL test fold (fold 10), 100 Hz, 0.5 Hz high-pass on inputs and truth, 9.9 s of each recording"

Make = Callable[[np.ndarray, LeadSet], np.ndarray]
"""(n, 8, n_samples) mV true signals at 100 Hz and the input leads -> (n, 12, n_samples) mV estimate from
those alone; NaN where there is none."""
_FULL = standard_from_independent().astype(np.float32)


def estimator(name: str, bf16: bool = False) -> tuple[Make, str, tuple[LeadSet, ...]]:
    """How a model answers, the hash of its weights, and the states it takes. Raises UnusableEcg."""
    from models.reconstruct import trained

    chosen = trained(name)
    if chosen.card.inputs != "any":
        states = tuple(state_of(LeadSet(leads)) for leads in chosen.card.inputs)
        return _by_recording(chosen.model, name), chosen.weights_hash, states
    states = tuple(state for state in ORDER if state and state.missing)
    if chosen.model.explains_subsets:
        return _by_batch(chosen.model, bf16), chosen.weights_hash, states
    return _by_recording(chosen.model, name), chosen.weights_hash, states


def _by_batch(model: Reconstructor, bf16: bool) -> Make:
    """A model that answers for every subset, many recordings at once."""
    import torch

    full = torch.from_numpy(_FULL)

    def make(truth: np.ndarray, inputs: LeadSet) -> np.ndarray:
        with torch.inference_mode():
            eight = model.estimate_subsets(torch.from_numpy(truth), [inputs] * len(truth), bf16)
            return (full @ eight).numpy()

    return make


def _by_recording(model: Reconstructor, name: str) -> Make:
    """Any model, one recording after the other, by the way the app takes; leads that it does not estimate
    stay NaN."""
    from ecgcore.lead_algebra import observation
    from models.reconstruct import assemble

    def make(truth: np.ndarray, inputs: LeadSet) -> np.ndarray:
        out = np.full((len(truth), len(STANDARD), truth.shape[-1]), np.nan, np.float32)
        see = observation(inputs).astype(np.float32)
        for number, signals in enumerate(truth):
            measured = Ecg(see @ signals, inputs, RATE)
            estimate = model.estimate(measured)
            whole = assemble(measured, estimate, name).ecg
            for lead in estimate.leads:
                out[number, STANDARD.index(lead)] = whole[lead]
        return out

    return make


def score(truth: np.ndarray, estimate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """r and RMSE in uV over the last axis, of mV in single precision; r is NaN where either trace is
    constant."""
    rmse = 1e3 * np.sqrt(np.square(estimate - truth).mean(-1))
    t, m = truth - truth.mean(-1, keepdims=True), estimate - estimate.mean(-1, keepdims=True)
    power = np.square(t).mean(-1) * np.square(m).mean(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(power > 1e-24, (t * m).mean(-1) / np.sqrt(power), np.nan), rmse


def score_state(make: Make, truth: np.ndarray, inputs: LeadSet) -> np.ndarray:
    """(2, 12, n) r and RMSE (uV) of the missing leads, NaN for the others; for no leads the RMS of the
    leads."""
    out = np.full((2, len(STANDARD), len(truth)), np.nan, np.float32)
    rows = [STANDARD.index(lead) for lead in (inputs.missing if inputs else STANDARD)]
    for first in range(0, len(truth), BATCH):
        part = truth[first : first + BATCH]
        wanted = _FULL[rows] @ part
        estimate = make(part, inputs)[:, rows] if inputs else np.zeros_like(wanted)
        out[:, rows, first : first + len(part)] = np.stack(score(wanted, estimate)).transpose(0, 2, 1)
    return out


# -- going on where it stopped -------------------------------------------------------------------------------


def fill(
    part: Path, identity: dict, states: Sequence[LeadSet], n: int, rows_of: Callable[[LeadSet], np.ndarray]
) -> np.ndarray:
    """(n_states, 2, 12, n), state after state into a file; one of the same identity that a killed run left is
    continued."""
    head = (json.dumps(identity, sort_keys=True) + "\n").encode()
    shape = (2, len(STANDARD), n)
    size = 4 * int(np.prod(shape))
    done = 0
    if part.is_file() and part.read_bytes()[: len(head)] == head:
        done = min((part.stat().st_size - len(head)) // size, len(states))
    else:
        part.write_bytes(head)
    with part.open("r+b") as file:
        file.truncate(len(head) + done * size)
        file.seek(0, 2)
        for inputs in progress(states[done:], len(states), done, part.name, "set"):
            file.write(rows_of(inputs).astype(np.float32).tobytes())
            file.flush()
    return np.frombuffer(part.read_bytes()[len(head) :], np.float32).reshape(len(states), *shape)


# -- the command ---------------------------------------------------------------------------------------------


def load(
    root: Path, n_records: int | None = None, database: str = "ptb-xl", split: str = "test"
) -> tuple[Dataset, dict[str, np.ndarray]]:
    """Recordings of the split, all cut to the length of the shortest (9.9 s), and by group which belong to
    it. n_records: a random part."""
    dataset = load_dataset(root, database, RATE, split=split)
    dataset = dataset.take(np.flatnonzero(dataset.lengths >= SHORTEST_S * RATE))
    dataset = replace(
        dataset,
        signals=dataset.signals[:, :, : dataset.lengths.min()],
        lengths=np.full(len(dataset), dataset.lengths.min()),
    )
    dataset = dataset.take(np.sort(np.random.default_rng(0).permutation(len(dataset))[:n_records]))
    base = open_database(database, root)
    infos = [base.info(record.split("/", 1)[1]) for record in dataset.records]
    groups = groups_of([row["superclasses"] for row in infos], [row["codes"] for row in infos])
    return dataset, {group: np.array(inside) for group, inside in groups.items()}


def run(
    name: str, recordings: tuple[Dataset, dict[str, np.ndarray]], folder: Path, bf16: bool = False
) -> Path:
    """Score a model on recordings (see ``load``) and write its file."""
    make, weights, states = estimator(name, bf16)
    dataset, groups = recordings
    truth = dataset.signals.astype(np.float32) / 1000
    which = sha256("\n".join(dataset.records).encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    part, every = folder / f"{Path(FILE).stem}.part", (LeadSet(), *states)
    identity = {
        "weights": weights,
        "recordings": which,
        "states": [str(state) for state in every],
        "bf16": bf16,
    }
    values = fill(part, identity, every, len(truth), lambda inputs: score_state(make, truth, inputs))
    patients = np.unique(dataset.patients, return_inverse=True)[1]
    table = ScoredStates(name, weights, which, SAID, every, values[:, 0], values[:, 1], patients, groups)
    table.save(folder / FILE)
    part.unlink()
    return folder / FILE


def of_fixed_leads() -> list[str]:
    """Models of fixed leads that leave a chest lead to estimate and whose file is not there or of other
    weights."""
    from models.reconstruct import TRAINED, available, weights_of

    wanted = []
    for info in available():
        if (
            info.card
            and info.card.inputs != "any"
            and any(LeadSet(leads).missing.chest for leads in info.card.inputs)
        ):
            file = TRAINED / info.name / FILE
            if not file.is_file() or ScoredStates.read(file).weights != weights_of(info.name):
                wanted.append(info.name)
    return wanted
