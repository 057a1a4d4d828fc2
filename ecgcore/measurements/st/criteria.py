"""ST elevation against the thresholds of the Universal Definition of Myocardial Infarction
(doi:10.1161/CIR.0000000000000617).

At the J point: 100 uV in two contiguous leads other than V2-V3; in V2-V3 200 uV in men from 40 years, 250 uV
in younger men, 150 uV in women of any age. Contiguous: V1-V6 in their order; aVL, I, -aVR, II, aVF, III in
Cabrera's (aVR itself is not used; II, aVF and III count as one group). A criterion on measured numbers, not a
diagnosis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

NEIGHBOURS = (
    *pairwise(("V1", "V2", "V3", "V4", "V5", "V6")),
    ("aVL", "I"),
    ("II", "aVF"),
    ("aVF", "III"),
    ("II", "III"),
)
Sex = Literal["male", "female"]


@dataclass(frozen=True)
class Stemi:
    """met: whether two contiguous leads reach their thresholds; None where no two contiguous leads are known
    and none reaches it.

    pairs: those that do. limits: uV per lead. note: what had to be assumed.
    """

    met: bool | None
    pairs: tuple[tuple[str, str], ...]
    limits: Mapping[str, float]
    note: str = ""


def limit_uv(lead: str, age: float | None, sex: Sex | None) -> float:
    """Threshold of one lead in uV; where age or sex is not known the highest that could apply."""
    if lead not in ("V2", "V3"):
        return 100.0
    if sex == "female":
        return 150.0
    return 200.0 if age is not None and age >= 40 else 250.0


def stemi(st_uv: Mapping[str, float | None], age: float | None = None, sex: Sex | None = None) -> Stemi:
    """The criterion on ST levels in uV per lead name; leads without a value count as unknown."""
    levels = {lead: value for lead, value in st_uv.items() if value is not None and lead != "aVR"}
    limits = {lead: limit_uv(lead, age, sex) for lead in levels}
    judged = [pair for pair in NEIGHBOURS if pair[0] in levels and pair[1] in levels]
    pairs = tuple(pair for pair in judged if all(levels[lead] >= limits[lead] for lead in pair))
    missing = [
        name
        for name, value in (("age", age), ("sex", sex))
        if value is None and not (name == "age" and sex == "female")
    ]
    note = (
        f"{' and '.join(missing)} not known: the highest threshold for V2 and V3"
        if missing and {"V2", "V3"} & set(levels)
        else ""
    )
    return Stemi(bool(pairs) if judged else None, pairs, limits, note)
