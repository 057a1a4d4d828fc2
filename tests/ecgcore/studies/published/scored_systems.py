"""Scores of published systems and of ours with answers known beforehand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ecgcore.evaluation.scoring import COLUMNS, SCORES
from ecgcore.leads import CHEST, LeadSet
from ecgcore.studies.published.benchmark import FILE, FOLD, PTB, RAW

PATIENTS = 12


TITLES = {
    "any-subset": "Any-subset network",
    "linear": "Linear MMSE",
    "gradowski-i-ii": "Gradowski U-Net, I + II",
    "gradowski-i-ii-v4": "Gradowski U-Net, I + II + V4",
    "olaiya-baseline": "Olaiya U-Net, baseline, I + II + V4",
    "olaiya-hybrid": "Olaiya U-Net, hybrid, I + II + V4",
    "olaiya-lead-specific": "Olaiya U-Net, lead specific, I + II + V4",
    "beco-unet-ii": "Beco U-Net, II",
    "beco-fc-ii": "Beco point by point (Grande-Fidalgo), II",
}


REDUCED_MODELS = frozenset(
    name for name in TITLES if name.startswith(("gradowski", "olaiya", "beco-unet"))
) - {"olaiya-lead-specific"}


LEVEL = {
    "any-subset": 0.9,
    "linear": 0.8,
    "olaiya-baseline": 0.7,
    "olaiya-hybrid": 0.7,
    "olaiya-lead-specific": 0.6,
    "gradowski-i-ii-v4": 0.75,
}


OURS = ("any-subset", "linear")


def rows(
    model: str, inputs: str, condition=FOLD, level=None, metrics=("r",), weights="w", spread=0.01
) -> list[tuple]:
    """Every missing chest lead and, from one lead, the limb leads: the model's level, a hundredth less for
    each chest lead from V1, and noise by patient."""
    given, scores = LeadSet(inputs), []
    level = LEVEL.get(model, 0.5) if level is None else level
    rng = np.random.default_rng(sum(map(ord, model)))
    targets = [lead for lead in (*given.missing,) if lead not in given.determined]
    for number in range(PATIENTS):
        noise = spread * rng.standard_normal()
        for lead in targets:
            value = level - (0.01 * CHEST.index(lead) if lead in CHEST else 0.0) + noise
            for metric in metrics:
                fixed = (
                    model,
                    weights,
                    inputs,
                    condition.database,
                    condition.split,
                    f"{number:03d}",
                    f"p{number}",
                    condition.passband,
                    condition.rate,
                )
                scores.append(
                    (*fixed, lead, "estimated", metric, value if metric != "rmse_uv" else 1000 * (1 - value))
                )
    return scores


def everything() -> list[tuple]:
    both = ("r", "rmse_uv")
    scores = []
    for model in ("any-subset", "linear"):
        for inputs in ("II", "I+II", "I+II+V4"):
            scores += rows(model, inputs, metrics=both)
        scores += rows(model, "I+II+V4", RAW) + rows(model, "I+II+V4", PTB)
    scores += rows("gradowski-i-ii", "I+II", metrics=both, level=0.7) + rows(
        "gradowski-i-ii-v4", "I+II+V4", metrics=both
    )
    for model in ("olaiya-baseline", "olaiya-hybrid", "olaiya-lead-specific"):
        scores += rows(model, "I+II+V4", metrics=both) + rows(model, "I+II+V4", RAW)
    own = (*both, "own_r", "own_rmse", "own_ssim")
    return (
        scores
        + rows("beco-unet-ii", "II", metrics=own, level=0.6)
        + rows("beco-fc-ii", "II", metrics=own, level=0.3)
    )


def write(folder: Path, scores: list[tuple]) -> None:
    for model in {row[0] for row in scores}:
        path = folder / model / f"{FILE}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        SCORES.write(pd.DataFrame([row for row in scores if row[0] == model], columns=COLUMNS), path)
