"""A site's calibration from a folder of its recordings (``rlecg calibrate-site``)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ecgcore.datasets import local_databases
from ecgcore.ecg import UnusableEcg
from models.calibration import calibration_sets
from models.reconstruct import any_hospital, trained
from models.sites import Calibration
from models.sites.local import moved, site_of
from models.sites.material import Material
from models.training.batches import Dataset, load_dataset

PER_SIZE = 2
"""Sets of each size beside the named ones."""


def input_sets(model) -> list:
    """The sets of observed leads that factors are fitted on."""
    return list(dict.fromkeys(map(model.observed, calibration_sets(model.observed, PER_SIZE))))


def local_material(name: str, root: Path, most: int | None = None) -> Material:
    """Of the recordings below a folder, ten seconds each. Raises UnusableEcg where there is none with
    twelve leads."""
    model = trained(name).model
    if any_hospital(name) is None:
        raise UnusableEcg(f"{name} has no calibration for any hospital to start from.")
    bases = local_databases(root)
    if not bases:
        raise UnusableEcg(f"There are no WFDB records below {root.name!r}.")
    dataset = Dataset.joined([load_dataset(root, base, 100, most=1) for base in bases])
    recorded = dataset.without_flat_leads()
    if not len(recorded):
        raise UnusableEcg(
            f"In each of the {len(dataset)} recordings some lead is flat; all twelve are needed."
        )
    return Material.of(model, root.name, recorded.take(np.arange(len(recorded))[:most]), input_sets(model))


def calibrate_site(
    name: str, title: str, material: Material, begun: Calibration | None = None
) -> Calibration:
    """The calibration of a site, or, where one was begun, what becomes of it with further recordings."""
    if begun is not None:
        return moved(begun, material)
    shared = any_hospital(name)
    assert shared is not None
    return site_of(title, material, shared)
