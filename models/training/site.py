"""A site's calibration from a folder of its recordings (``rlecg calibrate-site``) or from open ones."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ecgcore.datasets import local_databases
from ecgcore.ecg import Ecg, UnusableEcg
from models.calibration import calibration_sets
from models.reconstruct import any_hospital, calibrated, trained
from models.sites import Calibration, read_site
from models.sites.local import moved, site_of
from models.sites.material import Material
from models.training.batches import Dataset, dataset_of, load_dataset

RATE = 100
"""Hz."""
PER_SIZE = 2
"""Sets of each size beside the named ones."""


def input_sets(model) -> list:
    """The sets of observed leads that factors are fitted on."""
    return list(dict.fromkeys(map(model.observed, calibration_sets(model.observed, PER_SIZE))))


def local_material(name: str, root: Path, most: int | None = None) -> Material:
    """Of the recordings below a folder, ten seconds each. Raises UnusableEcg where there is none with
    twelve leads."""
    _start(name)
    bases = local_databases(root)
    if not bases:
        raise UnusableEcg(f"There are no WFDB records below {root.name!r}.")
    dataset = Dataset.joined([load_dataset(root, base, RATE, most=1) for base in bases])
    return _material(name, root.name, dataset, most)


def material_of(name: str, title: str, ecgs: Iterable[Ecg]) -> Material:
    """Of recordings that are open, ten seconds each. Raises UnusableEcg where none has twelve leads."""
    _start(name)
    dataset = dataset_of(ecgs, RATE)
    if dataset is None:
        raise UnusableEcg("None of the recordings has all twelve leads; a site's calibration needs them.")
    return _material(name, title, dataset)


def _start(name: str) -> Calibration:
    """What a site's calibration starts from. Raises UnusableEcg."""
    if (shared := any_hospital(name)) is None:
        raise UnusableEcg(f"{name} has no calibration for any hospital to start from.")
    return shared


def _material(name: str, title: str, dataset: Dataset, most: int | None = None) -> Material:
    model, recorded = trained(name).model, dataset.without_flat_leads()
    if not len(recorded):
        raise UnusableEcg(
            f"In each of the {len(dataset)} recordings some lead is flat; all twelve are needed."
        )
    return Material.of(model, title, recorded.take(np.arange(len(recorded))[:most]), input_sets(model))


def begun_site(name: str, title: str, path: Path) -> Calibration:
    """The site of that title that its file has begun. Raises UnusableEcg for another site's file and for one
    of other weights."""
    begun = read_site(path)
    if begun.name != title:
        raise UnusableEcg(f"{path.name} is the site {begun.name!r}, not {title!r}.")
    calibrated(name, begun)
    return begun


def calibrate_site(
    name: str, title: str, material: Material, begun: Calibration | None = None
) -> Calibration:
    """The calibration of a site, or, where one was begun, what becomes of it with further recordings."""
    if begun is not None:
        return moved(begun, material)
    return site_of(title, material, _start(name))
