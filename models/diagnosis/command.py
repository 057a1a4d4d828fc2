"""What ``rlecg study diagnosis`` does: train the classifiers, score models, say what the tables say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ecgcore.ecg import UnusableEcg
from ecgcore.leads import LeadSet
from ecgcore.studies.diagnosis import TABLE, in_words
from models.diagnosis import scoring
from models.diagnosis.classifier import FILES, FOLDER
from models.diagnosis.scoring import CONTROLS, FILE, classifiers, sets_of, table_of
from models.diagnosis.training import train as train_classifier
from models.hints import hint
from models.reconstruct import TRAINED, weights_of
from models.training.plan import Plan, parse_options


def train(root: Path, out: Path | None, plan: Sequence[str], hide_leads: bool, install: bool) -> str:
    """Train one classifier in the folder out, put it where the app finds it on demand; a line about it."""
    folder = out or Path("runs") / f"{FOLDER}{'-few-leads' if hide_leads else ''}"
    card = train_classifier(root, folder, parse_options(list(plan), Plan), hide_leads)
    if install:
        place, weights = TRAINED / FOLDER, FILES[hide_leads]
        place.mkdir(parents=True, exist_ok=True)
        for file, name in ((weights, weights), ("history.csv", f"{Path(weights).stem}.csv")):
            (place / name).write_bytes((folder / file).read_bytes())
    return (
        f"{card.title}: {card.records} records of {card.patients} patients, {card.steps} steps; "
        f"{card.metrics['validation']}"
    )


def score(
    models: Sequence[str],
    root: Path,
    splits: Sequence[str],
    inputs: list[LeadSet],
    most: int | None,
    out: Path | None,
) -> None:
    """Write or continue the tables of the controls and of these models. Raises UnusableEcg."""
    for model in models:
        sets_of(model, inputs)  # refuse before an hour's work
    for model in (CONTROLS, *models):
        scoring.score(model, root, splits, inputs, most, None if out is None else _table(model, out))


def lines(models: Sequence[str], splits: Sequence[str], out: Path | None) -> Iterator[str]:
    """What the stored tables say, classifier by classifier and model by model. Raises UnusableEcg where one
    is missing."""
    controls, devices = _read(CONTROLS, out), classifiers()
    for kind, device in devices.items():
        yield f"-- {kind} classifier {device.weights_hash}, inputs alone"
        yield in_words(controls, controls, device.weights_hash, "inputs-only", splits)
    for model in models:
        rows = _read(model, out)
        stale = set(rows["weights"]) != {weights_of(model)}
        yield f"-- frozen classifier, {model}{' (of OTHER weights than those on disk)' * stale}"
        yield in_words(controls, rows, devices["frozen"].weights_hash, model, splits)


def _table(model: str, out: Path | None) -> Path:
    return table_of(model) if out is None else out / (model or "controls") / FILE


def _read(model: str, out: Path | None):
    if not _table(model, out).is_file():
        raise UnusableEcg(
            f"{model or 'The controls'} were not scored; {hint('diagnosis scores', model=model)} does that."
        )
    return TABLE.read(_table(model, out))
