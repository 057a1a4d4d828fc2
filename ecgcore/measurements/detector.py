"""QRS complexes by NeuroKit2 (doi:10.3758/s13428-020-01516-y), on one signal that holds all leads."""

from __future__ import annotations

import warnings

import numpy as np
from scipy import signal

RATE = 500.0
"""Samples per second at which everything is measured; recordings are resampled to it."""
QRS_HZ = (5.0, 30.0)


def complexes(rows: np.ndarray) -> np.ndarray:
    """Samples of the QRS complexes NeuroKit2 sees in the root mean square over leads (n_leads, n) of the 5-30
    Hz passband."""
    import neurokit2 as nk

    filtered = signal.sosfiltfilt(signal.butter(2, QRS_HZ, "bandpass", fs=RATE, output="sos"), rows, axis=-1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            peaks = nk.ecg_findpeaks(np.sqrt((filtered**2).mean(0)), sampling_rate=int(RATE))["ECG_R_Peaks"]
        except (ValueError, IndexError):  # seen where nothing stands out
            return np.zeros(0, dtype=int)
    return np.asarray(peaks, dtype=int)
