"""EDF and EDF+, where the extra package edfio is installed."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io.assemble import assemble
from ecgcore.io.formats import NO_HINTS, Format, Hints, refuse_other_type
from ecgcore.io.units import millivolts_per
from ecgcore.leads import lead_name


def read_edf(path: str | Path, hints: Hints = NO_HINTS, name: str | None = None) -> Ecg:
    """The standard leads of an EDF file, in mV. Nothing of its patient or recording field is kept. Raises
    UnusableEcg."""
    path = Path(path)
    refuse_other_type(path, FORMAT)
    try:
        import edfio
    except ImportError as error:
        raise UnusableEcg("Reading EDF needs the package edfio: pip install edfio.") from error
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            file = edfio.read_edf(str(path), lazy_load_data=True)
        notes = (
            ["The file ends within a data record; what is whole was read."]
            if any("ncomplete" in str(one.message) for one in said)
            else []
        )
        signals = [(signal.label, signal) for signal in file.signals]
        leads = [(label, signal) for label, signal in signals if lead_name(label)]
        rates = {float(signal.sampling_frequency) for _, signal in leads}
        if len(rates) > 1:
            raise UnusableEcg(
                f"The leads of {path.name} have different sampling rates: {', '.join(f'{rate:g} Hz' for rate in sorted(rates))}."
            )
        rows = [(label, _in_millivolts(label, signal, hints)) for label, signal in leads]
    except (ValueError, IndexError, KeyError, OSError, OverflowError, ZeroDivisionError) as error:
        if isinstance(error, UnusableEcg):
            raise
        raise UnusableEcg(f"{path.name} is a damaged EDF file.") from error
    others = [(label, np.empty(0)) for label, _ in signals if not lead_name(label)]
    return assemble([*rows, *others], next(iter(rates), 1.0), name or path.stem, notes)


def _in_millivolts(label: str, signal, hints: Hints) -> np.ndarray:
    unit = signal.physical_dimension.strip() or hints.unit or ""
    if signal.physical_max == signal.physical_min:
        raise UnusableEcg(f"The file gives no gain for lead {label}, so its amplitude in mV is unknown.")
    return np.array(signal.data, dtype=np.float64) * millivolts_per(unit, f"Lead {label}")


FORMAT = Format("EDF", (".edf",), read_edf, lambda first: first[:8] == b"0       ")
