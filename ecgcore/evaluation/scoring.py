"""Honest evaluation: one long table, a row per record, input set, lead and metric, and summaries of it.

Conditions are part of every number, so they are columns: passband ("high-pass" = 0.5 Hz high-pass on inputs
and truth, "as-recorded", or "0.67-40" Hz of the first nine seconds), rate, inputs, database, split. Only
estimated leads are scored; means are over **learned** leads, that is the estimated ones among I, II, V1-V6,
never input or derived ones. Intervals resample patients.

Works for any callable ``(Ecg, LeadSet) -> Reconstruction``; knows no model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.evaluation.metrics import all_metrics
from ecgcore.evaluation.statistics import Interval, bootstrap_mean, bootstrap_ratio
from ecgcore.evaluation.tables import Table
from ecgcore.leads import INDEPENDENT, STANDARD, LeadSet
from ecgcore.signals import filter_array, high_pass, resample

if TYPE_CHECKING:
    import pandas as pd

OF_RECORDING = ("model", "weights", "inputs", "database", "split", "record", "patient", "passband")
"""The columns that say what was estimated from what, in every table over a database."""
COLUMNS = (
    *OF_RECORDING,
    "rate",
    "lead",
    "source",
    "metric",
    "value",
)
SCORES = Table(
    "scores",
    COLUMNS,
    ("model", "weights", "inputs", "database", "record", "passband", "rate"),
    {"value": "float32"},
    categories=True,
    digits="%.4g",
)
PASSBANDS = ("high-pass", "as-recorded", "0.67-40")
MONITOR_HZ, MONITOR_S = (0.67, 40.0), 9.0
"""Of "0.67-40": Butterworth of order 5, zero-phase, and the first nine seconds (MorphRec's conditions)."""
ZONES = ("qrs", "st-t", "rest")
QRS_S, ST_T_S = (-0.06, 0.06), (0.06, 0.40)
"""Zones about each R point, in seconds; what lies in neither is rest."""


def prepare(ecg: Ecg, passband: str, rate: float | None = None) -> Ecg:
    """The truth of an evaluation: at a rate in Hz (None: as it is), in a passband."""
    if passband not in PASSBANDS:
        raise ValueError(f"passband {passband!r}: there are {', '.join(PASSBANDS)}")
    ecg = ecg if rate is None else resample(ecg, rate)
    if passband == "0.67-40":
        filtered = ecg.replace(signals=filter_array(ecg.signals, ecg.rate, *MONITOR_HZ, order=5))
        return filtered.cut(0.0, min(MONITOR_S, ecg.duration))
    return high_pass(ecg) if passband == "high-pass" else ecg


def zones(beats_s: np.ndarray, n_samples: int, rate: float) -> np.ndarray:
    """(n_samples,) index into ``ZONES`` from R points in seconds."""
    zone = np.full(n_samples, ZONES.index("rest"))
    time = np.arange(n_samples) / rate
    for name, (start, stop) in (("st-t", ST_T_S), ("qrs", QRS_S)):
        for beat in beats_s:
            zone[(time >= beat + start) & (time < beat + stop)] = ZONES.index(name)
    return zone


def score(
    truth: Ecg, reconstruction: Reconstruction, zone: np.ndarray | None = None
) -> Iterator[tuple[str, str, float]]:
    """(lead, metric, value) for every estimated lead that has a truth.

    The metrics of ``ecgcore.evaluation.metrics``; with a prediction interval also coverage (share of samples
    within it) and width_uv (its mean full width), and both by zone where zones are given ("coverage_qrs"),
    together with the error of the QRS height. Samples a personal model was fitted on do not count.
    """
    first = round(reconstruction.fitted_until * reconstruction.ecg.rate)
    leads = [lead for lead in reconstruction.estimated if lead in truth.leads]
    if not leads:
        return
    true = np.stack([truth[lead] for lead in leads])[:, first:]
    estimate = np.stack([reconstruction.ecg[lead] for lead in leads])[:, first:]
    for metric, values in all_metrics(true, estimate).items():
        yield from ((lead, metric, float(value)) for lead, value in zip(leads, values, strict=True))
    if zone is not None:
        for lead, row, guess in zip(leads, true, estimate, strict=True):
            yield from (
                (lead, metric, value) for metric, value in peak_errors(row, guess, zone[first:]).items()
            )
    if reconstruction.interval is None:
        return
    half = np.stack([reconstruction.interval[STANDARD.index(lead)] for lead in leads])[:, first:]
    inside = np.abs(true - estimate) <= half
    parts = {"": slice(None)} | (
        {f"_{name}": zone[first:] == number for number, name in enumerate(ZONES)} if zone is not None else {}
    )
    for suffix, part in parts.items():
        held, widths = inside[:, part], half[:, part]
        if not held.size:
            continue
        for lead, share, width in zip(leads, held.mean(-1), widths.mean(-1), strict=True):
            yield lead, f"coverage{suffix}", float(share)
            yield lead, f"width_uv{suffix}", float(2000 * width)


def peak_errors(truth: np.ndarray, estimate: np.ndarray, zone: np.ndarray) -> dict[str, float]:
    """Error of the QRS height, peak to peak within each QRS zone: mean (bias) and mean absolute over beats,
    uV.

    truth, estimate: (n,) mV. Empty without a whole QRS.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], zone == ZONES.index("qrs"), [0]]).astype(int)))
    errors = [
        np.ptp(estimate[start:stop]) - np.ptp(truth[start:stop])
        for start, stop in edges.reshape(-1, 2)
        if stop - start > 1
    ]
    return (
        {
            "qrs_height_bias_uv": 1e3 * float(np.mean(errors)),
            "qrs_height_mae_uv": 1e3 * float(np.mean(np.abs(errors))),
        }
        if errors
        else {}
    )


def usual_inputs(input_sets: Iterable[str | LeadSet]) -> list[LeadSet]:
    """Input sets from their texts, in the order given, once each."""
    return list(
        dict.fromkeys(leads if isinstance(leads, LeadSet) else LeadSet(leads) for leads in input_sets)
    )


def learned(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of learned leads."""
    return table[(table["source"] == "estimated") & table["lead"].isin(INDEPENDENT)]


def per_record(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean of a metric over the learned leads of each record: columns of the conditions, record, patient,
    value."""
    rows = learned(table)
    rows = rows[rows["metric"] == metric]
    keys = ["model", "weights", "inputs", "database", "split", "passband", "rate", "record", "patient"]
    return rows.groupby(keys, observed=True, sort=False)["value"].mean().reset_index()


def summary(
    table: pd.DataFrame, metric: str, resamples: int = 2000
) -> dict[tuple[str, str, str, str], Interval]:
    """(model, inputs, database, passband) -> mean over records of the learned-lead mean, with its interval by
    patient."""
    means = per_record(table, metric)
    return {
        key: bootstrap_mean(rows["value"].to_numpy(), rows["patient"].to_numpy(), resamples)
        for key, rows in means.groupby(["model", "inputs", "database", "passband"], observed=True, sort=False)
    }


def pooled_slopes(table: pd.DataFrame, resamples: int = 2000) -> dict[str, Interval]:
    """Slope of truth on estimate over all samples of all records, per estimated lead and over the learned
    leads ("learned").

    For rows of one condition, model and input set. A record counts by the power of its estimate, which
    follows from its own slope, SD ratio, R2 and RMSE; the mean over records of their slopes is another
    number, in which a quiet record counts as much as a tall one.
    """
    needed = ["slope", "sd_ratio", "r2", "rmse_uv"]
    rows = table[(table["source"] == "estimated") & table["metric"].isin(needed)]
    wide = rows.astype({"metric": str, "lead": str, "record": str, "patient": str}).pivot_table(
        index=["lead", "record", "patient"], columns="metric", values="value", aggfunc="first"
    )
    if not set(needed) <= set(wide.columns):
        return {}
    wide = wide.reset_index().dropna()
    wide["power"] = wide["sd_ratio"] ** 2 * wide["rmse_uv"] ** 2 / (1 - wide["r2"]).clip(lower=1e-4)
    wide["product"] = wide["slope"] * wide["power"]
    parts = {"learned": wide[wide["lead"].isin(INDEPENDENT)]} | {
        lead: wide[wide["lead"] == lead] for lead in STANDARD
    }
    slopes = {}
    for name, part in parts.items():
        if len(part):
            slopes[name] = bootstrap_ratio(
                part["product"].to_numpy(), part["power"].to_numpy(), part["patient"].to_numpy(), resamples
            )
            slopes[name] = replace(slopes[name], n_records=part["record"].nunique())
    return slopes
