"""PTB-XL in its official layout, whole or a subset of it (Wagner et al. 2020,
doi:10.1038/s41597-020-0495-6)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from math import isnan
from pathlib import Path
from typing import Any

from ecgcore.datasets.base import SUPERCLASSES, Database, register
from ecgcore.ecg import Ecg, UnusableEcg

TRAIN_FOLDS = tuple(range(1, 9))
VALIDATION_FOLD, TEST_FOLD = 9, 10
OLDEST = 90.0
"""Years. PTB-XL writes 300 for everybody above 89 years; here they are 90."""


@register
class PtbXl(Database):
    """Records are named by their five-digit number ("00001"); the number and the official file name are
    understood too.

    Folds 1-8 train, 9 val, 10 test; patients do not cross them (checked when the table is read). Records that
    only ``additional_records.csv`` knows have no patient; each counts as a patient of its own,
    "record-<number>". The 500 Hz files end in about 50 samples that repeat the last value: every reader of
    this product cuts such padding off, so those recordings last 9.9 s.
    """

    name = "ptb-xl"
    title = "PTB-XL"
    licence = "CC BY 4.0"
    folders = ("ptb-xl", "ptbxl")

    @classmethod
    def is_at(cls, folder: Path) -> bool:
        """Whether both official tables are there."""
        return (folder / "ptbxl_database.csv").is_file() and (folder / "scp_statements.csv").is_file()

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """The official table, each patient in one fold alone. Raises UnusableEcg where it is damaged."""
        import pandas as pd

        superclass = self._superclass_of_code()
        table = pd.read_csv(self.root / "ptbxl_database.csv", dtype={"filename_lr": str, "filename_hr": str})
        table["age"] = table["age"].clip(upper=OLDEST)
        patients: dict[str, int] = {}
        for row in table.to_dict("records"):
            codes = ast.literal_eval(row["scp_codes"])
            classes = {superclass[code] for code in codes if code in superclass}
            fold, patient = int(row["strat_fold"]), _patient(row)
            if patients.setdefault(patient, fold) != fold:
                raise UnusableEcg(
                    f"In ptbxl_database.csv patient {patient} is in folds {patients[patient]} and "
                    f"{fold}; the table is damaged."
                )
            yield {
                **_names(row),
                "patient": patient,
                "fold": fold,
                "split": "train" if fold in TRAIN_FOLDS else "val" if fold == VALIDATION_FOLD else "test",
                "age": row["age"],
                "sex": {0: "male", 1: "female"}.get(row["sex"], ""),
                "superclasses": tuple(name for name in SUPERCLASSES if name in classes),
                "codes": tuple(codes),
                "recorded": row.get("recording_date", ""),
                "quality": _quality(row),
            }
        yield from self._additional(set(table["ecg_id"]))

    def _additional(self, present: set[int]) -> Iterator[Mapping[str, Any]]:
        import pandas as pd

        file = self.root / "additional_records.csv"
        if not file.is_file():
            return
        for row in pd.read_csv(file, dtype=str).to_dict("records"):
            if int(row["ecg_id"]) in present:
                continue
            named = _names(row)
            split = row["split"] if isinstance(row["split"], str) else "train"
            classes = row["superclasses"].split(";") if isinstance(row["superclasses"], str) else []
            yield {
                **named,
                "patient": f"record-{row['ecg_id']}",
                "fold": {"val": VALIDATION_FOLD, "test": TEST_FOLD}.get(split),
                "split": split,
                "superclasses": tuple(name for name in SUPERCLASSES if name in classes),
            }

    def _superclass_of_code(self) -> dict[str, str]:
        """Diagnostic statements and their superclass; every statement a record has counts, whatever its
        likelihood."""
        import pandas as pd

        table = pd.read_csv(self.root / "scp_statements.csv", index_col=0)
        table = table[table["diagnostic"] == 1]
        return dict(zip(table.index, table["diagnostic_class"], strict=True))

    def code_name(self, code: str) -> str:
        """The SCP-ECG statement as the official table describes it."""
        return self._statements.get(code) or super().code_name(code)

    @cached_property
    def _statements(self) -> dict[str, str]:
        import pandas as pd

        table = pd.read_csv(self.root / "scp_statements.csv", index_col=0)
        names = table["description"].dropna() if "description" in table else {}
        return {str(code): re.sub(r"ischemic( in|$)", r"ischemia\1", text) for code, text in names.items()}

    @cached_property
    def _files(self) -> dict[str, dict[float, str]]:
        return {
            row["record"]: dict(zip(row["rates"], row["files"], strict=True))
            for row in self._by_record.values()
        }

    def info(self, record: str) -> dict[str, Any]:
        """The index row of a record in any spelling of its number."""
        return super().info(record_id(record))

    def path(self, record: str, rate: float | None = None) -> Path:
        """The file at 500 Hz, at 100 Hz for a wish of at most 100 Hz, or the one there is."""
        files = self._files[self.info(record)["record"]]
        wish = 100.0 if rate is not None and rate <= 100 else 500.0
        return self.root / files.get(wish, next(iter(files.values())))

    def read(self, record: str, rate: float | None = None) -> Ecg:
        """A record at 500 Hz, at 100 Hz if at most 100 Hz is asked for, at the other rate where only that is
        there."""
        return super().read(record_id(record), rate)


def record_id(text: str) -> str:
    """Turn "17", "00017_hr" or "records100/00000/00017_lr" into "00017"; other texts are unchanged."""
    match = re.fullmatch(r"(?:.*/)?0*(\d{1,5})(?:_[lh]r)?", str(text).strip())
    return match[1].zfill(5) if match else str(text)


def _names(row: Mapping[str, Any]) -> dict[str, Any]:
    files = {500.0: row["filename_hr"], 100.0: row["filename_lr"]}
    files = {rate: file for rate, file in files.items() if isinstance(file, str) and file}
    return {"record": str(int(row["ecg_id"])).zfill(5), "rates": tuple(files), "files": tuple(files.values())}


NOISES = {
    "baseline_drift": "baseline drift",
    "static_noise": "noise",
    "burst_noise": "bursts of noise",
    "electrodes_problems": "electrode problem",
}


def _quality(row: Mapping[str, Any]) -> str:
    """What the table's readers wrote about the signal: "acceptable", or for example "noise (I-V1)"."""
    if not set(NOISES) <= set(row):
        return ""
    written = {
        title: str(row[name]).strip(" ,").replace("alles", "all leads")
        for name, title in NOISES.items()
        if isinstance(row[name], str)
    }
    return (
        "; ".join(f"{title} ({where})" if where else title for title, where in written.items())
        or "acceptable"
    )


def _patient(row: Mapping[str, Any]) -> str:
    return f"record-{row['ecg_id']}" if isnan(row["patient_id"]) else str(int(row["patient_id"]))
