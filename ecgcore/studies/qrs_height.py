"""Are R peaks preserved at a low working rate? Errors of the height of QRS, all against the truth at 500 Hz.

A model may be given the recording as it is, or one that was brought to a low rate before and its answer
brought back; beside them stands what the low rate alone does to the true leads (model ""). The table has a
row per record, input set and way: means over the learned leads and beats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.ecg import Ecg
from ecgcore.evaluation.scoring import peak_errors
from ecgcore.evaluation.statistics import Interval, bootstrap_mean
from ecgcore.evaluation.tables import Table

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("model", "weights", "inputs", "way", "record", "patient", "bias_uv", "mae_uv")
TABLE = Table("QRS heights", COLUMNS, ("weights", "record"), {"bias_uv": "float64", "mae_uv": "float64"})
LOW_HZ = 100.0
WAYS = {
    "full": "500 Hz in, scored at 500 Hz",
    "low": "100 Hz in, scored at 500 Hz",
    "low, scored low": "100 Hz in, scored at 100 Hz",
}
"""What is given, and the rate of the truth it is held against."""


def heights(truth: Ecg, estimate: Ecg, leads: Sequence[str], zone: np.ndarray) -> tuple[float, float]:
    """Mean error and mean absolute error of the QRS height over leads, uV. zone: (n_samples,) see
    ``ecgcore.evaluation.scoring.zones``."""
    errors = [error for lead in leads if (error := peak_errors(truth[lead], estimate[lead], zone))]
    if not errors:
        return float("nan"), float("nan")
    bias, mae = (
        float(np.mean([error[f"qrs_height_{name}_uv"] for error in errors])) for name in ("bias", "mae")
    )
    return bias, mae


@dataclass(frozen=True)
class Heights:
    """Errors of the QRS height, uV, over records. extra: mae of the low rate minus that of the full rate,
    paired; None at the full rate."""

    model: str
    way: str
    bias: Interval
    mae: Interval
    extra: Interval | None


def summary(table: pd.DataFrame, inputs: str) -> list[Heights]:
    """Every model and way for one input set, models in the order of the table, ways in that of ``WAYS``."""
    rows, summaries = table[table["inputs"] == inputs], []
    for model, part in rows.groupby("model", sort=False):
        wide = part.pivot_table(
            index=["record", "patient"], columns="way", values=["bias_uv", "mae_uv"], aggfunc="first"
        )
        patients = wide.index.get_level_values("patient").to_numpy()
        for way in [way for way in WAYS if ("mae_uv", way) in wide]:
            mae = wide["mae_uv", way].to_numpy()
            extra = (
                bootstrap_mean(mae - wide["mae_uv", "full"].to_numpy(), patients)
                if way != "full" and ("mae_uv", "full") in wide
                else None
            )
            summaries.append(
                Heights(
                    str(model),
                    way,
                    bootstrap_mean(wide["bias_uv", way].to_numpy(), patients),
                    bootstrap_mean(mae, patients),
                    extra,
                )
            )
    return summaries
