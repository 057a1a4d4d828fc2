"""Recordings that are there without a file and without a network: a real one that ships with pydicom, and
simulated ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.synthetic import (
    ANTERIOR_LOSS_RECOVERY,
    ANTERIOR_LOSS_VENTRICLES,
    ATRIA,
    LEFT_BLOCK_RECOVERY,
    LEFT_BLOCK_VENTRICLES,
    NORMAL_RECOVERY,
    NORMAL_VENTRICLES,
    PACED_RECOVERY,
    PACED_VENTRICLES,
    RIGHT_BLOCK_RECOVERY,
    RIGHT_BLOCK_VENTRICLES,
    Heart,
    simulate,
)

REAL = "Real: 12-lead ECG from an electrocardiograph, 1000 Hz"
"""Title of the real recording, the first of the demonstrations."""
_FILE = "waveform_ecg.dcm"

LONG = "Simulated: two minutes of sinus rhythm, 68/min, 500 Hz"
"""Title of the recording that is long enough for a personal model."""


class _Simulation(NamedTuple):
    """rate: Hz; seconds: how long."""

    heart: Heart
    rate: float
    seconds: float = 10.0


_HEARTS: dict[str, _Simulation] = {
    "Simulated: sinus rhythm, 60/min, 500 Hz": _Simulation(Heart(rate=60), 500.0),
    "Simulated: sinus tachycardia, 110/min, 250 Hz": _Simulation(Heart(rate=110, variation=0.01), 250.0),
    "Simulated: wide QRS like left bundle branch block, 72/min, 1000 Hz": _Simulation(
        Heart(rate=72, beat=ATRIA + LEFT_BLOCK_VENTRICLES + LEFT_BLOCK_RECOVERY), 1000.0
    ),
    "Simulated: ventricular premature beats, 75/min, 500 Hz": _Simulation(Heart(rate=75, premature=5), 500.0),
    "Simulated: noisy recording, 80/min, 100 Hz": _Simulation(
        Heart(rate=80, noise_uv=35.0, wander_uv=150.0), 100.0
    ),
    "Simulated: like right bundle branch block, 70/min, 500 Hz": _Simulation(
        Heart(rate=70, beat=ATRIA + RIGHT_BLOCK_VENTRICLES + RIGHT_BLOCK_RECOVERY), 500.0
    ),
    "Simulated: like an anterior infarction, 75/min, 500 Hz": _Simulation(
        Heart(rate=75, beat=ATRIA + ANTERIOR_LOSS_VENTRICLES + ANTERIOR_LOSS_RECOVERY), 500.0
    ),
    "Simulated: like atrial fibrillation, 90/min, 500 Hz": _Simulation(
        Heart(rate=90, beat=NORMAL_VENTRICLES + NORMAL_RECOVERY, fibrillation=6.5), 500.0
    ),
    "Simulated: like ventricular pacing, 70/min, 1000 Hz": _Simulation(
        Heart(rate=70, variation=0.0, beat=PACED_VENTRICLES + PACED_RECOVERY), 1000.0
    ),
    LONG: _Simulation(Heart(rate=68, variation=0.05, noise_uv=8.0, wander_uv=60.0), 500.0, 120.0),
}
"""What is simulated, and for how long. Seeds are fixed by position, so each is the same on every machine."""


@cache
def demonstrations() -> Mapping[str, Callable[[], Ecg]]:
    """Titles and what makes the recording, in the order a picker shows them; ten seconds within some tens of
    ms the first time. They are no patient's, so they are kept for all sessions."""
    simulated = {title: _simulated(title, seed) for seed, title in enumerate(_HEARTS, start=1)}
    return {REAL: real_recording, **simulated}


def _simulated(title: str, seed: int) -> Callable[[], Ecg]:
    heart, rate, seconds = _HEARTS[title]
    return cache(lambda: simulate(heart, rate, seconds, seed=seed, name=title))


def real_file() -> Path:
    """The DICOM recording in the pydicom wheel. Raises UnusableEcg where it is not there."""
    from pydicom.data import get_testdata_file

    file = get_testdata_file(_FILE, download=False)
    if file is None:
        raise UnusableEcg(
            "The demonstration recording that comes with pydicom is not installed; choose a simulated one."
        )
    return Path(str(file))


@cache
def real_recording() -> Ecg:
    """Ten seconds of sinus rhythm, twelve leads, 1000 Hz; "normal ECG" in the words of its device."""
    from ecgcore.io import read_path

    return read_path(real_file(), name="demonstration recording")


def real_measurements() -> dict[str, float]:
    """What the device measured on the real recording: see ``ecgcore.io.device_measurements``."""
    from ecgcore.io import device_measurements

    return device_measurements(real_file())
