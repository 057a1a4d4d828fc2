"""Train the classifier on original leads: PTB-XL folds 1-8, validated on fold 9."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ecgcore.datasets import SUPERCLASSES, open_database
from ecgcore.evaluation.discrimination import auroc
from models.checkpoint import Card, card_for, save
from models.diagnosis.classifier import FILES, Classifier, ClassifierConfig, LabelledDataset
from models.training.batches import load_dataset
from models.training.loop import Run, write_history
from models.training.plan import Plan

PLAN = {
    "epochs": 30,
    "batch": 32,
    "window_s": 8.0,
    "learning_rate": 2e-3,
    "weight_decay": 0.05,
    "schedule": "cosine",
    "warm_up": 100,
    "clip": 1.0,
    "average": 0.998,
    "bf16": True,
    "every": 5,
}
DATABASE = "ptb-xl"


def labelled(root: Path, split: str, rate: int = 100) -> LabelledDataset:
    """The recordings of a split that have a superclass, above 0.5 Hz; those without one are left out, as is
    usual (Strodthoff et al. 2021, doi:10.1109/JBHI.2020.3022989): no statement is not the same as none of the
    five."""
    dataset = load_dataset(root, DATABASE, rate, split=split)
    base = open_database(DATABASE, root)
    classes = [base.info(record.split("/", 1)[1])["superclasses"] for record in dataset.records]
    labels = np.array([[group in own for group in SUPERCLASSES] for own in classes], np.float32)
    labelled_rows = np.flatnonzero(labels.any(1))
    return LabelledDataset(dataset.take(labelled_rows), labels[labelled_rows])


def train(root: Path, folder: Path, plan_options: dict, hide_leads: bool = False, size: float = 1.0) -> Card:
    """Train, and write weights with their card into folder; a state of the same classifier found there is
    continued. size: part of the recordings."""
    plan = Plan(**(PLAN | plan_options))
    torch.manual_seed(plan.seed)
    model = Classifier(ClassifierConfig(hide_leads=hide_leads))
    learn, validation = labelled(root, "train"), labelled(root, "val")
    if size < 1:
        few = np.arange(max(plan.batch, round(size * len(learn))))
        learn = LabelledDataset(learn.dataset.take(few), learn.labels[few])
    run = Run(model, plan, learn, validation, folder / f"state-{Path(FILES[hide_leads]).stem}")  # type: ignore[arg-type]
    progress = run.go()
    write_history(run.history, folder)
    model.cpu().eval()
    option = " --hide-leads" if hide_leads else ""
    card = card_for(
        model,  # type: ignore[arg-type]
        learn.dataset,
        title=f"{model.title}{', trained with leads hidden' if hide_leads else ''}",
        inputs="I+II+V1+V2+V3+V4+V5+V6",
        outputs="+".join(SUPERCLASSES),
        rate_hz=float(model.config.rate),
        normalisation="none, mV above 0.5 Hz",
        dataset="PTB-XL 1.0.3 (subset), recordings with a superclass",
        folds="PTB-XL 1-8 trained, 9 validation",
        seed=plan.seed,
        steps=progress.step,
        command=f"rlecg study diagnosis train{option} --data ROOT",
        metrics={"validation": _words(model, validation)},
    )
    save(model, card, folder / FILES[hide_leads], half=True)  # type: ignore[arg-type]
    return card


def _words(model: Classifier, material: LabelledDataset) -> str:
    """AUROC of original leads on the validation fold."""
    n = int(material.dataset.lengths.min())
    signals = material.dataset.signals[:, :, :n].astype(np.float32) / 1000
    odds = np.concatenate(
        [model.log_odds(signals[first : first + 64]) for first in range(0, len(signals), 64)]
    )
    areas = [auroc(odds[:, place], material.labels[:, place] > 0) for place in range(len(SUPERCLASSES))]
    each = ", ".join(f"{group} {value:.3f}" for group, value in zip(SUPERCLASSES, areas, strict=True))
    return f"AUROC on fold 9, all leads as recorded: mean {np.mean(areas):.3f} ({each}); n = {len(material)}"
