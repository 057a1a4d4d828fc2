"""A simulated heart: current dipoles that switch on and off in a chest, seen by nine electrodes.

Each part of a beat (right atrium, septum, free wall, ...) is a dipole with a place, a direction and a
bell-shaped course of time. The potential of a dipole p at distance d in an endless homogeneous conductor goes
as p.d / |d|^3 (Malmivuo and Plonsey 1995, Bioelectromagnetism, chapter 8). Leads are differences of electrode
potentials, so Einthoven's and Goldberger's equations hold exactly, noise and wander included; and since the
dipoles differ in place, chest leads hold more than three dimensions, as in life. Nothing here is a patient's.
Directions: x to the left arm, y to the feet, z to the front; centimetres from the heart's centre.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ecgcore.ecg import Ecg
from ecgcore.leads import CHEST, STANDARD, LeadSet

ELECTRODES = {
    "RA": (-10.0, -8.5, 0.5),
    "LA": (9.0, -8.5, -0.5),
    "LL": (3.0, 14.0, 0.0),
    "V1": (-5.5, -2.5, 7.5),
    "V2": (-0.5, -2.5, 8.5),
    "V3": (3.0, -0.5, 8.5),
    "V4": (6.5, 1.5, 7.5),
    "V5": (10.5, 1.5, 4.0),
    "V6": (12.5, 1.5, -0.5),
}
"""Where the electrodes sit, cm; for the limbs, where an endless conductor would have their potential: closer
than wrists and ankle."""


@dataclass(frozen=True)
class Dipole:
    """time: s of its peak after the R wave; widths: s, one standard deviation before and after the peak;
    moment: strength and direction (x, y, z); place: cm. stretches: whether its time follows the square root
    of the RR interval, as repolarisation does."""

    time: float
    widths: tuple[float, float]
    moment: tuple[float, float, float]
    place: tuple[float, float, float] = (0.0, 0.0, 0.0)
    stretches: bool = False


ATRIA = (
    Dipole(-0.165, (0.018, 0.018), (4.0, 9.0, 3.0), (-2.0, -3.0, 1.0)),
    Dipole(-0.138, (0.018, 0.018), (9.0, 6.0, -4.0), (0.0, -3.0, -2.0)),
)
NORMAL_VENTRICLES = (
    Dipole(-0.026, (0.008, 0.008), (-18.0, -10.0, 32.0), (0.0, 0.0, 1.5)),
    Dipole(-0.002, (0.010, 0.010), (118.0, 150.0, 46.0), (2.0, 1.5, 1.0)),
    Dipole(0.016, (0.010, 0.011), (80.0, 26.0, -135.0), (2.5, 0.0, -1.0)),
    Dipole(0.036, (0.009, 0.010), (-26.0, -38.0, -36.0), (0.0, -2.5, -1.5)),
)
NORMAL_RECOVERY = (
    Dipole(0.235, (0.055, 0.040), (26.0, 26.0, 32.0), (1.5, 1.0, 0.5), True),
    Dipole(0.270, (0.040, 0.030), (22.0, 24.0, 8.0), (2.0, 0.0, -0.5), True),
)
LEFT_BLOCK_VENTRICLES = (
    Dipole(-0.035, (0.012, 0.014), (18.0, 40.0, 8.0), (-2.0, 0.0, 2.0)),
    Dipole(-0.004, (0.018, 0.020), (90.0, 50.0, -95.0), (0.5, 0.0, 0.5)),
    Dipole(0.036, (0.020, 0.022), (120.0, 18.0, -110.0), (2.5, 0.0, -1.0)),
    Dipole(0.068, (0.014, 0.016), (40.0, -12.0, -40.0), (3.5, -1.0, -2.0)),
)
LEFT_BLOCK_RECOVERY = (
    Dipole(0.27, (0.060, 0.045), (-42.0, -10.0, 48.0), (1.0, 0.0, 0.0), True),
    Dipole(0.31, (0.045, 0.035), (-22.0, -12.0, 22.0), (2.0, 0.0, -1.0), True),
)
RIGHT_BLOCK_VENTRICLES = (
    *NORMAL_VENTRICLES[:3],
    Dipole(0.036, (0.010, 0.012), (-26.0, -20.0, -10.0), (0.0, -2.0, 0.0)),
    Dipole(0.066, (0.016, 0.020), (-62.0, -8.0, 42.0), (-2.0, -0.5, 1.0)),
)
RIGHT_BLOCK_RECOVERY = (
    Dipole(0.245, (0.055, 0.040), (34.0, 26.0, -8.0), (1.5, 1.0, 0.5), True),
    Dipole(0.280, (0.045, 0.035), (30.0, 20.0, -26.0), (0.0, 0.0, 0.5), True),
)
ANTERIOR_LOSS_VENTRICLES = (
    Dipole(-0.024, (0.010, 0.010), (24.0, 12.0, -52.0), (0.5, 0.0, 1.5)),
    Dipole(-0.002, (0.010, 0.010), (96.0, 126.0, -38.0), (2.0, 1.5, 1.0)),
    Dipole(0.016, (0.010, 0.011), (78.0, 26.0, -95.0), (2.5, 0.0, -1.0)),
    Dipole(0.036, (0.009, 0.010), (-22.0, -34.0, -30.0), (0.0, -2.5, -1.5)),
)
"""The front wall gives no forces: QS in V1 to V3, a small R in V4."""
ANTERIOR_LOSS_RECOVERY = (
    Dipole(0.150, (0.060, 0.050), (10.0, 0.0, 18.0), (1.5, 0.5, 1.5), True),
    Dipole(0.285, (0.045, 0.035), (2.0, 22.0, -46.0), (1.5, 1.0, 1.0), True),
)
"""ST upwards and T downwards over the front wall."""
PREMATURE_VENTRICLES = (
    Dipole(0.000, (0.024, 0.026), (70.0, 160.0, -60.0), (-2.5, -2.0, 2.0)),
    Dipole(0.048, (0.026, 0.030), (60.0, 190.0, -110.0), (2.0, 0.0, -0.5)),
    Dipole(0.290, (0.060, 0.050), (-42.0, -105.0, 60.0), (1.0, 0.0, 0.0)),
)


PACED_VENTRICLES = (
    Dipole(-0.070, (0.0007, 0.0007), (40.0, 110.0, 20.0), (-1.0, 2.0, 2.0)),
    Dipole(-0.022, (0.018, 0.020), (70.0, -60.0, -60.0), (-1.0, 2.0, 2.0)),
    Dipole(0.020, (0.022, 0.024), (110.0, -130.0, -110.0), (1.5, 0.5, 0.0)),
    Dipole(0.066, (0.018, 0.020), (50.0, -90.0, -60.0), (3.0, -1.0, -1.5)),
)
"""A pacemaker's spike, then a wide beat from the tip of the right ventricle: to the left, up and back."""
PACED_RECOVERY = (
    Dipole(0.290, (0.065, 0.050), (-40.0, 62.0, 60.0), (1.0, 0.0, 0.0), True),
    Dipole(0.330, (0.050, 0.040), (-18.0, 30.0, 22.0), (2.0, 0.0, -1.0), True),
)
FLUTTERING = Dipole(0.0, (0.032, 0.028), (2.0, 4.0, 7.0), (-2.0, -3.0, 1.5))
"""One wave of a fibrillating atrium, strongest in V1."""


