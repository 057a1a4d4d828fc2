"""CSV: comment lines, then seconds of the recording and a column in mV per row of the export, 0.1 uV fine."""

from __future__ import annotations

import numpy as np

from ecgcore.export import ExportFormat
from ecgcore.export.content import Export, header, rows


def csv_bytes(export: Export) -> bytes:
    """The export as UTF-8 text. Lines that begin with "#" hold the header, the rate and the unit."""
    import pandas as pd

    ecg = export.ecg
    head = [*header(export), f"Sample Rate: {ecg.rate:.10g} Hz", "Unit: mV"]
    columns: dict[str, np.ndarray] = {"time (s)": np.round(export.start + ecg.time, 6)}
    columns |= {f"{row.name} (mV)": np.round(row.samples.astype(np.float64), 4) for row in rows(export)}
    table: str = pd.DataFrame(columns).to_csv(index=False, lineterminator="\n")
    return ("".join(f"# {line}\n" for line in head) + table).encode()


FORMATS = (ExportFormat("csv", "CSV", "a column a lead, mV", ".csv", "text/csv", csv_bytes, order=50),)
