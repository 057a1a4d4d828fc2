"""The sections of ``RESULTS.md`` in their order.

Each is given the folder of trained models and yields lines of Markdown. A new section is a function and a
line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from models.report import accuracy, people, studies

Section = Callable[[Path], Iterator[str]]

SECTIONS: dict[str, Section] = {
    "Models": accuracy.trained_models,
    "Accuracy on the test fold": accuracy.accuracy,
    "Prediction intervals": accuracy.intervals,
    "Groups of people": people.groups,
    "Noise ceiling": people.noise_ceiling,
    "Databases left out of training": accuracy.unseen,
    "Published systems": studies.published,
    "Published systems at full width": studies.full_width,
    "Height of QRS": studies.qrs_height,
    "Measurements": studies.measurements,
    "Diagnosis preserved": studies.diagnosis,
    "Lead information": studies.lead_information,
    "Significance": studies.significance,
    "Maps of significance": studies.maps,
    "Trainings": studies.trainings,
    "Personal models": studies.personal_models,
    "Reference recordings": studies.reference_recordings,
    "Exchanged electrodes": studies.electrodes,
    "Other hospitals": studies.hospitals,
    "Not stored": studies.not_stored,
}
