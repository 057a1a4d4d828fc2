"""EDF+: a signal per row of the export in uV, 16 bits; the lines of the header are annotations, a millisecond
apart at the beginning, so that they keep their order.

Fields of the patient are "X", as the specification has it for what is not said (www.edfplus.info), and so are
the date and the place of the recording.
"""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import numpy as np

from ecgcore.ecg import UnusableEcg
from ecgcore.export import ExportFormat
from ecgcore.export.content import Export, Row, header, rows
from ecgcore.signals import HIGH_PASS_HZ

MOST_UV = 99_999
"""Physical limits have eight characters."""


def edf_bytes(export: Export) -> bytes:
    """The export as one EDF+ file. A last incomplete second is kept: data records are as long as divides
    it."""
    import edfio

    filtered = f"HP:{HIGH_PASS_HZ:g}Hz" if export.high_pass else ""
    signals = [_signal(row, export.ecg.rate, filtered) for row in rows(export)]
    file = edfio.Edf(
        signals,
        patient=edfio.Patient(),
        recording=edfio.Recording(equipment_code="reduced-lead-ecg", additional=["not_for_diagnosis"]),
        data_record_duration=_record_seconds(export),
        annotations=[edfio.EdfAnnotation(n / 1000, None, line) for n, line in enumerate(header(export))],
    )
    packed = io.BytesIO()
    file.write(packed)
    return packed.getvalue()


def _signal(row: Row, rate: float, filtered: str) -> Any:
    import edfio

    microvolts = 1000 * row.samples.astype(np.float64)
    peak = float(max(1.0, np.ceil(np.abs(microvolts).max())))
    if peak > MOST_UV:
        raise UnusableEcg(f"Amplitudes up to {peak / 1000:.3g} mV do not fit an EDF file.")
    return edfio.EdfSignal(
        microvolts,
        rate,
        label=f"ECG {row.short_name}",
        transducer_type=_role_text(row),
        physical_dimension="uV",
        physical_range=(-peak, peak),
        prefiltering=filtered,
    )


def _role_text(row: Row) -> str:
    words = "recorded, not given to the model" if row.role == "recorded" else row.role
    return f"role: {words}"


def _record_seconds(export: Export) -> float:
    """The longest data record, in s, that fits a whole number of times and samples."""
    n, rate = export.ecg.n_samples, Fraction(export.ecg.rate).limit_denominator(10_000)
    longest = max(1, int(rate))
    size = next(size for size in range(min(longest, n), 0, -1) if n % size == 0)
    return float(size / rate)


FORMATS = (
    ExportFormat(
        "edf",
        "EDF+",
        "for viewers of biosignals, µV",
        ".edf",
        "application/octet-stream",
        edf_bytes,
        order=30,
    ),
)