@dataclass(frozen=True)
class Heart:
    """What is simulated. rate: beats per minute; variation: of the RR interval with breathing, as a part;
    beat: the dipoles of a regular beat; premature: every how manieth beat comes early from a ventricle, 0 for
    none; noise_uv: white, per electrode;
    wander_uv: slow drift per electrode; fibrillation: waves of the atria per second, 0 for none: then each
    RR interval is by chance."""

    rate: float = 60.0
    variation: float = 0.03
    beat: tuple[Dipole, ...] = ATRIA + NORMAL_VENTRICLES + NORMAL_RECOVERY
    premature: int = 0
    noise_uv: float = 6.0
    wander_uv: float = 25.0
    fibrillation: float = 0.0


def simulate(heart: Heart, rate: float, seconds: float = 10.0, seed: int = 0, name: str = "simulated") -> Ecg:
    """Twelve leads of a simulated heart at a sampling rate in Hz; the same seed gives the same recording."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(rate * seconds)) / rate
    place = np.array(list(ELECTRODES.values()))
    potential = np.zeros((len(place), time.size))
    for start, interval, dipoles in _beats(heart, seconds, rng):
        breath = 1 + 0.04 * np.sin(2 * np.pi * start / 4.0)
        for dipole in dipoles:
            _add(potential, time - start, dipole, interval, place, breath)
    if heart.fibrillation:
        _fibrillate(potential, time, heart.fibrillation, rng, place)
    potential += 1e-3 * heart.noise_uv * rng.normal(size=potential.shape)
    phases, speeds = rng.uniform(0, 2 * np.pi, (len(place), 2, 1)), np.array([0.15, 0.25])[None, :, None]
    potential += 1e-3 * heart.wander_uv * np.sin(2 * np.pi * speeds * time + phases).sum(axis=1) / np.sqrt(2)
    return Ecg(
        _leads(potential),
        LeadSet(STANDARD),
        rate,
        name,
        ("Simulated: no patient stands behind this recording.",),
        simulated=True,
    )


def _beats(
    heart: Heart, seconds: float, rng: np.random.Generator
) -> Iterator[tuple[float, float, tuple[Dipole, ...]]]:
    """R times, RR intervals before them and dipoles, from a beat before the recording to one after it."""
    base = 60.0 / heart.rate
    at, count = -0.6 * base, 0
    while at < seconds + base:
        interval = base * (
            1 + heart.variation * np.sin(2 * np.pi * at / 4.0) + 0.2 * heart.variation * rng.normal()
        )
        early = heart.premature and count % heart.premature == heart.premature - 1
        after_early = heart.premature and count and count % heart.premature == 0
        if heart.fibrillation:
            interval = base * float(np.clip(1 + 0.2 * rng.normal(), 0.6, 1.6))
        interval *= 0.62 if early else 1.38 if after_early else 1.0
        at += interval
        count += 1
        yield at, base if early or after_early else interval, PREMATURE_VENTRICLES if early else heart.beat


def _add(
    potential: np.ndarray,
    since: np.ndarray,
    dipole: Dipole,
    interval: float,
    place: np.ndarray,
    breath: float,
) -> None:
    """Add what the electrodes see of one dipole in one beat, mV. since: (n,) s from the R wave."""
    stretch = np.sqrt(interval) if dipole.stretches else 1.0
    if dipole.stretches:
        dipole = replace(dipole, widths=(dipole.widths[0] * stretch, dipole.widths[1] * stretch))
    reach, middle = 5 * max(dipole.widths), dipole.time * stretch
    first, last = np.searchsorted(since, (middle - reach, middle + reach))
    near = slice(max(0, int(first) - 1), int(last) + 1)
    from_peak = since[near] - middle
    from_peak = np.where(np.abs(from_peak) < reach, from_peak, np.inf)
    course = np.exp(-0.5 * (from_peak / np.where(from_peak < 0, *dipole.widths)) ** 2)
    away = place - np.array(dipole.place)
    seen = away @ np.array(dipole.moment) / np.linalg.norm(away, axis=1) ** 3
    potential[:, near] += breath * np.outer(seen, course)


def _fibrillate(
    potential: np.ndarray, time: np.ndarray, per_second: float, rng: np.random.Generator, place: np.ndarray
) -> None:
    """Add waves of the atria, none like the next in time, height and direction."""
    at = 0.0
    while at < time[-1]:
        moment = np.array(FLUTTERING.moment) * rng.uniform(0.4, 1.6) + rng.normal(0, 1.2, 3)
        wave = replace(FLUTTERING, moment=tuple(moment * (1 if rng.random() < 0.5 else -1)))
        _add(potential, time - at, wave, 1.0, place, 1.0)
        at += rng.uniform(0.7, 1.3) / (2 * per_second)


def _leads(potential: np.ndarray) -> np.ndarray:
    """(12, n) mV from (9, n) electrode potentials; chest leads against Wilson's central terminal."""
    at = dict(zip(ELECTRODES, potential, strict=True))
    right, left, foot = at["RA"], at["LA"], at["LL"]
    wilson = (right + left + foot) / 3
    limb = [
        left - right,
        foot - right,
        foot - left,
        right - (left + foot) / 2,
        left - (right + foot) / 2,
        foot - (right + left) / 2,
    ]
    return np.stack([*limb, *(at[chest] - wilson for chest in CHEST)])
