"""Prediction intervals of personal estimates: by what the generic interval is multiplied, calibrated for each
use and length of the reference by ``rlecg study reference``."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np

from ecgcore.evaluation.tables import read_json
from ecgcore.lead_algebra import independent_count
from ecgcore.leads import STANDARD, LeadSet
from models.reconstruct import TRAINED
from models.sites import ANY, OWN, OWN_DATABASE

Use = Literal["session", "visit"]
CALIBRATION_FILE = "reference.json"
LENGTHS_S = (2.0, 5.0, 10.0)
"""Seconds of a reference of the same session that factors are for; one between two has those of the shorter,
which are wider."""


def interval_use(use: Use, recording: str) -> str:
    """Under what its interval factors are stored, but for the length. recording: its name; a session
    elsewhere than in PTB-XL has those for any hospital."""
    ours = recording.startswith(f"{OWN_DATABASE}/")
    return use if use == "visit" or ours else f"{use}, {ANY}"


def of_length(use: str, seconds: float) -> str:
    """Under what the factors of a use are stored for references of so many seconds."""
    return use if seconds <= LENGTHS_S[0] else f"{use}, {seconds:g} s"


def rung_of(use: str) -> str:
    """What the factors stand on, for people."""
    return ANY if use.endswith(ANY) else OWN


def interval_factors(
    model: str, weights: str, use: str, inputs: LeadSet, seconds: float = 0.0
) -> np.ndarray | None:
    """(12,) by which the generic interval is multiplied in each lead: those of the longest calibrated
    reference that is not longer than ``seconds``, or of the shortest. None without calibration."""
    stored = _calibration(model)
    if weights not in (stored.get("weights"), stored.get("visits_by")):
        return None
    lengths = [length for length in LENGTHS_S if length <= seconds] or [LENGTHS_S[0]]
    tables = [stored[key] for length in lengths if (key := of_length(use, length)) in stored]
    row = tables[-1].get(str(independent_count(inputs))) if tables else None
    return None if row is None else np.array([row.get(lead, row["mean"]) for lead in STANDARD])


def visits_by(model: str) -> str:
    """The hash of the weights by which another visit was calibrated, where it is not the model's own."""
    return str(_calibration(model).get("visits_by", ""))


@cache
def _calibration(model: str) -> dict:
    file = TRAINED / model / CALIBRATION_FILE
    return read_json(file) if file.is_file() else {}
