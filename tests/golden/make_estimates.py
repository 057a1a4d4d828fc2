"""``python -m tests.golden.make_estimates --data ROOT``: writes ``estimates.json``, what six recordings give
with the weights on disk.

Estimates and half widths of the prediction interval in mV (estimated leads, every quarter of a second),
measurements of truth and reconstruction, and Shapley values of the input leads.
``tests/contracts/test_golden_estimates.py`` compares.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ecgcore.datasets import open_database
from ecgcore.demonstrations import REAL, demonstrations
from ecgcore.ecg import Ecg, Reconstruction
from ecgcore.leads import LeadSet
from ecgcore.measurements import Measurements, measure
from ecgcore.signals import high_pass
from models.reconstruct import reconstruct, trained
from models.significance.explain import explain

FILE = Path(__file__).parent / "estimates.json"
DEMONSTRATIONS = (
    REAL,
    "Simulated: wide QRS like left bundle branch block, 72/min, 1000 Hz",
    "Simulated: noisy recording, 80/min, 100 Hz",
)
SHARED = (("ptb-xl", "00009"), ("ludb", "1"), ("brugada-huca", "1141322"))
CASES = (("any-subset", "I II V2"), ("any-subset", "II"), ("linear", "I II V4"))
STEP_S = 0.25


def recordings(root: Path | None) -> Iterator[tuple[str, Ecg]]:
    """Name and recording, high-passed at 0.5 Hz; those of databases only where a data root is given."""
    for title in DEMONSTRATIONS:
        yield title, high_pass(demonstrations()[title]())
    for base, number in SHARED if root else ():
        database = open_database(base, root)
        record = next(record for record in database.records() if number in record)
        yield f"{base}/{record}", high_pass(database.read(record))


def summary(ecg: Ecg) -> dict:
    """Everything that is held, in JSON types."""
    everything: dict = {"measurements": values(measure(ecg))}
    for model, inputs in CASES:
        result = reconstruct(ecg, LeadSet(inputs), model)
        everything[f"{model} {inputs}"] = samples(result) | {"measurements": values(measure(result.ecg))}
    explanation = explain(trained("any-subset").model, ecg, LeadSet("I II V2"), "V4", None, ())
    everything["significance"] = {
        "shapley": dict(explanation.contribution.shapley),
        "gradient": explanation.amounts("gradient"),
    }
    return everything


def samples(result: Reconstruction) -> dict:
    """Every STEP_S of the estimated leads and of their half width, mV."""
    places = np.arange(0, result.ecg.n_samples, round(STEP_S * result.ecg.rate))
    estimate = {lead: _rounded(result.ecg[lead][places]) for lead in result.estimated}
    half_width = {lead: _rounded(result.half_width(lead)[places]) for lead in result.estimated}
    return {"estimate": estimate, "half_width": half_width, "warnings": list(result.warnings)}


def _rounded(row: np.ndarray) -> list[float]:
    return [round(float(value), 8) for value in row]


def values(measurements: Measurements) -> dict:
    """All values by name, None where not measurable."""
    overall = {name: value.value for name, value in measurements.values.items()}
    each = {
        f"{lead} {name}": value.value
        for lead, of_lead in measurements.leads.items()
        for name, value in of_lead.values.items()
    }
    return overall | each


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    everything = {"weights": trained("any-subset").weights_hash}
    everything |= {name: summary(ecg) for name, ecg in recordings(parser.parse_args().data)}
    FILE.write_text(json.dumps(everything, indent=None, separators=(",", ":")))
