"""Groups of people and of diagnoses that scores are told apart by, from a database's own table."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any

from ecgcore.datasets import SUPERCLASSES

if TYPE_CHECKING:
    import pandas as pd

AGES = (0, 18, 40, 60, 80)
"""Years at which groups of age begin."""
_AGES = ("under 18", *(f"{low}-{high - 1}" for low, high in pairwise(AGES[1:])), f"{AGES[-1]} or older")
KINDS: Mapping[str, tuple[str, ...]] = {
    "superclass": SUPERCLASSES,
    "sex": ("female", "male"),
    "age": _AGES,
}
"""What records can be grouped by, and the groups in their order."""


def age_group(age: float) -> tuple[str, ...]:
    """The group of an age in years; none where it is not known."""
    if not isfinite(age):
        return ()
    return (_AGES[sum(age >= begin for begin in AGES) - 1],)


def groups(index: pd.DataFrame, kind: str) -> dict[str, tuple[str, ...]]:
    """Record -> its groups of a kind out of ``KINDS``; records without any are left out. index: of a
    ``Database``."""
    columns = {"superclass": "superclasses", "sex": "sex", "age": "age"}
    rows = zip(index["record"], index[columns[kind]], strict=True)
    return {record: words for record, value in rows if (words := _words(kind, value))}


def _words(kind: str, value: Any) -> tuple[str, ...]:
    if kind == "age":
        return age_group(float(value))
    return tuple(value) if kind == "superclass" else (value,) if value else ()
