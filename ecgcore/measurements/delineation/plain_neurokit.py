"""Plain NeuroKit2, lead by lead, as a user would call it: what the product's own marks are compared with."""

from __future__ import annotations

import warnings

import numpy as np

METHODS = ("dwt", "cwt", "prominence", "peak")
_EDGES = {
    ("P", "onset"): "ECG_P_Onsets", ("P", "offset"): "ECG_P_Offsets", ("QRS", "onset"): "ECG_R_Onsets",
    ("QRS", "offset"): "ECG_R_Offsets", ("T", "onset"): "ECG_T_Onsets", ("T", "offset"): "ECG_T_Offsets",
}  # fmt: skip


def neurokit_marks(row: np.ndarray, rate: float, method: str) -> dict[str, np.ndarray] | None:
    """{"P onset": samples, ...} of one lead (n,) mV; None where NeuroKit2 gives up. R peaks are its own,
    too."""
    import neurokit2 as nk

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            clean = nk.ecg_clean(row, sampling_rate=int(rate))
            peaks = nk.ecg_peaks(clean, sampling_rate=int(rate))[1]["ECG_R_Peaks"]
            waves = nk.ecg_delineate(clean, peaks, sampling_rate=int(rate), method=method)[1]
        except (
            ValueError,
            IndexError,
            ZeroDivisionError,
            TypeError,
            KeyError,
        ):  # all seen on short, flat or odd leads
            return None
    marks = {}
    for (wave, edge), name in _EDGES.items():
        times = np.asarray(waves.get(name, []), dtype=float)
        marks[f"{wave} {edge}"] = times[np.isfinite(times)]
    return marks
