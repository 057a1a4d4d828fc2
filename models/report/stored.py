"""What the sections share: models with weights, their tables, and the sentences for what is not there."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.evaluation.scoring import SCORES
from ecgcore.studies import scores
from models.hints import hint
from models.reconstruct import ModelInfo, in_tables, weights_in_tables, weights_of

if TYPE_CHECKING:
    import pandas as pd


def stored_models() -> list[ModelInfo]:
    """Models that were trained, best first."""
    return list(in_tables())


def lacking(purpose: str, model: str = "NAME") -> str:
    """The sentence for a table that is not there."""
    return f"There is no stored table; `{hint(purpose, model=model)}` makes one."


def having(folder: Path, file: str) -> list[ModelInfo]:
    """The stored models with a file of that name."""
    return [info for info in stored_models() if (folder / info.name / file).is_file()]


def again(there: bool, purpose: str) -> str:
    """How a table is made again, or at all."""
    return f"Again: `{hint(purpose)}`." if there else lacking(purpose)


@cache
def stored_scores(folder: Path, file: str) -> pd.DataFrame:
    """All tables of a name as one; with a column "current"."""
    paths = [folder / info.name / f"{file}.parquet" for info in having(folder, f"{file}.parquet")]
    return scores.together(
        [SCORES.read(path) for path in paths],
        {info.name: weights_in_tables(info.name) for info in stored_models()},
    )


def other_weights(rows: pd.DataFrame, name: str) -> str:
    """A warning to put behind a model's name where its rows are of other weights; else nothing."""
    return "" if set(rows["weights"]) <= {weights_of(name)} else " (OTHER WEIGHTS than those on disk)"
