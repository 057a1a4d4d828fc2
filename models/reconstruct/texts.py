"""A reconstruction and the models there are, as text and in JSON types."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ecgcore.ecg import Ecg, Reconstruction
from models.reconstruct import available, unshipped

ADULT = 18
"""Years."""


def report(
    ecg: Ecg, result: Reconstruction, passband: str, start: float = 0.0, stop: float | None = None
) -> dict[str, Any]:
    """The result in JSON types: sources and, where there is a truth, the errors of the estimated leads from
    start to stop, s. Raises UnusableEcg where nothing lies between them."""
    from ecgcore.evaluation.agreement import SHOWN, agreement

    stop = ecg.duration if stop is None else min(stop, ecg.duration)
    rows = agreement(ecg.cut(start, stop), result.cut(start, stop))
    scored = {
        row.lead: {name: getattr(row, name) if row.source == "estimated" else None for name in SHOWN}
        for row in rows
    }
    return {
        "record": ecg.name,
        "model": result.model,
        "weights": result.weights,
        "inputs": list(result.inputs),
        "passband": passband,
        "rate_hz": ecg.rate,
        "from_s": start,
        "to_s": stop,
        "fitted_until_s": result.fitted_until,
        "interval": result.rung,
        "warnings": list(result.warnings),
        "notice": "Research and teaching use, not for diagnosis.",
        "leads": {row.lead: {"source": row.source} | scored[row.lead] for row in rows},
    }


def listing() -> str:
    """A line per model: its name, the input leads it takes, its title."""
    text = []
    for info in available():
        takes = "any leads" if info.card is None or info.card.inputs == "any" else ", ".join(info.card.inputs)
        fitted = " (fitted on the recording)" if info.personal else ""
        text.append(f"{info.name:28} {takes:40} {info.label}{fitted}")
    text += [
        f"{info.name:28} {'weights not shipped':40} {info.label}; made by: {info.card.command}"
        for info in unshipped()
        if info.card
    ]
    return "\n".join(text)


def for_person(reconstruction: Reconstruction, age: float | None) -> Reconstruction:
    """The reconstruction with a warning where the person is known to be a child. age: years; None or NaN
    where it is not known."""
    if age is None or not age < ADULT or not reconstruction.estimated or reconstruction.fitted_until:
        return reconstruction
    sentence = (
        f"The person is {age:g} years old: hardly one in a hundred recordings that models were trained and "
        "calibrated on is of a child, and neither estimate nor interval is validated for children."
    )
    return replace(reconstruction, warnings=(sentence, *reconstruction.warnings))
