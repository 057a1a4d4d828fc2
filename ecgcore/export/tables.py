"""The numbers of a report: agreement with the recorded leads, and intervals and axes of input and estimated
leads told apart. Also as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ecgcore.ecg import Ecg, Reconstruction, UnusableEcg
from ecgcore.evaluation.agreement import LeadAgreement, agreement, mean_of_estimated
from ecgcore.export import ExportFormat
from ecgcore.export.content import Export, header
from ecgcore.leads import LeadSet
from ecgcore.measurements import AXES, INTERVALS, Measurements, Value, measure
from ecgcore.measurements.beats import Beats

INTERVALS_SHOWN = {
    "hr_bpm": "Heart rate",
    "pr_ms": "PR",
    "qrs_ms": "QRS",
    "qt_ms": "QT",
    "qtc_fridericia_ms": "QTc (Fridericia)",
    "p_axis_deg": "P axis",
    "qrs_axis_deg": "QRS axis",
    "t_axis_deg": "T axis",
}
UNITS = {"bpm": "/min", "deg": "°"}
NO_TRUTH = "No truth: the estimated leads were not recorded here, so how well they agree is not known."
NOTHING_ESTIMATED = "Nothing had to be estimated."
Table = list[tuple[str, ...]]


def agreement_rows(export: Export) -> tuple[list[LeadAgreement], str]:
    """The estimated leads that have a truth, with their mean as the last; or none, and a sentence why."""
    table = agreement(export.truth, export.reconstruction)
    estimated = [row for row in table if row.source == "estimated"]
    scored = [row for row in estimated if row.has_truth and row.rmse_uv is not None]
    if not estimated:
        return [], NOTHING_ESTIMATED
    if not scored:
        return [], NO_TRUTH
    mean = mean_of_estimated(scored)
    return scored + ([mean] if mean else []), ""


def agreement_table(export: Export) -> Table:
    """As text, with a line of titles."""
    rows, _ = agreement_rows(export)
    cells = [
        (row.lead, _n(row.r, 3), _n(row.rmse_uv, 0), _n(row.mae_uv, 0), _n(row.snr_db, 1)) for row in rows
    ]
    return [("Lead", "r", "RMSE µV", "MAE µV", "SNR dB"), *cells] if cells else []


def _n(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}".replace("-", "−")


def measured_columns(export: Export) -> dict[str, Measurements | str]:
    """Title -> measurements, or the sentence why there are none: inputs with what follows from them,
    estimated leads, and the same leads as recorded. All on the beats of the first, which are recorded."""
    reconstruction = export.reconstruction
    if not isinstance(reconstruction, Reconstruction):
        columns = {"Reconstruction": _measured(export.ecg, export.ecg.leads)}
        return columns | (
            {} if export.truth is None else {"Recorded": _measured(export.truth, export.truth.leads)}
        )
    inputs = reconstruction.leads_that_are("measured", "derived")
    columns = {"Inputs": _measured(export.ecg, inputs)}
    beats = columns["Inputs"].beats if isinstance(columns["Inputs"], Measurements) else None
    if reconstruction.estimated:
        columns["Estimated"] = _measured(export.ecg, reconstruction.estimated, beats)
        there = LeadSet() if export.truth is None else reconstruction.estimated & export.truth.leads
        if export.truth is not None and there:
            columns["Recorded"] = _measured(export.truth, there, beats)
    return columns


def _measured(ecg: Ecg, leads: LeadSet, beats: Beats | None = None) -> Measurements | str:
    try:
        return measure(ecg.pick(leads), beats, spread=False)
    except UnusableEcg as error:
        return str(error)


def measurement_table(columns: dict[str, Measurements | str]) -> Table:
    """As text: a line of titles, a line per interval and axis; "–" where something is not measurable."""
    lines: Table = [("", *columns)]
    for name, title in INTERVALS_SHOWN.items():
        lines.append((title, *(_cell(of, name) for of in columns.values())))
    return lines


def _cell(of: Measurements | str, name: str) -> str:
    if isinstance(of, str) or of[name].value is None:
        return "–"
    return f"{_value(of[name])}{' ?' if of[name].doubtful else ''}"


def _value(value: Value) -> str:
    unit = UNITS.get(value.unit, f" {value.unit}")
    return f"{_n(value.value, 0)}{unit}"


def agreement_csv(export: Export) -> bytes:
    """Lead, source, r, RMSE, MAE and SNR of every lead, after the export's header."""
    rows = [
        (row.lead, row.source, row.r, row.rmse_uv, row.mae_uv, row.snr_db)
        for row in agreement(export.truth, export.reconstruction)
    ]
    return _csv(export, ("lead", "source", "r", "rmse_uv", "mae_uv", "snr_db"), rows)


def measurements_csv(export: Export) -> bytes:
    """A row per group of leads and value, with unit, number of beats and the reason where it is missing or
    doubtful."""
    rows = []
    for title, of in measured_columns(export).items():
        if isinstance(of, str):
            rows.append((title.lower(), "", "all", None, "", 0, of))
            continue
        whole = (*INTERVALS, "qtc_fridericia_ms", *AXES)
        rows += [(title.lower(), " ".join(of.leads), name, *_fields(of[name])) for name in whole]
        for lead, values in of.leads.items():
            rows += [(title.lower(), lead, name, *_fields(value)) for name, value in values.values.items()]
    return _csv(export, ("group", "leads", "name", "value", "unit", "beats", "remark"), rows)


def _fields(value: Value) -> tuple[Any, ...]:
    return (None if value.value is None else round(value.value, 1), value.unit, value.n, value.reason)


def _csv(export: Export, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> bytes:
    import pandas as pd

    head = "".join(f"# {line}\n" for line in header(export))
    table: str = pd.DataFrame(rows, columns=list(names)).to_csv(index=False, lineterminator="\n")
    return (head + table).encode()


FORMATS = (
    ExportFormat(
        "agreement",
        "Agreement",
        "r, RMSE, MAE and SNR per lead",
        "-agreement.csv",
        "text/csv",
        agreement_csv,
        False,
        80,
    ),
    ExportFormat(
        "measurements",
        "Measurements",
        "intervals, axes, amplitudes",
        "-measurements.csv",
        "text/csv",
        measurements_csv,
        False,
        90,
    ),
)
