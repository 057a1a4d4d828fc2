"""A site's own interval factors and gains from some local 12-lead recordings, and how they move with more
of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ecgcore.ecg import UnusableEcg
from models.checkpoint import today
from models.sites import Calibration
from models.sites.material import SHAPE, Material
from models.sites.pooling import Z_SITE, Spread

LEAST = 5
"""Recordings below which a site is not calibrated."""
ONE = np.ones(SHAPE)


def spreads(any_hospital: Calibration) -> tuple[Spread, Spread]:
    """Of the factors and of the gains, as the calibration for any hospital keeps them."""
    return tuple(  # type: ignore[return-value]
        Spread(*(np.array(part[name], dtype=float) for name in ("mean", "sd", "within")), part["hospitals"])
        for part in (any_hospital.more["factors"], any_hospital.more["gains"])
    )


def local_gain(material: Material, gains: Spread, shared: np.ndarray) -> np.ndarray:
    """(9, 8): the site's gains, shrunk towards the shared ones by what its recordings are worth, where
    those of one half of the recordings lower the other half's RMSE, and the shared ones elsewhere."""
    numbers = np.arange(len(material))
    halves = material.take(numbers[::2]), material.take(numbers[1::2])
    saved = np.zeros(SHAPE)
    for fitted, judged in (halves, halves[::-1]):
        own = gains.of_site(fitted.slopes(), len(fitted), 0.0)
        for cell, sums in judged.powers().items():
            product, power = sums.sum(0)
            saved[cell] += (shared[cell] ** 2 - own[cell] ** 2) * power - 2 * (
                shared[cell] - own[cell]
            ) * product
    own = gains.of_site(material.slopes(), len(material), 0.0)
    return np.where((saved > 0) & np.isfinite(own), own, shared)


def local_tables(
    material: Material, factors: Spread, gains: Spread, shared: np.ndarray, z: float = Z_SITE
) -> tuple[np.ndarray, np.ndarray]:
    """(9, 8) interval factors and gains of a site."""
    gain = local_gain(material, gains, shared)
    return factors.of_site(material.factors(gain), len(material), z), gain


def site_of(name: str, material: Material, any_hospital: Calibration) -> Calibration:
    """The calibration of a site with these recordings. Raises UnusableEcg for fewer than five."""
    if len(material) < LEAST:
        raise UnusableEcg(
            f"{len(material)} usable 12-lead recordings; a site needs at least {LEAST}, better 50 or more."
        )
    factor, gain = local_tables(material, *spreads(any_hospital), any_hospital.gain)
    factor = np.where(np.isfinite(factor), factor, any_hospital.factor)
    basis = f"{len(material)} local 12-lead recordings, shrunk towards {any_hospital.basis}"
    return Calibration(
        "site", name, any_hospital.weights, factor, gain, len(material), basis, today(), more(any_hospital)
    )


def moved_factors(
    factor: np.ndarray, gain: np.ndarray, count: int, material: Material
) -> tuple[np.ndarray, int]:
    """(9, 8) a site's factors after each of further recordings in turn, and of how many they are then: where
    fewer than 90 % of a recording's errors are held a factor grows, else it shrinks, by steps that become
    smaller with the square root of their number (adaptive conformal inference, arXiv:2106.00170)."""
    logs, ratios = np.log(factor), material.ratios(gain)
    for number in range(len(material)):
        count += 1
        for cell, values in ratios.items():
            own = values[number][np.isfinite(values[number])]
            logs[cell] += ((own > np.exp(logs[cell])).mean() - 0.1) / np.sqrt(count)
    return np.clip(np.exp(logs), 0.2, 50.0), count


def moved(site: Calibration, material: Material) -> Calibration:
    """The site with its factors moved on by further recordings (``moved_factors``)."""
    factor, count = moved_factors(site.factor, site.gain, site.recordings, material)
    basis = f"{count} {site.basis.partition(' ')[2]}"
    return replace(site, factor=factor, recordings=count, basis=basis, date=today())


def more(any_hospital: Calibration) -> dict[str, Any]:
    """What a site keeps of the calibration it was shrunk towards: nothing but its name."""
    return {"towards": any_hospital.basis}
