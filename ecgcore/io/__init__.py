"""Files to Ecg and back. Units and spellings of leads end here.

    ecg = read_path("s0010_re.hea")
    ecg = read_files({"a.hea": ..., "a.dat": ...})          # uploads; nothing stays on disk
    write_wfdb(reconstruction, folder, "s0010_re")

A format is one module of this package that defines FORMAT; it is found by itself.
"""

from __future__ import annotations

from pathlib import Path

from ecgcore.ecg import Ecg, UnusableEcg
from ecgcore.io.formats import Hints, NeedsHint, all_suffixes, formats
from ecgcore.io.upload import read_files
from ecgcore.io.write import csv_bytes, record_name, wfdb_zip, write_csv, write_wfdb

__all__ = [
    "NeedsHint", "all_suffixes", "csv_bytes", "read_files", "read_path", "record_name", "wfdb_zip", "write_csv", "write_wfdb",
]  # fmt: skip


def read_path(
    path: str | Path, *, rate: float | None = None, unit: str | None = None, record: str | None = None
) -> Ecg:
    """A recording from a file: WFDB (with or without .hea), DICOM, CSV, EDF, or a zip of these.

    rate in Hz and unit ("mV", "uV", "V", "nV") are for files that do not say; record for zips with several.
    Raises UnusableEcg.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    by_suffix = {known: form for form in formats() for known in (*form.suffixes, *form.companions)}
    if suffix not in by_suffix and suffix != ".zip" and path.with_name(f"{path.name}.hea").is_file():
        path, suffix = path.with_name(f"{path.name}.hea"), ".hea"
    if not path.is_file():
        raise UnusableEcg(f"There is no file {path.name}.")
    if suffix == ".zip":
        return read_files({path.name: path.read_bytes()}, rate=rate, unit=unit, record=record, name=path.stem)
    if suffix not in by_suffix:
        with path.open("rb") as file:
            first = file.read(1024)
        form = next((form for form in formats() if form.name == "DICOM" and form.begins(first)), None)
        if form is None:
            raise UnusableEcg(
                f"{path.name} is of no known type; possible are {' '.join(all_suffixes())} and .zip."
            )
        return form.read(path, Hints(rate, unit), path.stem)
    return by_suffix[suffix].read(path, Hints(rate, unit), path.stem)
