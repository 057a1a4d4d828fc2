"""The published systems and ours on one benchmark: the same recordings, leads, passbands and metrics for all
(``rlecg study published``).

Tables are ``trained/NAME/scores-common.parquet`` in the columns of ``ecgcore.evaluation.scoring``, by
``models.studies.scores``."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from ecgcore.evaluation.scoring import SCORES
from ecgcore.leads import LeadSet
from ecgcore.studies.published import OWN_SPLIT
from ecgcore.studies.published.benchmark import FILE, INPUTS, MORE, OLAIYA_FOLD
from ecgcore.studies.published.printed import OLAIYA_INPUTS
from models.base import Reconstructor, in_order
from models.reconstruct import in_tables, named, of_role, weights_of
from models.studies.scores import Task, evaluate, print_summary

METRICS = ("r", "rmse_uv", "rmse_scaled", "ssim", "mse_joint", "own_r", "own_rmse", "own_ssim")
AS_RECORDED = ("r", "rmse_uv")
MONITOR_INPUTS = "I+II"
"""What is scored under MorphRec's conditions too, on both held-out folds."""


def systems() -> dict[tuple[str, str], str]:
    """Every published system: its paper and what that calls it -> name of the model."""
    return {
        (family.study, variant): name for family in in_order() for variant, name in family.variants.items()
    }


def one_per_set() -> type[Reconstructor] | None:
    """The family with a network for every input set; None where there is none."""
    return next((family for family in in_order() if family.one_per_set), None)


def input_sets(name: str) -> tuple[LeadSet, ...]:
    """The sets a model is scored from; none for one that needs all leads. Raises UnusableEcg for an unknown
    name."""
    weights_of(name)
    info = next((info for info in in_tables() if info.name == name), None) or named(name)
    if info.card is None or info.card.inputs == "any":
        return INPUTS
    return tuple(leads for leads in map(LeadSet, info.card.inputs) if leads.missing)


def tasks(name: str, root: Path) -> list[Task]:
    """Everything that a model is scored on."""
    sets = input_sets(name)
    fold, ptb = ("ptb-xl", "test", sets), ("ptbdb", None, sets)
    wanted = [
        Task((name,), root, *fold, "high-pass", scaled=True, only=METRICS),
        Task((name,), root, *ptb, "high-pass", scaled=True, only=METRICS),
        Task((name,), root, *fold, "as-recorded", only=AS_RECORDED),
    ]
    if set(map(str, sets)) & {MONITOR_INPUTS}:
        wanted += [
            Task((name,), root, "ptb-xl", split, (LeadSet(MONITOR_INPUTS),), "0.67-40", only=AS_RECORDED)
            for split in ("test", "val")
        ]
    ours = name in [info.name for info in of_role("ours")]
    if LeadSet(OLAIYA_INPUTS) in sets and (ours or OWN_SPLIT in name):
        of_paper = ("ptb-xl", OLAIYA_FOLD.split, (LeadSet(OLAIYA_INPUTS),), OLAIYA_FOLD.passband)
        wanted.append(Task((name,), root, *of_paper, only=AS_RECORDED))
    if ours:
        wanted.append(Task((name,), root, "ptb-xl", "test", MORE, "high-pass", only=AS_RECORDED))
    return wanted


def run(name: str, root: Path, folder: Path, jobs: int) -> None:
    """Write or continue one model's table."""
    out = folder / name / f"{FILE}.parquet"
    for task in tasks(name, root):
        if jobs > 1:
            with ProcessPoolExecutor(jobs) as executor:
                evaluate(task, out, executor)
        else:
            evaluate(task, out)
    SCORES.keep(out, lambda table: table["weights"] == weights_of(name))
    print_summary(out)
